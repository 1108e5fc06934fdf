/** Streams: ids, entries in nodes, deletion and trimming, groups and what they have pending. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { StreamGroup, UNKNOWN_ENTRIES_READ } from '../../../../src/core/store/types/stream-groups.js';
import {
  formatStreamId,
  idMs,
  idSeq,
  MAX_STREAM_ID,
  MIN_STREAM_ID,
  nextStreamId,
  previousStreamId,
  streamId,
  type StreamId,
} from '../../../../src/core/store/types/stream-id.js';
import { type StreamEntry, StreamValue } from '../../../../src/core/store/types/stream-value.js';

const b = (text: string | number) => String(text) as Bytes;
const U64_MAX = 18446744073709551615n;

function filled(count: number, limits = DEFAULT_LIMITS): StreamValue {
  const stream = new StreamValue();
  for (let i = 1; i <= count; i++) stream.append(streamId(i, 0), [b('n'), b(i)], limits);
  return stream;
}

const numbers = (entries: StreamEntry[]) => entries.map((entry) => idMs(entry.id));

describe('ids', () => {
  it('are exact to the end of 64 bits, and ordered as numbers', () => {
    const part = fc.oneof(fc.nat(300).map(BigInt), fc.bigInt({ min: 0n, max: U64_MAX }));
    fc.assert(
      fc.property(part, part, part, part, (ms, seq, ms2, seq2) => {
        const id = streamId(ms, seq);
        expect([BigInt(idMs(id)), BigInt(idSeq(id))]).toEqual([ms, seq]);
        expect(formatStreamId(id)).toBe(`${ms}-${seq}`);
        const other = streamId(ms2, seq2);
        expect(id < other).toBe(ms < ms2 || (ms === ms2 && seq < seq2));
        const next = nextStreamId(id);
        if (next !== undefined) expect(previousStreamId(next)).toBe(id);
      }),
    );
    expect(streamId(Number.MAX_SAFE_INTEGER, 5)).toBe(streamId(9007199254740991n, 5n));
    expect(typeof idMs(streamId(Number.MAX_SAFE_INTEGER, 0))).toBe('number');
    expect(typeof idMs(streamId(2n ** 53n, 0))).toBe('bigint');
  });

  it('step over the edge of the sequence', () => {
    expect(nextStreamId(streamId(5, U64_MAX))).toBe(streamId(6, 0));
    expect(previousStreamId(streamId(6, 0))).toBe(streamId(5, U64_MAX));
    expect(nextStreamId(MAX_STREAM_ID)).toBeUndefined();
    expect(previousStreamId(MIN_STREAM_ID)).toBeUndefined();
  });
});

describe('entries', () => {
  it('are found, ranged and deleted as in a plain array', () => {
    const id = fc.nat(400);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 350 }),
        fc.array(id),
        id,
        id,
        fc.nat(20),
        (count, gone, from, to, limit) => {
          const stream = filled(count);
          const model = new Set(Array.from({ length: count }, (_, i) => i + 1));
          for (const n of gone) expect(stream.delete(streamId(n, 0))).toBe(model.delete(n));
          const within = [...model].filter((n) => n >= from && n <= to);
          const range = (reverse: boolean, max?: number) =>
            numbers(stream.range(streamId(from, 0), streamId(to, 0), max, reverse));
          expect(range(false)).toEqual(within);
          expect(range(true)).toEqual([...within].reverse());
          expect(range(false, limit)).toEqual(within.slice(0, limit));
          expect(stream.length).toBe(model.size);
          expect(stream.get(streamId(from, 0))?.fields).toEqual(model.has(from) ? ['n', b(from)] : undefined);
          const after = [...model].find((n) => n > from);
          expect(stream.firstAfter(streamId(from, 0))?.id).toBe(after && streamId(after, 0));
          expect(stream.firstId).toBe(streamId(Math.min(...model, Infinity) % Infinity || 0, 0));
          expect(stream.entriesAdded).toBe(count);
          expect(stream.lastId).toBe(streamId(count, 0));
          expect(stream.clone().length).toBe(model.size);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('fill nodes by number and by bytes, deleted ones included', () => {
    expect(filled(250).nodeCount).toBe(3);
    expect(filled(250, { ...DEFAULT_LIMITS, streamNodeMaxEntries: 0 }).nodeCount).toBe(1);
    expect(filled(100, { ...DEFAULT_LIMITS, streamNodeMaxEntries: 10 }).nodeCount).toBe(10);
    const stream = filled(100);
    for (let i = 2; i < 100; i++) stream.delete(streamId(i, 0));
    stream.append(streamId(101, 0), [b('n'), b('x')], DEFAULT_LIMITS);
    expect(stream.nodeCount).toBe(2);
    const large = new StreamValue();
    for (let i = 1; i <= 4; i++) large.append(streamId(i, 0), [b('n'), b('x'.repeat(1500))], DEFAULT_LIMITS);
    expect(large.nodeCount).toBe(2);
  });

  it('have the fields that they were given, in nodes that are full, changed, copied or left by an RDB', () => {
    const value = fc.constantFrom('', 'a', 'forty '.repeat(7), 'x'.repeat(700), '\xff\x00');
    const names = fc.constantFrom(['a', 'b'], ['a', 'b'], ['a'], ['c', 'd']);
    const entry = fc
      .tuple(names, value, value)
      .map(([own, ...values]) => own.flatMap((n, i) => [n, values[i]]));
    const limits = { streamNodeMaxBytes: 0, streamNodeMaxEntries: 4 };
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), fc.array(fc.nat(19)), (entries, gone) => {
        const stream = new StreamValue();
        const read = (of: StreamValue) =>
          of.range(MIN_STREAM_ID, MAX_STREAM_ID).map(({ fields }) => [...fields]);
        const add = (fields: string[], ms: number) =>
          stream.append(streamId(ms, 0), ['XADD', ...fields] as Bytes[], limits, 1);
        entries.forEach((fields, i) => add(fields, i + 1));
        expect(read(stream)).toEqual(entries);
        const loaded = new StreamValue();
        loaded.appendNode(stream.range(MIN_STREAM_ID, MAX_STREAM_ID), 0, 100);
        const copy = stream.clone();
        for (const i of gone) stream.delete(streamId(i + 1, 0));
        add(['a', '1', 'b', '2'], 100);
        loaded.append(streamId(100, 0), [b('a'), b(1)], DEFAULT_LIMITS);
        const left = entries.filter((_, i) => !gone.includes(i));
        expect(read(stream)).toEqual([...left, ['a', '1', 'b', '2']]);
        expect(read(copy)).toEqual(entries);
        expect(read(loaded)).toEqual([...entries, ['a', '1']]);
      }),
    );
  });

  it('are kept one by one where a node is too long to be packed', () => {
    const stream = new StreamValue();
    const limits = { streamNodeMaxBytes: 0, streamNodeMaxEntries: 3 };
    const long = b('l'.repeat(30_000));
    for (let i = 1; i <= 7; i++) stream.append(streamId(i, 0), [b('n'), long], limits);
    expect(stream.nodeCount).toBe(3);
    for (let i = 1; i <= 7; i++) expect(stream.get(streamId(i, 0))?.fields).toEqual(['n', long]);
  });

  it('keep the largest id that was deleted by name', () => {
    const stream = filled(5);
    stream.delete(streamId(4, 0));
    stream.delete(streamId(2, 0));
    expect(stream.maxDeletedId).toBe(streamId(4, 0));
    stream.trim({ maxLength: 1 }, false);
    expect(stream.maxDeletedId).toBe(streamId(4, 0));
    expect(stream.lastEntry()?.id).toBe(streamId(5, 0));
  });
});

describe('trimming', () => {
  it('is exact by length and by id', () => {
    const stream = filled(250);
    expect(stream.trim({ maxLength: 120 }, false)).toBe(130);
    expect(numbers(stream.range(MIN_STREAM_ID, MAX_STREAM_ID))[0]).toBe(131);
    expect(stream.trim({ minId: streamId(200, 0) }, false)).toBe(69);
    expect(stream.length).toBe(51);
    expect(stream.trim({ maxLength: 60 }, false)).toBe(0);
    expect(stream.trim({ maxLength: 0 }, false)).toBe(51);
    expect(stream.firstId).toBe(MIN_STREAM_ID);
  });

  it('takes whole nodes when approximate, and no more than its limit', () => {
    const stream = filled(450);
    expect(stream.trim({ maxLength: 301 }, true)).toBe(100);
    expect(stream.trim({ maxLength: 100 }, true, 150)).toBe(100);
    expect(stream.trim({ minId: streamId(299, 0) }, true)).toBe(0);
    expect(stream.trim({ minId: streamId(301, 0) }, true)).toBe(100);
    expect(stream.length).toBe(150);
  });
});

describe('how many entries came up to an id', () => {
  it('is exact where no deletion disturbs it', () => {
    const stream = filled(10);
    expect(stream.entriesUpTo(streamId(10, 0))).toBe(10);
    expect(stream.entriesUpTo(streamId(1, 0))).toBe(1);
    expect(stream.entriesUpTo(streamId(0, 1))).toBe(0);
    expect(stream.entriesUpTo(streamId(5, 0))).toBe(UNKNOWN_ENTRIES_READ);
    expect(stream.entriesUpTo(streamId(11, 0))).toBe(UNKNOWN_ENTRIES_READ);
    stream.trim({ maxLength: 4 }, false);
    expect(stream.entriesUpTo(streamId(3, 0))).toBe(6);
    expect(stream.entriesUpTo(streamId(7, 0))).toBe(7);
    stream.delete(streamId(8, 0));
    expect(stream.entriesUpTo(streamId(3, 0))).toBe(UNKNOWN_ENTRIES_READ);
    expect(new StreamValue().entriesUpTo(streamId(3, 0))).toBe(0);
  });
});

describe('groups', () => {
  const ids = (entries: { id: StreamId }[]) => entries.map(({ id }) => idMs(id));

  it('keep a pending entry in both lists, in id order', () => {
    const group = new StreamGroup(b('g'), MIN_STREAM_ID, 0);
    const one = group.consumer(b('one'), 100);
    const two = group.consumer(b('two'), 200);
    expect(group.consumer(b('one'), 300)).toBe(one);
    expect([one.seenTime, one.activeTime]).toEqual([100, -1]);
    for (const n of [5, 1, 3, 2, 4]) group.addPending(streamId(n, 0), n % 2 === 0 ? two : one, 1000 + n, 1);
    expect(group.addPending(streamId(3, 0), two, 1, 1)).toBeUndefined();
    expect(ids(group.pel.slice(0, 9))).toEqual([1, 2, 3, 4, 5]);
    expect(ids(two.pel.slice(0, 9))).toEqual([2, 4]);
    expect(group.pel.indexFrom(streamId(2, 1))).toBe(2);
    group.movePending(group.pel.get(streamId(3, 0))!, two);
    expect([ids(one.pel.slice(0, 9)), ids(two.pel.slice(0, 9))]).toEqual([
      [1, 5],
      [2, 3, 4],
    ]);
    expect(group.removePending(streamId(3, 0))).toBe(true);
    expect(group.removePending(streamId(3, 0))).toBe(false);
    const copy = group.clone();
    expect(group.removeConsumer(b('one'))).toBe(2);
    expect(group.removeConsumer(b('one'))).toBe(0);
    expect(ids(group.pel.slice(0, 9))).toEqual([2, 4]);
    expect(ids(copy.pel.slice(0, 9))).toEqual([1, 2, 4, 5]);
    expect(copy.pel.get(streamId(5, 0))?.consumer).toBe(copy.consumers.get(b('one')));
  });
});
