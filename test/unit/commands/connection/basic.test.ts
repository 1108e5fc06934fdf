import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { ClientFlag } from '../../../../src/core/commands/context.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const families = [CONNECTION_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS];
let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families });
});

describe('PING and ECHO', () => {
  it('answer', () => {
    expect(t.client.send('PING\r\n')).toBe('+PONG\r\n');
    expect(t.client.send('PING "a b"\r\n')).toBe('$3\r\na b\r\n');
    expect(t.client.send('echo hi\r\n')).toBe('$2\r\nhi\r\n');
    expect(call('PING', 'a', 'b')).toBe("-ERR wrong number of arguments for 'ping' command");
    expect(call('ECHO')).toBe("-ERR wrong number of arguments for 'echo' command");
  });

  it('PING of a subscriber is a message in RESP2 and a status in RESP3', () => {
    t.client.session.setFlag(ClientFlag.pubsub, true);
    expect(t.client.send('PING\r\n')).toBe('*2\r\n$4\r\npong\r\n$0\r\n\r\n');
    expect(t.client.send('PING x\r\n')).toBe('*2\r\n$4\r\npong\r\n$1\r\nx\r\n');
    t.engine.setProtocol(t.client.session, 3);
    expect(t.client.send('PING\r\n')).toBe('+PONG\r\n');
  });
});

describe('SELECT', () => {
  it('changes the database of this client alone', () => {
    const other = t.connect();
    expect(call('SELECT', 9)).toBe('OK');
    call('SET', 'k', 'nine');
    expect(plain(other.call('GET', 'k'))).toBe(null);
    expect(plain(other.call('SELECT', 9))).toBe('OK');
    expect(plain(other.call('GET', 'k'))).toBe('nine');
  });

  it('refuses what is no database', () => {
    expect(call('SELECT', 16)).toBe('-ERR DB index is out of range');
    expect(call('SELECT', -1)).toBe('-ERR DB index is out of range');
    expect(call('SELECT', 'x')).toBe('-ERR value is not an integer or out of range');
    expect(call('SELECT', '4294967296')).toBe(
      '-ERR value is out of range, value must between -2147483648 and 2147483647',
    );
  });
});

describe('QUIT', () => {
  it('answers, closes, and does not run what was sent behind it', () => {
    expect(t.client.send('SET a 1\r\nQUIT now\r\nSET b 1\r\n')).toBe('+OK\r\n+OK\r\n');
    expect(t.client.connection.ended).toBe(true);
    expect(plain(t.connect().call('MGET', 'a', 'b'))).toEqual(['1', null]);
  });
});

describe('RESET', () => {
  it('forgets name, database, protocol, transaction, watched keys and silence', () => {
    call('SELECT', 3);
    call('CLIENT', 'SETNAME', 'me');
    call('HELLO', 3);
    call('WATCH', 'k');
    call('MULTI');
    call('CLIENT', 'NO-TOUCH', 'ON');
    expect(t.client.send('RESET\r\n')).toBe('+RESET\r\n');
    expect(t.client.send('CLIENT GETNAME\r\n')).toBe('$-1\r\n');
    expect(call('EXEC')).toBe('-ERR EXEC without MULTI');
    expect(t.client.session.infoLine()).toMatch(/ flags=N db=0 .* multi=-1 .* user=default redir=-1 resp=2 /);
  });

  it('is heard while answers are off', () => {
    call('CLIENT', 'REPLY', 'OFF');
    expect(call('PING')).toBe(undefined);
    expect(call('RESET')).toBe('RESET');
    expect(call('PING')).toBe('PONG');
  });

  it('leaves a replica what it is', () => {
    t.client.session.setFlag(ClientFlag.replica, true);
    expect(call('RESET')).toBe('-ERR can only reset normal client connections');
    t.client.session.setFlag(ClientFlag.monitor, true);
    expect(call('RESET')).toBe('RESET');
  });

  it('asks for the password again', () => {
    t = createTestEngine({ families, config: { requirepass: 'secret' } });
    expect(call('AUTH', 'secret')).toBe('OK');
    expect(call('RESET')).toBe('RESET');
    expect(call('PING')).toBe('-NOAUTH Authentication required.');
  });
});
