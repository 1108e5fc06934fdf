import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { ascii } from '../../../../src/core/base/bytes.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { ListValue } from '../../../../src/core/store/types/list-value.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { streamId } from '../../../../src/core/store/types/stream-id.js';
import { StreamValue } from '../../../../src/core/store/types/stream-value.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { type Value } from '../../../../src/core/store/types/value.js';
import { ZSetValue } from '../../../../src/core/store/types/zset-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const families = [CONNECTION_COMMANDS, GENERIC_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS];
const NO_KEY = '0'.repeat(40);

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const put = (key: string, value: Value, db = 0) =>
  t.engine.gate.load(t.engine.store.databases[db], ascii(key), value, 0, undefined);

beforeEach(() => {
  t = createTestEngine({ families, config: { 'enable-debug-command': 'yes' } });
});

/** The data of the digests below; on a real server: RPUSH l a b 3, SADD s x y 10, HSET h f 1 g v, ZADD z … and so on. */
function fill(): void {
  const list = new ListValue();
  for (const element of ['a', 'b', '3']) list.pushBack(ascii(element));
  const set = new SetValue();
  for (const member of ['x', 'y', '10']) set.add(ascii(member));
  const hash = new HashValue();
  hash.set(ascii('f'), ascii('1'));
  hash.set(ascii('g'), ascii('v'));
  const zset = new ZSetValue();
  for (const [member, score] of [
    ['one', 1],
    ['half', 0.5],
    ['big', 1e8],
    ['zero', 0],
    ['least', -Infinity],
  ] as const) {
    zset.set(ascii(member), score);
  }
  const stream = new StreamValue();
  stream.append(streamId(1, 1), [ascii('k'), ascii('v')], DEFAULT_LIMITS);
  stream.append(streamId(2, 0), [ascii('k'), ascii('w'), ascii('n'), ascii('5')], DEFAULT_LIMITS);
  put('l', list);
  put('s', set);
  put('h', hash);
  put('z', zset);
  put('x', stream);
  call('SET', 'str', 'hello');
  call('SET', 'num', 12345);
}

it('DEBUG SET-SKIP-CHECKSUM-VALIDATION', () => {
  const payload = '\x00\x03foo\x0b\x00wrongsum';
  expect(call('RESTORE', 'k', 0, payload)).toBe('-ERR DUMP payload version or checksum are wrong');
  expect(call('DEBUG', 'SET-SKIP-CHECKSUM-VALIDATION', 1)).toBe('OK');
  expect(call('RESTORE', 'k', 0, payload)).toBe('OK');
  expect(call('RESTORE', 'l', 0, '\x00\x03foo\x0d\x00wrongsum')).toBe(
    '-ERR DUMP payload version or checksum are wrong',
  );
  expect(call('DEBUG', 'SET-SKIP-CHECKSUM-VALIDATION', 0)).toBe('OK');
  expect(call('RESTORE', 'l', 0, payload)).toBe('-ERR DUMP payload version or checksum are wrong');
});

describe('DEBUG DIGEST', () => {
  it('is 0 for an empty server and for a key that is not there', () => {
    expect(call('DEBUG', 'DIGEST')).toBe(NO_KEY);
    expect(call('DEBUG', 'DIGEST-VALUE', 'none')).toEqual([NO_KEY]);
    expect(call('DEBUG', 'DIGEST-VALUE')).toEqual([]);
  });

  it('is what a redis-server 7.2.6 answers for the same data', () => {
    fill();
    expect(call('DEBUG', 'DIGEST-VALUE', 'l', 's', 'h', 'z', 'x', 'str', 'num')).toEqual([
      '09eb1fc9381ee92790d59930ab462945f8cd948b',
      '8751179b83232410bda829b71469cce4387dd93b',
      'f22cfe6ed63c6e0be297a476163cfb838ad489f4',
      '90a47241d7e6d58235f92abf999633793aa6fe7d',
      'aacdc6b49bd4e033b177a6b7f9421d16aa8ad524',
      '36b23a1456b2dce2c3ed252c456761301dba8060',
      'e1cf90774e995ae03de66e8109dc5cb9d9c2dc83',
    ]);
    expect(call('DEBUG', 'DIGEST')).toBe('02d10e10225635b86585efa02d071f0ab8158a7f');
    call('SELECT', 3);
    call('SET', 'str', 'hello', 'PX', 100000);
    expect(call('DEBUG', 'DIGEST')).toBe('3faa2df59f1cf9a9ace73fbac22314f59dc4f682');
  });
});

