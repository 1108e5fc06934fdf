/** Numbers and protocol errors against real servers: random inputs, the same answers to the byte. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ascii, type Bytes } from '../../src/core/base/bytes.js';
import { keySlot } from '../../src/core/base/crc16.js';
import { globMatch } from '../../src/core/base/glob.js';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  parseLongDouble,
} from '../../src/core/base/long-double.js';
import { addInt64, formatDouble, formatInt64, parseDouble, parseInt64 } from '../../src/core/base/numbers.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { ProtocolError } from '../../src/core/protocol/errors.js';
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { RequestParser } from '../../src/core/protocol/request-parser.js';
import {
  atLeast,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
  type RealRedis,
} from '../support/real-redis.js';

const SEED = 20_240_611;
const ROUNDS = 3000;
const NOT_A_FLOAT = 'ERR value is not a valid float';

const random = new SeededRandom(SEED);
const pick = <T>(items: readonly T[]): T => items[random.below(items.length)];

function digits(most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.below(10)).join('');
}

const ODD = [
  'inf',
  '-inf',
  '+Infinity',
  'nan',
  '',
  '.',
  '1.',
  '1e',
  ' 1',
  '1 ',
  '0x10',
  '0x1p-3',
  '1e400',
  '1e5000',
  '-0',
  '1\0',
];

function float(): Bytes {
  const sign = pick(['', '', '-', '+']);
  const kinds = [
    () => `${sign}${random.below(1e6)}.${digits(8)}`,
    () => `${sign}${digits(22)}.${digits(22)}`,
    () => `${sign}${random.below(1e9)}e${pick(['', '-', '+'])}${random.below(330)}`,
    () => pick(ODD),
  ];
  return ascii(pick(kinds)());
}

function integer(): Bytes {
  const kinds = [
    () => String(random.below(1000)),
    () => '-' + String(random.u32()),
    () => pick(['', '-']) + '922337203685477580' + String(random.below(10)),
    () => pick(['', '-', '+', '0', ' ']) + digits(20),
  ];
  return ascii(pick(kinds)());
}

function text(reply: Reply): string {
  if (reply.type === 'integer') return String(reply.value);
  if (reply.type === 'bulk' || reply.type === 'error') return reply.value;
  throw new Error('unexpected reply ' + reply.type);
}

function sumOfFloats(a: Bytes, b: Bytes): string {
  const x = parseLongDouble(a);
  const y = parseLongDouble(b);
  if (!x || !y) return NOT_A_FLOAT;
  const sum = addLongDouble(x, y);
  return isFiniteLongDouble(sum) ? formatLongDouble(sum) : 'ERR increment would produce NaN or Infinity';
}

function sumOfIntegers(a: Bytes, b: Bytes): string {
  // INCRBY reads its argument before the value
  const y = parseInt64(b);
  const x = parseInt64(a);
  if (x === undefined || y === undefined) return 'ERR value is not an integer or out of range';
  const sum = addInt64(x, y);
  return sum === undefined ? 'ERR increment or decrement would overflow' : formatInt64(sum);
}

/** Requests that break the protocol, or nearly do. */
const REQUESTS = [
  '*1\r\nfoo\r\n',
  '*1\r\n\r\n\r\n',
  '*x\r\n',
  '*3000000000\r\n',
  '*-0\r\n',
  '*01\r\n',
  '*1\r\n$-1\r\n',
  '*1\r\n$x\r\n',
  '*1\r\n$600000000\r\n',
  '*1\r\n$04\r\nPING\r\n',
  '"a\r\n',
  'set "a"b\r\n',
  'A'.repeat(70_000),
  '*' + '1'.repeat(70_000),
  '*1\r\n$' + '1'.repeat(70_000),
  '\0' + 'A'.repeat(65_536) + '\n',
  '*1\r\n\xff\r\n',
];

function ourError(request: string): string {
  const parser = new RequestParser({ maxBulkLength: 512 * 1024 * 1024 });
  const buf = Buffer.from(request, 'latin1');
  parser.push(buf, 0, buf.length);
  try {
    parser.next();
  } catch (error) {
    if (error instanceof ProtocolError) return `-ERR ${error.message}\r\n`;
    throw error;
  }
  return 'no error';
}

