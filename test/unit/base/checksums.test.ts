import { describe, expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { crc16, keySlot } from '../../../src/core/base/crc16.js';
import { Crc64, crc64 } from '../../../src/core/base/crc64.js';

describe('crc16', () => {
  test('has the check value of XMODEM', () => {
    expect(crc16(ascii('123456789'))).toBe(0x31c3);
  });

  test.each([
    ['foo', 12182],
    ['123456789', 12739],
    ['{foo}bar', 12182],
    ['a{foo}{bar}', 12182],
    ['', 0],
  ])('the slot of %j is %d', (key, slot) => {
    expect(keySlot(ascii(key))).toBe(slot);
  });

  test('an empty or open tag does not count', () => {
    expect(keySlot(ascii('{}foo'))).toBe(crc16(ascii('{}foo')) & 16383);
    expect(keySlot(ascii('{foo'))).toBe(crc16(ascii('{foo')) & 16383);
    expect(keySlot(ascii('}foo{bar'))).toBe(crc16(ascii('}foo{bar')) & 16383);
  });
});

describe('crc64', () => {
  test('has the check value of redis crc64.c', () => {
    const crc = crc64(new Crc64(), Buffer.from('123456789'));
    expect(crc.hex()).toBe('e9c6d914c4b8d9ca');
    expect(crc.digestLE().toString('hex')).toBe('cad9b8c414d9c6e9');
  });

  test('nothing gives zero', () => {
    expect(new Crc64().digestLE()).toEqual(Buffer.alloc(8));
  });

  test('the same in one piece as in any two', () => {
    const bytes = Buffer.from(Array.from({ length: 67 }, (_, i) => (i * 151) & 255));
    const whole = crc64(new Crc64(), bytes).hex();
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc64(crc64(new Crc64(), bytes, 0, cut), bytes, cut).hex()).toBe(whole);
    }
  });
});
