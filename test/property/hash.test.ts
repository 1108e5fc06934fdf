/**
 * Hashes under random commands: against a naive model with fields that expire, and the promise of HSCAN, over the wire: fields that are
 * there from the first call to the last are returned.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { HASH_COMMANDS } from '../../src/core/commands/hash/table.js';
import { HashValue } from '../../src/core/store/types/hash-value.js';
import { DueHeap, type Due } from '../../src/core/store/types/due-heap.js';
import { createTestEngine, plain } from '../support/engine.js';

const change = fc.record({
  field: fc.nat(700),
  how: fc.constantFrom('set' as const, 'delete' as const, 'expire' as const),
});

describe('HSCAN', () => {
  it.each(['hashtable', 'listpack'])('loses no field of a %s that was there throughout', (encoding) => {
    const config: Record<string, string> =
      encoding === 'hashtable' ? { 'hash-max-listpack-entries': '0' } : {};
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 40 }),
        (size, count, turns) => {
          const t = createTestEngine({ families: [HASH_COMMANDS], config });
          const throughout = new Set<string>();
          for (let i = 0; i < size; i++) throughout.add(`f${i}`);
          t.client.call('HSET', 'h', ...[...throughout].flatMap((field) => [field, 'v']));
          const seen = new Set<string>();
          let cursor = '0';
          for (let turn = 0; turn === 0 || cursor !== '0'; turn++) {
            const reply = plain(t.client.call('HSCAN', 'h', cursor, 'COUNT', count)) as [string, string[]];
            cursor = reply[0];
            for (let i = 0; i < reply[1].length; i += 2) seen.add(reply[1][i]);
            for (const { field, how } of turns[turn] ?? []) {
              const name = `f${field}`;
              if (how === 'set') t.client.call('HSET', 'h', name, 'w');
              else {
                throughout.delete(name);
                if (how === 'delete') t.client.call('HDEL', 'h', name);
                else t.client.call('HPEXPIRE', 'h', 1, 'FIELDS', 1, name);
              }
            }
            t.clock.advance(1);
          }
          expect([...throughout].filter((field) => !seen.has(field))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

const KEYS = ['h', 'i', 'j'];
const FIELDS = Array.from({ length: 40 }, (_, i) => `f${i}`);
const key = fc.constantFrom(...KEYS);
const field = fc.constantFrom(...FIELDS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('HSET'), key, field, fc.nat(99)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('HPEXPIRE'), key, field, fc.nat(30)) },
  fc.tuple(fc.constant('HDEL'), key, field, fc.constant(0)),
  fc.tuple(fc.constant('HPERSIST'), key, field, fc.constant(0)),
  fc.tuple(fc.constant('HINCRBY'), key, field, fc.nat(9)),
  fc.tuple(fc.constant('COPY'), key, key, fc.constant(0)),
  fc.tuple(fc.constant('RENAME'), key, key, fc.constant(0)),
  { weight: 2, arbitrary: fc.tuple(fc.constant('wait'), key, field, fc.nat(9)) },
);

type Fields = Map<string, { value: number; dueMs: number }>;

/** What a hash is, without any thought for speed. */
class Model {
  readonly hashes = new Map<string, Fields>();

  expire(nowMs: number): void {
    for (const [name, fields] of this.hashes) {
      for (const [one, { dueMs }] of fields) if (dueMs < nowMs) fields.delete(one);
      if (fields.size === 0) this.hashes.delete(name);
    }
  }

  apply([what, name, other, n]: readonly [string, string, string, number], nowMs: number): void {
    const fields: Fields = this.hashes.get(name) ?? new Map<string, never>();
    const old = fields.get(other);
    if (what === 'HSET') fields.set(other, { value: n, dueMs: Infinity });
    else if (what === 'HINCRBY')
      fields.set(other, { value: (old?.value ?? 0) + n, dueMs: old?.dueMs ?? Infinity });
    else if (what === 'HDEL') fields.delete(other);
    else if (what === 'HPERSIST' && old) old.dueMs = Infinity;
    else if (what === 'HPEXPIRE' && old) {
      if (n === 0) fields.delete(other);
      else old.dueMs = nowMs + n;
    } else if (name !== other && this.hashes.has(name)) {
      if (what === 'COPY')
        this.hashes.set(other, new Map([...fields].map(([one, held]) => [one, { ...held }])));
      if (what === 'RENAME') this.hashes.set(other, fields).delete(name);
    }
    if (!(what === 'RENAME' && name !== other)) {
      if (fields.size > 0) this.hashes.set(name, fields);
      else this.hashes.delete(name);
    }
  }
}

