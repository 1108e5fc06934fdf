import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
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
