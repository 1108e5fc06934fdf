/**
 * Random string commands against a naive model, and a replica that is fed nothing but the propagated stream: it must hold
 * the same bytes and the same expiries at the end.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { type Effect } from '../../src/core/engine/effects.js';
import { ascii } from '../../src/core/base/bytes.js';
import { isStringValue, stringBytes } from '../../src/core/store/types/value.js';
import { createTestEngine, plain, type TestEngine } from '../support/engine.js';
import { defineCommand, keysFrom } from '../../src/core/commands/spec.js';
import { EVENT_DEL, EVENT_EXPIRE, EVENT_PERSIST } from '../../src/core/store/events.js';

const RUNS = 200;

interface Entry {
  value: string;
  /** Absolute, ms; undefined: none. */
  expiry: number | undefined;
}

/** Strings as plain JS strings, one char per byte; what is over is removed before every command. */
class Model {
  readonly entries = new Map<string, Entry>();

  run(args: readonly string[], now: number): unknown {
    for (const [key, { expiry }] of this.entries) {
      // A key lives up to and including its last millisecond (redis 7.2.6 db.c:keyIsExpired).
      if (expiry !== undefined && expiry < now) this.entries.delete(key);
    }
    const [name, key, a, b, c] = args;
    const old = this.entries.get(key)?.value;
    switch (name) {
      case 'SET':
        return this.set(key, a, args.slice(3), now);
      case 'GET':
        return old ?? null;
      case 'GETDEL':
        this.entries.delete(key);
        return old ?? null;
      case 'GETEX':
        return this.getex(key, args.slice(2), now);
      case 'MSETNX':
        if (this.entries.has(key) || this.entries.has(b)) return 0;
        this.put(key, a);
        this.put(b, c);
        return 1;
      case 'APPEND':
        return this.edit(key, (old ?? '') + a);
      case 'SETRANGE': {
        const offset = Number(a);
        if (b === '') return old?.length ?? 0;
        const base = (old ?? '').padEnd(offset, '\0');
        return this.edit(key, base.slice(0, offset) + b + base.slice(offset + b.length));
      }
      case 'GETRANGE': {
        const start = Number(a);
        const end = Number(b);
        if (start < 0 && end < 0 && start > end) return '';
        const at = (index: number) => (index < 0 ? Math.max(0, (old ?? '').length + index) : index);
        return (old ?? '').slice(at(start), Math.max(at(start), at(end) + 1));
      }
      case 'STRLEN':
        return old?.length ?? 0;
      case 'INCRBY':
        return this.incrby(key, BigInt(a));
      default:
        throw new Error(name);
    }
  }

  private put(key: string, value: string, expiry?: number): void {
    this.entries.set(key, { value, expiry });
  }

  private edit(key: string, value: string): number {
    this.put(key, value, this.entries.get(key)?.expiry);
    return value.length;
  }

  private set(key: string, value: string, options: readonly string[], now: number): unknown {
    const old = this.entries.get(key);
    const wants = (word: string) => options.includes(word);
    const answer = (set: boolean) => (wants('GET') ? (old?.value ?? null) : set ? 'OK' : null);
    if ((wants('NX') && old) || (wants('XX') && !old)) return answer(false);
    const px = options.indexOf('PX');
    const expiry = px >= 0 ? now + Number(options[px + 1]) : wants('KEEPTTL') ? old?.expiry : undefined;
    this.put(key, value, expiry);
    return answer(true);
  }

  private getex(key: string, options: readonly string[], now: number): unknown {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    if (options[0] === 'PERSIST') entry.expiry = undefined;
    if (options[0] === 'PX') entry.expiry = now + Number(options[1]);
    if (options[0] === 'PXAT') entry.expiry = Number(options[1]);
    if (entry.expiry !== undefined && entry.expiry <= now) this.entries.delete(key);
    return entry.value;
  }

  private incrby(key: string, by: bigint): unknown {
    const text = this.entries.get(key)?.value ?? '0';
    if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) {
      return '-ERR value is not an integer or out of range';
    }
    const sum = BigInt(text) + by;
    if (BigInt.asIntN(64, sum) !== sum) return '-ERR increment or decrement would overflow';
    this.edit(key, String(sum));
    return Number.isSafeInteger(Number(sum)) ? Number(sum) : sum;
  }
}

const key = fc.constantFrom('a', 'b', 'k\x00\xff');
const value = fc.oneof(
  fc.constantFrom('', '0', '10', '-1', '9007199254740991', '9223372036854775807', '01', 'x'),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }).map((bytes) => String.fromCharCode(...bytes)),
);
const ttl = fc.integer({ min: 1, max: 60 }).map(String);
const index = fc.integer({ min: -12, max: 12 }).map(String);
const by = fc
  .oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  .map((number) => String(number));
