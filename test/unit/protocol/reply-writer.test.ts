import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { SeededRandom } from '../../../src/core/base/random.js';
import { OutputPiece } from '../../../src/core/protocol/output-block.js';
import { ReplyWriter } from '../../../src/core/protocol/reply-writer.js';

// redis 7.2.6 networking.c:addReplyErrorFormatInternal
it('keeps an error on one line: line ends within become blanks, those at its end go', () => {
  const reply = new ReplyWriter();
  const heard: string[] = [];
  reply.onError = (line) => heard.push(line);
  reply.error('ERR Unsupported option a\r\nb\nc\n\r\n');
  expect(heard).toEqual(['ERR Unsupported option a  b c']);
  expect(outputOf(reply)).toBe('-ERR Unsupported option a  b c\r\n');
});

/** Takes everything, and gives the memory back. */
function outputOf(writer: ReplyWriter): string {
  return writer
    .take()
    .map((part) => {
      if (typeof part === 'string') return part;
      if (!(part instanceof OutputPiece)) return part.latin1Slice();
      const text = part.view().latin1Slice();
      part.release();
      return text;
    })
    .join('');
}

describe('a long value', () => {
  it('leaves as it is, its header and its end beside it', () => {
    const value = 'v'.repeat(64 * 1024) as Bytes;
    const reply = new ReplyWriter();
    reply.ok();
    reply.bulk(value);
    reply.int(7);
    expect(reply.length).toBe(5 + 8 + 65_536 + 2 + 4);
    expect(reply.takeShort()).toBeUndefined();
    expect(reply.take()).toEqual(['+OK\r\n$65536\r\n', value, '\r\n:7\r\n']);
    expect(reply.length).toBe(0);
  });

  it('of some KB is copied, header and end around it; what two writers write does not mix', () => {
    const writers = [new ReplyWriter(), new ReplyWriter()];
    for (let i = 0; i < 50; i++) {
      for (const [n, writer] of writers.entries()) {
        writer.int(i);
        if (i % 3 === 0) writer.bulk(String(n).repeat(1024 + 300 * i) as Bytes);
        else writer.bulkBuffer(Buffer.alloc(10 + 500 * i, String(n)));
      }
    }
    for (const [n, writer] of writers.entries()) {
      const { length } = writer;
      const expected = Array.from({ length: 50 }, (_, i) => {
        const bytes = i % 3 === 0 ? 1024 + 300 * i : 10 + 500 * i;
        return `:${i}\r\n$${bytes}\r\n${String(n).repeat(bytes)}\r\n`;
      }).join('');
      expect(outputOf(writer)).toBe(expected);
      expect(length).toBe(expected.length);
      expect(writer.length).toBe(0);
    }
  });

  it('in memory that was used before: what was taken and released is written over, nothing else', () => {
    const kept = new ReplyWriter();
    kept.bulk('k'.repeat(5000) as Bytes);
    for (let round = 0; round < 200; round++) {
      const other = new ReplyWriter();
      other.bulk(String(round % 10).repeat(4000) as Bytes);
      expect(outputOf(other)).toBe(`$4000\r\n${String(round % 10).repeat(4000)}\r\n`);
      if (round % 2 === 0) {
        other.bulk('dropped'.repeat(500) as Bytes);
        other.clear();
        expect(other.length).toBe(0);
      }
    }
    expect(outputOf(kept)).toBe(`$5000\r\n${'k'.repeat(5000)}\r\n`);
  });

  it('may be as long as a string can be: nothing is put together with it', () => {
    const value = 'v'.repeat(constants.MAX_STRING_LENGTH) as Bytes;
    const reply = new ReplyWriter();
    reply.bulk(value);
    const [head, middle, end, ...more] = reply.take();
    expect(head).toBe(`$${constants.MAX_STRING_LENGTH}\r\n`);
    expect(middle.length).toBe(constants.MAX_STRING_LENGTH);
    expect(end).toBe('\r\n');
    expect(more).toEqual([]);
  });
});

describe('a long aggregate', () => {
  it('lies in output blocks, one piece after another as long as nobody else writes', () => {
    const reply = new ReplyWriter();
    reply.ok();
    for (let k = 0; k < 3; k++) {
      reply.array(100);
      for (let i = 0; i < 100; i++) reply.bulk(String(i) as Bytes);
      reply.int(k);
    }
    const parts = reply.take();
    expect(parts.map((part) => part instanceof OutputPiece)).toEqual([true]);
    for (const part of parts) if (part instanceof OutputPiece) part.release();
  });

  // What was written must come out whole and in order, whatever is mixed, and be counted.
  it.each([1, 2, 3, 4, 5])('mixes with everything else, of two writers (seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    const writers = [new ReplyWriter(), new ReplyWriter()];
    const expected = ['', ''];
    for (let step = 0; step < 2000; step++) {
      const n = random.below(2);
      const [text, write] = randomPart(random);
      write(writers[n]);
      expected[n] += text;
      expect(writers[n].length).toBe(expected[n].length);
      if (random.below(100) > 0) continue;
      expect(outputOf(writers[n])).toBe(expected[n]);
      expected[n] = '';
    }
    for (const [n, writer] of writers.entries()) expect(outputOf(writer)).toBe(expected[n]);
  });
});

/** Something of a reply, as it is on the wire and as it is written. */
function randomPart(random: SeededRandom): [string, (writer: ReplyWriter) => void] {
  const length = [0, 3, 9, 10, 32, 33, 99, 100, 999, 1000, 1024, 5000, 40_000][random.below(13)];
  const value = String.fromCharCode(random.below(256)).repeat(length) as Bytes;
  const bulk = `$${length}\r\n${value}\r\n`;
  switch (random.below(7)) {
    case 4: {
      const run = Array.from({ length: random.below(40) }, (_, i) => value.slice(0, i * 30) as Bytes);
      const wire = run.slice(1).map((bytes) => `$${bytes.length}\r\n${bytes}\r\n`);
      return [wire.join(''), (writer) => writer.bulkRun(run, 1, run.length)];
    }
    case 0: {
      const n = [0, 9, 10, 255, 256, 99_999, 999_999_999, 1_000_000_000, -7, 2 ** 53][random.below(10)];
      return [`:${n}\r\n`, (writer) => writer.int(n)];
    }
    case 1:
      return [`*${length}\r\n`, (writer) => writer.array(length)];
    case 2:
      return [bulk, (writer) => writer.bulkBuffer(Buffer.from(value, 'latin1'))];
    case 3:
      return [`+${bulk.length}\r\n`, (writer) => writer.simple(String(bulk.length))];
    default:
      return [bulk, (writer) => writer.bulk(value)];
  }
}
