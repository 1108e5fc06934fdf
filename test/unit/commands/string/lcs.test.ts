import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS], config: { 'proto-max-bulk-len': '1mb' } });
  t.engine.gate.load(t.engine.store.databases[0], ascii('set'), new SetValue(), 0, undefined);
  call('MSET', 'a', 'ohmytext', 'b', 'mynewtext', 'n', '12345', 'm', '14');
});

describe('LCS', () => {
  it('finds the sequence, its length, and where its parts lie, last part first', () => {
    expect(call('LCS', 'a', 'b')).toBe('mytext');
    expect(call('LCS', 'a', 'b', 'LEN')).toBe(6);
    expect(call('LCS', 'a', 'b', 'IDX')).toEqual([
      'matches',
      [
        [
          [4, 7],
          [5, 8],
        ],
        [
          [2, 3],
          [0, 1],
        ],
      ],
      'len',
      6,
    ]);
  });

  it('leaves out short parts and adds lengths', () => {
    expect(call('LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '4', 'WITHMATCHLEN')).toEqual([
      'matches',
      [[[4, 7], [5, 8], 4]],
      'len',
      6,
    ]);
    expect(call('LCS', 'a', 'b', 'idx', 'minmatchlen', '9223372036854775807')).toEqual([
      'matches',
      [],
      'len',
      6,
    ]);
    expect(call('LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '-5')).toEqual(call('LCS', 'a', 'b', 'IDX'));
  });

  it('reads numbers as their digits and a missing key as an empty string', () => {
    expect(call('LCS', 'n', 'm')).toBe('14');
    expect(call('LCS', 'n', 'none')).toBe('');
    expect(call('LCS', 'none', 'n', 'LEN')).toBe(0);
    expect(call('LCS', 'none', 'nothing', 'IDX')).toEqual(['matches', [], 'len', 0]);
  });

  it('answers with a map in RESP3', () => {
    t.client.session.reply.resp = 3;
    expect(t.client.send('*4\r\n$3\r\nLCS\r\n$1\r\nn\r\n$1\r\nm\r\n$3\r\nIDX\r\n')).toBe(
      '%2\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:3\r\n:3\r\n*2\r\n:1\r\n:1\r\n' +
        '*2\r\n*2\r\n:0\r\n:0\r\n*2\r\n:0\r\n:0\r\n$3\r\nlen\r\n:2\r\n',
    );
  });

  it('refuses other types before its options', () => {
    expect(call('LCS', 'a', 'set', 'BOGUS')).toBe('-ERR The specified keys must contain string values');
    expect(call('LCS', 'a', 'b', 'BOGUS')).toBe('-ERR syntax error');
    expect(call('LCS', 'a', 'b', 'MINMATCHLEN')).toBe('-ERR syntax error');
    expect(call('LCS', 'a', 'b', 'MINMATCHLEN', 'x')).toBe('-ERR value is not an integer or out of range');
    expect(call('LCS', 'a', 'b', 'LEN', 'IDX')).toBe(
      '-ERR If you want both the length and indexes, please just use IDX.',
    );
  });

  it('refuses what would not fit the table that Redis makes', () => {
    // (511 + 1) * (511 + 1) cells of 4 bytes are 1 MB.
    call('SET', 'a', 'x'.repeat(511));
    call('SET', 'b', 'x'.repeat(511));
    expect(call('LCS', 'a', 'b', 'LEN')).toBe(511);
    call('APPEND', 'b', 'x');
    expect(call('LCS', 'a', 'b', 'LEN')).toBe(
      '-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
    );
  });
});
