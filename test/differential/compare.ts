/** Compares two replies under a tolerance: says in words what differs, or undefined when nothing does. */
import { showReply, type Reply } from '../support/resp-decoder.js';
import { type Tolerance } from './tolerances.js';

/** What is wrong with `ours` beside `peer`, or undefined when it is within the tolerance. */
export function differs(ours: Reply, peer: Reply, tolerance: Tolerance): string | undefined {
  if (tolerance.kind === 'skipped') return undefined;
  if (tolerance.kind === 'error-class') return differsInClass(ours, peer);
  if (tolerance.kind === 'either' && isPair(ours, peer, tolerance.pairs)) return undefined;
  if (tolerance.kind === 'refused')
    return isError(peer, tolerance.error) ? undefined : differs(ours, peer, tolerance.otherwise);
  if (ours.type === 'error' || peer.type === 'error') return differsExactly(ours, peer);
  switch (tolerance.kind) {
    case 'exact':
    case 'settles':
      return differsExactly(ours, peer);
    case 'shape':
      return ours.type === peer.type ? undefined : 'another type of reply';
    case 'full-scan':
      return ours.type === peer.type ? undefined : 'another type of reply';
    case 'dump':
      return differsInDump(ours, peer);
    case 'set':
      return sorted(ours) === sorted(peer) ? undefined : 'not the same elements';
    case 'pairs':
      return sortedPairs(ours) === sortedPairs(peer) ? undefined : 'not the same pairs';
    case 'length':
      return lengthOf(ours) === lengthOf(peer) ? undefined : 'not as many elements';
    case 'clocked':
      return differsButInTimes(ours, peer, tolerance.at);
    case 'approx':
      return differsByMuch(ours, peer, tolerance.delta);
    case 'either':
      return differsExactly(ours, peer);
  }
}

/** Whether the peer has refused to store what ours has stored, and that is tolerated: from here on the data differ. */
export function hasParted(
  request: readonly string[],
  ours: Reply,
  peer: Reply,
  tolerance: Tolerance,
): boolean {
  return (
    tolerance.kind === 'refused' &&
    isError(peer, tolerance.error) &&
    ours.type !== 'error' &&
    request.some((arg) => arg.toUpperCase() === 'STORE')
  );
}

/**
 * Whether these replies had to be equal byte for byte: the tolerance is exact, or it loosens nothing of what was answered (an error, a
 * reply with one element, one without a time).
 */
export function mustBeEqual(peer: Reply, tolerance: Tolerance): boolean {
  if (tolerance.kind === 'skipped' || tolerance.kind === 'error-class') return false;
  if (tolerance.kind === 'refused')
    return !isError(peer, tolerance.error) && mustBeEqual(peer, tolerance.otherwise);
  if (tolerance.kind === 'either') return !('text' in peer && tolerance.pairs.flat().includes(peer.text));
  if (peer.type === 'error' || peer.type === 'nil' || peer.type === 'null' || peer.type === 'nil-array')
    return true;
  const elements = 'items' in peer ? peer.items.length : 0;
  switch (tolerance.kind) {
    case 'exact':
    case 'settles':
      return true;
    case 'set':
      return elements < 2;
    case 'pairs':
      return elements < 3;
    case 'length':
      return 'items' in peer && elements === 0;
    case 'dump':
      return peer.type === 'bulk' && !UNORDERED_TYPES.includes(peer.text.charAt(0));
    case 'clocked':
      return !hasTimes(peer, tolerance.at);
    case 'approx':
      return peer.type !== 'integer' || peer.value < 0n;
    case 'shape':
    case 'full-scan':
      return false;
  }
}

/** Type, bytes and, in aggregates, every element. */
export function differsExactly(ours: Reply, peer: Reply): string | undefined {
  return showReply(ours) === showReply(peer) ? undefined : 'not the same reply';
}

function differsInClass(ours: Reply, peer: Reply): string | undefined {
  const ourClass = ours.type === 'error' ? ours.text.split(' ', 1)[0] : 'no error';
  const peerClass = peer.type === 'error' ? peer.text.split(' ', 1)[0] : 'no error';
  return ourClass === peerClass ? undefined : `${ourClass} instead of ${peerClass}`;
}

function differsByMuch(ours: Reply, peer: Reply, delta: number): string | undefined {
  if (ours.type !== 'integer' || peer.type !== 'integer') return differsExactly(ours, peer);
  if (ours.value < 0n || peer.value < 0n) return differsExactly(ours, peer);
  const apart = ours.value > peer.value ? ours.value - peer.value : peer.value - ours.value;
  return apart <= BigInt(delta) ? undefined : `${apart} apart, ${delta} allowed`;
}

