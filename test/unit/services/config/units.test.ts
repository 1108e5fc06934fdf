import { describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { formatMemory, parseLenientInt, parseMemory } from '../../../../src/core/services/config/units.js';

describe('parseMemory', () => {
  it.each<[string, bigint | undefined]>([
    ['0', 0n],
    ['', 0n],
    ['kb', 0n],
    ['1', 1n],
    ['1b', 1n],
    ['1k', 1000n],
    ['1kb', 1024n],
    ['2M', 2000000n],
    ['2Mb', 2097152n],
    ['3g', 3000000000n],
    ['3GB', 3221225472n],
    ['007', 7n],
    ['1t', undefined],
    ['1 kb', undefined],
    ['1kb ', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.5gb', undefined],
    ['0x10', undefined],
    // strtoull saturates, the multiplication wraps
    ['18446744073709551616', 18446744073709551615n],
    ['18446744073709551615kb', 18446744073709550592n],
    ['17179869184gb', 0n],
    ['1' + '0'.repeat(127), undefined],
  ])('%j is %s', (text, bytes) => {
    expect(parseMemory(ascii(text))).toBe(bytes);
  });
});

it.each<[bigint, string]>([
  [0n, '0'],
  [1n, '1'],
  [1023n, '1023'],
  [1024n, '1kb'],
  [1536n, '1536'],
  [10240n, '10kb'],
  [104857600n, '100mb'],
  [1073741824n, '1gb'],
  [5368709120n, '5gb'],
])('formatMemory(%s) is %j', (bytes, text) => {
  expect(formatMemory(bytes)).toBe(text);
});

describe('parseLenientInt', () => {
  it.each<[string, 8 | 10, bigint | undefined, boolean]>([
    ['', 10, 0n, false],
    ['12', 10, 12n, false],
    [' \t-12', 10, -12n, false],
    ['+012', 10, 12n, false],
    ['12 ', 10, undefined, false],
    ['-', 10, undefined, false],
    ['1x', 10, undefined, false],
    ['777', 8, 511n, false],
    ['-7', 8, -7n, false],
    ['8', 8, undefined, false],
    ['9223372036854775808', 10, 9223372036854775807n, true],
    ['-9223372036854775809', 10, -9223372036854775808n, true],
  ])('%j in base %i', (text, base, value, overflow) => {
    expect(parseLenientInt(ascii(text), base)).toEqual(value === undefined ? undefined : { value, overflow });
  });
});
