/**
 * Compares the data of two servers key by key through commands: type, absolute expiry, the whole content, streams with their groups,
 * pending entries and consumers, and the function libraries. Pure: it asks through two functions and returns what differs; nobody
 * may write meanwhile. Both sides are walked with SCAN, so a key that only one side has is found; the names of one database and the
 * contents of a batch of keys are held.
 */
import { type Reply } from '../../src/core/protocol/reply-decoder.js';

/** Sends one command; calls that are not awaited may be pipelined. */
export type Ask = (...args: string[]) => Promise<Reply>;

export interface Difference {
  readonly db: number;
  /** Empty for what belongs to no key. */
  readonly key: string;
  /** `missing`, `type`, `expiry`, `content`, `functions`. */
  readonly what: string;
  /** Shortened. */
  readonly a: string;
  readonly b: string;
}

export interface Comparison {
  readonly keys: number;
  /** Keys compared, by type. */
  readonly byType: Readonly<Record<string, number>>;
  readonly expiring: number;
  readonly differences: readonly Difference[];
}

export interface CompareOptions {
  /** Keys asked for at a time. */
  readonly batch?: number;
  /** Stop after so many differences. */
  readonly limit?: number;
  /** Fields of XINFO STREAM FULL that the two sides need not agree on. */
  readonly ignoreStreamFields?: readonly string[];
  /**
   * A score of -0 is as good as 0. Redis loses the sign in a listpack, and when a sorted set is one differs: SORT makes a master's
   * a skiplist, of which no replica hears (sort.c), a snapshot that is loaded makes small ones listpacks again (rdb.c), and ZRANGESTORE before
   * 7.2 begins with one however long it gets.
   */
  readonly ignoreZeroSign?: boolean;
}

interface KeyFound {
  readonly type: string;
  readonly expires: boolean;
  /** What, and how on either side. */
  readonly difference?: readonly [what: string, a: string, b: string];
}

const SHOWN_CHARS = 200;
const REREADS = 3;
/** How nodes are laid out, and what 7.2 tells and 7.0 does not. */
const STREAM_LAYOUT = ['radix-tree-keys', 'radix-tree-nodes', 'active-time'];

/** Compares all databases that either side has keys in. */
export async function compareServers(a: Ask, b: Ask, options: CompareOptions = {}): Promise<Comparison> {
  return new Comparing(a, b, options).run();
}

class Comparing {
  private keys = 0;
  private expiring = 0;
  private readonly byType: Record<string, number> = {};
  private readonly differences: Difference[] = [];
  private readonly batch: number;
  private readonly limit: number;
  private readonly ignored: ReadonlySet<string>;
  private readonly ignoreZeroSign: boolean;
  private db = 0;

  constructor(
    private readonly a: Ask,
    private readonly b: Ask,
    { batch = 500, limit = 20, ignoreStreamFields = [], ignoreZeroSign = false }: CompareOptions,
  ) {
    this.batch = batch;
    this.limit = limit;
    this.ignoreZeroSign = ignoreZeroSign;
    this.ignored = new Set([...STREAM_LAYOUT, ...ignoreStreamFields]);
  }

  async run(): Promise<Comparison> {
    const [dbsA, dbsB] = await Promise.all([databases(this.a), databases(this.b)]);
    for (const db of [...new Set([...dbsA, ...dbsB])].sort((x, y) => x - y)) {
      this.db = db;
      await Promise.all([this.a('SELECT', String(db)), this.b('SELECT', String(db))]);
      const seen = new Set<string>();
      await this.walk(this.a, seen);
      await this.walk(this.b, seen);
    }
    await this.functions();
    const { keys, expiring, byType, differences } = this;
    return { keys, expiring, byType, differences };
  }

  /** Walks one side: the first time every key is compared, the second time those that the first side did not name. */
  private async walk(side: Ask, seen: Set<string>): Promise<void> {
    let cursor = '0';
    do {
      const reply = await side('SCAN', cursor, 'COUNT', String(this.batch));
      if (reply.type !== 'array') throw new Error(`SCAN: ${show(reply)}`);
      cursor = text(reply.items[0]);
      const keys = items(reply.items[1])
        .map(text)
        .filter((key) => !seen.has(key));
      for (const key of keys) seen.add(key);
      await Promise.all(keys.map((key) => this.compareKey(key)));
    } while (cursor !== '0' && this.differences.length < this.limit);
  }

  /** A key may go between two questions because its time is over: what differs is read again. */
  private async compareKey(key: string): Promise<void> {
    let found = await this.readKey(key);
    for (let again = 0; again < REREADS && found.difference !== undefined; again++)
      found = await this.readKey(key);
    if (found.type !== 'none') {
      this.keys++;
      this.byType[found.type] = (this.byType[found.type] ?? 0) + 1;
      if (found.expires) this.expiring++;
    }
    if (found.difference !== undefined) this.differ(key, ...found.difference);
  }

