/**
 * Wire transcripts: what a client sends and the exact lines that come back, replayed in every way bytes can arrive.
 *
 *   # a comment
 *   C: SET key "a value"     one request, arguments as redis-cli splits them, sent as a RESP array
 *   S: +OK                   one line of the answer, without its CR LF; \xNN and \\ are escapes
 *   C: MIGRATE 127.0.0.1 {target} …      the port of another server, for transcripts that need one
 *
 * A transcript is played request by request, then all of it in one chunk, byte by byte, and cut at random places.
 */
import { readFileSync } from 'node:fs';
import { ascii } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { splitArgs } from '../../src/core/base/split-args.js';
import { encodeCommandBuffer } from '../../src/core/protocol/command-encoder.js';

export interface Exchange {
  /** The line of the request in the file, for messages. */
  readonly line: number;
  readonly request: string;
  readonly sent: Buffer;
  readonly answer: string;
}

/** Who plays the server: takes bytes, answers with bytes (latin1) as far as they are there. */
export interface Player {
  send(wire: Buffer): string;
}

export interface Mismatch {
  readonly where: string;
  readonly expected: string;
  readonly actual: string;
}

const RANDOM_RUNS = 20;
const LONGEST_PIECE = 40;

/** @param target the port that stands for `{target}` */
export function readTranscript(file: string | URL, target = 0): Exchange[] {
  return parseTranscript(readFileSync(file, 'latin1').replaceAll('{target}', String(target)));
}

/** Throws on a line that is neither request, answer, comment nor empty. */
export function parseTranscript(text: string): Exchange[] {
  const exchanges: { line: number; request: string; sent: Buffer; answer: string }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const body = line.slice(3);
    if (line.startsWith('C: ')) {
      const args = splitArgs(ascii(body));
      if (args === undefined) throw new Error(`line ${index + 1}: unbalanced quotes`);
      exchanges.push({ line: index + 1, request: body, sent: encodeCommandBuffer(args), answer: '' });
    } else if (line.startsWith('S:') && exchanges.length > 0) {
      exchanges[exchanges.length - 1].answer += `${unescape(body)}\r\n`;
    } else throw new Error(`line ${index + 1}: ${line}`);
  }
  return exchanges;
}

function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|\\)/g, (_, hex?: string) =>
    hex === undefined ? '\\' : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Plays a transcript in all ways, each on a fresh player; the first answer that differs, or undefined. */
export function playTranscript(
  exchanges: readonly Exchange[],
  fresh: () => Player,
  seed = 1,
): Mismatch | undefined {
  const player = fresh();
  for (const { line, request, sent, answer } of exchanges) {
    const actual = player.send(sent);
    if (actual !== answer) return { where: `line ${line}: ${request}`, expected: answer, actual };
  }
  const wire = Buffer.concat(exchanges.map((exchange) => exchange.sent));
  const expected = exchanges.map((exchange) => exchange.answer).join('');
  const ways: [string, Buffer[]][] = [
    ['in one chunk', [wire]],
    ['byte by byte', cut(wire, () => 1)],
  ];
  const random = new SeededRandom(seed);
  for (let run = 0; run < RANDOM_RUNS; run++) {
    ways.push([`cut at random, run ${run}`, cut(wire, () => 1 + random.below(LONGEST_PIECE))]);
  }
  for (const [where, pieces] of ways) {
    const other = fresh();
    const actual = pieces.map((piece) => other.send(piece)).join('');
    if (actual !== expected) return { where, expected, actual };
  }
  return undefined;
}

function cut(wire: Buffer, length: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < wire.length;) {
    const end = Math.min(wire.length, at + length());
    pieces.push(wire.subarray(at, end));
    at = end;
  }
  return pieces;
}
