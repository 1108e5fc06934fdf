import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { BITMAP_COMMANDS } from '../../../../src/core/commands/bitmap/table.js';
import { COMMAND_COMMANDS } from '../../../../src/core/commands/command/table.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';
import { dataSetIn, dataSetOf, PausedSnapshot } from '../../../support/paused-snapshot.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const BAD_OFFSET = '-ERR bit offset is not an integer or out of range';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({
    families: [BITMAP_COMMANDS, STRING_COMMANDS, GENERIC_COMMANDS, COMMAND_COMMANDS],
    config: { 'proto-max-bulk-len': '1mb' },
  });
  t.engine.gate.load(t.engine.store.databases[0], ascii('set'), new SetValue(), 0, undefined);
});

describe('SETBIT and GETBIT', () => {
  it('counts as a change when the bit or the length changes', () => {
    const { gate } = t.engine;
    const changes = (...args: (string | number)[]) => {
      const before = gate.dirty;
      call(...args);
      return gate.dirty - before;
    };
    expect(changes('SETBIT', 'k', 5, 0)).toBe(1);
    expect(changes('SETBIT', 'k', 5, 0)).toBe(0);
    expect(changes('SETBIT', 'k', 5, 1)).toBe(1);
    expect(changes('SETBIT', 'k', 5, 1)).toBe(0);
    expect(changes('SETBIT', 'k', 8, 0)).toBe(1);
    expect(changes('BITFIELD', 'k', 'SET', 'u4', 0, 1, 'SET', 'u4', 0, 1, 'SET', 'u4', 0, 2)).toBe(2);
    expect(changes('BITFIELD', 'k', 'SET', 'u1', 16, 0, 'SET', 'u1', 17, 0)).toBe(2);
  });

  it('reads every encoding of a string', () => {
    for (const value of ['1', 'short', 'x'.repeat(100), 'y'.repeat(200_000), '9007199254740993']) {
      call('SET', 'k', value);
      const first = value.charCodeAt(0);
      for (let i = 0; i < 8; i++) expect(call('GETBIT', 'k', i)).toBe((first >> (7 - i)) & 1);
      const last = (value.length - 1) * 8;
      expect(call('GETBIT', 'k', last + 7)).toBe(value.charCodeAt(value.length - 1) & 1);
      expect(call('GETBIT', 'k', last + 8)).toBe(0);
    }
  });

  it('changes a long string and keeps the expiry', () => {
    call('SET', 'k', 'x'.repeat(100), 'PX', 1000);
    expect(call('SETBIT', 'k', 799, 1)).toBe(0);
    expect(call('GETRANGE', 'k', 98, 99)).toBe('xy');
    t.clock.advance(1001);
    expect(call('GETBIT', 'k', 799)).toBe(0);
  });

  it('keeps offsets within proto-max-bulk-len, but for the master', () => {
    expect(call('SETBIT', 'k', 8 * 1024 * 1024, 1)).toBe(BAD_OFFSET);
    expect(call('GETBIT', 'k', 8 * 1024 * 1024)).toBe(BAD_OFFSET);
    expect(call('SETBIT', 'k', 8 * 1024 * 1024 - 1, 1)).toBe(0);
    t.engine.store.expiryPolicy = 'keep';
    expect(call('SETBIT', 'k', 8 * 1024 * 1024, 1)).toBe(0);
    expect(call('SETBIT', 'k', 4294967295, 1)).toBe(
      '-ERR string exceeds maximum allowed size (proto-max-bulk-len)',
    );
  });

  it('looks at the arguments before the type', () => {
    expect(call('SETBIT', 'set', 'x', 1)).toBe(BAD_OFFSET);
    expect(call('SETBIT', 'set', 1, 2)).toBe('-ERR bit is not an integer or out of range');
    expect(call('SETBIT', 'set', 1, 1)).toBe(WRONG_TYPE);
    expect(call('GETBIT', 'set', 1)).toBe(WRONG_TYPE);
    expect(call('BITCOUNT', 'set', 'x', 'y')).toBe(WRONG_TYPE);
    expect(call('BITPOS', 'set', 2)).toBe('-ERR The bit argument must be 1 or 0.');
    expect(call('BITPOS', 'set', 1, 'x')).toBe(WRONG_TYPE);
    expect(call('BITOP', 'NOT', 'k', 'set')).toBe(WRONG_TYPE);
    expect(call('BITFIELD', 'set', 'GET', 'u8', 0)).toBe(WRONG_TYPE);
    expect(call('BITFIELD', 'set', 'SET', 'u8', 0, 1)).toBe(WRONG_TYPE);
    expect(call('BITFIELD_RO', 'set', 'GET', 'u8', 0)).toBe(WRONG_TYPE);
  });
});

