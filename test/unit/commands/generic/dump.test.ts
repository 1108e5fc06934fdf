import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const BAD = '-ERR Bad data format';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

/** RESTORE of a payload with any checksum. */
const restore = (value: string) => call('RESTORE', 'k', 0, `${value}\x0b\x00checksum`);

beforeEach(() => {
  t = createTestEngine({ families: [GENERIC_COMMANDS, STRING_COMMANDS] });
  t.engine.debug.skipChecksums = true;
});

it.each([
  ['a string that ends too early', '\x00\x05abc'],
  ['no value', ''],
  ['an unknown type', '\x7f\x03abc'],
  ['a set without members', '\x02\x00'],
  ['a list with a node that is empty', '\x12\x01\x01\x00'],
  [
    'a list whose ziplist has a wrong previous length',
    '\x0e\x01\x13\x13\x00\x00\x00\x0e\x00\x00\x00\x02\x00\x00\x02a\x00\x0e\x02b\x00\xff',
  ],
  ['a set that names a member twice', '\x14\x0b\x0b\x00\x00\x00\x02\x00\x81a\x02\x81a\x02\xff'],
])('RESTORE refuses %s', (_, value) => {
  expect(restore(value)).toBe(BAD);
  expect(call('EXISTS', 'k')).toBe(0);
});

it('RESTORE takes what DUMP gave, under any version up to its own', () => {
  call('SET', 'source', 'value');
  const payload = call('DUMP', 'source') as string;
  expect(payload).toBe('\x00\x05value\x0b\x00' + payload.slice(-8));
  expect(restore(payload.slice(0, -10))).toBe('OK');
  expect(call('GET', 'k')).toBe('value');
  expect(call('RESTORE', 'l', 0, '\x00\x05value\x06\x00checksum')).toBe('OK');
  expect(call('RESTORE', 'm', 0, '\x00\x05value\x0d\x00checksum')).toBe(
    '-ERR DUMP payload version or checksum are wrong',
  );
});

describe('a restored collection', () => {
  beforeEach(() => {
    t = createTestEngine({ families: FAMILIES });
    // Writing it again for older replicas would look at its encoding.
    expect(call('CONFIG', 'SET', 'repl-compat-version', '7.2')).toBe('OK');
    for (let i = 0; i < 1000; i++) {
      call('ZADD', 'zset', i, `m${i}`);
      call('SADD', 'set', `m${i}`);
      call('SADD', 'integers', i);
    }
  });

  it.each([
    ['ZSCAN', 'zset'],
    ['SSCAN', 'set'],
    ['SSCAN', 'integers'],
  ])('is as large for %s of %s as it was', (command, key) => {
    expect(call('RESTORE', 'again', 0, call('DUMP', key) as string)).toBe('OK');
    const [next] = call(command, 'again', 0, 'COUNT', 5) as string[];
    expect(next).not.toBe('0');
  });
});
