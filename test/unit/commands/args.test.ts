import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import {
  doubleArg,
  indexArg,
  int32Arg,
  int64Arg,
  positiveArg,
  rangeArg,
  timeoutSecondsArg,
} from '../../../src/core/commands/args.js';
import { type CommandContext } from '../../../src/core/commands/context.js';
import { ReplyError } from '../../../src/core/commands/errors.js';

const NOT_INTEGER = 'ERR value is not an integer or out of range';

describe('integer arguments', () => {
  it.each([
    ['0', 0],
    ['-1', -1],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
  ])('reads %s exactly', (text, value) => {
    expect(int64Arg(ascii(text))).toBe(value);
  });

  it.each(['', ' 1', '1 ', '+1', '01', '-0', '1.0', '9223372036854775808', 'x'])('refuses "%s"', (text) => {
    expect(() => int64Arg(ascii(text))).toThrow(NOT_INTEGER);
  });

  it('reads an index beyond 2^53 as a double', () => {
    expect(indexArg(ascii('9223372036854775807'))).toBe(2 ** 63);
    expect(indexArg(ascii('-20'))).toBe(-20);
  });

  it('takes both ends of a range and names them when neither fits', () => {
    expect(rangeArg(ascii('1'), 1, 10)).toBe(1);
    expect(rangeArg(ascii('10'), 1, 10)).toBe(10);
    expect(() => rangeArg(ascii('11'), 1, 10)).toThrow(
      'ERR value is out of range, value must between 1 and 10',
    );
    expect(() => rangeArg(ascii('0'), 1, 10)).toThrow(
      'ERR value is out of range, value must between 1 and 10',
    );
    expect(() => rangeArg(ascii('x'), 1, 10)).toThrow(NOT_INTEGER);
  });

  it('lets the caller replace the error of the form and of the range', () => {
    const error = new ReplyError('ERR of mine');
    expect(() => rangeArg(ascii('x'), 1, 10, error)).toThrow('ERR of mine');
    expect(() => rangeArg(ascii('11'), 1, 10, error)).toThrow('ERR of mine');
    expect(() => int64Arg(ascii('x'), error)).toThrow('ERR of mine');
  });

  it('bounds a C int', () => {
    expect(int32Arg(ascii('2147483647'))).toBe(2147483647);
    expect(int32Arg(ascii('-2147483648'))).toBe(-2147483648);
    expect(() => int32Arg(ascii('2147483648'))).toThrow(
      'ERR value is out of range, value must between -2147483648 and 2147483647',
    );
  });

  it('refuses a negative count with the text that Redis has for it', () => {
    expect(positiveArg(ascii('0'))).toBe(0);
    expect(() => positiveArg(ascii('-1'))).toThrow('ERR value is out of range, must be positive');
    expect(() => positiveArg(ascii('x'))).toThrow(NOT_INTEGER);
  });
});

describe('doubles', () => {
  it('takes infinities and refuses nan and blanks', () => {
    expect(doubleArg(ascii('1.5'))).toBe(1.5);
    expect(doubleArg(ascii('-inf'))).toBe(-Infinity);
    for (const text of ['nan', ' 1', '', 'x']) {
      expect(() => doubleArg(ascii(text))).toThrow('ERR value is not a valid float');
    }
  });
});

describe('timeouts in seconds', () => {
  const ctx = { store: { nowMs: 1_700_000_000_000 } } as CommandContext;

  it.each([
    ['0', 0],
    ['1', 1000],
    ['0.1', 100],
    ['0.001', 1],
    ['0.0000001', 1],
    ['1.0015', 1002],
    ['1e3', 1_000_000],
    ['0x10', 16_000],
    ['-0.0001', 0],
    // as a long double, a little nearer to 0 than it looks
    ['-0.001', 0],
    ['-0', 0],
    ['9000000000', 9_000_000_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(Math.abs(timeoutSecondsArg(ctx, ascii(text)))).toBe(ms);
  });

  it.each([
    ['', 'ERR timeout is not a float or out of range'],
    ['x', 'ERR timeout is not a float or out of range'],
    ['nan', 'ERR timeout is not a float or out of range'],
    [' 1', 'ERR timeout is not a float or out of range'],
    ['-1', 'ERR timeout is negative'],
    ['-0.002', 'ERR timeout is negative'],
    ['-inf', 'ERR timeout is negative'],
    ['inf', 'ERR timeout is out of range'],
    ['9223372036854775.807', 'ERR timeout is out of range'],
    ['0x7FFFFFFFFFFFFF', 'ERR timeout is out of range'],
    ['1e400', 'ERR timeout is out of range'],
  ])('refuses "%s"', (text, error) => {
    expect(() => timeoutSecondsArg(ctx, ascii(text))).toThrow(error);
  });
});
