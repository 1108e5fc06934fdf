/**
 * Runs requests against two servers in lock step and finds the first reply that differs; makes a failing case smaller.
 *
 * It follows MULTI so that the replies inside EXEC are judged by the tolerances of the commands that were queued. A
 * connection that closes is a difference like any other.
 */
import { ACL_USERS } from './families/acl.js';
import { RespConnection } from '../support/resp-connection.js';
import { showReply, type Reply } from '../support/resp-decoder.js';
import { type Request } from './cases.js';
import { differs, differsExactly, hasParted, mustBeEqual, shownAsBy72 } from './compare.js';
import { compareContents } from './contents.js';
import { Tally } from './tally.js';
import { toleranceFor, type Tolerance } from './tolerances.js';

export interface Difference {
  /** Index of the request in the case; the length of the case when the data differ at the end. */
  readonly index: number;
  readonly request: string;
  readonly why: string;
  readonly ours: string;
  readonly peer: string;
}

/** Where the two servers are, and what the peer is. */
export interface Pair {
  readonly ours: { readonly port: number };
  readonly peer: { readonly port: number };
  readonly peerVersion: readonly [number, number, number];
}

const MAX_SCAN_CALLS = 2000;
const MAX_SHRINK_RUNS = 300;
/** One that blocks for ever is a difference, not the end of the run. */
const REPLY_DEADLINE_MS = 60_000;
const SETTLE_DEADLINE_MS = 3000;
const SETTLE_INTERVAL_MS = 10;

/** Runs a case on emptied servers; the first difference, or undefined. `tally` counts how its commands were compared. */
export async function runCase(
  pair: Pair,
  requests: readonly Request[],
  tally = new Tally(),
): Promise<Difference | undefined> {
  const ours = await RespConnection.connect(pair.ours.port);
  const peer = await RespConnection.connect(pair.peer.port);
  try {
    for (const request of [['FLUSHALL'], ['ACL', 'DELUSER', ...ACL_USERS]])
      await Promise.all([ours.send(...request), peer.send(...request)]);
    return await new Lockstep(pair, ours, peer, tally).run(requests);
  } finally {
    ours.close();
    peer.close();
  }
}

/** The shortest list of requests found that still shows a difference: a prefix with what is not needed taken out. */
export async function shrink(
  pair: Pair,
  requests: readonly Request[],
  found: Difference,
): Promise<{ requests: readonly Request[]; difference: Difference } | undefined> {
  let runs = 0;
  const attempt = async (list: readonly Request[]): Promise<Difference | undefined> => {
    runs++;
    return runCase(pair, list);
  };
  const prefix = requests.slice(0, found.index + 1);
  const again = await attempt(prefix);
  if (again === undefined) return undefined;
  let best = { requests: prefix.slice(0, again.index + 1), difference: again };
  for (let chunk = Math.ceil(best.requests.length / 2); chunk >= 1; chunk = Math.floor(chunk / 2)) {
    let at = 0;
    while (at < best.requests.length && runs < MAX_SHRINK_RUNS) {
      const without = [...best.requests.slice(0, at), ...best.requests.slice(at + chunk)];
      const difference = without.length > 0 ? await attempt(without) : undefined;
      if (difference === undefined) at += chunk;
      else best = { requests: without.slice(0, difference.index + 1), difference };
    }
  }
  return best;
}

/** A request as a line that redis-cli takes. */
export function showRequest(request: Request): string {
  return request
    .map((arg) => (/^[\w*:.+-]+$/.test(arg) ? arg : showReply({ type: 'bulk', text: arg })))
    .join(' ');
}

class Lockstep {
  /** The requests queued since MULTI, or undefined outside a section. */
  private queue: Request[] | undefined;
  /** The data differ from here on, and that is tolerated. */
  private parted = false;

  constructor(
    private readonly pair: Pair,
    private readonly ours: RespConnection,
    private readonly peer: RespConnection,
    private readonly tally: Tally,
  ) {}

  async run(requests: readonly Request[]): Promise<Difference | undefined> {
    for (const [index, request] of requests.entries()) {
      // Where a login fails inside EXEC a real 7.2 leaves its answer out, and the lock step would end.
      if (this.queue !== undefined && isCommand(request, 'AUTH')) continue;
      const tolerance = toleranceFor(request, this.pair.peerVersion);
      const isScan =
        tolerance.kind === 'full-scan' && this.queue === undefined && request[cursorIndex(request)] === '0';
      const found = isScan ? await this.scan(request) : await this.exchange(request, tolerance);
      if (found !== undefined) return { ...found, index, request: showRequest(request) };
      if (this.parted) {
        this.tally.leftOut += requests.length - index - 1;
        return undefined;
      }
    }
    return this.contents(requests.length);
  }

  private async exchange(request: Request, tolerance: Tolerance): Promise<Finding | undefined> {
    const [ours, peer] = await (tolerance.kind === 'settles' && this.queue === undefined
      ? this.settled(request)
      : this.both(request));
    const why =
      this.queue !== undefined && isCommand(request, 'EXEC')
        ? this.differsInExec(ours, peer)
        : differs(ours, peer, isQueued(ours) || isQueued(peer) ? { kind: 'exact' } : tolerance);
    this.tally.add(request, isQueued(peer) || mustBeEqual(peer, tolerance));
    if (why !== undefined) return { why, ours: showReply(ours), peer: showReply(peer) };
    this.parted ||= hasParted(request, ours, peer, tolerance);
    this.follow(request, peer);
    return undefined;
  }

