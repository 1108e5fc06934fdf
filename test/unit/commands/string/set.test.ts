import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { encodingName } from '../../../../src/core/store/types/encoding.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const SYNTAX = '-ERR syntax error';
const NOT_INTEGER = '-ERR value is not an integer or out of range';
/** The test clock's start. */
const NOW = 1_700_000_000_000;

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));

/** The absolute expiry of a key in ms; 0: none; -1: no such key. */
function expiryOf(key: string): number {
  const db = t.engine.store.databases[0];
  const slot = db.lookup(ascii(key));
  return slot < 0 ? -1 : db.expiryAt(slot);
}

/** Puts a value of another type under a key. */
function makeSet(key: string): void {
  t.engine.gate.load(t.engine.store.databases[0], ascii(key), new SetValue(), 0, undefined);
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS] });
});

describe('SET', () => {
  it('replaces a value of any type and removes the expiry', () => {
    makeSet('k');
    expect(call('SET', 'k', 'v', 'EX', '10')).toBe('OK');
    expect(expiryOf('k')).toBe(NOW + 10_000);
    expect(call('SET', 'k', 'w')).toBe('OK');
    expect(expiryOf('k')).toBe(0);
    expect(call('GET', 'k')).toBe('w');
  });

  it('keeps all bytes of keys and values', () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    expect(call('SET', all, all)).toBe('OK');
    expect(call('GET', all)).toBe(all);
    expect(call('SET', '', '')).toBe('OK');
    expect(call('GET', '')).toBe('');
  });

  it.each([
    '0',
    '-0',
    '007',
    '1',
    '-1',
    '9007199254740991',
    '9007199254740993',
    '1e3',
    ' 1',
    '18446744073709551616',
  ])('gives the text "%s" back as it came', (text) => {
    call('SET', 'k', text);
    expect(call('GET', 'k')).toBe(text);
  });

  it.each([
    [['EX', '10'], NOW + 10_000],
    [['px', '1500'], NOW + 1500],
    [['ExAt', '1700000009'], 1_700_000_009_000],
    [['PXAT', '1700000000001'], 1_700_000_000_001],
    [['EX', '10', 'EX', '20'], NOW + 20_000],
  ])('sets the expiry that %j means', (options, expiry) => {
    expect(call('SET', 'k', 'v', ...options)).toBe('OK');
    expect(expiryOf('k')).toBe(expiry);
  });

  it('takes a time that is over: the key is gone at once', () => {
    expect(call('SET', 'k', 'v', 'PXAT', '1')).toBe('OK');
    expect(call('GET', 'k')).toBe(null);
  });

  it('keeps the expiry with KEEPTTL', () => {
    call('SET', 'k', 'v', 'PX', '5000');
    expect(call('SET', 'k', 'w', 'KEEPTTL')).toBe('OK');
    expect(expiryOf('k')).toBe(NOW + 5000);
    expect(call('SET', 'new', 'w', 'KEEPTTL')).toBe('OK');
    expect(expiryOf('new')).toBe(0);
  });

  it('sets under NX only a key that is missing, under XX only one that is there', () => {
    expect(call('SET', 'k', '1', 'XX')).toBe(null);
    expect(call('SET', 'k', '1', 'NX')).toBe('OK');
    expect(call('SET', 'k', '2', 'nx')).toBe(null);
    expect(call('SET', 'k', '3', 'xx')).toBe('OK');
    expect(call('GET', 'k')).toBe('3');
  });

  it('counts a key whose time is over as missing', () => {
    call('SET', 'k', '1', 'PX', '10');
    t.clock.advance(11);
    expect(call('SET', 'k', '2', 'XX')).toBe(null);
    expect(call('SET', 'k', '2', 'NX')).toBe('OK');
  });

  it('answers with the old value under GET, whether it sets or not', () => {
    expect(call('SET', 'k', '1', 'GET')).toBe(null);
    expect(call('SET', 'k', '2', 'GET')).toBe('1');
    expect(call('SET', 'k', '3', 'NX', 'GET')).toBe('2');
    expect(call('GET', 'k')).toBe('2');
    expect(call('SET', 'none', '3', 'XX', 'GET')).toBe(null);
    expect(call('GET', 'none')).toBe(null);
    expect(call('SET', 'fresh', '3', 'NX', 'GET')).toBe(null);
    expect(call('GET', 'fresh')).toBe('3');
  });

  it('answers GET with the bytes that were there before a string changed in place is replaced', () => {
    call('SET', 'k', 'ab');
    call('APPEND', 'k', 'cd');
    expect(call('SET', 'k', 'new', 'GET')).toBe('abcd');
  });

  it('refuses GET of another type and changes nothing', () => {
    makeSet('k');
    expect(call('SET', 'k', 'v', 'GET')).toBe(WRONG_TYPE);
    expect(t.engine.store.databases[0].peek(ascii('k'))).toBeInstanceOf(SetValue);
    expect(t.engine.gate.dirty).toBe(0);
  });

  it.each([
    ['NX', 'XX'],
    ['XX', 'NX'],
    ['EX', '10', 'PX', '10'],
    ['EX', '10', 'KEEPTTL'],
    ['KEEPTTL', 'EX', '10'],
    ['PXAT', '10', 'EXAT', '10'],
    ['EX'],
    ['PERSIST'],
    ['BOGUS'],
    [''],
  ])('refuses %j', (...options) => {
    expect(call('SET', 'k', 'v', ...options)).toBe(SYNTAX);
    expect(call('GET', 'k')).toBe(null);
  });

  it('takes the same option twice', () => {
    expect(call('SET', 'k', 'v', 'NX', 'NX', 'GET', 'GET')).toBe(null);
    expect(call('GET', 'k')).toBe('v');
  });

  it.each([
    ['EX', '0'],
    ['EX', '-1'],
    ['EX', '9223372036854776'],
    ['EX', '9223372036854775'],
    ['PX', '9223372036854775807'],
    ['EXAT', '9223372036854776'],
  ])('refuses the time %s %s', (option, time) => {
    expect(call('SET', 'k', 'v', option, time)).toBe("-ERR invalid expire time in 'set' command");
    expect(call('GET', 'k')).toBe(null);
  });

  it('looks at the form of the time before it looks at the key', () => {
    makeSet('k');
    expect(call('SET', 'k', 'v', 'EX', 'x', 'GET')).toBe(NOT_INTEGER);
  });
});

