/** ReplicationStream against a string: append, trim, cursors that read at their own pace, refusals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { ReplicationStream, type Cursor } from '../../src/core/replication/stream.js';

type Step =
  | { readonly kind: 'append' | 'appendBuffer'; readonly bytes: number }
  | { readonly kind: 'trim'; readonly limit: number }
  | { readonly kind: 'open'; readonly at: number }
  | { readonly kind: 'read'; readonly which: number; readonly limit: number }
  | { readonly kind: 'close'; readonly which: number };

/** Small pieces, pieces of about a block (64 KB), and larger ones. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.integer({ min: 65_500, max: 65_560 }),
  fc.constant(150_000),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('append' as const, 'appendBuffer' as const), bytes: size }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trim' as const), limit: size }) },
  // Where in the backlog, as a fraction of a thousand.
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('open' as const), at: fc.integer({ min: 0, max: 1000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      which: fc.nat(20),
      limit: fc.oneof(size, fc.constant(65_536)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat(20) }) },
);

/** The bytes of the whole history are a pattern, so that a byte tells its place. */
function patternAt(start: number, bytes: number): Buffer {
  const piece = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) piece[i] = ((start + i) * 2_654_435_761) >>> 24;
  return piece;
}

interface Reader {
  readonly cursor: Cursor;
  /** Number of the next byte. */
  next: number;
}

describe('ReplicationStream', () => {
  it('is a window over a history, read by many at their own pace', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(step, { maxLength: 60 }), (begin, steps) => {
        const stream = new ReplicationStream(new SeededRandom(1));
        stream.adopt('a'.repeat(40), begin);
        let end = begin;
        let first = begin + 1;
        const readers: Reader[] = [];
        for (const s of steps) {
          switch (s.kind) {
            case 'append':
              stream.append(patternAt(end + 1, s.bytes).toString('latin1') as Bytes);
              end += s.bytes;
              break;
            case 'appendBuffer': {
              const padded = Buffer.concat([
                Buffer.from('xx'),
                patternAt(end + 1, s.bytes),
                Buffer.from('yyy'),
              ]);
              stream.appendBuffer(padded, 2, 2 + s.bytes);
              padded.fill(0xee);
              end += s.bytes;
              break;
            }
            case 'trim':
              stream.trim(s.limit);
              first = Math.max(first, end - s.limit + 1);
              break;
            case 'open': {
              const at = first + Math.floor(((end + 1 - first) * s.at) / 1000);
              expect(stream.refusal('a'.repeat(40), at)).toBeUndefined();
              readers.push({ cursor: stream.cursorAt(at), next: at });
              break;
            }
            case 'read':
            case 'close': {
              const reader = readers[s.which % Math.max(1, readers.length)] as Reader | undefined;
              if (reader === undefined) break;
              if (s.kind === 'close') readers.splice(readers.indexOf(reader), 1);
              else {
                const piece = stream.read(reader.cursor, s.limit);
                if (reader.next > end) expect(piece).toBeUndefined();
                else {
                  expect(piece!.length).toBeGreaterThan(0);
                  expect(piece!.length).toBeLessThanOrEqual(s.limit);
                  expect(piece!.equals(patternAt(reader.next, piece!.length))).toBe(true);
                  reader.next += piece!.length;
                }
              }
              break;
            }
          }
          expect([stream.offset, stream.firstByte, stream.historyBytes]).toEqual([
            end,
            first,
            end - first + 1,
          ]);
          expect(stream.refusal('a'.repeat(40), first - 1)).toMatchObject({ kind: 'backlog' });
          expect(stream.refusal('a'.repeat(40), end + 2)).toMatchObject({ kind: 'backlog' });
          for (const reader of readers) expect(stream.behind(reader.cursor)).toBe(end - reader.next + 1);
          expect(stream.behind(stream.end())).toBe(0);
        }
        // Everybody gets to the end, and the backlog holds little more than its window.
        for (const reader of readers) {
          for (let piece = stream.read(reader.cursor, 1 << 20); piece !== undefined;) {
            expect(piece.equals(patternAt(reader.next, piece.length))).toBe(true);
            reader.next += piece.length;
            piece = stream.read(reader.cursor, 1 << 20);
          }
          expect(reader.next).toBe(end + 1);
        }
        expect(stream.memoryBytes).toBeGreaterThanOrEqual(end - first + 1);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps little more than its window', () => {
    const stream = new ReplicationStream(new SeededRandom(1));
    stream.adopt('a'.repeat(40), 0);
    const piece = Buffer.alloc(1_000);
    for (let i = 0; i < 10_000; i++) {
      stream.appendBuffer(piece, 0, piece.length);
      stream.trim(100_000);
    }
    expect(stream.historyBytes).toBe(100_000);
    expect(stream.memoryBytes).toBeLessThanOrEqual(100_000 + 2 * 65_536);
  });
});

describe('histories', () => {
  const A = 'a'.repeat(40);

  it('branch: the old id is good up to the branch and one byte beyond', () => {
    const stream = new ReplicationStream(new SeededRandom(1));
    stream.adopt(A, 0);
    stream.append('0123456789' as Bytes);
    stream.branch();
    const { replid } = stream;
    expect(replid).not.toBe(A);
    expect([stream.replid2, stream.secondOffset]).toEqual([A, 11]);
    stream.append('abc' as Bytes);
    expect(stream.refusal(A, 11)).toBeUndefined();
    expect(stream.refusal(A, 12)).toEqual({ kind: 'second-id', asked: 12, secondOffset: 11 });
    expect(stream.refusal(replid, 14)).toBeUndefined();
    expect(stream.refusal(replid, 15)).toEqual({ kind: 'backlog', asked: 15, held: [1, 13] });
    expect(stream.refusal('b'.repeat(40), 5)).toEqual({
      kind: 'id',
      replid: 'b'.repeat(40),
      ids: [replid, A],
    });
  });

  it('no id stands for zeros: nobody continues from there', () => {
    const stream = new ReplicationStream(new SeededRandom(1));
    stream.activate();
    for (const asked of [-2, -1, 0, 1]) expect(stream.refusal('0'.repeat(40), asked)).toBeDefined();
  });

  it('without a backlog nobody continues, and what was is gone', () => {
    const stream = new ReplicationStream(new SeededRandom(1));
    stream.adopt(A, 7);
    stream.append('abc' as Bytes);
    stream.deactivate();
    expect(stream.historyBytes).toBe(0);
    expect(stream.refusal(A, 11)).toEqual({ kind: 'backlog', asked: 11, held: undefined });
    stream.activate();
    expect(stream.firstByte).toBe(11);
    expect(stream.refusal(A, 11)).toBeUndefined();
    expect(stream.refusal(A, 10)).toEqual({ kind: 'backlog', asked: 10, held: [11, 10] });
  });
});
