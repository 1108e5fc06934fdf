/** What a replica gets on the wire, byte for byte: the position, the snapshot, the stream. */
import { describe, expect, it } from 'vitest';
import { attach, memoryServer, readFullSync, wireOf, type MemoryServer } from '../support/memory-server.js';

const SELECT0 = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n';
const SELECT9 = '*2\r\n$6\r\nSELECT\r\n$1\r\n9\r\n';
const MULTI = '*1\r\n$5\r\nMULTI\r\n';
const EXEC = '*1\r\n$4\r\nEXEC\r\n';
const PING = '*1\r\n$4\r\nping\r\n';
const SET_K_V = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n';

/** Runs lines on one connection; what the replica got of them. */
function streamOf(lines: readonly string[], server: MemoryServer = memoryServer()): string {
  const { client: replica } = attach(server);
  const client = server.connect();
  for (const line of lines) client.run(line);
  return replica.read();
}

describe('SELECT', () => {
  it('is the first command after a full sync', () => {
    expect(streamOf(['SET k v', 'SET k v'])).toBe(SELECT0 + SET_K_V + SET_K_V);
  });

  it('comes when the database changes, and only then', () => {
    expect(
      streamOf(['SET k v', 'SELECT 9', 'SET k v', 'SET k v', 'SELECT 0', 'GET k', 'SELECT 9', 'SET k v']),
    ).toBe(SELECT0 + SET_K_V + SELECT9 + SET_K_V + SET_K_V + SET_K_V);
  });

  it('comes again for everybody after each full sync, and not after CONTINUE', () => {
    const server = memoryServer();
    const { client: first, sync } = attach(server);
    const client = server.connect();
    client.run('SET k v');
    const { client: second } = attach(server);
    client.run('SET k v');
    expect(first.read()).toBe(SELECT0 + SET_K_V + SELECT0 + SET_K_V);
    expect(second.read()).toBe(SELECT0 + SET_K_V);
    const returning = server.connect();
    returning.run('REPLCONF capa psync2');
    const offset = 2 * (SELECT0 + SET_K_V).length;
    expect(returning.run(`PSYNC ${sync.replid} ${offset + 1}`)).toBe(`+CONTINUE ${sync.replid}\r\n`);
    client.run('SET k v');
    expect(returning.read()).toBe(SET_K_V);
    expect(server.info('master_repl_offset')).toBe(String(offset + SET_K_V.length));
  });

  it('is part of what CONTINUE makes good', () => {
    const server = memoryServer();
    const { sync } = attach(server);
    server.connect().run('SET k v');
    const returning = server.connect();
    expect(returning.run(`PSYNC ${sync.replid} 1`)).toBe('+CONTINUE\r\n' + SELECT0 + SET_K_V);
    expect(server.connect().run(`PSYNC ${sync.replid} 24`)).toBe('+CONTINUE\r\n' + SET_K_V);
  });
});

describe('units', () => {
  it('of several effects are a transaction, SELECT inside', () => {
    expect(streamOf(['MULTI', 'SET k v', 'SELECT 9', 'SET k v', 'EXEC'])).toBe(
      MULTI + SELECT0 + SET_K_V + SELECT9 + SET_K_V + EXEC,
    );
  });

  it('of one effect go bare', () => {
    expect(streamOf(['MULTI', 'GET k', 'SET k v', 'GET k', 'EXEC'])).toBe(SELECT0 + SET_K_V);
  });

  it('without effect leave nothing', () => {
    const server = memoryServer();
    expect(streamOf(['MULTI', 'GET k', 'EXEC', 'GET k', 'DEL k', 'PING', 'MULTI', 'DISCARD'], server)).toBe(
      '',
    );
    expect(server.info('master_repl_offset')).toBe('0');
  });

  it('a key whose time is over is a DEL before the command that found it, in one transaction', () => {
    const server = memoryServer();
    const { client: replica } = attach(server);
    const client = server.connect();
    client.run('SET k v PX 50');
    replica.read();
    server.engine.activeExpire = false;
    server.clock.advance(60);
    client.run('SET k v KEEPTTL');
    expect(replica.read()).toBe(MULTI + wireOf('DEL k') + wireOf('SET k v KEEPTTL') + EXEC);
  });

  it('a key whose time is over is a DEL when it is read, and when the cron finds it', () => {
    const server = memoryServer();
    const { client: replica } = attach(server);
    const client = server.connect();
    client.run('SET k v PX 50');
    client.run('SET other v PX 5000');
    replica.read();
    server.engine.activeExpire = false;
    server.clock.advance(60);
    client.run('GET k');
    expect(replica.read()).toBe(wireOf('DEL k'));
    server.engine.activeExpire = true;
    server.clock.advance(5_200);
    expect(replica.read()).toBe(wireOf('DEL other'));
  });

  it('an inline command goes as a multibulk', () => {
    const server = memoryServer();
    const { client: replica } = attach(server);
    server.connect().send('SET k v\r\n');
    expect(replica.read()).toBe(SELECT0 + SET_K_V);
  });

  it('keep every byte of an argument', () => {
    const server = memoryServer();
    const { client: replica } = attach(server);
    const value = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    server.connect().call('SET', 'k', value);
    expect(replica.read()).toBe(`${SELECT0}*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$256\r\n${value}\r\n`);
  });
});

