import { expect, it } from 'vitest';
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
