import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
/** The test clock's start. */
const NOW = 1_700_000_000_000;

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));

function expiryOf(key: string): number {
  const db = t.engine.store.databases[0];
  const slot = db.lookup(ascii(key));
  return slot < 0 ? -1 : db.expiryAt(slot);
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS] });
  t.engine.gate.load(t.engine.store.databases[0], ascii('set'), new SetValue(), 0, undefined);
});

describe('GET and MGET', () => {
  it('answers null for a missing key and refuses other types', () => {
    expect(call('GET', 'none')).toBe(null);
    expect(call('GET', 'set')).toBe(WRONG_TYPE);
  });

  it('MGET answers null for other types too', () => {
    call('SET', 'a', '1');
    call('APPEND', 'b', 'x');
    call('APPEND', 'b', 'y');
    expect(call('MGET', 'a', 'none', 'set', 'b')).toEqual(['1', null, null, 'xy']);
  });

  it('counts hits and misses', () => {
    call('SET', 'a', '1');
    call('MGET', 'a', 'none', 'set');
    call('GET', 'none');
    expect(t.engine.store.stats).toMatchObject({ hits: 2, misses: 2 });
  });
});

describe('STRLEN', () => {
  it('measures every encoding in bytes', () => {
    call('SET', 'number', '-12345');
    call('SET', 'bytes', '\xc3\xa9\x00');
    call('SET', 'raw', 'abc');
    call('APPEND', 'raw', 'def');
    expect(['none', 'number', 'bytes', 'raw'].map((key) => call('STRLEN', key))).toEqual([0, 6, 3, 6]);
    expect(call('STRLEN', 'set')).toBe(WRONG_TYPE);
  });
});

describe('GETDEL', () => {
  it('answers and deletes', () => {
    call('SET', 'k', 'v', 'EX', '10');
    expect(call('GETDEL', 'k')).toBe('v');
    expect(call('GETDEL', 'k')).toBe(null);
    expect(call('GETDEL', 'set')).toBe(WRONG_TYPE);
    expect(t.engine.store.databases[0].size).toBe(1);
  });
});

describe('GETEX', () => {
  beforeEach(() => call('SET', 'k', 'v', 'EX', '100'));

  it.each([
    [['EX', '10'], NOW + 10_000],
    [['PX', '10'], NOW + 10],
    [['EXAT', '1700000001'], 1_700_000_001_000],
    [['PXAT', '1700000000001'], 1_700_000_000_001],
    [['PERSIST'], 0],
    [[], NOW + 100_000],
    [['exat', '1700000000'], -1],
    [['PXAT', '1'], -1],
  ])('%j leaves the expiry %d', (options, expiry) => {
    expect(call('GETEX', 'k', ...options)).toBe('v');
    expect(expiryOf('k')).toBe(expiry);
  });

  it('sets a time that is over all the same when the master says so', () => {
    t.engine.store.expiryPolicy = 'keep';
    expect(call('GETEX', 'k', 'PXAT', '1')).toBe('v');
    expect(expiryOf('k')).toBe(1);
  });

  it.each([
    ['PERSIST', 'EX', '10'],
    ['EX', '10', 'PERSIST'],
    ['KEEPTTL'],
    ['NX'],
    ['GET'],
    ['EX'],
    ['EX', '1', 'PX', '1'],
  ])('refuses %j', (...options) => {
    expect(call('GETEX', 'k', ...options)).toBe('-ERR syntax error');
  });

  it('looks at the time only when the key is there', () => {
    expect(call('GETEX', 'none', 'EX', 'x')).toBe(null);
    expect(call('GETEX', 'set', 'EX', 'x')).toBe(WRONG_TYPE);
    expect(call('GETEX', 'k', 'EX', 'x')).toBe('-ERR value is not an integer or out of range');
    expect(call('GETEX', 'k', 'EX', '0')).toBe("-ERR invalid expire time in 'getex' command");
    expect(expiryOf('k')).toBe(NOW + 100_000);
  });
});
