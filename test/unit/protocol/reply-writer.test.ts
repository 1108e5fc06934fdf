import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { ReplyWriter } from '../../../src/core/protocol/reply-writer.js';

// redis 7.2.6 networking.c:addReplyErrorFormatInternal
it('keeps an error on one line: line ends within become blanks, those at its end go', () => {
  const reply = new ReplyWriter();
  const heard: string[] = [];
  reply.onError = (line) => heard.push(line);
  reply.error('ERR Unsupported option a\r\nb\nc\n\r\n');
  expect(heard).toEqual(['ERR Unsupported option a  b c']);
  expect(reply.take().join('')).toBe('-ERR Unsupported option a  b c\r\n');
});

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