  /** Asks until both answer the same, or the deadline passes. */
  private async settled(request: Request): Promise<[Reply, Reply]> {
    const deadline = Date.now() + SETTLE_DEADLINE_MS;
    for (;;) {
      const replies = await this.both(request);
      if (differsExactly(...replies) === undefined || Date.now() > deadline) return replies;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_INTERVAL_MS));
    }
  }

  private async both(request: Request): Promise<[Reply, Reply]> {
    const replies = await Promise.all([reply(this.ours, request), reply(this.peer, request)]);
    return shownAsBy72(replies, this.pair.peerVersion);
  }

  /** The elements of EXEC, each under the tolerance of what was queued. */
  private differsInExec(ours: Reply, peer: Reply): string | undefined {
    const queued = this.queue ?? [];
    if (ours.type !== 'array' || peer.type !== 'array') return differs(ours, peer, { kind: 'exact' });
    if (ours.items.length !== peer.items.length) return 'not the same number of replies';
    for (const [i, request] of queued.entries()) {
      const tolerance = toleranceFor(request, this.pair.peerVersion);
      const inside: Tolerance = tolerance.kind === 'settles' ? { ...tolerance, kind: 'shape' } : tolerance;
      const why = differs(ours.items[i], peer.items[i], inside);
      if (!mustBeEqual(peer.items[i], inside)) this.tally.loosely(request);
      if (why !== undefined) return `reply ${i + 1}, ${showRequest(request)}: ${why}`;
      this.parted ||= hasParted(request, ours.items[i], peer.items[i], inside);
    }
    return undefined;
  }

  /** Follows MULTI, EXEC, DISCARD and RESET by what the real server answered. */
  private follow(request: Request, answer: Reply): void {
    const ended =
      request.length === 1 && ['EXEC', 'DISCARD', 'RESET'].some((name) => isCommand(request, name));
    if (answer.type === 'error' && answer.text.startsWith('NOPERM')) return;
    if (ended) this.queue = undefined;
    else if (isCommand(request, 'MULTI') && answer.type === 'simple') this.queue = [];
    else if (isQueued(answer)) this.queue?.push(request);
  }

  /** Runs one iteration to its end on both sides. */
  private async scan(request: Request): Promise<Finding | undefined> {
    const [ours, peer] = await Promise.all([iterate(this.ours, request), iterate(this.peer, request)]);
    const iteration: Tolerance = { kind: 'set', why: 'one whole iteration' };
    const why = differs(ours, peer, iteration);
    this.tally.add(request, mustBeEqual(peer, iteration));
    return why === undefined ? undefined : { why, ours: showReply(ours), peer: showReply(peer) };
  }

  private async contents(index: number): Promise<Difference | undefined> {
    await this.both(['RESET']);
    try {
      const found = await compareContents(this.ours, this.peer, this.pair.peerVersion);
      if (found === undefined) return undefined;
      return { index, request: `(the data at the end) ${found.where}`, why: 'the data differ', ...found };
    } catch (error) {
      const ours = String(error);
      return { index, request: '(the data at the end)', why: 'the data cannot be read', ours, peer: '' };
    }
  }
}

type Finding = Pick<Difference, 'why' | 'ours' | 'peer'>;

function isCommand(request: Request, name: string): boolean {
  return request[0].toUpperCase() === name;
}

/** Where the cursor stands: SCAN has no key before it. */
function cursorIndex(request: Request): number {
  return isCommand(request, 'SCAN') ? 1 : 2;
}

function isQueued(answer: Reply): boolean {
  return answer.type === 'simple' && answer.text === 'QUEUED';
}

/** The reply; a connection that failed is told apart from every real reply by its text. */
async function reply(connection: RespConnection, request: Request): Promise<Reply> {
  const late = setTimeout(() => connection.close(), REPLY_DEADLINE_MS);
  try {
    return await connection.send(...request);
  } catch (error) {
    return { type: 'error', text: `(no reply: ${String(error)})` };
  } finally {
    clearTimeout(late);
  }
}

/** The distinct keys of one whole SCAN, as a set; the reply itself when it is no scan reply. */
async function iterate(connection: RespConnection, request: Request): Promise<Reply> {
  const seen = new Map<string, Reply>();
  let cursor = '0';
  for (let calls = 0; calls < MAX_SCAN_CALLS; calls++) {
    const answer = await reply(connection, request.with(cursorIndex(request), cursor));
    if (answer.type !== 'array' || answer.items.length !== 2) return answer;
    const [next, keys] = answer.items;
    if (next.type !== 'bulk' || keys.type !== 'array') return answer;
    for (const key of keys.items) seen.set(showReply(key), key);
    cursor = next.text;
    if (cursor === '0') return { type: 'set', items: [...seen.values()] };
  }
  return { type: 'error', text: `(the scan did not end in ${MAX_SCAN_CALLS} calls)` };
}
