import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const NOT_INTEGER = '-ERR value is not an integer or out of range';
const TOO_LONG = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)';
const MB = 1024 * 1024;

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS], config: { 'proto-max-bulk-len': '1mb' } });
  t.engine.gate.load(t.engine.store.databases[0], ascii('set'), new SetValue(), 0, undefined);
});

describe('APPEND', () => {
  it('makes a key, then adds to it in every encoding', () => {
    expect(call('APPEND', 'k', '12')).toBe(2);
    expect(call('APPEND', 'k', '34')).toBe(4);
    expect(call('APPEND', 'k', '\x00\xff')).toBe(6);
    expect(call('APPEND', 'k', '')).toBe(6);
    expect(call('GET', 'k')).toBe('1234\x00\xff');
    expect(call('APPEND', 'set', 'x')).toBe(WRONG_TYPE);
  });

  it('counts an empty append as a change', () => {
    call('SET', 'k', 'v');
    const before = t.engine.gate.dirty;
    call('APPEND', 'k', '');
    expect(t.engine.gate.dirty).toBe(before + 1);
  });

  it('keeps the expiry', () => {
    call('SET', 'k', 'v', 'PX', '1000');
    call('APPEND', 'k', 'w');
    t.clock.advance(1001);
    expect(call('GET', 'k')).toBe(null);
  });

  it('stops at proto-max-bulk-len', () => {
    call('SET', 'k', 'x'.repeat(MB - 1));
    expect(call('APPEND', 'k', 'y')).toBe(MB);
    expect(call('APPEND', 'k', 'z')).toBe(TOO_LONG);
    expect(call('STRLEN', 'k')).toBe(MB);
  });

  it('does not refuse what the master says', () => {
    call('SET', 'k', 'x'.repeat(MB));
    t.engine.store.expiryPolicy = 'keep';
    expect(call('APPEND', 'k', 'z')).toBe(MB + 1);
  });
});

describe('SETRANGE', () => {
  it('fills up with zero bytes', () => {
    expect(call('SETRANGE', 'k', '3', 'ab')).toBe(5);
    expect(call('GET', 'k')).toBe('\x00\x00\x00ab');
    expect(call('SETRANGE', 'k', '0', 'xy')).toBe(5);
    expect(call('SETRANGE', 'k', '4', 'cd')).toBe(6);
    expect(call('GET', 'k')).toBe('xy\x00acd');
  });

  it('changes numbers and short strings too', () => {
    call('SET', 'k', '1234');
    expect(call('SETRANGE', 'k', '1', '9')).toBe(4);
    expect(call('GET', 'k')).toBe('1934');
    call('SET', 'k', 'foo');
    expect(call('SETRANGE', 'k', '5', 'bar')).toBe(8);
    expect(call('GET', 'k')).toBe('foo\x00\x00bar');
  });

  it('does nothing when it has nothing to write', () => {
    call('SET', 'k', 'abc');
    const before = t.engine.gate.dirty;
    expect(call('SETRANGE', 'k', '10', '')).toBe(3);
    expect(call('SETRANGE', 'none', '10', '')).toBe(0);
    expect(call('SETRANGE', 'k', '9223372036854775807', '')).toBe(3);
    expect(call('GET', 'none')).toBe(null);
    expect(t.engine.gate.dirty).toBe(before);
  });

  it('refuses an offset, then a type, then a length', () => {
    expect(call('SETRANGE', 'set', 'x', 'v')).toBe(NOT_INTEGER);
    expect(call('SETRANGE', 'set', '-1', 'v')).toBe('-ERR offset is out of range');
    expect(call('SETRANGE', 'set', '9999999', '')).toBe(WRONG_TYPE);
    expect(call('SETRANGE', 'k', String(MB), 'v')).toBe(TOO_LONG);
    expect(call('SETRANGE', 'k', '9223372036854775807', 'v')).toBe(TOO_LONG);
    expect(call('GET', 'k')).toBe(null);
    expect(call('SETRANGE', 'k', String(MB - 1), 'v')).toBe(MB);
  });
});

describe('GETRANGE and SUBSTR', () => {
  it.each([
    ['0', '3', 'This'],
    ['-3', '-1', 'ing'],
    ['0', '-1', 'This is a string'],
    ['10', '100', 'string'],
    ['5', '3', ''],
    ['-1', '-5', ''],
    ['-100', '-50', 'T'],
    ['-50', '-100', ''],
    ['-100', '3', 'This'],
    ['16', '20', ''],
    ['0', '-17', 'T'],
    ['0', '4294967297', 'This is a string'],
    ['0', '9223372036854775807', 'This is a string'],
    ['-9223372036854775808', '9223372036854775807', 'This is a string'],
    ['-9223372036854775807', '-9223372036854775808', ''],
    ['-9223372036854775808', '-9223372036854775807', 'T'],
  ])('%s to %s is "%s"', (start, end, part) => {
    call('SET', 'k', 'This is a string');
    expect(call('GETRANGE', 'k', start, end)).toBe(part);
    call('APPEND', 'k', '');
    expect(call('SUBSTR', 'k', start, end)).toBe(part);
  });

  it('cuts numbers and answers an empty string for a missing key', () => {
    call('SET', 'k', '-1234');
    expect(call('GETRANGE', 'k', '0', '2')).toBe('-12');
    expect(call('GETRANGE', 'none', '0', '-1')).toBe('');
    call('SET', 'empty', '');
    expect(call('GETRANGE', 'empty', '0', '-1')).toBe('');
  });

  it('looks at the numbers before it looks at the key', () => {
    expect(call('GETRANGE', 'set', '0', 'x')).toBe(NOT_INTEGER);
    expect(call('GETRANGE', 'set', '0', '1')).toBe(WRONG_TYPE);
  });
});
