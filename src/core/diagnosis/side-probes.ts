/**
 * Probes on connections of their own: where the chain of masters leads, and whether a server takes what real replicas do and
 * our visit does not (commands in one segment, names in another case). None of them is a PSYNC, so none costs a master anything.
 */
import { type ByteChannel, type ChannelError, type Dial } from '../base/byte-channel.js';
import { ascii, fromText, type Bytes } from '../base/bytes.js';
import { findField, infoInteger, parseInfo, type ParsedSection } from '../info/parse.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { ReplyFormatError } from '../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../protocol/reply-decoder.js';
import { askAside, replyText } from '../replication/side-client.js';
import { ask, type SideDoor } from './master-facts.js';
import { type MannersFound, type Silence, type UpstreamHop, type UpstreamWalk } from './probe-results.js';

/** A chain of replicas longer than this is not followed to its end. */
const MAX_HOPS = 8;

/**
 * Follows `master_host` from a replica's INFO upwards. Servers are told apart by run_id, or else by address. No login is sent: an
 * address that a server names could be anybody's.
 */
export async function walkUpstream(
  door: Pick<SideDoor, 'clock' | 'timeoutMs'>,
  dialHost: (host: string, port: number) => Dial,
  start: readonly ParsedSection[],
): Promise<UpstreamWalk> {
  const hops: UpstreamHop[] = [];
  const seen = new Set<string>([findField(start, 'run_id') ?? 'the target']);
  const { clock, timeoutMs } = door;
  let here = start;
  while (hops.length < MAX_HOPS) {
    const next = masterOf(here);
    if (!next) return { hops, end: 'master' };
    const { info, why } = await askAbove({ clock, timeoutMs, dial: dialHost(next.host, next.port) });
    const address = `${next.host}:${next.port}`;
    if (info === undefined) return { hops: [...hops, { address }], end: 'silent', why };
    hops.push(hopOf(address, info));
    const id = findField(info, 'run_id') ?? address;
    if (seen.has(id)) return { hops, end: hops.length === 1 ? 'self' : 'ring' };
    seen.add(id);
    here = info;
  }
  return { hops, end: 'too-long' };
}

type Above =
  | { readonly info: readonly ParsedSection[]; readonly why?: never }
  | { readonly info?: never; readonly why: Silence };

/** INFO of a server on the way up, or why there is none. */
function askAbove(door: Pick<SideDoor, 'clock' | 'timeoutMs' | 'dial'>): Promise<Above> {
  const beganUs = door.clock.monotonicUs();
  return new Promise((resolve) => {
    askAside({
      ...{ clock: door.clock, timeoutMs: door.timeoutMs, dial: door.dial },
      commands: [[ascii('INFO')]],
      done: ([reply], unreachable) => {
        const text = replyText(reply);
        const timedOut = door.clock.monotonicUs() - beganUs >= door.timeoutMs * 1000;
        resolve(
          text === undefined ? { why: silenceOf(reply, unreachable, timedOut) } : { info: parseInfo(text) },
        );
      },
    });
  });
}

function silenceOf(
  reply: Reply | undefined,
  unreachable: ChannelError | undefined,
  timedOut: boolean,
): Silence {
  if (reply?.type === 'error') return /^(NOAUTH|NOPERM)\b/.test(reply.value) ? 'login' : 'error';
  if (unreachable?.code === 'ECONNREFUSED') return 'refused';
  if (timedOut || ['TIMEOUT', 'ETIMEDOUT'].includes(unreachable?.code ?? '')) return 'timeout';
  return unreachable ? 'unreachable' : 'closed';
}

function hopOf(address: string, info: readonly ParsedSection[]): UpstreamHop {
  const role = findField(info, 'role');
  const linkStatus = findField(info, 'master_link_status');
  return { address, ...(role !== undefined && { role }), ...(linkStatus !== undefined && { linkStatus }) };
}

function masterOf(info: readonly ParsedSection[]): { host: string; port: number } | undefined {
  const host = findField(info, 'master_host');
  const port = infoInteger(findField(info, 'master_port'));
  return host === undefined || host === '' || port === undefined ? undefined : { host, port };
}

/** What a replica says of itself in the probes. */
export interface Introduction {
  readonly listeningPort: number;
  readonly capa: readonly Bytes[];
}

/** Sends what real replicas send together, and names in the other case. */
export async function probeManners(door: SideDoor, self: Introduction): Promise<MannersFound> {
  const together = await probeTogether(door, self);
  const caseSensitive = await probeCase(door, self);
  return { ...(together && { together }), ...(caseSensitive && { caseSensitive }) };
}

/**
 * PING alone, and then the introduction in one write, as replicas since Redis 6.2 send it (redis 7.2.6
 * replication.c:syncWithMaster). Undefined when already PING went unanswered.
 */
function probeTogether(
  door: SideDoor,
  self: Introduction,
): Promise<{ sent: number; answered: number } | undefined> {
  const burst = introduction(door, self);
  return new Promise((resolve) => {
    const decoder = new ReplyDecoder();
    let channel: ByteChannel | undefined;
    let replies = 0;
    const settle = (): void => {
      timer.cancel();
      if (channel) channel.close();
      else abandon();
      resolve(
        replies === 0 ? undefined : { sent: burst.length, answered: Math.min(replies - 1, burst.length) },
      );
    };
    const timer = door.clock.after(door.timeoutMs, settle, true);
    const answered = (): void => {
      replies++;
      if (replies === 1) channel?.write(ascii(burst.map((args) => encodeCommand(args)).join('')));
      if (replies === burst.length + 1) settle();
    };
    const abandon = door.dial(
      {
        onOpen: (opened) => {
          channel = opened;
          channel.write(ascii('*1\r\n$4\r\nPING\r\n'));
        },
        onFail: settle,
        onData: (chunk) => {
          if (!countReplies(decoder, chunk, answered)) settle();
        },
        onClose: settle,
      },
      { timeoutMs: door.timeoutMs },
    );
  });
}

/** False when it is no RESP. */
function countReplies(decoder: ReplyDecoder, chunk: Buffer, answered: () => void): boolean {
  decoder.push(Buffer.from(chunk));
  try {
    while (decoder.next() !== undefined) answered();
    return true;
  } catch (error) {
    if (!(error instanceof ReplyFormatError)) throw error;
    return false;
  }
}

function introduction(door: SideDoor, self: Introduction): (readonly Bytes[])[] {
  const { user, pass } = door;
  const login = pass === undefined ? [] : [[ascii('AUTH'), ...(user === undefined ? [] : [user]), pass]];
  const replconf = ascii('REPLCONF');
  return [
    ...login,
    [replconf, ascii('listening-port'), fromText(String(self.listeningPort))],
    [replconf, ...self.capa.flatMap((name) => [ascii('capa'), name])],
  ];
}

/** Command and option names in the other case than a replica's usual one. */
async function probeCase(door: SideDoor, self: Introduction): Promise<MannersFound['caseSensitive']> {
  const commands = [
    'ping',
    `replconf listening-port ${self.listeningPort}`,
    `REPLCONF LISTENING-PORT ${self.listeningPort}`,
  ];
  const replies = await ask(door, commands);
  const at = replies.findIndex((reply) => reply === undefined || reply.type === 'error');
  if (at < 0) return undefined;
  const refusal = replies[at];
  return { command: commands[at], line: refusal?.type === 'error' ? `-${refusal.value}` : '' };
}
