/**
 * Compares one key on two servers, piece by piece, so that a key of any size takes little memory: strings and lists by ranges,
 * sorted sets by rank, streams by id, sets and hashes by a scan of one side whose answers are looked up on the other. Says
 * what differs first, or nothing. Called for keys whose DUMPs differ, are too large, or cannot be asked for.
 */
import { ascii, concat, quote, type Bytes } from '../base/bytes.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { bytesOf, command, integerOf, itemsOf, scalar } from './replies.js';

/** Sends commands to one server and waits for all replies. */
export type Ask = (commands: readonly (readonly Bytes[])[]) => Promise<Reply[]>;

/** A reply that tells nothing about the key: rights are missing, or the command is. */
export class VerifyRefused extends Error {
  override readonly name = 'VerifyRefused';
}

const STRING_PIECE = 256 * 1024;
const ITEMS = 500;
/** Longest part of an element that is shown. */
const SHOWN = 40;

type Compare = (key: Bytes, a: Ask, b: Ask) => Promise<string | undefined>;

const BY_TYPE: Readonly<Record<string, Compare>> = {
  string: compareStrings,
  list: compareLists,
  set: compareSets,
  hash: compareHashes,
  zset: compareSortedSets,
  stream: compareStreams,
};

/**
 * What differs between the two values of `key`, which are of type `type` on both sides; undefined when nothing does. Rejects
 * with VerifyRefused when the values cannot be read, or are of a type that we cannot read piece by piece.
 */
export async function compareValues(type: string, key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const compare = BY_TYPE[type];
  if (!Object.hasOwn(BY_TYPE, type))
    throw new VerifyRefused(`values of type ${type} cannot be compared piece by piece`);
  return compare(key, a, b);
}

/** Both replies to one command; rejects when either is an error. */
async function both(a: Ask, b: Ask, ...args: Bytes[]): Promise<[Reply, Reply]> {
  const [[left], [right]] = await Promise.all([a([args]), b([args])]);
  return [valid(left, args[0]), valid(right, args[0])];
}

function valid(reply: Reply, what: Bytes): Reply {
  if (reply.type === 'error') throw new VerifyRefused(`${what}: ${quote(reply.value, false)}`);
  return reply;
}

const words = (...list: string[]): Bytes[] => command(...list);
const shown = (bytes: Bytes) =>
  bytes.length > SHOWN ? `${quote(ascii(bytes.slice(0, SHOWN)))}…` : quote(bytes);
const numbers = (left: Reply, right: Reply) => [integerOf(left) ?? 0, integerOf(right) ?? 0];

async function sizesDiffer(
  what: string,
  key: Bytes,
  a: Ask,
  b: Ask,
): Promise<{ size: number; why?: string }> {
  const [left, right] = numbers(...(await both(a, b, ascii(what), key)));
  const unit = what === 'STRLEN' ? 'bytes' : 'elements';
  return left === right ? { size: left } : { size: left, why: `${left} and ${right} ${unit}` };
}

async function compareStrings(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { size, why } = await sizesDiffer('STRLEN', key, a, b);
  if (why !== undefined) return why;
  for (let from = 0; from < size; from += STRING_PIECE) {
    const range = words(String(from), String(from + STRING_PIECE - 1));
    const [left, right] = await both(a, b, ascii('GETRANGE'), key, ...range);
    const at = firstDifference(bytesOf(left) ?? ascii(''), bytesOf(right) ?? ascii(''));
    if (at !== undefined) return `the bytes differ from ${from + at} on`;
  }
  return undefined;
}

function firstDifference(a: Bytes, b: Bytes): number | undefined {
  if (a === b) return undefined;
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
  return undefined;
}

async function compareLists(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { size, why } = await sizesDiffer('LLEN', key, a, b);
  if (why !== undefined) return why;
  return compareRanks(
    size,
    a,
    b,
    (from, to) => [ascii('LRANGE'), key, ...words(String(from), String(to))],
    1,
  );
}

async function compareSortedSets(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { size, why } = await sizesDiffer('ZCARD', key, a, b);
  if (why !== undefined) return why;
  const range = (from: number, to: number) => [
    ascii('ZRANGE'),
    key,
    ...words(String(from), String(to), 'WITHSCORES'),
  ];
  return compareRanks(size, a, b, range, 2);
}