/** RDB types whose elements come in the order of a hash table: sets and hashes that are not packed. */
const UNORDERED_TYPES = ['\x02', '\x04'];
/** A dump ends with 8 bytes of checksum. */
const CHECKSUM_BYTES = 8;

function differsInDump(ours: Reply, peer: Reply): string | undefined {
  if (ours.type !== 'bulk' || peer.type !== 'bulk') return differsExactly(ours, peer);
  if (!UNORDERED_TYPES.includes(peer.text.charAt(0))) return differsExactly(ours, peer);
  const bytes = (dump: string) => [...dump.slice(1, -CHECKSUM_BYTES)].sort().join('');
  const same = ours.text.charAt(0) === peer.text.charAt(0) && bytes(ours.text) === bytes(peer.text);
  return same ? undefined : 'not the same bytes in any order';
}

function sorted(reply: Reply): string {
  if (!('items' in reply)) return showReply(reply);
  return `${reply.type}\n${reply.items.map(showReply).sort().join('\n')}`;
}

function sortedPairs(reply: Reply): string {
  if (!('items' in reply)) return showReply(reply);
  const pairs: string[] = [];
  for (let i = 0; i < reply.items.length; i += 2)
    pairs.push(
      reply.items
        .slice(i, i + 2)
        .map(showReply)
        .join(' '),
    );
  return `${reply.type}\n${pairs.sort().join('\n')}`;
}

function lengthOf(reply: Reply): string {
  return 'items' in reply ? `${reply.type} ${reply.items.length}` : reply.type;
}

function isError(reply: Reply, text: string): boolean {
  return reply.type === 'error' && reply.text === text;
}

function isPair(ours: Reply, peer: Reply, pairs: readonly (readonly [string, string])[]): boolean {
  if (ours.type !== peer.type || (ours.type !== 'bulk' && ours.type !== 'error')) return false;
  if (peer.type !== 'bulk' && peer.type !== 'error') return false;
  const both = [ours.text, peer.text];
  return pairs.some((pair) => pair.every((text) => both.includes(text)) && ours.text !== peer.text);
}

/** Times since 1970 are above this. */
const UNIX_MS_MIN = 1_000_000_000_000n;
const CLOCK_DELTA_MS = 5000;

function differsButInTimes(ours: Reply, peer: Reply, at: readonly number[]): string | undefined {
  if (!('items' in ours && 'items' in peer) || ours.type !== peer.type) return differsExactly(ours, peer);
  const [mine, theirs] = [ours.items, peer.items];
  if (mine.length !== theirs.length) return 'not the same number of elements';
  for (const [i, item] of mine.entries()) {
    const isTime = isTimeAt(item, i, at) && (at.includes(i) || isUnixTime(theirs[i]));
    const why = isTime
      ? differsByMuch(item, theirs[i], CLOCK_DELTA_MS)
      : differsButInTimes(item, theirs[i], at);
    if (why !== undefined) return why;
  }
  return undefined;
}

function isTimeAt(reply: Reply, i: number, at: readonly number[]): boolean {
  return reply.type === 'integer' && (at.includes(i) || isUnixTime(reply));
}

function hasTimes(reply: Reply, at: readonly number[]): boolean {
  return 'items' in reply && reply.items.some((item, i) => isTimeAt(item, i, at) || hasTimes(item, at));
}

function isUnixTime(reply: Reply): boolean {
  return reply.type === 'integer' && reply.value > UNIX_MS_MIN;
}

/** A double with 17 digits, which is how Redis printed all of them before 7.2; since then it prints the shortest that reads alike. */
const LONG_DOUBLE = /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/;
const SIGNIFICANT_DIGITS = 16;

/** Both replies with doubles as 7.2 prints them, where the peer is older. */
export function shownAsBy72(
  [ours, peer]: [Reply, Reply],
  [major, minor]: readonly [number, number, number],
): [Reply, Reply] {
  if (major > 7 || (major === 7 && minor >= 2)) return [ours, peer];
  return [withShortDoubles(ours), withShortDoubles(peer)];
}

/** A reply with its long doubles short, as far as they can be told from text. */
function withShortDoubles(reply: Reply): Reply {
  if ('items' in reply) return { ...reply, items: reply.items.map(withShortDoubles) };
  if (reply.type !== 'bulk' && reply.type !== 'double') return reply;
  const { text } = reply;
  if (!LONG_DOUBLE.test(text)) return reply;
  const digits = text.replace(/[^0-9]/g, '').replace(/^0+/, '').length;
  if (!text.includes('e') && (digits < SIGNIFICANT_DIGITS || !text.includes('.'))) return reply;
  return { ...reply, text: String(Number(text)) };
}
