import { constants } from 'node:buffer';
import { expect, test } from 'vitest';
import { ascii, type Bytes } from '../../../src/core/base/bytes.js';
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

test('long arguments are the same bytes in a string and in a buffer', () => {
  const long = '\0\xff\r\n'.repeat(500_000) as Bytes;
  const text = `*3\r\n$3\r\nSET\r\n$1\r\n\xe9\r\n$2000000\r\n${long}\r\n`;
  const args = [ascii('SET'), '\xe9' as Bytes, long];
  expect(encodeCommand(args) === text).toBe(true);
  expect(encodeCommandBuffer(args).equals(Buffer.from(text, 'latin1'))).toBe(true);
});

test('a command in a buffer may be longer than any string', () => {
  const arg = 'v'.repeat(2 ** 23) as Bytes;
  const args = Array.from({ length: 65 }, () => arg);
  const bytes = encodeCommandBuffer(args);
  expect(bytes.length).toBe(5 + 65 * (10 + 2 ** 23 + 2));
  expect(bytes.length).toBeGreaterThan(constants.MAX_STRING_LENGTH);
  expect(bytes.toString('latin1', 0, 17)).toBe('*65\r\n$8388608\r\nvv');
  expect(bytes.toString('latin1', bytes.length - 4)).toBe('vv\r\n');
});
