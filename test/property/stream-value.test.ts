/** StreamValue against a plain array that is cut into nodes by the rules of Redis, and copies that must not see later changes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { PendingList } from '../../src/core/store/types/pending-list.js';
import { StreamGroup } from '../../src/core/store/types/stream-groups.js';
import {
  idMs,
  MAX_STREAM_ID,
  MIN_STREAM_ID,
  streamId,
  type StreamId,
} from '../../src/core/store/types/stream-id.js';
import { radixNodeCount } from '../../src/core/store/types/stream-radix.js';
import { StreamValue } from '../../src/core/store/types/stream-value.js';

const NODE_ENTRIES = 5;
const LIMITS = { streamNodeMaxBytes: 0, streamNodeMaxEntries: NODE_ENTRIES };
const b = (text: string | number) => String(text) as Bytes;

interface ModelEntry {
  readonly ms: number;
  readonly fields: Bytes[];
  deleted: boolean;
}

/** Nodes of entries, the deleted ones kept with their mark, as in a listpack. */
class Model {
  nodes: ModelEntry[][] = [];
  added = 0;
  last = 0;
  maxDeleted = 0;

  get live(): ModelEntry[] {
    return this.nodes.flat().filter(({ deleted }) => !deleted);
  }

  append(ms: number, fields: Bytes[]): void {
    const tail = this.nodes.at(-1);
    if (tail === undefined || tail.length >= NODE_ENTRIES) this.nodes.push([{ ms, fields, deleted: false }]);
    else tail.push({ ms, fields, deleted: false });
    this.added++;
    this.last = ms;
  }

  delete(ms: number): boolean {
    const found = this.live.find((entry) => entry.ms === ms);
    if (found === undefined) return false;
    found.deleted = true;
    this.nodes = this.nodes.filter((node) => !node.includes(found) || node.some(({ deleted }) => !deleted));
    this.maxDeleted = Math.max(this.maxDeleted, ms);
    return true;
  }

  trim(rule: { maxLength: number } | { minMs: number }, approximate: boolean, limit: number): number {
    let removed = 0;
    const goes = (entry: ModelEntry) =>
      'minMs' in rule ? entry.ms < rule.minMs : this.live.length > rule.maxLength;
    while (this.nodes.length > 0) {
      const [node] = this.nodes;
      const live = node.filter(({ deleted }) => !deleted);
      if ('maxLength' in rule && this.live.length <= rule.maxLength) break;
      if (limit > 0 && removed + live.length > limit) break;
      const whole =
        'minMs' in rule ? node.at(-1)!.ms < rule.minMs : this.live.length - live.length >= rule.maxLength;
      if (whole) {
        this.nodes.shift();
        removed += live.length;
        continue;
      }
      if (approximate) break;
      for (const entry of live) {
        if (!goes(entry)) break;
        entry.deleted = true;
        removed++;
      }
      break;
    }
    return removed;
  }
}

type Step =
  | { readonly kind: 'add'; readonly gap: number; readonly names: number }
  | { readonly kind: 'delete'; readonly ms: number }
  | {
      readonly kind: 'length' | 'id';
      readonly to: number;
      readonly approximate: boolean;
      readonly limit: number;
    }
  | { readonly kind: 'copy' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      gap: fc.integer({ min: 1, max: 3 }),
      names: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), ms: fc.nat(120) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('length' as const, 'id' as const),
      to: fc.nat(60),
      approximate: fc.boolean(),
      limit: fc.constantFrom(0, 0, 3, 12),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'copy' as const }) },
);

function apply(stream: StreamValue, model: Model, s: Exclude<Step, { kind: 'copy' }>): void {
  switch (s.kind) {
    case 'add': {
      const ms = model.last + s.gap;
      const fields = s.names === 3 ? [b('other'), b(ms)] : [b('name'), b(ms), b('age'), b(s.names)];
      stream.append(streamId(ms, 0), fields, LIMITS);
      model.append(ms, fields);
      return;
    }
    case 'delete':
      expect(stream.delete(streamId(s.ms, 0))).toBe(model.delete(s.ms));
      return;
    default: {
      const limit = s.approximate ? s.limit : 0;
      const removed =
        s.kind === 'length'
          ? stream.trim({ maxLength: s.to }, s.approximate, limit)
          : stream.trim({ minId: streamId(s.to, 0) }, s.approximate, limit);
      const rule = s.kind === 'length' ? { maxLength: s.to } : { minMs: s.to };
      expect(removed).toBe(model.trim(rule, s.approximate, limit));
    }
  }
}

const all = (stream: StreamValue) =>
  stream.range(MIN_STREAM_ID, MAX_STREAM_ID).map(({ id, fields }) => [idMs(id), ...fields]);

