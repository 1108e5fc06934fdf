/**
 * Which miscount gives a wrong offset: each function compares it with one place of the stream, the one that is right for the
 * answer, and says nothing when the number does not come out exactly. Called by AckJudge (acks.ts) and by nobody else.
 */
import { type Finding } from '../rule.js';
import { GETACK, PING, UNCOUNTED, type Tally } from './positions.js';

/** `*3 REPLCONF GETACK *` on the wire. */
export const GETACK_BYTES = 37;
/** Its words, and the bytes in them. */
const GETACK_WORDS = 3;
const GETACK_LETTERS = 15;
/** `*1 PING` on the wire, and its one word. */
const PING_BYTES = 14;
const PING_LETTERS = 4;

/** Sizes of what came before the stream, in bytes. */
export interface Preamble {
  handshakeBytes: number;
  headerBytes: number;
  snapshotBytes: number;
  /** Bytes of the stream that came at once behind what precedes it: how many it was at the end of each piece. */
  readonly first: number[];
  /** What precedes the stream. */
  behind: 'the end of the snapshot' | 'the answer to PSYNC';
}

/** Pieces behind the snapshot that a replica may have read together with its end. */
export const MAX_FIRST = 16;

/** An offset that is too large. */
export function tooMuch(
  offset: number,
  right: Tally,
  noiseBytes: number,
  preamble: Readonly<Preamble>,
): Finding | undefined {
  return (
    lineEnd(offset, right.end, noiseBytes) ??
    preambleCounted(offset, right.end, preamble) ??
    getacksTwice(offset, right)
  );
}