describe('DEBUG PROTOCOL', () => {
  const ask = (name: string) => t.client.send(`DEBUG PROTOCOL ${name}\r\n`);

  it('answers in RESP2', () => {
    expect(ask('string')).toBe('$11\r\nHello World\r\n');
    expect(ask('integer')).toBe(':12345\r\n');
    expect(ask('double')).toBe('$5\r\n3.141\r\n');
    expect(ask('bignum')).toBe('$37\r\n1234567999999999999999999999999999999\r\n');
    expect(ask('null')).toBe('$-1\r\n');
    expect(ask('array')).toBe('*3\r\n:0\r\n:1\r\n:2\r\n');
    expect(ask('set')).toBe('*3\r\n:0\r\n:1\r\n:2\r\n');
    expect(ask('map')).toBe('*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n');
    expect(ask('attrib')).toBe('$39\r\nSome real reply following the attribute\r\n');
    expect(ask('push')).toBe('-ERR RESP2 is not supported by this command\r\n');
    expect(ask('verbatim')).toBe('$25\r\nThis is a verbatim\nstring\r\n');
    expect(ask('true')).toBe(':1\r\n');
    expect(ask('false')).toBe(':0\r\n');
    expect(ask('other')).toBe(
      '-ERR Wrong protocol type name. Please use one of the following: ' +
        'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false\r\n',
    );
  });

  it('answers in RESP3', () => {
    call('HELLO', 3);
    expect(ask('double')).toBe(',3.141\r\n');
    expect(ask('bignum')).toBe('(1234567999999999999999999999999999999\r\n');
    expect(ask('null')).toBe('_\r\n');
    expect(ask('set')).toBe('~3\r\n:0\r\n:1\r\n:2\r\n');
    expect(ask('map')).toBe('%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n');
    expect(ask('attrib')).toBe(
      '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n' +
        '$39\r\nSome real reply following the attribute\r\n',
    );
    expect(ask('push')).toBe(
      '>2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n',
    );
    expect(ask('verbatim')).toBe('=29\r\ntxt:This is a verbatim\nstring\r\n');
    expect(ask('true')).toBe('#t\r\n');
    expect(ask('false')).toBe('#f\r\n');
  });
});

