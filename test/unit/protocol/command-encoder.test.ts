import { expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { encodeCommand, encodeCommandBuffer } from '../../../src/core/protocol/command-encoder.js';

test('a command is a multibulk of its arguments', () => {
  const args = [ascii('SET'), ascii('k\r\n'), ascii('\0\xff'), ascii('')];
  const text = '*4\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n\0\xff\r\n$0\r\n\r\n';
  expect(encodeCommand(args)).toBe(text);
  expect(encodeCommandBuffer(args)).toEqual(Buffer.from(text, 'latin1'));
});

test('no arguments give an empty multibulk', () => {
  expect(encodeCommand([])).toBe('*0\r\n');
});