describe('what a first home-made replica expects of its master', () => {
  it('FULLRESYNC with offset 0 and an empty snapshot, at once, and then nothing', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '5' });
    const replica = server.connect();
    expect(replica.run('PING')).toBe('+PONG\r\n');
    expect(replica.run('REPLCONF listening-port 6380')).toBe('+OK\r\n');
    expect(replica.run('REPLCONF capa psync2')).toBe('+OK\r\n');
    const sync = readFullSync(replica.run('PSYNC ? -1'));
    expect([sync.offset, sync.form, sync.keepalives, sync.rest]).toEqual([0, 'length', 0, '']);
    server.clock.advance(2_000);
    expect(replica.read()).toBe('');
  });

  it('three writes in order on three replicas from one address, each from offset 0', () => {
    const server = memoryServer();
    const replicas = [6380, 6381, 6382].map((port) => {
      const replica = server.connect();
      replica.run(`REPLCONF listening-port ${port}`);
      replica.run('REPLCONF capa psync2');
      expect(readFullSync(replica.run('PSYNC ? -1')).offset).toBe(0);
      return replica;
    });
    const client = server.connect();
    for (const line of ['SET foo 1', 'SET bar 2', 'SET baz 3']) client.run(line);
    const expected = SELECT0 + ['SET foo 1', 'SET bar 2', 'SET baz 3'].map(wireOf).join('');
    for (const replica of replicas) expect(replica.read()).toBe(expected);
  });

  it('WAIT asks once; what is acknowledged is what came before the question', () => {
    const server = memoryServer();
    const replicas = [1, 2, 3].map(() => attach(server).client);
    const client = server.connect();
    client.run('SET k v');
    client.run('WAIT 1 500');
    const before = (SELECT0 + SET_K_V).length;
    for (const replica of replicas)
      expect(replica.read()).toBe(SELECT0 + SET_K_V + wireOf('REPLCONF GETACK *'));
    replicas[0].run(`REPLCONF ACK ${before}`);
    expect(client.read()).toBe(':1\r\n');
    client.run('SET k v');
    expect(client.run('WAIT 2 2000')).toBe('');
    for (const replica of replicas) expect(replica.read()).toBe(SET_K_V + wireOf('REPLCONF GETACK *'));
    replicas[0].run(`REPLCONF ACK ${before + wireOf('REPLCONF GETACK *').length + SET_K_V.length}`);
    server.clock.advance(1_999);
    expect(client.read()).toBe('');
    server.clock.advance(1);
    expect(client.read()).toBe(':1\r\n');
    expect(replicas.map((replica) => replica.read())).toEqual(['', '', '']);
  });
});

describe('PING', () => {
  it('is lower case, belongs to no database, and counts', () => {
    const server = memoryServer({ 'repl-ping-replica-period': '3' });
    const { client: replica } = attach(server);
    const client = server.connect();
    client.run('SELECT 9');
    client.run('SET k v');
    replica.read();
    server.seconds(3);
    client.run('SET k v');
    expect(replica.read()).toBe(PING + SET_K_V);
    expect(server.info('master_repl_offset')).toBe(String((SELECT9 + SET_K_V + PING + SET_K_V).length));
  });
});