const options = fc
  .tuple(
    fc.constantFrom([], ['NX'], ['XX']),
    fc.constantFrom([], ['GET']),
    fc.oneof(
      fc.constantFrom([], ['KEEPTTL']),
      ttl.map((ms) => ['PX', ms]),
    ),
  )
  .map((parts) => parts.flat());
const getexOptions = fc.oneof(
  fc.constantFrom([], ['PERSIST'], ['PXAT', '1']),
  ttl.map((ms) => ['PX', ms]),
);

/** One command, or a step of the clock. */
const step = fc.oneof(
  fc.tuple(key, value, options).map(([k, v, o]) => ['SET', k, v, ...o]),
  fc.tuple(fc.constantFrom('GET', 'GETDEL', 'STRLEN'), key).map((args) => [...args]),
  fc.tuple(key, getexOptions).map(([k, o]) => ['GETEX', k, ...o]),
  fc.tuple(key, value, key, value).map((args) => ['MSETNX', ...args]),
  fc.tuple(key, value).map((args) => ['APPEND', ...args]),
  fc.tuple(key, fc.integer({ min: 0, max: 40 }), value).map(([k, o, v]) => ['SETRANGE', k, String(o), v]),
  fc.tuple(key, index, index).map((args) => ['GETRANGE', ...args]),
  fc.tuple(key, by).map((args) => ['INCRBY', ...args]),
  ttl,
);

/** What a replica must know besides the string family to follow it. */
const FOLLOWERS = [
  defineCommand({
    name: 'del',
    arity: -2,
    flags: ['write'],
    group: 'generic',
    since: '1.0.0',
    summary: '',
    keys: [keysFrom(1, -1, 1, 'RM', 'delete')],
    run: ({ gate, db }, argv) => {
      const slot = db.lookup(argv[1]);
      if (slot >= 0) gate.remove(db, argv[1], slot, EVENT_DEL);
    },
  }),
  defineCommand({
    name: 'pexpireat',
    arity: 3,
    flags: ['write'],
    group: 'generic',
    since: '2.6.0',
    summary: '',
    run: ({ gate, db }, argv) =>
      gate.setExpiry(db, argv[1], db.lookup(argv[1]), Number(`${argv[2]}`), EVENT_EXPIRE),
  }),
  defineCommand({
    name: 'persist',
    arity: 2,
    flags: ['write'],
    group: 'generic',
    since: '2.2.0',
    summary: '',
    run: ({ gate, db }, argv) => gate.setExpiry(db, argv[1], db.lookup(argv[1]), 0, EVENT_PERSIST),
  }),
];

/** Feeds everything that `master` propagates to `replica`, as bytes. */
function follow(master: TestEngine, replica: TestEngine): void {
  replica.engine.store.expiryPolicy = 'keep';
  master.engine.effects.sink = {
    feed: (unit: readonly Effect[]) => {
      for (const { wire, start, end, body } of unit) {
        const bytes = wire === undefined ? Buffer.from(body!, 'latin1') : wire.subarray(start, end);
        expect(replica.client.send(Buffer.from(bytes))).not.toMatch(/^-/);
      }
    },
  };
}

function contents({ engine }: TestEngine): Record<string, Entry> {
  const found: Record<string, Entry> = {};
  const { keyspace } = engine.store.databases[0];
  keyspace.table.scan(0, 1000, 1000, (slot) => {
    const held = keyspace.valueAt(slot);
    if (!isStringValue(held)) throw new Error('not a string');
    found[keyspace.keyAt(slot)!] = {
      value: stringBytes(held),
      expiry: keyspace.expiryAt(slot) || undefined,
    };
  });
  return found;
}

it('answers as the model does, and a replica ends with the same data', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const master = createTestEngine({ families: [STRING_COMMANDS] });
      const replica = createTestEngine({ families: [STRING_COMMANDS, FOLLOWERS] });
      const model = new Model();
      follow(master, replica);
      for (const args of steps) {
        if (typeof args === 'string') {
          master.clock.advance(Number(args));
          continue;
        }
        const reply = plain(master.client.call(...args));
        expect([args, reply]).toEqual([args, model.run(args, master.clock.nowMs())]);
      }
      for (const name of ['a', 'b', 'k\x00\xff']) {
        const held = plain(master.client.call('GET', name));
        expect(held).toBe(model.run(['GET', name], master.clock.nowMs()));
        expect(master.engine.store.databases[0].peek(ascii(name)) === undefined).toBe(held === null);
      }
      expect(contents(master)).toEqual(Object.fromEntries(model.entries));
      expect(contents(replica)).toEqual(contents(master));
    }),
    { numRuns: RUNS },
  );
});