/** Elements in an order that both sides share. `per`: replies per element. */
async function compareRanks(
  size: number,
  a: Ask,
  b: Ask,
  range: (from: number, to: number) => Bytes[],
  per: number,
): Promise<string | undefined> {
  for (let from = 0; from < size; from += ITEMS) {
    const [left, right] = (await both(a, b, ...range(from, from + ITEMS - 1))).map(flatItems);
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (left[i] === right[i]) continue;
      const what = per === 2 && i % 2 === 1 ? 'the score' : 'the element';
      const [ours, theirs] = [left[i], right[i]].map((item) =>
        item === undefined ? 'nothing' : shown(item),
      );
      return `${what} at ${from + Math.floor(i / per)}: ${ours} and ${theirs}`;
    }
  }
  return undefined;
}

function flatItems(reply: Reply): Bytes[] {
  return itemsOf(reply).map((item) => bytesOf(item) ?? ascii(scalar(item)));
}

/** Scans `key` on one side with `scan`; `each` gets the elements of every page. Ends early when it returns a text. */
async function scanPages(
  scan: string,
  key: Bytes,
  a: Ask,
  each: (page: Bytes[]) => Promise<string | undefined>,
): Promise<string | undefined> {
  let cursor = '0';
  do {
    const [reply] = await a([[ascii(scan), key, ...words(cursor, 'COUNT', String(ITEMS))]]);
    const [next, page] = itemsOf(valid(reply, ascii(scan)));
    cursor = scalar(next);
    const found = flatItems(page);
    // A small collection comes as one page, whatever COUNT says.
    for (let i = 0; i < found.length; i += 2 * ITEMS) {
      const why = await each(found.slice(i, i + 2 * ITEMS));
      if (why !== undefined) return why;
    }
  } while (cursor !== '0');
  return undefined;
}

async function compareSets(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { why } = await sizesDiffer('SCARD', key, a, b);
  if (why !== undefined) return why;
  return scanPages('SSCAN', key, a, async (members) => {
    const found = await b(members.map((member) => [ascii('SISMEMBER'), key, member]));
    const missing = members.find((_, i) => integerOf(valid(found[i], ascii('SISMEMBER'))) !== 1);
    return missing === undefined ? undefined : `the member ${shown(missing)} is in the first only`;
  });
}

async function compareHashes(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { why } = await sizesDiffer('HLEN', key, a, b);
  if (why !== undefined) return why;
  return scanPages('HSCAN', key, a, async (pairs) => {
    const fields = pairs.filter((_, i) => i % 2 === 0);
    const [reply] = await b([[ascii('HMGET'), key, ...fields]]);
    const values = itemsOf(valid(reply, ascii('HMGET'))).map(bytesOf);
    const at = fields.findIndex((_, i) => values[i] !== pairs[2 * i + 1]);
    if (at < 0) return undefined;
    const theirs = values[at] === undefined ? 'nothing' : shown(values[at]);
    return `the field ${shown(fields[at])}: ${shown(pairs[2 * at + 1])} and ${theirs}`;
  });
}

async function compareStreams(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const { why } = await sizesDiffer('XLEN', key, a, b);
  if (why !== undefined) return why;
  let from: string | undefined = '-';
  while (from !== undefined) {
    const range: Bytes[] = [ascii('XRANGE'), key, ...words(from, '+', 'COUNT', String(ITEMS))];
    const [left, right]: Entry[][] = (await both(a, b, ...range)).map((reply) =>
      itemsOf(reply).map(entryText),
    );
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (left[i]?.text !== right[i]?.text) return `the entry ${left[i]?.id ?? right[i]?.id}`;
    }
    from = left.length < ITEMS ? undefined : nextId(left[left.length - 1].id);
  }
  return compareGroups(key, a, b);
}

interface Entry {
  readonly id: string;
  readonly text: string;
}

function entryText(entry: Reply): Entry {
  const [id, fields] = itemsOf(entry);
  return {
    id: scalar(id),
    text: `${scalar(id)} ${flatItems(fields)
      .map((field) => quote(field))
      .join(' ')}`,
  };
}

/** The smallest id above `id`: exclusive ranges came with Redis 6.2. */
function nextId(id: string): string {
  const [ms, sequence] = id.split('-').map(BigInt);
  return `${ms}-${sequence + 1n}`;
}

/** Groups by name, position and pending entries. Consumers' seen-times are each server's own. */
async function compareGroups(key: Bytes, a: Ask, b: Ask): Promise<string | undefined> {
  const [left, right] = (await both(a, b, ...words('XINFO', 'GROUPS'), key)).map((reply) =>
    itemsOf(reply).map((group) => {
      const fields = flatItems(group);
      const get = (name: string) => fields[fields.indexOf(ascii(name)) + 1] ?? ascii('');
      return concat(words(`pending ${get('pending')}, at ${get('last-delivered-id')}, `).concat(get('name')));
    }),
  );
  const at = left.findIndex((group, i) => group !== right[i]);
  if (at >= 0 || left.length !== right.length) return 'the consumer groups';
  return undefined;
}