function compare(stream: StreamValue, model: Model, from: number, to: number, limit: number): void {
  const live = model.live.map(({ ms, fields }) => [ms, ...fields]);
  expect(all(stream)).toEqual(live);
  expect(stream.length).toBe(live.length);
  expect(stream.nodeCount).toBe(model.nodes.length);
  expect(stream.entriesAdded).toBe(model.added);
  expect(idMs(stream.lastId)).toBe(model.last);
  expect(idMs(stream.maxDeletedId)).toBe(model.maxDeleted);
  expect(idMs(stream.firstId)).toBe(live.at(0)?.[0] ?? 0);
  expect(idMs(stream.lastEntryId)).toBe(live.at(-1)?.[0] ?? 0);
  const within = model.live.map(({ ms }) => ms).filter((ms) => ms >= from && ms <= to);
  const [first, last] = [streamId(from, 0), streamId(to, 0)];
  const ids = (reverse: boolean) => stream.range(first, last, limit, reverse).map(({ id }) => idMs(id));
  expect(ids(false)).toEqual(within.slice(0, limit));
  expect(ids(true)).toEqual(within.reverse().slice(0, limit));
  expect(stream.countBetween(first, last)).toBe(within.length);
  expect(stream.countBetween(first, last, limit)).toBe(Math.min(within.length, limit));
  const there = model.live.some(({ ms }) => ms === from);
  expect(stream.has(first)).toBe(there);
  expect(stream.get(first) !== undefined).toBe(there);
}

it('is a list of entries, and its copies stay as they were', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.nat(130),
      fc.nat(130),
      fc.nat(20),
      (steps, from, to, limit) => {
        const stream = new StreamValue();
        const model = new Model();
        const copies: [StreamValue, unknown[]][] = [];
        for (const s of steps) {
          if (s.kind === 'copy') copies.push([stream.clone(), all(stream)]);
          else apply(stream, model, s);
        }
        compare(stream, model, from, to, limit);
        for (const [copy, was] of copies) {
          expect(all(copy)).toEqual(was);
          copy.append(streamId(100_000, 0), [b('mine'), b(1)], LIMITS);
        }
        compare(stream, model, from, to, limit);
      },
    ),
    { numRuns: 300 },
  );
});

it('changes its groups without changing those of a copy', () => {
  const stream = new StreamValue();
  stream.append(streamId(1, 0), [b('f'), b('v')], LIMITS);
  stream.addGroup(new StreamGroup(b('g'), MIN_STREAM_ID, 0));
  const mine = stream.groupForWrite(b('g'))!;
  mine.addPending(streamId(1, 0), mine.consumer(b('c'), 1), 1, 1);
  const copy = stream.clone();
  stream.groupForWrite(b('g'))!.removePending(streamId(1, 0));
  copy.groupForWrite(b('g'))!.consumer(b('d'), 1);
  expect(stream.groups.get(b('g'))!.pel.size).toBe(0);
  expect(stream.groups.get(b('g'))!.consumers.size).toBe(1);
  expect(copy.groups.get(b('g'))!.pel.size).toBe(1);
  expect(copy.groups.get(b('g'))!.consumers.size).toBe(2);
});

/** A radix tree with runs compressed, counted by walking it. */
function naiveCount(keys: readonly string[], depth = 0): number {
  if (keys.length === 0) return 1;
  const rest = keys[0].slice(depth);
  if (keys.length === 1) return (rest === '' ? 0 : 1) + 1;
  let run = 0;
  while (keys.every((key) => key[depth + run] === keys[0][depth + run])) run++;
  const branches = new Map<string, string[]>();
  for (const key of keys) {
    const at = key[depth + run];
    branches.set(at, [...(branches.get(at) ?? []), key]);
  }
  let count = (run > 0 ? 1 : 0) + 1;
  for (const below of branches.values()) count += naiveCount(below, depth + run + 1);
  return count;
}

it('counts the nodes of a radix tree', () => {
  const part = fc.oneof(fc.nat(3), fc.nat(300), fc.nat(70_000), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(part, part), { selector: String, maxLength: 30 }), (parts) => {
      const keys = [...new Set(parts.map(([ms, seq]) => streamId(ms, seq)))].sort();
      expect(radixNodeCount(keys.length, (i) => keys[i])).toBe(naiveCount(keys));
    }),
    { numRuns: 500 },
  );
});

it('keeps a pending list as a sorted list of ids', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat(900)), { maxLength: 1500 }),
      fc.nat(1000),
      (steps, from) => {
        const list = new PendingList<{ id: StreamId }>();
        const model = new Set<number>();
        for (const [adding, n] of steps) {
          const id = streamId(n, 0);
          if (adding || n % 3 !== 0) {
            expect(list.add({ id })).toBe(!model.has(n));
            model.add(n);
          } else expect(list.delete(id)).toBe(model.delete(n));
        }
        const sorted = [...model].sort((x, y) => x - y);
        const at = streamId(from, 0);
        const behind = sorted.filter((n) => n >= from);
        const cursor = list.from(at);
        const walked: unknown[] = [];
        for (let entry = cursor.next(); entry !== undefined; entry = cursor.next())
          walked.push(idMs(entry.id));
        expect(walked).toEqual(behind);
        expect(list.size).toBe(sorted.length);
        expect(list.indexFrom(at)).toBe(sorted.length - behind.length);
        expect(list.slice(3, 600).map(({ id }) => idMs(id))).toEqual(sorted.slice(3, 600));
        expect(list.get(at) !== undefined).toBe(model.has(from));
        expect(list.atOrAfter(at)?.id).toBe(behind.length > 0 ? streamId(behind[0], 0) : undefined);
        const after = sorted.find((n) => n > from);
        expect(list.after(at)?.id).toBe(after === undefined ? undefined : streamId(after, 0));
        expect(list.first?.id).toBe(sorted.length > 0 ? streamId(sorted[0], 0) : undefined);
        expect(list.last?.id).toBe(sorted.length > 0 ? streamId(sorted.at(-1)!, 0) : undefined);
      },
    ),
    { numRuns: 60 },
  );
});
