import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { ClientFlag } from '../../../../src/core/commands/context.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const idsOf = (text: unknown) => (text as string).match(/^id=\d+/gm);

beforeEach(() => {
  t = createTestEngine({ families: [CONNECTION_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS] });
});

describe('CLIENT LIST and INFO', () => {
  it('list every client with a line, in the order of their numbers', () => {
    t.connect();
    t.connect();
    const text = call('CLIENT', 'LIST') as string;
    expect(idsOf(text)).toEqual(['id=1', 'id=2', 'id=3']);
    expect(text.endsWith('\n')).toBe(true);
    expect(text.split('\n')[0]).toMatch(
      /^id=1 addr=127\.0\.0\.1:50000 laddr=127\.0\.0\.1:6379 fd=\d+ name= age=0 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=26 .* cmd=client\|list user=default redir=-1 resp=2 lib-name= lib-ver=$/,
    );
  });

  it('filter by type and by number', () => {
    const replica = t.connect();
    replica.session.setFlag(ClientFlag.replica, true);
    t.connect().session.setFlag(ClientFlag.pubsub, true);
    expect(idsOf(call('CLIENT', 'LIST', 'TYPE', 'normal'))).toEqual(['id=1']);
    expect(idsOf(call('CLIENT', 'LIST', 'TYPE', 'slave'))).toEqual(['id=2']);
    expect(idsOf(call('CLIENT', 'LIST', 'type', 'REPLICA'))).toEqual(['id=2']);
    expect(idsOf(call('CLIENT', 'LIST', 'TYPE', 'pubsub'))).toEqual(['id=3']);
    expect(idsOf(call('CLIENT', 'LIST', 'ID', 3, 99, 1))).toEqual(['id=3', 'id=1']);
  });

  it('INFO is the line of the client itself', () => {
    call('CLIENT', 'SETNAME', 'me');
    call('CLIENT', 'SETINFO', 'LIB-NAME', 'lib');
    call('CLIENT', 'SETINFO', 'LIB-VER', '1.2');
    t.connect();
    expect(call('CLIENT', 'INFO')).toMatch(
      /^id=1 .* name=me .* cmd=client\|info .* lib-name=lib lib-ver=1\.2\n$/,
    );
    expect(call('CLIENT', 'ID')).toBe(1);
  });
});

describe('CLIENT KILL', () => {
  let others: TestClient[];
  const alive = () => [t.client, ...others].map(({ connection }) => !connection.ended);
  beforeEach(() => {
    others = [t.connect(), t.connect()];
  });

  it('closes by number, type and user, and counts', () => {
    others[1].session.setFlag(ClientFlag.pubsub, true);
    expect(call('CLIENT', 'KILL', 'ID', 2)).toBe(1);
    expect(alive()).toEqual([true, false, true]);
    expect(call('CLIENT', 'KILL', 'TYPE', 'normal', 'USER', 'default')).toBe(0);
    expect(call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'USER', 'default')).toBe(1);
    expect(alive()).toEqual([true, false, false]);
  });

  it('spares the caller unless told otherwise, and answers before it closes it', () => {
    expect(call('CLIENT', 'KILL', 'LADDR', '127.0.0.1:6379')).toBe(2);
    expect(alive()).toEqual([true, false, false]);
    expect(call('CLIENT', 'KILL', 'LADDR', '127.0.0.1:6379', 'SKIPME', 'no')).toBe(1);
    expect(alive()).toEqual([false, false, false]);
  });

  it('takes an address alone, even the own one', () => {
    expect(call('CLIENT', 'KILL', '127.0.0.1:50000')).toBe('OK');
    expect(alive()).toEqual([false, false, false]);
  });
});

