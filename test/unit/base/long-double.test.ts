import { describe, expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  longDoubleFromDouble,
  longDoubleFromInt64,
  parseLongDouble,
} from '../../../src/core/base/long-double.js';

function sum(a: string, b: string): string {
  return formatLongDouble(addLongDouble(parseLongDouble(ascii(a))!, parseLongDouble(ascii(b))!));
}

describe('the x87 long double', () => {
  // what `SET a <x>` and `INCRBYFLOAT a <y>` answer on a redis-server for x86-64
  test.each([
    ['123456789.123', '0', '123456789.12299999999959255'],
    ['0.1', '0.2', '0.3'],
    ['10.50', '0.1', '10.6'],
    ['5.0e3', '2.0e2', '5200'],
    ['3', '1.000000000000000005', '4.00000000000000001'],
    ['17179869184', '1.5', '17179869185.5'],
    ['1', '-1', '0'],
    ['-0', '-0', '0'],
    ['-1e-30', '0', '0'],
    ['1e20', '1', '100000000000000000000'],
    ['18446744073709551615', '1', '18446744073709551616'],
    ['36893488147419103232', '1', '36893488147419103232'],
    ['36893488147419103232', '3', '36893488147419103236'],
    ['0x1p4', '0x.8', '16.5'],
  ])('%s + %s = %s', (a, b, result) => {
    expect(sum(a, b)).toBe(result);
  });

  test.each('|nan| 1|1 |1e|abc|1e4933|-1e9999999999|1e-4960|.'.split('|'))('refuses %j', (text) => {
    expect(parseLongDouble(ascii(text))).toBeUndefined();
  });

  test('refuses a text of 5 KB', () => {
    expect(parseLongDouble(ascii('0'.repeat(5119)))).toBeDefined();
    expect(parseLongDouble(ascii('0'.repeat(5120)))).toBeUndefined();
  });

  test('infinities are read, added and noticed', () => {
    const inf = parseLongDouble(ascii('inf'))!;
    const minus = parseLongDouble(ascii('-infinity'))!;
    expect(isFiniteLongDouble(inf)).toBe(false);
    expect(addLongDouble(inf, minus)).toEqual({ kind: 'nan' });
    expect(addLongDouble(inf, longDoubleFromInt64(1))).toEqual({ kind: 'infinite', negative: false });
    const largest = parseLongDouble(ascii('1.18973149535723176502e4932'))!;
    expect(isFiniteLongDouble(largest)).toBe(true);
    expect(isFiniteLongDouble(addLongDouble(largest, largest))).toBe(false);
  });

  test('takes integers and doubles as they are', () => {
    expect(formatLongDouble(longDoubleFromInt64(-9223372036854775808n))).toBe('-9223372036854775808');
    expect(formatLongDouble(longDoubleFromDouble(13.361389338970184))).toBe('13.36138933897018433');
    expect(formatLongDouble(longDoubleFromDouble(-0.5))).toBe('-0.5');
    expect(formatLongDouble(longDoubleFromDouble(-Infinity))).toBe('-inf');
  });
});
