/**
 * A data set of all types in all encodings, in three databases, made by commands on a server that has them: strings and integers,
 * small and large lists, hashes, sets, intsets and sorted sets, streams with groups, pending entries and consumers, expiries, binary
 * keys, and a function library.
 */
import { type Reply } from '../../src/core/protocol/reply-decoder.js';

type Call = (...args: (string | number)[]) => Promise<Reply>;

const LIBRARY = "#!lua name=lib\nredis.register_function('echo', function(keys, args) return args[1] end)";
const DATABASES = [0, 3, 9];
const FAR_MS = 4_102_444_800_000;
/** Commands on their way at a time. */
const PIPELINE = 1000;

/** A small generator with a seed, so that a data set can be made again. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

type Make = (key: string, pick: (below: number) => number) => (string | number)[][];

const range = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** How a key of a kind comes into being; the weight is its share of the keys. */
const KINDS: readonly { readonly weight: number; readonly name: string; readonly make: Make }[] = [
  {
    weight: 40,
    name: 'string',
    make: (key, pick) => [['SET', key, `value ${'x'.repeat(pick(120))}\x00\xff\r\n`]],
  },
  {
    weight: 15,
    name: 'integer',
    make: (key, pick) => [['SET', key, pick(2) === 0 ? pick(1e9) : `-${pick(1e9)}`]],
  },
  { weight: 4, name: 'compressible', make: (key, pick) => [['SET', key, 'abcdefgh'.repeat(20 + pick(200))]] },
  {
    weight: 8,
    name: 'list',
    make: (key, pick) => [['RPUSH', key, ...range(1 + pick(8), (i) => `item ${i} ${pick(100)}`)]],
  },
  {
    weight: 8,
    name: 'hash',
    make: (key, pick) => [['HSET', key, ...range(1 + pick(8), (i) => [`f${i}`, pick(1e6)]).flat()]],
  },
  {
    weight: 6,
    name: 'set',
    make: (key, pick) => [['SADD', key, ...range(1 + pick(8), (i) => `member ${i} ${pick(9)}`)]],
  },
  {
    weight: 6,
    name: 'intset',
    make: (key, pick) => [['SADD', key, ...range(1 + pick(30), () => pick(1e9))]],
  },
  {
    weight: 8,
    name: 'zset',
    make: (key, pick) => [['ZADD', key, ...range(1 + pick(8), (i) => [pick(1000) / 8, `m${i}`]).flat()]],
  },
  {
    weight: 0.05,
    name: 'large list',
    make: (key) => [['RPUSH', key, ...range(3000, (i) => `element number ${i}`)]],
  },
  {
    weight: 0.05,
    name: 'large hash',
    make: (key) => [['HSET', key, ...range(2000, (i) => [`field ${i}`, `v${i}`]).flat()]],
  },
  { weight: 0.05, name: 'large set', make: (key) => [['SADD', key, ...range(2000, (i) => `member ${i}`)]] },
  {
    weight: 0.05,
    name: 'large intset',
    make: (key) => [['SADD', key, ...range(400, (i) => i * 12_345_678_901)]],
  },
  {
    weight: 0.05,
    name: 'large zset',
    make: (key) => [
      ['ZADD', key, ...range(2000, (i) => [i % 7 === 0 ? 'inf' : i / 3, `member ${i}`]).flat()],
    ],
  },
  { weight: 1, name: 'stream', make: stream },
];

function stream(key: string, pick: (below: number) => number): (string | number)[][] {
  const entries = 3 + pick(pick(20) === 0 ? 400 : 12);
  return [
    ...range(entries, (i) => ['XADD', key, `${1000 + i}-${pick(3)}`, 'field', `value ${i}`, 'n', pick(1e6)]),
    ['XGROUP', 'CREATE', key, 'readers', '0'],
    ['XGROUP', 'CREATE', key, 'late', '$'],
    ['XGROUP', 'CREATECONSUMER', key, 'readers', 'idle'],
    ['XREADGROUP', 'GROUP', 'readers', 'alice', 'COUNT', 2, 'STREAMS', key, '>'],
    ['XREADGROUP', 'GROUP', 'readers', 'bob\x00\xff', 'COUNT', 1 + pick(5), 'STREAMS', key, '>'],
    ['XDEL', key, '1001-0', '1001-1'],
    ...(pick(2) === 0 ? [['XTRIM', key, 'MAXLEN', 3 + pick(10)]] : []),
  ];
}

const TOTAL_WEIGHT = KINDS.reduce((sum, { weight }) => sum + weight, 0);

function kindFor(share: number): (typeof KINDS)[number] {
  let left = share * TOTAL_WEIGHT;
  for (const kind of KINDS) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  return KINDS[0];
}

/** Fills a server with `keys` keys, the same for the same seed. Rejects with the first error reply. */
export async function fillWithEverything(call: Call, keys: number, seed = 1): Promise<void> {
  const pick = seeded(seed);
  let batch: Promise<Reply>[] = [];
  const flush = async () => {
    for (const reply of await Promise.all(batch)) if (reply.type === 'error') throw new Error(reply.value);
    batch = [];
  };
  batch.push(call('FUNCTION', 'LOAD', 'REPLACE', LIBRARY));
  for (const [n, db] of DATABASES.entries()) {
    batch.push(call('SELECT', db));
    for (let i = n; i < keys; i += DATABASES.length) {
      // The first keys of each database are one of each kind.
      const at = Math.floor(i / DATABASES.length);
      const kind = KINDS[at] ?? kindFor(pick(1e9) / 1e9);
      const key = `${kind.name}:${i}${i % 50 === 0 ? '\x00\xff\r\n "' : ''}`;
      for (const command of kind.make(key, pick)) batch.push(call(...command));
      if (pick(5) === 0) batch.push(call('PEXPIREAT', key, FAR_MS + pick(1e9)));
      if (batch.length >= PIPELINE) await flush();
    }
  }
  batch.push(call('SELECT', 0));
  await flush();
}
