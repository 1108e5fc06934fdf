import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { encodingName } from '../../../../src/core/store/types/encoding.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const NOT_INTEGER = '-ERR value is not an integer or out of range';
const OVERFLOW = '-ERR increment or decrement would overflow';
const NOT_FLOAT = '-ERR value is not a valid float';

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS] });
  t.engine.gate.load(t.engine.store.databases[0], ascii('set'), new SetValue(), 0, undefined);
});

describe('INCR and its like', () => {
  it('begins at 0', () => {
    expect(call('INCR', 'a')).toBe(1);
    expect(call('DECR', 'b')).toBe(-1);
    expect(call('INCRBY', 'c', '7')).toBe(7);
    expect(call('DECRBY', 'd', '7')).toBe(-7);
    expect(call('DECRBY', 'e', '0')).toBe(0);
    expect(call('MGET', 'a', 'b', 'c', 'd', 'e')).toEqual(['1', '-1', '7', '-7', '0']);
  });

  it('keeps the expiry', () => {
    call('SET', 'k', '1', 'PX', '1000');
    call('INCR', 'k');
    t.clock.advance(1001);
    expect(call('GET', 'k')).toBe(null);
  });

  it.each([
    ['9007199254740991', '1', 9007199254740992n],
    ['9007199254740993', '-2', 9007199254740991],
    ['9223372036854775806', '1', 9223372036854775807n],
    ['-9223372036854775807', '-1', -9223372036854775808n],
    ['9223372036854775807', '-9223372036854775808', -1],
  ])('%s + %s is exact', (start, by, sum) => {
    call('SET', 'k', start);
    expect(call('INCRBY', 'k', by)).toBe(sum);
    expect(call('GET', 'k')).toBe(String(sum));
  });

  it.each([
    ['INCRBY', '9223372036854775807', '1'],
    ['INCRBY', '-9223372036854775808', '-1'],
    ['DECRBY', '-9223372036854775808', '1'],
    ['DECRBY', '9223372036854775807', '-1'],
  ])('%s of %s by %s would leave 64 bits', (name, start, by) => {
    call('SET', 'k', start);
    expect(call(name, 'k', by)).toBe(OVERFLOW);
    expect(call('GET', 'k')).toBe(start);
  });

  it('stores a new counter past 2^53 exactly', () => {
    expect(call('INCRBY', 'k', '9223372036854775807')).toBe(9223372036854775807n);
    expect(call('GET', 'k')).toBe('9223372036854775807');
  });

  it('DECRBY refuses the number that has no negative', () => {
    expect(call('DECRBY', 'k', '-9223372036854775808')).toBe('-ERR decrement would overflow');
    expect(call('INCRBY', 'k', '-9223372036854775808')).toBe(-9223372036854775808n);
  });

  it.each(['', ' 1', '1 ', '01', '1.0', 'x', '9223372036854775808'])('refuses the value "%s"', (value) => {
    call('SET', 'k', value);
    expect(call('INCR', 'k')).toBe(NOT_INTEGER);
  });

  it('looks at the increment before it looks at the key', () => {
    expect(call('INCRBY', 'set', 'x')).toBe(NOT_INTEGER);
    expect(call('INCRBY', 'set', '1')).toBe(WRONG_TYPE);
    expect(call('INCR', 'set')).toBe(WRONG_TYPE);
  });

  it('counts on from a string that was appended to', () => {
    call('SET', 'k', '1');
    call('APPEND', 'k', '0');
    expect(call('INCR', 'k')).toBe(11);
  });
});

describe('INCRBYFLOAT', () => {
  it.each([
    ['11', '10.5', '0.5', 12],
    ['100000000000000000', '1', '99999999999999999', 100000000000000001n],
  ])('keeps a whole number as text, until it is counted with: %s', (sum, from, by, next) => {
    const encoding = () =>
      encodingName(t.engine.store.databases[0].peek(ascii('k'))!, t.engine.config.values);
    call('SET', 'k', from);
    expect(call('INCRBYFLOAT', 'k', by)).toBe(sum);
    expect(call('GET', 'k')).toBe(sum);
    expect(encoding()).toBe('embstr');
    expect(call('INCR', 'k')).toBe(next);
    expect(encoding()).toBe('int');
    call('INCRBYFLOAT', 'k', '1');
    call('APPEND', 'k', '');
    expect(encoding()).toBe('raw');
  });

  // Results of a redis 7.2.6 on x86-64.
  it.each([
    ['10.50', '0.1', '10.6'],
    ['5.0e3', '2.0e2', '5200'],
    ['123456789.123', '0', '123456789.12299999999959255'],
    ['3', '1.5', '4.5'],
    ['1', '-1', '0'],
    ['-0', '0', '0'],
    ['9007199254740993', '0', '9007199254740993'],
  ])('%s + %s = %s', (start, by, sum) => {
    call('SET', 'k', start);
    expect(call('INCRBYFLOAT', 'k', by)).toBe(sum);
    expect(call('GET', 'k')).toBe(sum);
  });

  it('begins at 0 and keeps the expiry', () => {
    expect(call('INCRBYFLOAT', 'new', '1.23')).toBe('1.23');
    call('SET', 'k', '1', 'PX', '1000');
    call('INCRBYFLOAT', 'k', '0.5');
    t.clock.advance(1001);
    expect(call('GET', 'k')).toBe(null);
  });

  it('refuses what is no number, in the key or as increment', () => {
    call('SET', 'k', 'abc');
    expect(call('INCRBYFLOAT', 'k', '1')).toBe(NOT_FLOAT);
    call('SET', 'k', ' 1');
    expect(call('INCRBYFLOAT', 'k', '1')).toBe(NOT_FLOAT);
    expect(call('INCRBYFLOAT', 'new', 'x')).toBe(NOT_FLOAT);
    expect(call('INCRBYFLOAT', 'new', 'nan')).toBe(NOT_FLOAT);
    expect(call('GET', 'new')).toBe(null);
  });

  it('refuses an infinite result, and other types before the increment', () => {
    expect(call('INCRBYFLOAT', 'k', '+inf')).toBe('-ERR increment would produce NaN or Infinity');
    expect(call('INCRBYFLOAT', 'set', 'x')).toBe(WRONG_TYPE);
  });
});
