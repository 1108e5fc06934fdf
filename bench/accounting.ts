/**
 * How far the accounting of store/memory.ts is from what the process takes: data sets of each kind, measured after a full
 * collection. `npm run bench:accounting`; the table of docs/decisions.md comes from here.
 *
 *   accounted   what used_memory shows of the data set
 *   heap        V8's heap and the buffers outside of it, after a collection
 *   rss         the process, less what it took before
 */
import { ascii, type Bytes } from '../src/core/base/bytes.js';
import { SeededRandom } from '../src/core/base/random.js';
import { Store } from '../src/core/store/database.js';
import { keyEvent } from '../src/core/store/events.js';
import { HashValue } from '../src/core/store/types/hash-value.js';
import { ListValue } from '../src/core/store/types/list-value.js';
import { SetValue } from '../src/core/store/types/set-value.js';
import { streamId } from '../src/core/store/types/stream-id.js';
import { StreamValue } from '../src/core/store/types/stream-value.js';
import { type Value } from '../src/core/store/types/value.js';
import { ZSetValue } from '../src/core/store/types/zset-value.js';
import { WriteGate } from '../src/core/store/write-gate.js';

declare const gc: (() => void) | undefined;

const EVENT = keyEvent('generic', 'put');
const LIMITS = { streamNodeMaxBytes: 4096, streamNodeMaxEntries: 100 };

/** `length` bytes that no other `n` gives, as they come from the wire: a string of their own. */
function bytes(length: number, n: number): Bytes {
  const buffer = Buffer.alloc(length, 'x');
  buffer.write(String(n));
  return ascii(buffer.latin1Slice(0, length));
}

function list(elements: number): Value {
  const value = new ListValue();
  for (let i = 0; i < elements; i++) value.pushBack(bytes(12, i));
  return value;
}

function set(elements: number): Value {
  const value = new SetValue();
  for (let i = 0; i < elements; i++) value.add(bytes(12, i));
  return value;
}

function hash(elements: number): Value {
  const value = new HashValue();
  for (let i = 0; i < elements; i++) value.set(bytes(12, i), bytes(20, i));
  return value;
}

function zset(elements: number): Value {
  const value = new ZSetValue();
  for (let i = 0; i < elements; i++) value.set(bytes(12, i), i + 0.5);
  return value;
}

function stream(elements: number): Value {
  const value = new StreamValue();
  const names = [ascii('name'), ascii('value')];
  for (let i = 1; i <= elements; i++) {
    value.append(streamId(i, 0), [names[0], bytes(12, i), names[1], bytes(20, i)], LIMITS);
  }
  return value;
}

interface Case {
  readonly name: string;
  readonly keys: number;
  readonly expires?: boolean;
  readonly value: (n: number) => Value;
}

const CASES: readonly Case[] = [
  { name: '1,000,000 numbers', keys: 1_000_000, value: (n) => n },
  { name: '1,000,000 strings of 10', keys: 1_000_000, value: (n) => bytes(10, n) },
  { name: '1,000,000 strings of 10, expiring', keys: 1_000_000, expires: true, value: (n) => bytes(10, n) },
  { name: '1,000,000 strings of 100', keys: 1_000_000, value: (n) => bytes(100, n) },
  { name: '100,000 strings of 1,000', keys: 100_000, value: (n) => bytes(1000, n) },
  ...[list, set, hash, zset, stream].flatMap((make) =>
    [
      [200_000, 5],
      [20_000, 50],
      [5_000, 200],
      [1_000, 1_000],
      [1, 1_000_000],
    ].map(([keys, elements]) => ({
      name: `${keys.toLocaleString('en')} ${make.name}s of ${elements.toLocaleString('en')}`,
      keys,
      value: () => make(elements),
    })),
  ),
];

function figures(): { heap: number; rss: number } {
  gc!();
  gc!();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  // `external` leaves out shared buffers.
  return { heap: heapUsed + Math.max(external, arrayBuffers), rss };
}

function measure({ name, keys, expires, value }: Case): void {
  const before = figures();
  const store = new Store(1, new SeededRandom(1));
  const gate = new WriteGate(store);
  const [db] = store.databases;
  for (let n = 0; n < keys; n++) {
    gate.put(db, bytes(16, n), -1, value(n), EVENT, expires === true ? 1e13 : 0);
    store.deferredFrees.settle();
  }
  const after = figures();
  const accounted = store.memory.total;
  const heap = after.heap - before.heap;
  const mb = (n: number) => (n / 1e6).toFixed(1).padStart(8);
  const off = ((accounted / heap - 1) * 100).toFixed(0);
  const perKey = (heap / keys).toFixed(0);
  process.stdout.write(
    `| ${name} | ${mb(accounted)} | ${mb(heap)} | ${mb(after.rss - before.rss)} | ${perKey} | ${off} % |\n`,
  );
}

if (typeof gc === 'undefined') throw new Error('run it with --expose-gc: npm run bench:accounting');
process.stdout.write(
  '| data set | accounted MB | heap MB | rss MB | bytes a key | accounted against heap |\n| --- | --- | --- | --- | --- | --- |\n',
);
const wanted = process.argv[2] ?? '';
for (const one of CASES) if (one.name.includes(wanted)) measure(one);
