/** MONITOR. The clock stands at 1,700,000,000,000 ms. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { ClientFlag } from '../../../../src/core/commands/context.js';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let monitor: TestClient;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const shown = () => monitor.connection.take().toString('latin1');
const line = (text: string, db = 0) => `+1700000000.000000 [${db} 127.0.0.1:50000] ${text}\r\n`;

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES, config: { requirepass: 'secret' } });
  call('AUTH', 'secret');
  monitor = t.connect();
  monitor.call('AUTH', 'secret');
  expect(monitor.send('MONITOR\r\n')).toBe('+OK\r\n');
});

describe('MONITOR', () => {
  it('shows each command with its arguments quoted, after it has run', () => {
    call('SET', 'k', 'a "b"\\\n\x00\xff');
    call('get', 'k');
    expect(shown()).toBe(line('"SET" "k" "a \\"b\\"\\\\\\n\\x00\\xff"') + line('"get" "k"'));
    call('SELECT', 3);
    expect(shown()).toBe(line('"SELECT" "3"', 3));
  });

  it('shows a long argument whole', () => {
    const value = 'ab"'.repeat(50_000);
    call('SET', 'k', value);
    expect(shown()).toBe(line(`"SET" "k" "${'ab\\"'.repeat(50_000)}"`));
  });

  it('shows no secrets and no commands of administrators', () => {
    call('AUTH', 'default', 'secret');
    call('HELLO', 2, 'AUTH', 'default', 'secret', 'SETNAME', 'me');
    call('CONFIG', 'SET', 'requirepass', 'secret');
    call('CONFIG', 'GET', 'port');
    call('SLOWLOG', 'LEN');
    call('CLIENT', 'LIST');
    call('CLIENT', 'GETNAME');
    expect(shown()).toBe(
      line('"AUTH" "(redacted)" "(redacted)"') +
        line('"HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "me"') +
        line('"CLIENT" "GETNAME"'),
    );
  });

  it('shows a transaction as it runs, and an EXEC that was refused', () => {
    t.client.send('MULTI\r\nSET k 1\r\n');
    expect(shown()).toBe(line('"MULTI"'));
    t.client.send('EXEC\r\n');
    expect(shown()).toBe(line('"SET" "k" "1"') + line('"EXEC"'));
    t.client.send('MULTI\r\nEXEC extra\r\n');
    expect(shown()).toBe(line('"MULTI"') + line('"EXEC" "extra"'));
  });

  it('shows failed commands, but none that were refused', () => {
    call('INCR', 'nothing', 'extra');
    call('SET', 'k', 'x');
    call('INCR', 'k');
    expect(shown()).toBe(line('"SET" "k" "x"') + line('"INCR" "k"'));
  });

  it('shows where a command comes from: a unix socket, a script', () => {
    call('CONFIG', 'SET', 'slowlog-max-len', 1);
    t.client.session.setFlag(ClientFlag.script, true);
    call('GET', 'k');
    expect(shown()).toBe('+1700000000.000000 [0 lua] "GET" "k"\r\n');
    t.client.session.setFlag(ClientFlag.script, false);
    t.engine.config.load(ascii('unixsocket'), [ascii('/tmp/redis.sock')]);
    t.client.session.setFlag(ClientFlag.unixSocket, true);
    call('GET', 'k');
    expect(shown()).toBe('+1700000000.000000 [0 unix:/tmp/redis.sock] "GET" "k"\r\n');
  });

  it('answers the monitor between the lines, keeps it from the keys, and says nothing the second time', () => {
    expect(monitor.send('PING\r\n')).toBe(`+PONG\r\n${line('"PING"')}`);
    expect(monitor.send('GET k\r\n')).toBe("-ERR Replica can't interact with the keyspace\r\n");
    expect(monitor.send('MONITOR\r\n')).toBe('');
    expect(call('CLIENT', 'LIST', 'ID', 2)).toContain(' flags=O ');
    expect(call('CLIENT', 'LIST', 'TYPE', 'normal')).toContain('id=2 ');
  });

  it('ends with RESET, and with the connection; then nothing is looked at any more', () => {
    monitor.send('RESET\r\n');
    shown();
    call('GET', 'k');
    expect(shown()).toBe('');
    expect(t.engine.dispatcher.observers).toBe(0);
    monitor.call('AUTH', 'secret');
    monitor.send('MONITOR\r\n');
    monitor.session.disconnected();
    expect(t.engine.dispatcher.observers).toBe(0);
  });

  it('is refused inside MULTI', () => {
    t.client.send('MULTI\r\nMONITOR\r\n');
    expect(call('EXEC')).toEqual(["-ERR MONITOR isn't allowed for DENY BLOCKING client"]);
  });
});

describe('the output limit', () => {
  it('closes a monitor that does not read', () => {
    call('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 50000 0 0');
    monitor.connection.queuedBytes = 40_000;
    call('SET', 'k', 'x'.repeat(20_000));
    expect(monitor.connection.ended).toBe(true);
    expect(t.engine.dispatcher.observers).toBe(0);
  });
});
