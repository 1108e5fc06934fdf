import { describe, expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import {
  addInt64,
  formatDouble,
  formatDouble17,
  formatFixed6,
  formatInt64,
  parseDouble,
  parseDoubleLoose,
  parseInt64,
  parseSafeInt,
  parseUint64,
} from '../../../src/core/base/numbers.js';

describe('int64', () => {
  test.each([
    ['0', 0],
    ['7', 7],
    ['-1', -1],
    ['999999999999999', 999999999999999],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
  ])('reads %j', (text, value) => {
    expect(parseInt64(ascii(text))).toBe(value);
    expect(formatInt64(value)).toBe(text);
  });

  test.each(
    '|-|+1|-0|00|01|-01| 1|1 |1.0|1e3|0x10|0b1|a|1a|--1|1\0|9223372036854775808|-9223372036854775809|99999999999999999999'.split(
      '|',
    ),
  )('refuses %j', (text) => {
    expect(parseInt64(ascii(text))).toBeUndefined();
  });

  test('a safe integer ends at 2^53-1', () => {
    expect(parseSafeInt(ascii('9007199254740991'))).toBe(9007199254740991);
    expect(parseSafeInt(ascii('9007199254740992'))).toBeUndefined();
    expect(parseSafeInt(ascii('x'))).toBeUndefined();
  });

  test('addition is exact and says when it overflows', () => {
    expect(addInt64(1, 2)).toBe(3);
    expect(addInt64(9007199254740991, 1)).toBe(9007199254740992n);
    expect(addInt64(9007199254740992n, -1)).toBe(9007199254740991);
    expect(addInt64(9223372036854775807n, 0)).toBe(9223372036854775807n);
    expect(addInt64(9223372036854775807n, 1)).toBeUndefined();
    expect(addInt64(-9223372036854775808n, -1)).toBeUndefined();
  });

  test('unsigned ids are read as strtoull reads them', () => {
    expect(parseUint64(ascii('18446744073709551615'))).toBe(18446744073709551615n);
    expect(parseUint64(ascii('18446744073709551616'))).toBeUndefined();
    expect(parseUint64(ascii('007'))).toBe(7);
    expect(parseUint64(ascii(' +7'))).toBe(7);
    expect(parseUint64(ascii('-1'))).toBeUndefined();
    expect(parseUint64(ascii('-01'))).toBe(18446744073709551615n);
    expect(parseUint64(ascii(''))).toBeUndefined();
    expect(parseUint64(ascii('1x'))).toBeUndefined();
  });
});

describe('doubles', () => {
  test.each([
    ['3.5', 3.5],
    ['+3.', 3],
    ['.5e-1', 0.05],
    ['-0', -0],
    ['0e9999', 0],
    ['inf', Infinity],
    ['-INFINITY', -Infinity],
    ['+Inf', Infinity],
    ['0x10', 16],
    ['-0x.8p1', -1],
    ['0x1.fffffffffffff8p0', 2],
    ['4.9e-324', 5e-324],
  ])('reads %j', (text, value) => {
    expect(parseDouble(ascii(text))).toBe(value);
  });

  test.each(
    '|.|nan|-nan|nan(1)| 1|1 |1e|1e+|0x|0xp1|0x1p|infinit|1_0|0b1|1e999|-1e999|1e-999|0x1p-9999|1\0'.split(
      '|',
    ),
  )('refuses %j', (text) => {
    expect(parseDouble(ascii(text))).toBeUndefined();
  });

  test('a score bound is read more leniently', () => {
    expect(parseDoubleLoose(ascii(''))).toBe(0);
    expect(parseDoubleLoose(ascii(' \t7'))).toBe(7);
    expect(parseDoubleLoose(ascii('1e999'))).toBe(Infinity);
    expect(parseDoubleLoose(ascii('1e-999'))).toBe(0);
    expect(parseDoubleLoose(ascii('1\0x'))).toBe(1);
    expect(parseDoubleLoose(ascii('1 '))).toBeUndefined();
    expect(parseDoubleLoose(ascii('nan'))).toBeUndefined();
  });

  // what `ZADD z <value> m` followed by `ZSCORE z m` answers on redis 7.2.6
  test.each([
    [0, '0'],
    [-0, '-0'],
    [3, '3'],
    [-3.5, '-3.5'],
    [0.1, '0.1'],
    [1e17, '100000000000000000'],
    [2 ** 62, '4611686018427387904'],
    [2 ** 63, '9223372036854776000'],
    [1e20, '1e+20'],
    [1e21, '1e+21'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
    [1.5e-7, '1.5e-7'],
    [1.1e300, '1.1e+300'],
    [5e-324, '5e-324'],
    [91349326.46993548, '9.134932646993548e+7'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ])('prints %d as %s', (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });
});

describe('doubles as C prints them', () => {
  // printf("%.17g") of glibc 2.36
  test.each([
    [0.1, '0.10000000000000001'],
    [3, '3'],
    [-0, '-0'],
    [-2.5, '-2.5'],
    [1e17, '1e+17'],
    [123456789012345680, '1.2345678901234568e+17'],
    [99999999999999984, '99999999999999984'],
    [1e-5, '1.0000000000000001e-05'],
    [0.0001, '0.0001'],
    [1 + 1 / 131072, '1.0000076293945312'],
    [1 + 3 / 131072, '1.0000228881835938'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [5e-324, '4.9406564584124654e-324'],
    [-Infinity, '-inf'],
  ])('%%.17g of %d', (value, text) => {
    expect(formatDouble17(value)).toBe(text);
  });

  // printf("%f")
  test.each([
    [181, '181.000000'],
    [-0, '-0.000000'],
    [-1e-9, '-0.000000'],
    [181.0078125, '181.007812'],
    [181.0234375, '181.023438'],
    [85.06, '85.060000'],
    [0.9999999, '1.000000'],
    [1e21, '1000000000000000000000.000000'],
    [1e23, '99999999999999991611392.000000'],
    [Infinity, 'inf'],
  ])('%%f of %d', (value, text) => {
    expect(formatFixed6(value)).toBe(text);
  });
});
