import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { COMMAND_COMMANDS } from '../../../../src/core/commands/command/table.js';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { type MigrationOutcome, type MigrationRequest } from '../../../../src/core/commands/context.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { ReplyDecoder } from '../../../../src/core/protocol/reply-decoder.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

const OK: MigrationOutcome = { taken: [true] };

let t: TestEngine;
let other: TestClient;
let request: MigrationRequest | undefined;
let conclude: (outcome: MigrationOutcome) => void;

const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const migrate = (...args: (string | number)[]) => call('MIGRATE', 'target', 7000, ...args);

/** The target has answered; what the client was told. */
function answered(outcome: MigrationOutcome): unknown {
  conclude(outcome);
  t.clock.runTurn();
  return t.client.replies().map(plain);
}

/** The RESTORE commands that were sent, without the values. */
function restores(): unknown[][] {
  return request!.commands.map((command) => {
    const decoder = new ReplyDecoder();
    decoder.push(command);
    const args = plain(decoder.next()) as string[];
    expect(args[3].slice(-10, -8)).toBe('\x0b\x00');
    return args.filter((_, i) => i !== 3);
  });
}

beforeEach(() => {
  request = undefined;
  t = createTestEngine({
    families: [
      GENERIC_COMMANDS,
      STRING_COMMANDS,
      TRANSACTION_COMMANDS,
      CONNECTION_COMMANDS,
      SERVER_COMMANDS,
      COMMAND_COMMANDS,
    ],
    migration: {
      cachedLinks: 0,
      send: (what, done) => {
        request = what;
        conclude = done;
      },
    },
  });
  other = t.connect();
  call('MSET', 'a', '1', 'b', '2', 'c', '3');
  t.stream();
});

describe('MIGRATE', () => {
  it('sends a key, then removes it and propagates a DEL', () => {
    expect(migrate('a', 9, 5000)).toBeUndefined();
    expect(request).toMatchObject({ host: 'target', port: 7000, db: '9', timeoutMs: 5000, auth: undefined });
    expect(restores()).toEqual([['RESTORE', 'a', '0']]);
    expect(plain(other.call('GET', 'a'))).toBe('1');
    expect(answered(OK)).toEqual(['OK']);
    expect(plain(other.call('GET', 'a'))).toBe(null);
    expect(t.stream()).toEqual(['DEL a']);
  });

  it('sends several keys, those that are there, with their times', () => {
    call('PEXPIRE', 'b', 1500);
    t.stream();
    expect(migrate('', 0, 0, 'REPLACE', 'KEYS', 'none', 'a', 'b')).toBeUndefined();
    expect(request!.timeoutMs).toBe(1000);
    expect(restores()).toEqual([
      ['RESTORE', 'a', '0', 'REPLACE'],
      ['RESTORE', 'b', '1500', 'REPLACE'],
    ]);
    expect(answered({ taken: [true, true] })).toEqual(['OK']);
    expect(t.stream()).toEqual(['DEL a b']);
  });

  it('keeps the keys with COPY', () => {
    migrate('a', 0, 0, 'COPY');
    expect(answered(OK)).toEqual(['OK']);
    expect(call('GET', 'a')).toBe('1');
    expect(t.stream()).toEqual([]);
  });

  it('removes what was taken, and says what went wrong with the rest', () => {
    migrate('', 0, 0, 'KEYS', 'a', 'b', 'c');
    const targetError = ascii('BUSYKEY Target key name already exists.');
    expect(answered({ taken: [true, false, true], targetError })).toEqual([
      '-ERR Target instance replied with error: BUSYKEY Target key name already exists.',
    ]);
    expect(call('MGET', 'a', 'b', 'c')).toEqual([null, '2', null]);
    expect(t.stream()).toEqual(['DEL a c']);
    migrate('b', 0, 0);
    expect(answered({ taken: [], failure: 'connecting' })).toEqual([
      '-IOERR error or timeout connecting to the client',
    ]);
    migrate('b', 0, 0);
    expect(answered({ taken: [], failure: 'reading' })).toEqual([
      '-IOERR error or timeout reading to target instance',
    ]);
    expect(call('GET', 'b')).toBe('2');
    expect(t.stream()).toEqual([]);
  });

  it('answers NOKEY when there is nothing to send', () => {
    expect(migrate('none', 0, 0)).toBe('NOKEY');
    expect(migrate('', 0, 0, 'KEYS')).toBe('NOKEY');
    expect(request).toBeUndefined();
  });

  it('takes passwords out of what others may see', () => {
    call('CONFIG', 'SET', 'slowlog-log-slower-than', 0);
    migrate('a', 0, 0, 'AUTH', 'secret');
    expect(request!.auth).toEqual(['AUTH', 'secret']);
    answered(OK);
    migrate('b', 0, 0, 'auth2', 'user', 'secret');
    expect(request!.auth).toEqual(['AUTH', 'user', 'secret']);
    answered(OK);
    expect(JSON.stringify(call('SLOWLOG', 'GET', -1))).not.toContain('secret');
  });

  it.each([
    [
      ['a', 0, 0, 'KEYS', 'b'],
      '-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string',
    ],
    [['a', 'x', 'y', 'BOGUS'], '-ERR syntax error'],
    [['a', 0, 0, 'AUTH'], '-ERR syntax error'],
    [['a', 0, 0, 'AUTH2', 'user'], '-ERR syntax error'],
    [['a', 0, 'x'], '-ERR value is not an integer or out of range'],
    [['none', 'x', 0], '-ERR value is not an integer or out of range'],
  ])('refuses %j', (args, error) => {
    expect(migrate(...args)).toBe(error);
    expect(request).toBeUndefined();
  });

  it('refuses a port where nobody can listen', () => {
    const error = (host: string, port: string) => call('MIGRATE', host, port, 'a', 0, 0);
    for (const port of ['0', 'x', '', '65536'])
      expect(error('target', port)).toBe('-IOERR error or timeout writing to target instance');
    expect(error('target', '-1')).toBe('-IOERR error or timeout connecting to the client');
    expect(error('', '1')).toBe('-IOERR error or timeout connecting to the client');
    expect(request).toBeUndefined();
    error('target', '65537x');
    expect(request!.port).toBe(1);
  });

  it('is not for transactions', () => {
    call('MULTI');
    migrate('a', 0, 0);
    expect(call('EXEC')).toEqual(['-ERR MIGRATE is not supported inside a transaction or a script']);
    expect(call('GET', 'a')).toBe('1');
  });

  it('finds its keys', () => {
    const keys = (...args: string[]) => call('COMMAND', 'GETKEYS', 'MIGRATE', 'h', '1', ...args);
    expect(keys('a', '0', '0')).toEqual(['a']);
    expect(keys('', '0', '0', 'AUTH', 'keys', 'COPY', 'KEYS', 'a', 'b')).toEqual(['a', 'b']);
  });
});