describe('CLIENT PAUSE', () => {
  it('holds back commands until its time is over', () => {
    const other = t.connect();
    expect(call('CLIENT', 'PAUSE', 100)).toBe('OK');
    expect(other.send('PING\r\n')).toBe('');
    t.clock.advance(99);
    expect(other.replies()).toEqual([]);
    t.clock.advance(1);
    expect(other.replies().map(plain)).toEqual(['PONG']);
  });

  it('WRITE lets reads pass; UNPAUSE ends it', () => {
    const other = t.connect();
    call('CLIENT', 'PAUSE', 100, 'WRITE');
    expect(plain(other.call('GET', 'k'))).toBe(null);
    expect(other.send('SET k v\r\n')).toBe('');
    expect(call('CLIENT', 'UNPAUSE')).toBe('OK');
    expect(other.replies().map(plain)).toEqual(['OK']);
  });

  it('is never made shorter or milder by another PAUSE', () => {
    const other = t.connect();
    other.send('CLIENT PAUSE 100 ALL\r\nCLIENT PAUSE 10 WRITE\r\n');
    t.engine.blocking.pause(t.engine.blocking.pausedUntilMs, false);
    expect(t.engine.blocking.pausedAll).toBe(true);
    expect(t.engine.blocking.pausedUntilMs).toBe(t.clock.nowMs() + 100);
  });

  it('counts those who wait as blocked, and CLIENT UNBLOCK does not free them', () => {
    const other = t.connect();
    const third = t.connect();
    call('CLIENT', 'PAUSE', 100, 'WRITE');
    other.send('SET k v\r\n');
    third.send('SET k w\r\n');
    expect(t.engine.blocking.blockedClients).toBe(2);
    expect(other.session.infoLine()).toMatch(/ flags=b /);
    expect(call('CLIENT', 'UNBLOCK', 2)).toBe(0);
    other.session.close('test');
    expect(t.engine.blocking.blockedClients).toBe(1);
    call('CLIENT', 'UNPAUSE');
    expect(t.engine.blocking.blockedClients).toBe(0);
    expect(call('GET', 'k')).toBe('w');
  });

  it('keeps keys whose time is over, out of sight, until it ends', () => {
    call('SET', 'k', 'v', 'PX', 10);
    call('CLIENT', 'PAUSE', 100, 'WRITE');
    t.clock.advance(50);
    t.engine.dispatcher.syncWallClock();
    expect(call('GET', 'k')).toBe(null);
    expect(t.engine.store.databases[0].size).toBe(1);
    call('CLIENT', 'UNPAUSE');
    expect(call('GET', 'k')).toBe(null);
    expect(t.engine.store.databases[0].size).toBe(0);
  });

  it('0 pauses nothing', () => {
    expect(call('CLIENT', 'PAUSE', 0)).toBe('OK');
    expect(call('PING')).toBe('PONG');
  });
});

describe('CLIENT UNBLOCK', () => {
  const park = (client: TestClient) =>
    t.engine.blocking.park(client.session, { timeoutMs: 0, onTimeout: (reply) => reply.nullArray() });

  it('answers a blocked client as its timeout would, or with an error', () => {
    const other = t.connect();
    park(other);
    expect(call('CLIENT', 'UNBLOCK', 2)).toBe(1);
    t.clock.runTurn();
    expect(other.connection.take().toString()).toBe('*-1\r\n');
    expect(call('CLIENT', 'UNBLOCK', 2)).toBe(0);
    park(other);
    expect(call('CLIENT', 'UNBLOCK', 2, 'ERROR')).toBe(1);
    t.clock.runTurn();
    expect(other.connection.take().toString()).toBe('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
  });
});

describe('CLIENT REPLY inside a transaction', () => {
  it('SKIP silences the command after it, refused and queued ones too', () => {
    expect(t.client.send('CLIENT REPLY SKIP\r\nMULTI\r\nPING\r\nEXEC\r\n')).toBe(
      '+QUEUED\r\n*1\r\n+PONG\r\n',
    );
    expect(t.client.send('MULTI\r\nDISCARD\r\nCLIENT REPLY SKIP\r\nGET\r\nPING\r\n')).toBe(
      '+OK\r\n+OK\r\n+PONG\r\n',
    );
  });
});

describe('CLIENT NO-TOUCH and NO-EVICT', () => {
  it('show in the flags of the client', () => {
    call('CLIENT', 'NO-TOUCH', 'ON');
    call('CLIENT', 'NO-EVICT', 'ON');
    expect(call('CLIENT', 'INFO')).toMatch(/ flags=eT /);
    call('CLIENT', 'NO-TOUCH', 'OFF');
    call('CLIENT', 'NO-EVICT', 'OFF');
    expect(call('CLIENT', 'INFO')).toMatch(/ flags=N /);
  });

  it('NO-TOUCH reads leave the access time alone', () => {
    call('SET', 'k', 'v');
    const access = () => t.engine.store.databases[0].keyspace.accessAt(0);
    const before = access();
    t.clock.advance(10_000);
    t.engine.dispatcher.syncWallClock();
    call('CLIENT', 'NO-TOUCH', 'ON');
    call('GET', 'k');
    expect(access()).toBe(before);
    call('CLIENT', 'NO-TOUCH', 'OFF');
    call('GET', 'k');
    expect(access()).toBe(before + 10);
  });
});
