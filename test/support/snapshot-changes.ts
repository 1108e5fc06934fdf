/**
 * A population of keys of all types, and changes to it: what a running snapshot must not see. Each change is plain data, so
 * that a schedule can be replayed on another engine.
 */
import { type Bytes } from '../../src/core/base/bytes.js';
import { keyEvent } from '../../src/core/store/events.js';
import { HashValue } from '../../src/core/store/types/hash-value.js';
import { ListValue } from '../../src/core/store/types/list-value.js';
import { RawString } from '../../src/core/store/types/raw-string.js';
import { SetValue } from '../../src/core/store/types/set-value.js';
import { StreamValue } from '../../src/core/store/types/stream-value.js';
import { streamId } from '../../src/core/store/types/stream-id.js';
import { type Value } from '../../src/core/store/types/value.js';
import { ZSetValue } from '../../src/core/store/types/zset-value.js';
import { type TestEngine } from './engine.js';
import { bytes } from './paused-snapshot.js';

export const DATABASES = 3;

export const CHANGES = [
  'set',
  'set-px',
  'set-large',
  'append',
  'setrange',
  'setbit',
  'incr',
  'del',
  'unlink',
  'rename',
  'copy',
  'copy-db',
  'move',
  'pexpire',
  'persist',
  'getex',
  'getdel',
  'in-place',
  'in-place',
  'command',
  'command',
  'command',
  'command',
  'evict',
  'flushdb',
  'swapdb',
  'advance',
  'delete-many',
  'create-many',
] as const;

export interface Change {
  readonly kind: (typeof CHANGES)[number];
  readonly db: number;
  readonly key: number;
  readonly other: number;
  readonly amount: number;
}

const EVENT = keyEvent('generic', 'changed');
const STREAM_LIMITS = { streamNodeMaxBytes: 4096, streamNodeMaxEntries: 100 };

/** The name of a key: some are new, most are of the population. */
const nameOf = (key: number): Bytes => bytes(`key:${key}`);

/** `count` keys a database, of all types in turn; a few are large. */
export function populate({ engine }: TestEngine, count: number): void {
  for (const db of engine.store.databases.slice(0, DATABASES)) {
    for (let i = 0; i < count; i++) {
      const expiryMs = i % 7 === 3 ? engine.clock.nowMs() + 1000 * i : 0;
      engine.gate.put(db, nameOf(i), -1, valueOf(i, i % 29 === 0 ? 1500 : 1 + (i % 5)), EVENT, expiryMs);
    }
  }
}

function valueOf(i: number, size: number): Value {
  switch (i % 6) {
    case 0:
      return size > 100 ? bytes(`${i}`.repeat(40_000)) : i;
    case 1:
      return i % 4 === 1
        ? RawString.of(bytes(`raw ${i}`.repeat(size)))
        : bytes(`text ${i}`.repeat(1 + (i % 3) * 40));
    default:
      return collection(i, size);
  }
}

function collection(i: number, size: number): Value {
  const names = Array.from({ length: size }, (_, n) => bytes(`member ${i}.${n}`));
  switch (i % 6) {
    case 2: {
      const list = new ListValue();
      for (const name of names) list.pushBack(name);
      return list;
    }
    case 3: {
      const set = new SetValue();
      for (const name of names) set.add(name);
      return set;
    }
    case 4: {
      const hash = new HashValue();
      for (const name of names) hash.set(name, bytes(`value of ${name}`));
      return hash;
    }
    default: {
      if (i % 12 === 5) {
        const stream = new StreamValue();
        names.forEach((name, n) =>
          stream.append(streamId(1000 + n, 0), [bytes('field'), name], STREAM_LIMITS),
        );
        return stream;
      }
      const zset = new ZSetValue();
      names.forEach((name, n) => zset.set(name, n / 2));
      return zset;
    }
  }
}

type Command = (key: string, other: string, amount: number) => (string | number)[];