describe('while keys are on their way', () => {
  it('others read and their writes wait', () => {
    migrate('a', 0, 0);
    expect(other.call('SET', 'a', 'new')).toBeUndefined();
    const third = t.connect();
    expect(plain(third.call('GET', 'a'))).toBe('1');
    third.call('MULTI');
    third.call('SET', 'b', 'new');
    expect(third.call('EXEC')).toBeUndefined();
    expect(answered(OK)).toEqual(['OK']);
    expect(other.replies().map(plain)).toEqual(['OK']);
    expect(third.replies().map(plain)).toEqual(['QUEUED', ['OK']]);
    expect(t.stream()).toEqual(['DEL a', 'SET a new', 'SET b new']);
  });

  it('another MIGRATE waits for its turn', () => {
    migrate('a', 0, 0);
    expect(other.call('MIGRATE', 'elsewhere', 7001, 'b', 0, 0)).toBeUndefined();
    expect(request!.host).toBe('target');
    expect(answered(OK)).toEqual(['OK']);
    expect(request!.host).toBe('elsewhere');
    answered(OK);
    expect(other.replies().map(plain)).toEqual(['OK']);
    expect(t.stream()).toEqual(['DEL a', 'DEL b']);
  });

  it('keys do not expire', () => {
    call('PEXPIRE', 'a', 100);
    t.stream();
    migrate('a', 0, 0);
    t.clock.advance(200);
    expect(plain(other.call('GET', 'a'))).toBe(null);
    expect(t.stream()).toEqual([]);
    answered(OK);
    expect(t.stream()).toEqual(['DEL a']);
  });

  it('CLIENT UNPAUSE does not let writes through, and CLIENT PAUSE outlasts it', () => {
    migrate('a', 0, 0);
    other.call('SET', 'a', 'new');
    const third = t.connect();
    third.call('CLIENT', 'PAUSE', 1000, 'WRITE');
    third.call('CLIENT', 'UNPAUSE');
    expect(other.replies()).toEqual([]);
    third.call('CLIENT', 'PAUSE', 1000, 'WRITE');
    expect(answered(OK)).toEqual(['OK']);
    expect(other.replies()).toEqual([]);
    t.clock.advance(1001);
    t.clock.runTurn();
    expect(other.replies().map(plain)).toEqual(['OK']);
  });

  it('what was taken is removed also when the client has gone', () => {
    migrate('a', 0, 0);
    t.client.session.disconnected();
    expect(other.call('SET', 'b', 'new')).toBeUndefined();
    conclude(OK);
    t.clock.runTurn();
    expect(other.replies().map(plain)).toEqual(['OK']);
    expect(t.stream()).toEqual(['DEL a', 'SET b new']);
  });

  it('CLIENT UNBLOCK does not reach it', () => {
    migrate('a', 0, 0);
    const id = t.client.session.id;
    expect(plain(other.call('CLIENT', 'UNBLOCK', id))).toBe(0);
    expect(answered(OK)).toEqual(['OK']);
    expect(call('PING')).toBe('PONG');
  });
});
