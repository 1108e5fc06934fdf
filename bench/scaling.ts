/**
 * `npm run bench:scaling`: how does the cost of an operation grow with the size of the value?
 *
 * For each operation and each size (100 to 1,000,000 elements) both servers hold a collection of that size; one client sends a
 * pipeline of the operation and the time per request is taken, the median of several. What is compared is the slope of a straight
 * line through the logarithms of both, ours beside the real server's: 0 is a cost that does not grow, 1 one that grows as the
 * size does. The operations leave the size as it is, or change it by little.
 */
import { once } from 'node:events';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { startServer } from '../test/support/server-process.js';
import { loadCommands } from './load.js';
import { median } from './statistics.js';
import { oursOrThrow, peerOrThrow, runTool, say } from '../test/support/tool.js';

const USAGE = `usage: npm run bench:scaling -- [options]
  --sizes a,b            elements (default 100,1000,10000,100000,1000000)
  --only a,b             operations by the start of their name
  --rounds N             pipelines per operation and size, the median counts (default 7)
  --member-bytes N       length of members and fields (default 20)
  --ours "command"       the server under test (default: the built redis-ts serve)
  --peer path            the real server`;

/** Requests of a pipeline; fewer when the members are long. */
const PIPELINE = 500;
const PIPELINE_BYTES = 4 * 1024 * 1024;
/** A slope that is this much steeper than the real server's is called out. */
const STEEPER = 0.15;

type Argv = readonly string[];

interface Shape {
  readonly size: number;
  /** The i-th member. */
  readonly member: (i: number) => string;
  /** A member that is there, another one each time. */
  readonly any: (i: number) => string;
}

interface Operation {
  readonly name: string;
  readonly type: string;
  /** The i-th request of a pipeline. Those that take something away are followed by those that put it back. */
  readonly request: (shape: Shape, i: number) => Argv;
}

const TYPES: Readonly<Record<string, (shape: Shape, i: number) => Argv>> = {
  list: ({ member }, i) => ['RPUSH', 'list', member(i)],
  set: ({ member }, i) => ['SADD', 'set', member(i)],
  hash: ({ member }, i) => ['HSET', 'hash', member(i), 'value'],
  zset: ({ member }, i) => ['ZADD', 'zset', String(i), member(i)],
  stream: (_, i) => ['XADD', 'stream', `${i + 1}-0`, 'field', 'value'],
};

const MIDDLE = (size: number, i: number): string => String((size >> 1) + (i % 7));

const OPERATIONS: readonly Operation[] = [
  {
    name: 'RPUSH, LPOP',
    type: 'list',
    request: ({ member }, i) => (i % 2 === 0 ? ['RPUSH', 'list', member(i)] : ['LPOP', 'list']),
  },
  {
    name: 'LPUSH, RPOP',
    type: 'list',
    request: ({ member }, i) => (i % 2 === 0 ? ['LPUSH', 'list', member(i)] : ['RPOP', 'list']),
  },
  { name: 'LINDEX, the middle', type: 'list', request: ({ size }, i) => ['LINDEX', 'list', MIDDLE(size, i)] },
  {
    name: 'LSET, the middle',
    type: 'list',
    request: ({ size, member }, i) => ['LSET', 'list', MIDDLE(size, i), member(i)],
  },
  {
    name: 'LRANGE of 10, the middle',
    type: 'list',
    request: ({ size }) => ['LRANGE', 'list', String(size >> 1), String((size >> 1) + 9)],
  },
  { name: 'SISMEMBER', type: 'set', request: ({ any }, i) => ['SISMEMBER', 'set', any(i)] },
  {
    name: 'SADD, SREM',
    type: 'set',
    request: ({ any }, i) => [i % 2 === 0 ? 'SREM' : 'SADD', 'set', any(i >> 1)],
  },
  {
    name: 'SPOP, SADD',
    type: 'set',
    request: (_, i) => (i % 2 === 0 ? ['SADD', 'set', `new ${i}`] : ['SPOP', 'set']),
  },
  { name: 'SRANDMEMBER', type: 'set', request: () => ['SRANDMEMBER', 'set'] },
  { name: 'HGET', type: 'hash', request: ({ any }, i) => ['HGET', 'hash', any(i)] },
  { name: 'HSET', type: 'hash', request: ({ any }, i) => ['HSET', 'hash', any(i), 'value'] },
  {
    name: 'HDEL, HSET',
    type: 'hash',
    request: ({ any }, i) =>
      i % 2 === 0 ? ['HDEL', 'hash', any(i >> 1)] : ['HSET', 'hash', any(i >> 1), 'value'],
  },
  { name: 'HRANDFIELD', type: 'hash', request: () => ['HRANDFIELD', 'hash'] },
  { name: 'HSCAN', type: 'hash', request: () => ['HSCAN', 'hash', '0', 'COUNT', '5'] },
  { name: 'ZSCORE', type: 'zset', request: ({ any }, i) => ['ZSCORE', 'zset', any(i)] },
  {
    name: 'ZADD of a member',
    type: 'zset',
    request: ({ any, size }, i) => ['ZADD', 'zset', String((i * 7919) % size), any(i)],
  },
  {
    name: 'ZREM, ZADD',
    type: 'zset',
    request: ({ any, size }, i) =>
      i % 2 === 0 ? ['ZREM', 'zset', any(i >> 1)] : ['ZADD', 'zset', String((i * 7919) % size), any(i >> 1)],
  },
  { name: 'ZRANK', type: 'zset', request: ({ any }, i) => ['ZRANK', 'zset', any(i)] },
  {
    name: 'ZCOUNT',
    type: 'zset',
    request: ({ size }) => ['ZCOUNT', 'zset', String(size >> 2), String(size >> 1)],
  },
  {
    name: 'ZRANGE of 10, the middle',
    type: 'zset',
    request: ({ size }) => ['ZRANGE', 'zset', String(size >> 1), String((size >> 1) + 9)],
  },
  {
    name: 'ZRANGE BYSCORE LIMIT 10',
    type: 'zset',
    request: ({ size }) => ['ZRANGE', 'zset', String(size >> 1), '+inf', 'BYSCORE', 'LIMIT', '0', '10'],
  },
  {
    name: 'ZPOPMIN, ZADD',
    type: 'zset',
    request: (_, i) => (i % 2 === 0 ? ['ZADD', 'zset', String(-i), `new ${i}`] : ['ZPOPMIN', 'zset']),
  },
  { name: 'XADD', type: 'stream', request: () => ['XADD', 'stream', '*', 'field', 'value'] },
  {
    name: 'XRANGE of 10, the middle',
    type: 'stream',
    request: ({ size }) => ['XRANGE', 'stream', String(size >> 1), '+', 'COUNT', '10'],
  },
  {
    name: 'XADD MAXLEN ~',
    type: 'stream',
    request: ({ size }) => ['XADD', 'stream', 'MAXLEN', '~', String(size), '*', 'field', 'value'],
  },
];

