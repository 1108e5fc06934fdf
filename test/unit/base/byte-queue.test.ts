import { describe, expect, test } from 'vitest';
import { ByteQueue, LineTooLongError } from '../../../src/core/base/byte-queue.js';

function queueOf(...parts: string[]): ByteQueue {
  const queue = new ByteQueue();
  for (const part of parts) queue.push(Buffer.from(part, 'latin1'));
  return queue;
}

describe('ByteQueue', () => {
  test('looks and searches across buffers', () => {
    const queue = queueOf('ab', '', 'cd', 'ef');
    expect(queue.length).toBe(6);
    expect([0, 1, 2, 3, 4, 5, 6, -1].map((i) => queue.peek(i))).toEqual([97, 98, 99, 100, 101, 102, -1, -1]);
    queue.skip(1);
    expect(queue.indexOf(97)).toBe(-1);
    expect(queue.indexOf(101)).toBe(3);
    expect(queue.indexOf(101, 3)).toBe(3);
    expect(queue.indexOf(101, 4)).toBe(-1);
  });

  test('takes without a copy what lies in one buffer', () => {
    const buf = Buffer.from('abcdef');
    const queue = new ByteQueue();
    queue.push(buf);
    const part = queue.take(3);
    expect(part.toString()).toBe('abc');
    expect(part.buffer).toBe(buf.buffer);
    expect(queue.take(3).toString()).toBe('def');
    expect(queue.length).toBe(0);
  });

  test('joins what lies in several', () => {
    const queue = queueOf('ab', 'cd', 'ef');
    queue.skip(1);
    expect(queue.take(4).toString()).toBe('bcde');
    expect(queue.take(0).toString()).toBe('');
    expect(queue.take(1).toString()).toBe('f');
  });

  test('asking for more than it holds is an error and takes nothing', () => {
    const queue = queueOf('ab');
    expect(() => queue.take(3)).toThrow(RangeError);
    expect(() => queue.skip(-1)).toThrow(RangeError);
    expect(queue.take(2).toString()).toBe('ab');
  });

  test('reads lines that end in LF or CRLF, whenever they are complete', () => {
    const queue = queueOf('+O');
    expect(queue.readLine(100)).toBeUndefined();
    queue.push(Buffer.from('K\r'));
    expect(queue.readLine(100)).toBeUndefined();
    queue.push(Buffer.from('\n\n$5'));
    expect(queue.readLine(100)?.toString()).toBe('+OK\r\n');
    expect(queue.readLine(100)?.toString()).toBe('\n');
    expect(queue.readLine(100)).toBeUndefined();
    expect(queue.take(2).toString()).toBe('$5');
  });

  test('a line may be as long as allowed and no longer', () => {
    expect(queueOf('abc\n').readLine(4)?.toString()).toBe('abc\n');
    expect(() => queueOf('abcd\n').readLine(4)).toThrow(LineTooLongError);
    expect(queueOf('abcd').readLine(4)).toBeUndefined();
    expect(() => queueOf('abcde').readLine(4)).toThrow(LineTooLongError);
  });

  test('thousands of small buffers come out in order', () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 5000; i++) queue.push(Buffer.from([i & 255, (i >> 8) & 255]));
    for (let i = 0; i < 5000; i++) {
      expect(queue.take(2).readUInt16LE()).toBe(i);
    }
    expect(queue.length).toBe(0);
  });
});