/** Everything a server says before it closes. */
function lastWords(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(request, 'latin1')));
    let said = '';
    socket.on('data', (chunk) => (said += chunk.latin1Slice(0, chunk.length)));
    // a server that closes with input unread resets the connection
    socket.on('error', (error: NodeJS.ErrnoException) => error.code !== 'ECONNRESET' && reject(error));
    socket.on('close', () => resolve(said));
  });
}

describe.skipIf(!realRedisAvailable()).each(realRedisServers())(
  'against redis $version',
  ({ bin, version }) => {
    let redis: RealRedis;
    beforeAll(async () => {
      redis = await startRealRedis({ bin });
    });
    afterAll(() => redis.stop());

    /** Runs `commands` in pipelines and returns the last reply of each. */
    async function answers(commands: readonly (readonly Bytes[])[][]): Promise<string[]> {
      const all: string[] = [];
      for (let at = 0; at < commands.length; at += 200) {
        const batch = commands.slice(at, at + 200).map(async (steps) => {
          const replies = await Promise.all(steps.map((args) => redis.call(...args)));
          return text(replies[replies.length - 1]);
        });
        all.push(...(await Promise.all(batch)));
      }
      return all;
    }

    test(`INCRBYFLOAT (seed ${SEED})`, async () => {
      const pairs = Array.from({ length: ROUNDS }, () => [float(), float()] as const);
      const key = ascii('f');
      const theirs = await answers(
        pairs.map(([a, b]) => [
          [ascii('SET'), key, a],
          [ascii('INCRBYFLOAT'), key, b],
        ]),
      );
      expect(pairs.map(([a, b]) => sumOfFloats(a, b))).toEqual(theirs);
    });

    test(`INCRBY (seed ${SEED})`, async () => {
      const pairs = Array.from({ length: ROUNDS }, () => [integer(), integer()] as const);
      const key = ascii('i');
      const theirs = await answers(
        pairs.map(([a, b]) => [
          [ascii('SET'), key, a],
          [ascii('INCRBY'), key, b],
        ]),
      );
      expect(pairs.map(([a, b]) => sumOfIntegers(a, b))).toEqual(theirs);
    });

    // 7.0 prints doubles with "%.17g"
    test.skipIf(!atLeast(version, '7.2.0'))(`scores (seed ${SEED})`, async () => {
      const scores = Array.from({ length: ROUNDS }, float);
      const key = ascii('z');
      const theirs = await answers(
        scores.map((score) => [
          [ascii('DEL'), key],
          [ascii('ZADD'), key, ascii('INCR'), score, ascii('m')],
        ]),
      );
      const ours = scores.map((score) => {
        const value = parseDouble(score);
        return value === undefined ? NOT_A_FLOAT : formatDouble(value);
      });
      expect(ours).toEqual(theirs);
    });

    test('patterns', async () => {
      const element = ['a', 'b', 'c', '*', '**', '?', '[a-b]', '[^a]', '[', ']', '-', '\\', '\xff'];
      const made = (most: number): Bytes =>
        ascii(Array.from({ length: random.below(most) + 1 }, () => pick(element)).join(''));
      const script = 'return #redis.call("KEYS", ARGV[1])';
      const cases = Array.from({ length: 1000 }, () => [made(6), made(5)] as const);
      const theirs = await answers(
        cases.map(([pattern, key]) => [
          [ascii('FLUSHALL')],
          [ascii('SET'), key, ascii('1')],
          [ascii('EVAL'), ascii(script), ascii('0'), pattern],
        ]),
      );
      expect(cases.map(([pattern, key]) => (globMatch(pattern, key) ? '1' : '0'))).toEqual(theirs);
    });

    test.each(REQUESTS)('%j', async (request) => {
      expect(ourError(request)).toBe(await lastWords(redis.port, request));
    });

    test('slots', async () => {
      const keys = ['foo', '{foo}bar', 'a{b}{c}', '{}x', '{x', 'x}y{z}', '\xff\0'].map(ascii);
      const cluster = await startRealRedis({ bin, args: ['--cluster-enabled', 'yes'] });
      try {
        for (const key of keys) {
          expect(await cluster.call('CLUSTER', 'KEYSLOT', key)).toEqual({
            type: 'integer',
            value: keySlot(key),
          });
        }
      } finally {
        await cluster.stop();
      }
    });
  },
);