it('fields that expire are as a naive model has them, after a reload too', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), (steps, packed) => {
      const config: Record<string, string> = packed ? {} : { 'hash-max-listpack-entries': '0' };
      const t = createTestEngine({ families: [HASH_COMMANDS, GENERIC_COMMANDS], config });
      const model = new Model();
      for (const one of steps) {
        const [what, name, other, n] = one;
        if (what === 'wait') t.clock.advance(n);
        model.expire(t.clock.nowMs());
        if (what === 'HSET' || what === 'HINCRBY') t.client.call(what, name, other, n);
        else if (what === 'HPEXPIRE') t.client.call(what, name, n, 'FIELDS', 1, other);
        else if (what === 'HPERSIST') t.client.call(what, name, 'FIELDS', 1, other);
        else if (what === 'COPY') t.client.call(what, name, other, 'REPLACE');
        else if (what !== 'wait') t.client.call(what, name, other);
        if (what !== 'wait' && (what !== 'COPY' || held(t, name))) model.apply(one, t.clock.nowMs());
        expect(contents(t)).toEqual(contentsOf(model));
      }
    }),
    { numRuns: 80 },
  );
});

function held(t: ReturnType<typeof createTestEngine>, name: string): boolean {
  return plain(t.client.call('HLEN', name)) !== 0;
}

/** Everything of every hash, by the commands; DUMP and RESTORE bring it to another key first. */
function contents(t: ReturnType<typeof createTestEngine>): unknown {
  return KEYS.map((name) => {
    const payload = plain(t.client.call('DUMP', name)) as string | null;
    if (payload === null || !held(t, name)) return [];
    t.client.call('RESTORE', 'restored', 0, payload, 'REPLACE');
    const pairs = plain(t.client.call('HGETALL', 'restored')) as string[];
    const names = pairs.filter((_, i) => i % 2 === 0);
    const times = plain(t.client.call('HPEXPIRETIME', name, 'FIELDS', names.length, ...names)) as number[];
    expect(plain(t.client.call('HPEXPIRETIME', 'restored', 'FIELDS', names.length, ...names))).toEqual(times);
    t.client.call('DEL', 'restored');
    return names.map((one, i) => [one, Number(pairs[2 * i + 1]), times[i]]).sort();
  });
}

function contentsOf(model: Model): unknown {
  return KEYS.map((name) =>
    [...(model.hashes.get(name) ?? [])]
      .map(([one, { value, dueMs }]) => [one, value, dueMs === Infinity ? -1 : dueMs])
      .sort(),
  );
}

it('a heap gives what is due, however its members come, change and go', () => {
  const action = fc.tuple(fc.constantFrom('add', 'remove', 'change', 'replace'), fc.nat(), fc.nat(50));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      let heap = new DueHeap<Due & { dueMs: number }>();
      const members: (Due & { dueMs: number })[] = [];
      for (const [what, n, dueMs] of actions) {
        const at = members.length === 0 ? -1 : n % members.length;
        if (what === 'add' || at < 0) heap.add(members[members.push({ dueMs, heapAt: -1 }) - 1]);
        else if (what === 'remove') heap.remove(members.splice(at, 1)[0]);
        else if (what === 'change') {
          members[at].dueMs = dueMs;
          heap.settle(members[at]);
        } else heap.replace(members[at], (members[at] = { dueMs, heapAt: -1 }));
        const times = members.map((member) => member.dueMs).sort((a, b) => a - b);
        expect(heap.dueMs).toBe(times[0] ?? Infinity);
        const over: number[] = [];
        heap.eachDue(25, (member) => over.push(member.dueMs) > 0);
        expect(over.sort((a, b) => a - b)).toEqual(times.filter((time) => time < 25));
      }
      heap = heap.clone((member) => ({ ...member }));
      expect(heap.size).toBe(members.length);
    }),
  );
});

it('a copy of a hash shares nothing with it', () => {
  const hash = new HashValue();
  for (let i = 0; i < 50; i++) {
    hash.set(`f${i}` as Bytes, 'v' as Bytes);
    if (i % 2 === 0) hash.setExpiry(`f${i}` as Bytes, 1000 - i);
  }
  const copy = hash.clone();
  copy.setExpiry('f48' as Bytes, Infinity);
  copy.delete('f46' as Bytes);
  copy.setExpiry('f2' as Bytes, 5);
  expect([hash.expiring, hash.earliestMs, hash.expiryOf('f46' as Bytes)]).toEqual([25, 952, 954]);
  expect([copy.expiring, copy.earliestMs, copy.expiryOf('f46' as Bytes)]).toEqual([23, 5, undefined]);
});