describe('BITOP', () => {
  it('stores a raw string without an expiry', () => {
    call('SET', 'dest', 'v', 'PX', 1000);
    call('SET', 'a', '12');
    expect(call('BITOP', 'OR', 'dest', 'a')).toBe(2);
    expect(call('GET', 'dest')).toBe('12');
    expect(call('PTTL', 'dest')).toBe(-1);
    expect(call('OBJECT', 'ENCODING', 'dest')).toBe('raw');
  });

  it('may have its destination among its sources', () => {
    call('SET', 'a', 'ab'.repeat(100));
    call('SET', 'b', '\xff'.repeat(200));
    expect(call('BITOP', 'XOR', 'a', 'a', 'b')).toBe(200);
    expect(call('GET', 'a')).toBe('\x9e\x9d'.repeat(100));
  });

  it('deletes the destination when all sources are empty', () => {
    call('SET', 'dest', 'v');
    t.stream();
    expect(call('BITOP', 'AND', 'dest', 'none', 'nor-this')).toBe(0);
    expect(call('EXISTS', 'dest')).toBe(0);
    expect(t.stream()).toEqual(['BITOP AND dest none nor-this']);
    expect(call('BITOP', 'AND', 'dest', 'none')).toBe(0);
    expect(t.stream()).toEqual([]);
  });
});

describe('BITFIELD', () => {
  it('carries nothing out when any operation is wrong', () => {
    expect(call('BITFIELD', 'k', 'SET', 'u8', 0, 1, 'SET', 'u8', 0)).toBe('-ERR syntax error');
    expect(call('EXISTS', 'k')).toBe(0);
  });

  it('makes room for all operations at once, also for those that fail', () => {
    expect(call('BITFIELD', 'k', 'OVERFLOW', 'FAIL', 'SET', 'u1', 23, 2)).toEqual([null]);
    expect(call('STRLEN', 'k')).toBe(3);
  });

  it('counts # offsets in fields and wraps them at 64 bits', () => {
    call('SET', 'k', '\x01\x02\x03\x04\x05\x06\x07\x08\x09');
    expect(call('BITFIELD', 'k', 'GET', 'u8', '#3')).toEqual([4]);
    expect(call('BITFIELD', 'k', 'GET', 'i64', '#288230376151711744')).toEqual([72623859790382856n]);
    expect(call('BITFIELD', 'k', 'GET', 'u8', '#1152921504606846976')).toBe(BAD_OFFSET);
  });

  it('says of its key whether it is only read', () => {
    const flags = (...args: string[]) =>
      (call('COMMAND', 'GETKEYSANDFLAGS', ...args) as [string, string[]][])[0][1];
    expect(flags('BITFIELD', 'k', 'GET', 'u8', '0')).toEqual(['RO', 'access']);
    expect(flags('BITFIELD', 'k', 'OVERFLOW', 'SAT')).toEqual(['RO', 'access']);
    expect(flags('BITFIELD', 'k', 'GET', 'u8', '0', 'SET', 'u8', '0', '1')).toEqual([
      'RW',
      'access',
      'update',
    ]);
    expect(flags('BITFIELD', 'k', 'BOGUS')).toEqual(['RW', 'access', 'update']);
  });
});

describe('a running snapshot', () => {
  it('keeps what the bits were', () => {
    call('SET', 'text', 'abc');
    call('SET', 'long', 'x'.repeat(300));
    call('SETBIT', 'raw', 500, 1);
    call('SETBIT', 'field', 500, 1);
    call('SET', 'dest', 'old');
    call('DEL', 'set');
    const before = dataSetOf(t.engine);
    const snapshot = new PausedSnapshot(t.engine);
    call('SETBIT', 'text', 1, 0);
    call('SETBIT', 'long', 5000, 1);
    call('SETBIT', 'raw', 0, 1);
    call('BITFIELD', 'field', 'SET', 'u8', 0, 255);
    call('BITOP', 'OR', 'dest', 'raw', 'long');
    snapshot.slice();
    call('SETBIT', 'raw', 1, 1);
    expect(dataSetIn(snapshot.finish())).toEqual(before);
    expect(call('GETRANGE', 'raw', 0, 0)).toBe('\xc0');
  });
});
