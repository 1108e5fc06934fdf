import { describe, expect, test } from 'vitest';
import { LzfError, lzfCompress, lzfDecompress } from '../../../src/core/base/lzf.js';

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/ /g, ''), 'hex');
}

describe('lzf', () => {
  // what lzf_compress of redis 7.2.6 makes of them
  test.each([
    ['a'.repeat(24), '01 6161 e00b 00 01 6161'],
    ['abcabcabcabcabcabcabcabc', '03 61626361 e00a 02 00 63'],
  ])('packs %s', (text, packed) => {
    expect(lzfCompress(Buffer.from(text))?.toString('hex')).toBe(packed.replace(/ /g, ''));
    expect(lzfDecompress(hex(packed), text.length).toString()).toBe(text);
  });

  test('what does not get four bytes shorter is left alone', () => {
    expect(lzfCompress(Buffer.from('abcdefghijklmnopqrstuvwxyz'))).toBeUndefined();
    expect(lzfCompress(Buffer.alloc(0))).toBeUndefined();
    expect(lzfCompress(Buffer.from('aaa'))).toBeUndefined();
  });

  test.each([
    ['05 6161', 6, 'literals cut off'],
    ['20', 3, 'reference cut off'],
    ['e0 05', 3, 'reference cut off'],
    ['00 61 20 05', 4, 'reference before the start'],
    ['03 61626364', 3, 'too much output'],
    ['00 61 e0 ff 00', 20, 'too much output'],
    ['00 61', 2, '1 bytes unpacked, 2 announced'],
    ['00 61', 1_000_000_000, '1000000000 bytes announced'],
  ])('refuses %s as %d bytes', (packed, length, reason) => {
    expect(() => lzfDecompress(hex(packed), length)).toThrow(LzfError);
    expect(() => lzfDecompress(hex(packed), length)).toThrow(reason);
  });
});