/** Commands that change or replace values of every type; on a key of another type they are refused. */
const COMMANDS: readonly Command[] = [
  (key, _, n) => ['LPUSH', key, `pushed ${n}`],
  (key) => ['RPOP', key],
  (key, _, n) => ['LSET', key, 0, `set ${n}`],
  (key, _, n) => ['LINSERT', key, 'BEFORE', `pushed ${n}`, 'inserted'],
  (key) => ['LTRIM', key, 0, -2],
  (key, other) => ['LMOVE', key, other, 'LEFT', 'RIGHT'],
  (key, _, n) => ['SADD', key, `added ${n}`, n],
  (key) => ['SPOP', key],
  (key, other) => ['SUNIONSTORE', key, key, other],
  (key, _, n) => ['SREM', key, n],
  (key, _, n) => ['HSET', key, `field ${n}`, n],
  (key, _, n) => ['HINCRBY', key, `field ${n}`, 3],
  (key, _, n) => ['HDEL', key, `field ${n}`],
  (key, _, n) => ['ZADD', key, n, `scored ${n}`],
  (key, _, n) => ['ZINCRBY', key, 0.5, `scored ${n}`],
  (key) => ['ZPOPMIN', key],
  (key, other) => ['ZUNIONSTORE', key, 2, key, other],
  (key, _, n) => ['XADD', key, `${10_000_000 + n}-*`, 'field', n],
  (key) => ['XDEL', key, '1000-0', '1001-0'],
  (key) => ['XTRIM', key, 'MAXLEN', 1],
  (key) => ['XGROUP', 'CREATE', key, 'group', 0],
  (key) => ['XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', 1, 'STREAMS', key, '>'],
  (key) => ['XACK', key, 'group', '1000-0'],
  (key, _, n) => ['PFADD', key, n],
  (key) => ['PFCOUNT', key],
  (key, _, n) => ['BITFIELD', key, 'SET', 'u8', n, n],
  (key, other) => ['BITOP', 'NOT', key, other],
  (key, other) => ['SORT', key, 'ALPHA', 'STORE', other],
  (key, _, n) => ['GEOADD', key, n, n / 2, `place ${n}`],
  (key, _, n) => ['SETRANGE', key, n, 'in place'],
  (key, _, n) => ['APPEND', key, n],
];

/** Carries out one change. */
export function change(test: TestEngine, { kind, db, key, other, amount }: Change): void {
  const { client, engine, clock } = test;
  const call = (...args: (string | number)[]) => void client.call(...args);
  const name = nameOf(key);
  const otherName = nameOf(other);
  call('SELECT', db);
  switch (kind) {
    case 'set':
      return call('SET', name, `new ${amount}`);
    case 'set-px':
      return call('SET', name, amount, 'PX', 1 + amount * 10);
    case 'set-large':
      return call('SET', name, 'x'.repeat(70_000 + amount));
    case 'append':
      return call('APPEND', name, `tail ${amount}`);
    case 'setrange':
      return call('SETRANGE', name, amount, 'in place');
    case 'setbit':
      return call('SETBIT', name, amount, 1);
    case 'incr':
      return call('INCRBY', name, amount);
    case 'del':
      return call('DEL', name, otherName);
    case 'unlink':
      return call('UNLINK', name);
    case 'rename':
      return call('RENAME', name, otherName);
    case 'copy':
      return call('COPY', name, otherName, 'REPLACE');
    case 'copy-db':
      return call('COPY', name, otherName, 'DB', (db + 1) % DATABASES, 'REPLACE');
    case 'move':
      return call('MOVE', name, (db + 1) % DATABASES);
    case 'pexpire':
      return call('PEXPIRE', name, amount * 20);
    case 'persist':
      return call('PERSIST', name);
    case 'getex':
      return call('GETEX', name, 'PX', 1 + amount);
    case 'getdel':
      return call('GETDEL', name);
    case 'in-place':
      return changeInPlace(test, db, name, amount);
    case 'command':
      return call(...COMMANDS[amount % COMMANDS.length](name, otherName, amount));
    case 'evict': {
      const database = engine.store.databases[db];
      const slot = database.lookup(name);
      if (slot >= 0) engine.gate.evict(database, slot, name);
      return;
    }
    case 'flushdb':
      return amount % 4 === 0 ? call('FLUSHALL') : call('FLUSHDB');
    case 'swapdb':
      return call('SWAPDB', db, (db + 1) % DATABASES);
    case 'advance':
      return clock.advance(amount * 5);
    case 'delete-many':
      for (let i = key; i < key + amount; i++) call('DEL', nameOf(i));
      return;
    case 'create-many':
      for (let i = 0; i < amount; i++) call('SET', `created:${key}:${i}`, i);
      return;
  }
}

/** As a handler changes a collection: through the gate, in the value that it hands out. */
function changeInPlace({ engine }: TestEngine, dbId: number, name: Bytes, amount: number): void {
  const db = engine.store.databases[dbId];
  const slot = db.lookup(name);
  if (slot < 0 || typeof db.valueAt(slot) !== 'object') return;
  const value = engine.gate.open(db, slot);
  if (typeof value !== 'object') return;
  const text = bytes(`in place ${amount}`);
  switch (value.kind) {
    case 'string':
      if (value instanceof RawString) value.setRange(amount, text);
      break;
    case 'list':
      if (amount % 3 === 0) value.popFront();
      value.pushBack(text);
      break;
    case 'set':
      value.delete(value.memberAt(0));
      value.add(text);
      break;
    case 'hash':
      value.delete(value.fieldAt(0));
      value.set(text, text);
      break;
    case 'zset':
      value.delete(value.at(0).member);
      value.set(text, amount);
      break;
    case 'stream':
      value.append(streamId(1_000_000 + Number(value.entriesAdded), 0), [text, text], STREAM_LIMITS);
      break;
  }
  engine.gate.changed(db, name, EVENT);
}