describe('DEBUG', () => {
  it('is refused unless the configuration allows it', () => {
    t = createTestEngine({ families });
    expect(call('DEBUG', 'SLEEP', 0)).toBe(
      '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a ' +
        'local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
    );
  });

  it('refuses unknown subcommands and wrong numbers of arguments alike', () => {
    const refused = (word: string) =>
      `-ERR unknown subcommand or wrong number of arguments for '${word}'. Try DEBUG HELP.`;
    expect(call('DEBUG', 'foo')).toBe(refused('foo'));
    expect(call('DEBUG', 'sleep')).toBe(refused('sleep'));
    expect(call('DEBUG', 'constructor')).toBe(refused('constructor'));
    expect(call('DEBUG', 'help', 'me')).toBe(refused('help'));
  });

  it('HELP lists what there is', () => {
    const lines = call('DEBUG', 'HELP') as string[];
    expect(lines[0]).toBe('DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:');
    expect(lines).toContain('SLEEP <seconds>');
    expect(lines.at(-1)).toBe('    Print this help.');
  });

  it('POPULATE makes keys, leaves those that are there, and propagates nothing', () => {
    call('SET', 'key:1', 'mine');
    t.stream();
    const { dirty } = t.engine.gate;
    expect(call('DEBUG', 'POPULATE', 3)).toBe('OK');
    expect(call('MGET', 'key:0', 'key:1', 'key:2', 'key:3')).toEqual(['value:0', 'mine', 'value:2', null]);
    call('DEBUG', 'POPULATE', 1, 'p', 10);
    call('DEBUG', 'POPULATE', 1, 'q', 3);
    expect(call('MGET', 'p:0', 'q:0')).toEqual(['value:0\0\0\0', 'val']);
    expect(t.engine.gate.dirty).toBe(dirty);
    expect(t.stream()).toEqual([]);
    expect(call('DEBUG', 'POPULATE', -1)).toBe('-ERR value is out of range, must be positive');
  });

  it('OBJECT describes a value, whose address stays while it is changed in place', () => {
    call('SET', 'n', 10);
    const before = call('DEBUG', 'OBJECT', 'n') as string;
    expect(before).toMatch(
      /^Value at:0x[0-9a-f]{12} refcount:1 encoding:int serializedlength:2 lru:\d+ lru_seconds_idle:0$/,
    );
    call('INCR', 'n');
    t.clock.advance(5000);
    t.engine.dispatcher.syncWallClock();
    const after = call('DEBUG', 'OBJECT', 'n') as string;
    expect(after.split(' ')[1]).toBe(before.split(' ')[1]);
    expect(after).toMatch(/lru_seconds_idle:5$/);
    expect(call('DEBUG', 'OBJECT', 'none')).toBe('-ERR no such key');
  });

  it('HTSTATS counts keys and expiries', () => {
    expect(call('DEBUG', 'HTSTATS', 0)).toBe(
      '[Dictionary HT]\nHash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n' +
        '[Expires HT]\nHash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n',
    );
    call('SET', 'a', 1);
    call('SET', 'b', 1, 'EX', 100);
    expect(call('DEBUG', 'HTSTATS', 0)).toMatch(
      /table size: \d+\n number of elements: 2\n\[Expires HT\][^[]*number of elements: 1\n$/,
    );
    expect(call('DEBUG', 'HTSTATS', 16)).toBe('-ERR Out of range database');
  });

  it('SLEEP stops the server for as long as asked', () => {
    const before = t.clock.nowMs();
    expect(call('DEBUG', 'SLEEP', '0.25')).toBe('OK');
    expect(t.clock.nowMs() - before).toBe(250);
    expect(call('DEBUG', 'SLEEP', 'x')).toBe('OK');
    expect(t.clock.nowMs() - before).toBe(250);
  });

  it('SET-ACTIVE-EXPIRE and PAUSE-CRON reach the engine', () => {
    call('DEBUG', 'SET-ACTIVE-EXPIRE', 0);
    call('DEBUG', 'PAUSE-CRON', 1);
    expect([t.engine.activeExpire, t.engine.cron.paused]).toEqual([false, true]);
    call('DEBUG', 'SET-ACTIVE-EXPIRE', 1);
    call('DEBUG', 'PAUSE-CRON', 0);
    expect([t.engine.activeExpire, t.engine.cron.paused]).toEqual([true, false]);
  });

  it('RELOAD hands its options on', () => {
    const asked: { save: boolean; flush: boolean }[] = [];
    t = createTestEngine({
      families,
      config: { 'enable-debug-command': 'local' },
      persistence: { reload: (options) => void asked.push(options) },
    });
    expect(call('DEBUG', 'RELOAD')).toBe('OK');
    expect(call('DEBUG', 'RELOAD', 'NoSave', 'NOFLUSH', 'merge')).toBe('OK');
    expect(asked).toEqual([
      { save: true, flush: true },
      { save: false, flush: false },
    ]);
    expect(call('DEBUG', 'RELOAD', 'x')).toBe(
      '-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.',
    );
  });

  it('REPLICATE sends a command to replicas alone', () => {
    expect(call('DEBUG', 'REPLICATE', 'fake-command', 'x')).toBe('OK');
    expect(t.stream()).toEqual(['SELECT 0', 'fake-command x']);
  });

  it('ERROR answers with any error, on one line', () => {
    expect(call('DEBUG', 'ERROR', 'MYERR a\r\nb')).toBe('-MYERR a  b');
  });

  it('QUICKLIST-PACKED-THRESHOLD takes sizes', () => {
    expect(call('DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '1b')).toBe('OK');
    expect(call('DEBUG', 'QUICKLIST-PACKED-THRESHOLD', '5gb')).toBe(
      '-ERR argument must be a memory value bigger than 1 and smaller than 4gb',
    );
  });
});