  private async readKey(key: string): Promise<KeyFound> {
    const ask = (side: Ask) => Promise.all([side('TYPE', key), side('PEXPIRETIME', key)]);
    const [[typeA, expiryA], [typeB, expiryB]] = await Promise.all([ask(this.a), ask(this.b)]);
    const [a, b] = [text(typeA), text(typeB)];
    const found = { type: a, expires: Number(show(expiryA)) >= 0 };
    if (a !== b) return { ...found, difference: [a === 'none' || b === 'none' ? 'missing' : 'type', a, b] };
    if (a === 'none') return found;
    if (!isSameTime(show(expiryA), show(expiryB)))
      return { ...found, difference: ['expiry', show(expiryA), show(expiryB)] };
    const [contentA, contentB] = await Promise.all([
      this.content(this.a, a, key),
      this.content(this.b, a, key),
    ]);
    if (contentA === contentB) return found;
    return { ...found, difference: ['content', around(contentA, contentB), around(contentB, contentA)] };
  }

  private async content(side: Ask, type: string, key: string): Promise<string> {
    switch (type) {
      case 'string':
        return show(await side('GET', key));
      case 'list':
        return show(await side('LRANGE', key, '0', '-1'));
      case 'set':
        return items(await side('SMEMBERS', key))
          .map(show)
          .sort()
          .join();
      case 'hash':
        return pairs(items(await side('HGETALL', key)))
          .map(([field, value]) => `${show(field)}=${show(value)}`)
          .sort()
          .join();
      case 'zset':
        return pairs(items(await side('ZRANGE', key, '0', '-1', 'WITHSCORES')))
          .map(([member, score]) => `${show(member)}=${this.score(text(score))}`)
          .join();
      case 'stream':
        return this.stream(await side('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'));
      default:
        throw new Error(`the type of ${JSON.stringify(key)} is ${type}`);
    }
  }

  /** In as few digits as are needed: 7.2 prints no more, 7.0 prints 17. */
  private score(printed: string): string {
    if (printed === '-0' && this.ignoreZeroSign) return '0';
    return /\d[.e]/.test(printed) ? String(Number(printed)) : printed;
  }

  /** Fields by name, so that servers which have more of them can be compared in what both have. */
  private stream(reply: Reply): string {
    if (reply.type === 'error') return show(reply);
    const named = (fields: readonly Reply[], inner: (name: string, value: Reply) => string): string =>
      pairs(fields)
        .filter(([name]) => !this.ignored.has(text(name)))
        .map(([name, value]) => `${text(name)}:${inner(text(name), value)}`)
        .join('\n');
    return named(items(reply), (name, value) => {
      if (name !== 'groups') return show(value);
      return items(value)
        .map((group) =>
          named(items(group), (field, of) =>
            field === 'consumers'
              ? items(of)
                  .map((consumer) => named(items(consumer), (_, v) => show(v)))
                  .sort()
                  .join('\n')
              : show(of),
          ),
        )
        .join('\n');
    });
  }

  private async functions(): Promise<void> {
    const [a, b] = await Promise.all([libraries(this.a), libraries(this.b)]);
    if (a !== b) this.differ('', 'functions', a, b);
  }

  private differ(key: string, what: string, a: string, b: string): void {
    if (this.differences.length >= this.limit) return;
    this.differences.push({ db: this.db, key, what, a: a.slice(0, SHOWN_CHARS), b: b.slice(0, SHOWN_CHARS) });
  }
}

/** Equal as doubles: ours keeps times as such, which beyond 2^53 ms are no longer exact (docs/differences.md). */
function isSameTime(a: string, b: string): boolean {
  return Number(a) === Number(b);
}

/** Databases with keys. */
async function databases(ask: Ask): Promise<number[]> {
  return [...text(await ask('INFO', 'keyspace')).matchAll(/^db(\d+):/gm)].map(([, db]) => Number(db));
}

/** Code of all libraries, sorted; empty on a server that knows none. */
async function libraries(ask: Ask): Promise<string> {
  const reply = await ask('FUNCTION', 'LIST', 'WITHCODE');
  if (reply.type === 'error') return '';
  return items(reply)
    .map((library) => pairs(items(library)).find(([name]) => text(name) === 'library_code'))
    .map((pair) => (pair === undefined ? '' : text(pair[1])))
    .sort()
    .join('\n');
}

function items(reply: Reply): readonly Reply[] {
  switch (reply.type) {
    case 'array':
    case 'set':
    case 'push':
      return reply.items;
    case 'map':
      return reply.entries.flat();
    default:
      throw new Error(`not a list: ${show(reply)}`);
  }
}

function pairs(list: readonly Reply[]): [Reply, Reply][] {
  const out: [Reply, Reply][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) out.push([list[i], list[i + 1]]);
  return out;
}

function text(reply: Reply): string {
  return 'value' in reply ? String(reply.value) : show(reply);
}

/** A reply as text in which equal replies, and only those, are equal. */
function show(reply: Reply): string {
  switch (reply.type) {
    case 'integer':
    case 'double':
    case 'boolean':
      return String(reply.value);
    case 'bulk':
    case 'simple':
    case 'error':
    case 'bignumber':
    case 'verbatim':
      return JSON.stringify(reply.value);
    case 'null':
      return 'null';
    case 'map':
      return `{${reply.entries.map(([k, v]) => `${show(k)}:${show(v)}`).join()}}`;
    case 'array':
    case 'set':
    case 'push':
      return `[${reply.items.map(show).join()}]`;
    case 'attribute':
      return show(reply.reply);
  }
}

/** `a` from a little before where it differs from `b`. */
function around(a: string, b: string): string {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const from = Math.max(0, i - 20);
  return `${from > 0 ? '…' : ''}${a.slice(from, i + 100)}`;
}
