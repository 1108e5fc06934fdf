/**
 * Compares the data of two live servers. Both are scanned; of each key type, expiry and value are compared. A key that differs
 * is read again, at matched offsets where the two share a history: the second server must have applied what the first had
 * written when its value was read, and that value must be the same before and after. A key that is written to all the time
 * stays unsettled, which is not the same as different. Memory is constant: pages of keys, values in bounded pieces, and a
 * bounded list of what was found.
 */
import { ascii, concat, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { fieldMap, findSection, infoInteger, parseInfo, type ParsedSection } from '../info/parse.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { InspectError, type InspectClient } from './client.js';
import { pause } from './collect.js';
import { bytesOf, command, described, integerOf, itemsOf, scalar, textOf } from './replies.js';
import {
  CERTAINTY,
  detectable,
  picks,
  planSample,
  type SamplePlan,
  type SampleSize,
} from './verify-sample.js';
import { compareValues, VerifyRefused, type Ask } from './verify-read.js';

/** One server of the two. */
export interface Side {
  readonly name: string;
  readonly client: InspectClient;
}

export interface VerifyOptions {
  readonly clock: Clock;
  /** Compare so many keys, chosen at random, instead of all. */
  readonly sample?: SampleSize;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly checked: number;
  /** Keys that the first server has. */
  readonly keys: number;
}

export type DifferenceKind = 'missing' | 'type' | 'expiry' | 'value';

export interface Difference {
  readonly db: number;
  readonly key: Bytes;
  readonly kind: DifferenceKind;
  /** What differs, the first server's part first. */
  readonly why: string;
}

export interface Verification {
  readonly schema: 1;
  readonly first: string;
  readonly second: string;
  readonly status: 'equal' | 'different' | 'unknown';
  /** They have one replication id, so that offsets could be matched. */
  readonly sameHistory: boolean;
  /** Keys compared. */
  readonly checked: number;
  /** Of a sample, how many were asked for. */
  readonly sample?: number;
  /** What a sample can tell: with this certainty it hits a difference, when so many keys differ, or more. */
  readonly detects?: { readonly keys: number; readonly certainty: number };
  /** Keys in all databases of each, as the servers counted when it began. */
  readonly keys: { readonly first?: number; readonly second?: number };
  readonly different: number;
  /** Keys that changed at each reading, or could not be read. */
  readonly unsettled: number;
  /** The first of those that differ, and of those that are unsettled. */
  readonly differences: readonly Difference[];
  readonly unsettledKeys: readonly { readonly db: number; readonly key: Bytes; readonly why: string }[];
  /** Why it could not be told. */
  readonly trouble?: string;
}

const PAGE = 1000;
/** A value that takes more than this is not dumped whole. */
const DUMP_BYTES = 64 * 1024;
/** Dumps that are asked for in one group, together. */
const DUMP_GROUP_BYTES = 4 * 1024 * 1024;
const LISTED = 100;
/** How often a key that differs is read again, and the pauses between. */
const READINGS = 8;
/** Readings one after the other that must find the same difference. */
const ALIKE_READINGS = 2;
const FIRST_PAUSE_MS = 20;
const OFFSET_WAIT_MS = 5000;
const OFFSET_POLL_MS = 10;
/** Where only the time left can be asked for, it is asked at two moments. */
const TTL_TOLERANCE_MS = 2000;
/** A value ends with its RDB version and its checksum. */
const DUMP_TRAILER = 10;

/** What is known of a key before its value is read. `expiryMs`: absolute; undefined without one. */
interface Look {
  readonly type: string;
  readonly expiryMs?: number;
  readonly bytes: number;
}

/** Compares `first` and `second`. Never rejects for what a server refuses: that is the verdict `unknown`. */
export async function verify(first: Side, second: Side, options: VerifyOptions): Promise<Verification> {
  return new Verifier(first, second, options).run();
}

class Verifier {
  private readonly a: Ask;
  private readonly b: Ask;
  private readonly differences: Difference[] = [];
  private readonly unsettledKeys: { db: number; key: Bytes; why: string }[] = [];
  private different = 0;
  private unsettled = 0;
  private checked = 0;
  private keys: { first?: number; second?: number } = {};
  private sameHistory = false;
  /** PEXPIRETIME came with Redis 7. */
  private absoluteExpiry = true;
  private memoryUsage = true;
  private dumps = true;
  private plan: SamplePlan | undefined;
  /** Another sample in each run. */
  private readonly seed: number;

  constructor(
    private readonly first: Side,
    private readonly second: Side,
    private readonly options: VerifyOptions,
  ) {
    this.seed = options.clock.nowMs() >>> 0;
    this.a = (commands) => first.client.calls(commands);
    this.b = (commands) => second.client.calls(commands);
  }

  async run(): Promise<Verification> {
    try {
      const databases = await this.begin();
      for (const db of databases) await this.database(db);
      return this.verdict();
    } catch (error) {
      if (!(error instanceof InspectError || error instanceof VerifyRefused)) throw error;
      return this.verdict(error.message);
    }
  }

  private verdict(trouble?: string): Verification {
    const { plan } = this;
    const unknown = trouble !== undefined || this.unsettled > 0;
    return {
      schema: 1,
      first: this.first.name,
      second: this.second.name,
      status: this.different > 0 ? 'different' : unknown ? 'unknown' : 'equal',
      sameHistory: this.sameHistory,
      checked: this.checked,
      ...(plan && { sample: plan.keys }),
      ...(plan && plan.by !== 'all' && { detects: { keys: detectable(plan.share), certainty: CERTAINTY } }),
      keys: this.keys,
      different: this.different,
      unsettled: this.unsettled,
      differences: this.differences,
      unsettledKeys: this.unsettledKeys,
      ...(trouble !== undefined && { trouble }),
    };
  }

  /** Looks at both servers; resolves with the databases that hold a key on either side. */
  private async begin(): Promise<number[]> {
    // Our reading is no use of the keys: LRU and LFU stay as they are (Redis 7.2; others refuse, which is no harm).
    // The replica of a cluster's shard answers for its keys only after READONLY.
    const opening = [command('INFO'), command('CLIENT', 'NO-TOUCH', 'ON'), command('READONLY')];
    const [[left], [right]] = await Promise.all([this.a(opening), this.b(opening)]);
    const [one, two] = [this.sections(this.first, left), this.sections(this.second, right)];
    const ids = [one, two].map((sections) => fieldMap(sections).get('master_replid'));
    this.sameHistory = ids[0] !== undefined && ids[0] === ids[1];
    const [mine, theirs] = [one, two].map(databasesIn);
    const keys = { first: sum(mine), second: sum(theirs) };
    this.keys = keys;
    const { sample } = this.options;
    if (sample) this.plan = planSample(sample, keys.first, keys.second);
    return [...new Set([...mine.keys(), ...theirs.keys()])].sort((x, y) => x - y);
  }

  private sections({ name }: Side, reply: Reply): ParsedSection[] {
    const text = textOf(reply);
    if (text === undefined) throw new VerifyRefused(`${name} refuses INFO: ${described(reply)}`);
    return parseInfo(text);
  }

  private async database(db: number): Promise<void> {
    const select = [command('SELECT', String(db))];
    const replies = (await Promise.all([this.a(select), this.b(select)])).map(([reply]) => reply);
    for (const [i, reply] of replies.entries()) {
      if (reply.type !== 'error') continue;
      throw new VerifyRefused(
        `${[this.first, this.second][i].name} refuses SELECT ${db}: ${described(reply)}`,
      );
    }
    if (this.plan?.by === 'draw') return this.someOf(db, this.plan.keys);
    const chosen = this.chosen();
    await this.scan(this.a, (page) => this.compare(db, chosen(page)));
    // The way back finds only what the first does not have at all.
    await this.scan(this.b, async (page) => this.compare(db, await this.absent(chosen(page))));
  }

  /** What a scan takes of a page. */
  private chosen(): (page: Bytes[]) => Bytes[] {
    const { plan, seed } = this;
    if (plan?.by !== 'scan') return (page) => page;
    return (page) => page.filter((key) => picks(key, seed, plan.share));
  }

  /** Half of the sample is drawn on each side, in proportion to the keys of the database. */
  private async someOf(db: number, sample: number): Promise<void> {
    const all = Math.max(1, (this.keys.first ?? 0) + (this.keys.second ?? 0));
    for (const ask of [this.a, this.b]) {
      const [size] = await ask([command('DBSIZE')]);
      let left = Math.ceil((sample * (integerOf(size) ?? 0)) / all);
      while (left > 0) {
        const count = Math.min(left, PAGE);
        left -= count;
        const picked = await ask(Array.from({ length: count }, () => command('RANDOMKEY')));
        const keys = new Set(picked.flatMap((reply) => bytesOf(reply) ?? []));
        await this.compare(db, [...keys]);
      }
    }
  }

  private async scan(ask: Ask, each: (page: Bytes[]) => Promise<void>): Promise<void> {
    let cursor = '0';
    do {
      const [reply] = await ask([command('SCAN', cursor, 'COUNT', String(PAGE))]);
      if (reply.type === 'error') throw new VerifyRefused(`SCAN: ${described(reply)}`);
      const [next, page] = itemsOf(reply);
      cursor = scalar(next);
      const keys = itemsOf(page).flatMap((key) => bytesOf(key) ?? []);
      for (let i = 0; i < keys.length; i += PAGE) await each(keys.slice(i, i + PAGE));
    } while (cursor !== '0');
  }

  /** Those of `page` that the first server does not have. */
  private async absent(page: readonly Bytes[]): Promise<Bytes[]> {
    if (page.length === 0) return [];
    const [count] = await this.a([[ascii('EXISTS'), ...page]]);
    if (integerOf(count) === page.length) return [];
    const each = await this.a(page.map((key) => [ascii('EXISTS'), key]));
    return page.filter((_, i) => integerOf(each[i]) !== 1);
  }

  private async compare(db: number, page: readonly Bytes[]): Promise<void> {
    if (page.length === 0) return;
    const [mine, theirs] = await Promise.all([this.look(this.a, page), this.look(this.b, page)]);
    const suspects: Bytes[] = [];
    const same: { key: Bytes; bytes: number }[] = [];
    for (const [i, key] of page.entries()) {
      if (this.lookDiffers(mine[i], theirs[i]) !== undefined) suspects.push(key);
      else if (mine[i].type !== 'none') same.push({ key, bytes: Math.max(mine[i].bytes, theirs[i].bytes) });
    }
    suspects.push(...(await this.dumpsDiffer(same)));
    for (const key of suspects) await this.settle(db, key);
    this.checked += page.length;
    this.options.onProgress?.({ checked: this.checked, keys: this.plan?.keys ?? this.keys.first ?? 0 });
  }

  private async look(ask: Ask, keys: readonly Bytes[]): Promise<Look[]> {
    const commands = keys.flatMap((key) => [
      [ascii('TYPE'), key],
      [ascii(this.absoluteExpiry ? 'PEXPIRETIME' : 'PTTL'), key],
      ...(this.memoryUsage ? [[...command('MEMORY', 'USAGE'), key]] : []),
    ]);
    const atMs = this.options.clock.nowMs();
    const replies = await ask(commands);
    const per = commands.length / keys.length;
    const [, expiry, memory] = replies;
    const type = replies.find((reply, i) => i % per === 0 && reply.type === 'error');
    if (type) throw new VerifyRefused(`TYPE: ${described(type)}`);
    if (expiry.type === 'error' && this.absoluteExpiry) {
      this.absoluteExpiry = false;
      return this.look(ask, keys);
    }
    if (per === 3 && memory.type === 'error') {
      this.memoryUsage = false;
      return this.look(ask, keys);
    }
    return keys.map((_, i) => {
      const left = integerOf(replies[per * i + 1]) ?? -1;
      const at = left < 0 ? undefined : this.absoluteExpiry ? left : atMs + left;
      const bytes = per === 3 ? integerOf(replies[per * i + 2]) : undefined;
      return { type: scalar(replies[per * i]), expiryMs: at, bytes: bytes ?? 0 };
    });
  }

  private lookDiffers(a: Look, b: Look): Omit<Difference, 'db' | 'key'> | undefined {
    if (a.type !== b.type) {
      if (a.type === 'none') return { kind: 'missing', why: `only on ${this.second.name} (${b.type})` };
      if (b.type === 'none') return { kind: 'missing', why: `only on ${this.first.name} (${a.type})` };
      return { kind: 'type', why: `${a.type} and ${b.type}` };
    }
    const [left, right] = [a.expiryMs, b.expiryMs];
    if (left === right) return undefined;
    const tolerance = this.absoluteExpiry ? 0 : TTL_TOLERANCE_MS;
    if (left !== undefined && right !== undefined && Math.abs(left - right) <= tolerance) return undefined;
    const [mine, theirs] = [left, right].map((ms) =>
      ms === undefined ? 'never' : new Date(ms).toISOString(),
    );
    return { kind: 'expiry', why: `expires ${mine} and ${theirs}` };
  }

  /** Of keys that look alike, those whose dumps are not the same, or were not asked for. */
  private async dumpsDiffer(keys: readonly { key: Bytes; bytes: number }[]): Promise<Bytes[]> {
    const differ = keys.filter(({ bytes }) => !this.dumpable(bytes)).map(({ key }) => key);
    let group: Bytes[] = [];
    let groupBytes = 0;
    const flush = async () => {
      const asked = group;
      group = [];
      groupBytes = 0;
      if (asked.length > 0) differ.push(...(await this.compareDumps(asked)));
    };
    for (const { key, bytes } of keys) {
      if (!this.dumpable(bytes)) continue;
      group.push(key);
      groupBytes += bytes;
      if (groupBytes >= DUMP_GROUP_BYTES) await flush();
    }
    await flush();
    return differ;
  }

  /** Without MEMORY USAGE nothing tells how large a value is. */
  private dumpable(bytes: number): boolean {
    return this.dumps && this.memoryUsage && bytes <= DUMP_BYTES;
  }

  private async compareDumps(keys: readonly Bytes[]): Promise<Bytes[]> {
    const commands = keys.map((key) => [ascii('DUMP'), key]);
    const [mine, theirs] = await Promise.all([this.a(commands), this.b(commands)]);
    if (mine[0].type === 'error' || theirs[0].type === 'error') this.dumps = false;
    return keys.filter((_, i) => {
      const [left, right] = [bytesOf(mine[i]), bytesOf(theirs[i])];
      return left === undefined || right === undefined || !sameBody(left, right);
    });
  }

  /** Reads a key again until both sides agree, or it surely differs, or the readings are used up. */
  private async settle(db: number, key: Bytes): Promise<void> {
    let why = 'it was written to during every reading';
    let last: string | undefined;
    let alike = 0;
    for (let n = 0; n < READINGS; n++) {
      if (n > 0) await pause(this.options.clock, FIRST_PAUSE_MS * 2 ** (n - 1));
      try {
        const before = await this.fingerprints(key);
        if (!(await this.catchUp())) {
          why = `the two did not reach one offset within ${OFFSET_WAIT_MS / 1000} s`;
          continue;
        }
        const found = await this.difference(key);
        if (!found) return;
        if (before !== (await this.fingerprints(key))) continue;
        // Without a common history, and for values too large to dump, reading it again is all the proof there is.
        alike = found.why === last ? alike + 1 : 1;
        last = found.why;
        if (alike < ALIKE_READINGS) continue;
        this.different++;
        if (this.differences.length < LISTED) this.differences.push({ db, key, ...found });
        return;
      } catch (error) {
        if (!(error instanceof VerifyRefused)) throw error;
        // A key that changes its type between two questions answers with an error: worth another reading.
        why = error.message;
      }
    }
    this.unsettled++;
    if (this.unsettledKeys.length < LISTED) this.unsettledKeys.push({ db, key, why });
  }

  /** Changes when either value is written to. */
  private async fingerprints(key: Bytes): Promise<string> {
    const both = await Promise.all([this.fingerprint(this.a, key), this.fingerprint(this.b, key)]);
    return both.join(' ');
  }

  /** The look of a key, and its dump where it is small. */
  private async fingerprint(ask: Ask, key: Bytes): Promise<string> {
    const [look] = await this.look(ask, [key]);
    if (!this.absoluteExpiry) return `${look.type} ${look.bytes}`;
    if (!this.dumpable(look.bytes)) return `${look.type} ${look.expiryMs} ${look.bytes}`;
    const [dump] = await ask([[ascii('DUMP'), key]]);
    return concat([ascii(`${look.type} ${look.expiryMs} `), bytesOf(dump) ?? ascii('')]);
  }

  private async difference(key: Bytes): Promise<Omit<Difference, 'db' | 'key'> | undefined> {
    const [[mine], [theirs]] = await Promise.all([this.look(this.a, [key]), this.look(this.b, [key])]);
    const look = this.lookDiffers(mine, theirs);
    if (look || mine.type === 'none') return look;
    if (this.dumpable(Math.max(mine.bytes, theirs.bytes)) && (await this.compareDumps([key])).length === 0) {
      return undefined;
    }
    const why = await compareValues(mine.type, key, this.a, this.b);
    return why === undefined ? undefined : { kind: 'value', why: `${mine.type}: ${why}` };
  }

  /** Waits until both have reached the offset of the one that is ahead now. At once where they share no history. */
  private async catchUp(): Promise<boolean> {
    if (!this.sameHistory) return true;
    const [mine, theirs] = await this.positions();
    if (mine === undefined || theirs === undefined) return true;
    const wanted = Math.max(mine, theirs);
    for (let waitedMs = 0; waitedMs <= OFFSET_WAIT_MS; waitedMs += OFFSET_POLL_MS) {
      const reached = await this.positions();
      if (reached.every((offset) => offset === undefined || offset >= wanted)) return true;
      await pause(this.options.clock, OFFSET_POLL_MS);
    }
    return false;
  }

  private positions(): Promise<(number | undefined)[]> {
    return Promise.all([this.position(this.a), this.position(this.b)]);
  }

  /** Applied bytes of a replica, produced bytes of a master. */
  private async position(ask: Ask): Promise<number | undefined> {
    const [reply] = await ask([command('INFO', 'replication')]);
    const fields = fieldMap(parseInfo(textOf(reply) ?? ''));
    return infoInteger(fields.get('slave_repl_offset')) ?? infoInteger(fields.get('master_repl_offset'));
  }
}

/** Equal but for the RDB version and the checksum at the end. */
function sameBody(a: Bytes, b: Bytes): boolean {
  if (a === b) return true;
  return a.length === b.length && a.slice(0, -DUMP_TRAILER) === b.slice(0, -DUMP_TRAILER);
}

function databasesIn(sections: readonly ParsedSection[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const [name, value] of findSection(sections, 'keyspace')?.fields ?? []) {
    const db = infoInteger(/^db(\d+)$/.exec(name)?.[1]);
    if (db !== undefined) found.set(db, Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0));
  }
  return found;
}

function sum(databases: ReadonlyMap<number, number>): number {
  return [...databases.values()].reduce((total, keys) => total + keys, 0);
}