/** An offset that is too small. Where two miscounts give the same number, neither is named. */
export function tooLittle(
  offset: number,
  right: Tally,
  base: number,
  preamble: Readonly<Preamble>,
): Finding | undefined {
  const found = [
    leftOut(offset, right),
    wordsCounted(offset, right, base),
    charactersCounted(offset, right),
    firstDropped(offset, right, preamble),
  ].filter((finding) => finding !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** What was decoded was counted, not what came. */
function charactersCounted(offset: number, right: Tally): Finding | undefined {
  const { end, overPoints, overUnits } = right;
  const less = end - offset;
  if (less <= 0 || (less !== overPoints && less !== overUnits)) return undefined;
  const more =
    less === overPoints && less !== overUnits ? 'characters' : 'characters (the length of a decoded string)';
  return {
    id: 'ack-counts-characters',
    text: `It acknowledges ${offset} where ${end} is right: ${less} too few, just as many as the values have bytes more than characters. It counts ${more}, not bytes.`,
  };
}

/** What came in one piece with the end of the snapshot never arrived. */
export function firstDropped(
  offset: number,
  { end }: Tally,
  { first, behind }: Readonly<Preamble>,
): Finding | undefined {
  const less = end - offset;
  if (!first.includes(less)) return undefined;
  return {
    id: 'first-bytes-dropped',
    text: `It acknowledges ${offset} where ${end} is right: ${less} too few, just the first ${less} bytes of the stream, which came in one piece with ${behind}. It has thrown them away: those commands were not executed.`,
  };
}

function lineEnd(offset: number, right: number, noiseBytes: number): Finding | undefined {
  if (noiseBytes > 0 && offset === right + noiseBytes) {
    return {
      id: 'ack-counts-line-end',
      text: `It acknowledges ${offset}, ${noiseBytes} more than ${right}: it was sent ${noiseBytes} bytes of line ends that belong to no command, and counts them as a real replica does. The fault is the sender's.`,
    };
  }
  return noiseBytes === 0 && offset === right + 2
    ? {
        id: 'ack-counts-line-end',
        text: `It acknowledges ${offset}, 2 more than ${right}: a CR LF that was never sent is counted, as if the snapshot were a bulk string.`,
      }
    : undefined;
}

function preambleCounted(offset: number, right: number, preamble: Readonly<Preamble>): Finding | undefined {
  const { handshakeBytes, headerBytes, snapshotBytes } = preamble;
  const sums: readonly [string, number][] = [
    ['the snapshot', snapshotBytes],
    ['the snapshot and its header', snapshotBytes + headerBytes],
    ['everything since the connection began', handshakeBytes + headerBytes + snapshotBytes],
    ['the replies of the handshake', handshakeBytes],
  ];
  const found = sums.find(([, bytes]) => bytes > 0 && offset === right + bytes);
  return found
    ? {
        id: 'ack-counts-snapshot',
        text: `It acknowledges ${offset}, ${found[1]} more than ${right}: just the size of ${found[0]}.`,
      }
    : undefined;
}

/** GETACKs counted before they are answered and once more after. */
function getacksTwice(offset: number, { end, spent }: Tally): Finding | undefined {
  const more = offset - end;
  if (more <= 0 || more % GETACK_BYTES !== 0 || more > spent[GETACK] + GETACK_BYTES) return undefined;
  const times = more / GETACK_BYTES;
  const what = times === 1 ? 'just the length of a GETACK' : `${times} times the length of a GETACK`;
  return {
    id: 'getack-counted-early',
    text: `It acknowledges ${offset} where ${end} is right: ${more} too many, ${what}.`,
  };
}

/** Counted from 0, and otherwise right. */
export function fromZero(offset: number, { end }: Tally, base: number): Finding | undefined {
  return base > 0 && offset === end - base && offset < base
    ? {
        id: 'ack-from-zero',
        text: `It acknowledges ${offset} where ${end} is right: it does not begin at ${base}, which it was told with the answer to PSYNC.`,
      }
    : undefined;
}

/** The commands that, left out of the count, give just this offset. */
export function leftOut(offset: number, { end, spent }: Tally): Finding | undefined {
  if (offset >= end) return undefined;
  for (let subset = 1; subset < 1 << spent.length; subset++) {
    const kinds = UNCOUNTED.filter((_, i) => subset & (1 << i));
    const bytes = spent.reduce((sum, count, i) => sum + (subset & (1 << i) ? count : 0), 0);
    if (spent.some((count, i) => subset & (1 << i) && count === 0)) continue;
    if (end - bytes !== offset) continue;
    return {
      id: 'ack-misses-commands',
      text: `It acknowledges ${offset} where ${end} is right: ${bytes} too few, just what ${kinds.join(' and ')} took of the stream.`,
    };
  }
  return undefined;
}

/** Ways to count words: bytes for each word, bytes for each command. */
const WORD_FORMS: readonly (readonly [perWord: number, perCommand: number, how: string])[] = [
  [1, -1, 'the words of the commands with a space between them'],
  [0, 0, 'the words of the commands alone'],
  [2, 0, 'the words of the commands and their line ends'],
  [1, 1, 'the words of the commands as lines of text'],
  [1, 0, 'the words of the commands with a byte behind each'],
];

/** The words instead of the bytes; PING and GETACK, which are often handled by themselves, so or rightly. */
function wordsCounted(offset: number, right: Tally, base: number): Finding | undefined {
  const { end, spent } = right;
  if (offset >= end) return undefined;
  const pings = spent[PING] / PING_BYTES;
  const getacks = spent[GETACK] / GETACK_BYTES;
  if (right.commands <= pings + getacks) return undefined;
  for (const [perWord, perCommand, how] of WORD_FORMS) {
    const all = base + right.letters + perWord * right.words + perCommand * right.commands;
    const ping = pings * (PING_BYTES - PING_LETTERS - perWord - perCommand);
    const getack = getacks * (GETACK_BYTES - GETACK_LETTERS - GETACK_WORDS * perWord - perCommand);
    if (![all, all + ping, all + getack, all + ping + getack].includes(offset)) continue;
    return {
      id: 'ack-counts-words',
      text: `It acknowledges ${offset} where ${end} is right: it counts ${how}, not the bytes as they came.`,
    };
  }
  return undefined;
}