describe('SET and what the store notes of a key', () => {
  it('keeps the access count of a key that is overwritten', () => {
    const db = t.engine.store.databases[0];
    t.engine.store.lfu = { logFactor: 0, decayMinutes: 1 };
    call('SET', 'k', '1');
    const slot = db.lookup(ascii('k'));
    expect(db.keyspace.accessAt(slot) & 255).toBe(5);
    for (let i = 0; i < 10; i++) call('SET', 'k', '2');
    expect(db.keyspace.accessAt(slot) & 255).toBe(15);
  });

  it('replaces a key that a writable replica hides, and says that its time is over', () => {
    call('SET', 'k', '1', 'PX', '10');
    t.clock.advance(11);
    t.stream();
    t.engine.store.expiryPolicy = 'hide';
    expect(call('GET', 'k')).toBe(null);
    expect(t.engine.store.databases[0].size).toBe(1);
    expect(call('SET', 'k', '2')).toBe('OK');
    expect(t.engine.store.databases[0].size).toBe(1);
    expect(call('GETDEL', 'k')).toBe('2');
    expect(t.engine.store.databases[0].size).toBe(0);
    expect(t.engine.store.stats.expired).toBe(1);
  });
});

describe('the older forms of SET', () => {
  it('SETNX sets a missing key', () => {
    expect(call('SETNX', 'k', '1')).toBe(1);
    expect(call('SETNX', 'k', '2')).toBe(0);
    expect(call('GET', 'k')).toBe('1');
  });

  it('SETEX and PSETEX set with an expiry', () => {
    expect(call('SETEX', 'a', '10', 'v')).toBe('OK');
    expect(expiryOf('a')).toBe(NOW + 10_000);
    expect(call('PSETEX', 'b', '10', 'v')).toBe('OK');
    expect(expiryOf('b')).toBe(NOW + 10);
  });

  it('SETEX and PSETEX name themselves when the time cannot be', () => {
    expect(call('SETEX', 'k', '0', 'v')).toBe("-ERR invalid expire time in 'setex' command");
    expect(call('PSETEX', 'k', '-1', 'v')).toBe("-ERR invalid expire time in 'psetex' command");
    expect(call('SETEX', 'k', 'x', 'v')).toBe(NOT_INTEGER);
    expect(call('GET', 'k')).toBe(null);
  });

  it('GETSET answers with the old value, removes the expiry, and refuses other types', () => {
    expect(call('GETSET', 'k', '1')).toBe(null);
    call('SET', 'k', '1', 'EX', '10');
    expect(call('GETSET', 'k', '2')).toBe('1');
    expect(expiryOf('k')).toBe(0);
    makeSet('s');
    expect(call('GETSET', 's', '2')).toBe(WRONG_TYPE);
  });
});

describe('a value that is the text of an integer', () => {
  it.each([
    ['SET k -61'],
    ['SET k -61 EX 10'],
    ['SET k -61 KEEPTTL'],
    ['SETNX k -61'],
    ['SETEX k 10 -61'],
    ['PSETEX k 10 -61'],
    ['GETSET k -61'],
    ['MSET k -61'],
    ['MSETNX k -61'],
  ])('is stored as one by %s', (line) => {
    call(...line.split(' '));
    const { store } = t.engine;
    expect(encodingName(store.databases[0].peek(ascii('k'))!, t.config.values)).toBe('int');
  });
});

describe('MSET and MSETNX', () => {
  it('sets all pairs, the last value of a key that is named twice', () => {
    expect(call('MSET', 'a', '1', 'b', '2', 'a', '3')).toBe('OK');
    expect(call('MGET', 'a', 'b')).toEqual(['3', '2']);
    expect(t.engine.gate.dirty).toBe(3);
  });

  it('MSETNX sets all or none', () => {
    expect(call('MSETNX', 'a', '1', 'b', '2', 'a', '3')).toBe(1);
    expect(call('MGET', 'a', 'b')).toEqual(['3', '2']);
    expect(call('MSETNX', 'c', '1', 'b', '9')).toBe(0);
    expect(call('MGET', 'c', 'b')).toEqual([null, '2']);
  });

  it.each(['MSET', 'MSETNX'])('%s refuses a key without a value', (name) => {
    expect(call(name, 'a', '1', 'b')).toBe(
      `-ERR wrong number of arguments for '${name.toLowerCase()}' command`,
    );
    expect(call('GET', 'a')).toBe(null);
  });
});