interface Curve {
  readonly micros: number[];
  readonly slope: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '100,1000,10000,100000,1000000' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      'member-bytes': { type: 'string', default: '20' },
      ours: { type: 'string' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const ours = oursOrThrow(values.ours);
  const peer = peerOrThrow(values.peer);
  const sizes = values.sizes.split(',').map(Number);
  const wanted = values.only?.split(',') ?? [''];
  const operations = OPERATIONS.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
  const memberBytes = Number(values['member-bytes']);
  const curves: Curve[][] = operations.map(() => []);
  for (const command of [ours, [peer]]) {
    const server = await startServer(command);
    try {
      for (let i = 0; i < operations.length; i++) {
        curves[i].push(await curveOf(server.port, operations[i], sizes, memberBytes, Number(values.rounds)));
      }
    } finally {
      await server.stop();
    }
  }
  print(operations, sizes, curves);
  return 0;
}

async function curveOf(
  port: number,
  operation: Operation,
  sizes: readonly number[],
  memberBytes: number,
  rounds: number,
): Promise<Curve> {
  const micros: number[] = [];
  for (const size of sizes) {
    const shape = shapeOf(size, memberBytes);
    await loadCommands(port, [['DEL', operation.type]]);
    await loadCommands(port, fill(operation.type, shape), operation.type === 'stream' ? 2 : 1);
    const times: number[] = [];
    const count = Math.max(20, Math.min(PIPELINE, Math.floor(PIPELINE_BYTES / memberBytes)));
    for (let round = 0; round <= rounds; round++) {
      times.push(await timePipeline(port, count, (i) => operation.request(shape, round * count + i)));
    }
    // The first one only warms up.
    micros.push((median(times.slice(1)) / count) * 1000);
  }
  return { micros, slope: slopeOf(sizes, micros) };
}

function shapeOf(size: number, memberBytes: number): Shape {
  const member = (i: number): string => `member:${i}:`.padEnd(memberBytes, 'x');
  return { size, member, any: (i) => member((i * 7919) % size) };
}

function* fill(type: string, shape: Shape): Iterable<Argv> {
  for (let i = 0; i < shape.size; i++) yield TYPES[type](shape, i);
}

const END = 'the end of the pipeline';

/** Milliseconds until the last of `count` requests is answered. */
async function timePipeline(port: number, count: number, request: (i: number) => Argv): Promise<number> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let text = '';
  for (let i = 0; i < count; i++) text += encode(request(i));
  text += encode(['ECHO', END]);
  let tail = '';
  const from = performance.now();
  socket.write(text, 'latin1');
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (chunk) => {
      if (chunk[0] === 45 && tail === '') reject(new Error(chunk.toString('latin1', 0, 200)));
      tail = (tail + chunk.toString('latin1')).slice(-2 * END.length);
      if (tail.includes(END)) resolve();
    });
  });
  const ms = performance.now() - from;
  socket.destroy();
  return ms;
}

function encode(argv: Argv): string {
  return `*${argv.length}\r\n${argv.map((argument) => `$${argument.length}\r\n${argument}\r\n`).join('')}`;
}

/** The slope of the straight line through (log size, log cost) with the least squares. */
function slopeOf(sizes: readonly number[], micros: readonly number[]): number {
  const xs = sizes.map(Math.log);
  const ys = micros.map(Math.log);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const above = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i] - my), 0);
  return above / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
}

function print(operations: readonly Operation[], sizes: readonly number[], curves: readonly Curve[][]): void {
  console.log(`| operation | slope, ours | slope, real | ours / real at ${sizes.join(', ')} elements | |`);
  console.log('| --- | ---: | ---: | --- | --- |');
  operations.forEach(({ name }, i) => {
    const [ours, real] = curves[i];
    const ratios = ours.micros.map((micros, at) => (micros / real.micros[at]).toFixed(1)).join(' · ');
    const verdict = ours.slope > real.slope + STEEPER ? 'steeper' : '';
    console.log(`| ${name} | ${ours.slope.toFixed(2)} | ${real.slope.toFixed(2)} | ${ratios} | ${verdict} |`);
  });
}

await runTool(main);
