import { describe, expect, it } from 'vitest';
import { attach, memoryServer, wireOf, type MemoryClient } from '../../../support/memory-server.js';

const SELECT = wireOf('SELECT 0');
const SET = wireOf('SET k v');
const GETACK = wireOf('REPLCONF GETACK *');

function setting(replicas: number) {
  const server = memoryServer();
  const attached = Array.from({ length: replicas }, () => attach(server).client);
  return { server, replicas: attached, client: server.connect() };
}

/** Acknowledges; what of the stream arrived before is passed over. */
function ack(replica: MemoryClient, offset: number): void {
  replica.read();
  expect(replica.run(`REPLCONF ACK ${offset}`)).toBe('');
}

describe('WAIT', () => {
  it('0 is answered at once, with the number of replicas', () => {
    const { client } = setting(2);
    expect(client.run('WAIT 0 60000')).toBe(':2\r\n');
    expect(memoryServer().connect().run('WAIT 0 60000')).toBe(':0\r\n');
    expect(client.run('WAIT -1 0')).toBe(':2\r\n');
  });

  it('before any write counts every replica, without asking', () => {
    const { client, replicas } = setting(3);
    expect(client.run('WAIT 3 500')).toBe(':3\r\n');
    expect(replicas.map((replica) => replica.read())).toEqual(['', '', '']);
  });

  it('asks once for ACKs and is released by the one that suffices', () => {
    const { client, replicas } = setting(2);
    client.run('SET k v');
    expect(client.run('WAIT 1 1000')).toBe('');
    for (const replica of replicas) expect(replica.read()).toBe(SELECT + SET + GETACK);
    ack(replicas[0], SELECT.length + SET.length - 1);
    expect(client.read()).toBe('');
    ack(replicas[1], SELECT.length + SET.length);
    expect(client.read()).toBe(':1\r\n');
  });

  it('answers what there is when its time is over, and asks no second time', () => {
    const { server, client, replicas } = setting(3);
    client.run('SET k v');
    expect(client.run('WAIT 2 1000')).toBe('');
    for (const replica of replicas) replica.read();
    ack(replicas[0], 1000);
    server.clock.advance(999);
    expect(client.read()).toBe('');
    server.clock.advance(1);
    expect(client.read()).toBe(':1\r\n');
    expect(replicas.map((replica) => replica.read())).toEqual(['', '', '']);
  });

  it('0 as a timeout waits for ever', () => {
    const { server, client, replicas } = setting(1);
    client.run('SET k v');
    client.run('WAIT 1 0');
    server.clock.advance(50_000);
    expect(client.read()).toBe('');
    ack(replicas[0], 10_000);
    expect(client.read()).toBe(':1\r\n');
  });

  it('of several clients in one turn asks once', () => {
    const { server, replicas } = setting(1);
    const clients = [server.connect(), server.connect()];
    for (const client of clients) client.run('SET k v');
    replicas[0].read();
    // Both in one chunk, so both in one turn.
    const [first] = clients;
    expect(first.send(wireOf('SET k v') + wireOf('WAIT 1 0'))).toBe('+OK\r\n');
    expect(replicas[0].read()).toBe(SET + GETACK);
    const second = clients[1];
    second.run('WAIT 1 0');
    expect(replicas[0].read()).toBe(GETACK);
    ack(replicas[0], 10_000);
    expect([first.read(), second.read()]).toEqual([':1\r\n', ':1\r\n']);
  });

  it('of clients that want different numbers releases each at its own', () => {
    const { server, replicas } = setting(3);
    const clients = [1, 2, 3].map(() => server.connect());
    for (const [i, client] of clients.entries()) {
      client.run('SET k v');
      client.run(`WAIT ${i + 1} 0`);
    }
    const answers = () => clients.map((client) => client.read());
    ack(replicas[0], 10_000);
    expect(answers()).toEqual([':1\r\n', '', '']);
    ack(replicas[1], 10_000);
    expect(answers()).toEqual(['', ':2\r\n', '']);
    ack(replicas[2], 10_000);
    expect(answers()).toEqual(['', '', ':3\r\n']);
  });

  it('in a transaction does not wait, nor ask', () => {
    const { client, replicas } = setting(1);
    client.run('SET k v');
    client.run('MULTI');
    client.run('SET k v');
    client.run('WAIT 1 0');
    expect(client.run('EXEC')).toBe('*2\r\n+OK\r\n:0\r\n');
    expect(replicas[0].read()).toBe(SELECT + SET + SET);
    // The transaction's own effects enter the stream at its end: within it they are nothing to wait for.
    ack(replicas[0], (SELECT + SET + SET).length);
    client.run('MULTI');
    client.run('SET k v');
    client.run('WAIT 1 0');
    expect(client.run('EXEC')).toBe('*2\r\n+OK\r\n:1\r\n');
  });

  it('waits for what its own connection wrote, not for what others did', () => {
    const { server, client, replicas } = setting(1);
    client.run('SET k v');
    ack(replicas[0], SELECT.length + SET.length);
    server.connect().run('SET other v');
    // A read is no write: the offset to wait for stays that of SET.
    client.run('GET other');
    expect(client.run('WAIT 1 0')).toBe(':1\r\n');
  });

  it('after a read on a connection that never wrote is answered at once', () => {
    const { server, client, replicas } = setting(1);
    client.run('SET k v');
    const reader = server.connect();
    reader.run('GET k');
    expect(reader.run('WAIT 1 0')).toBe(':1\r\n');
    expect(replicas[0].read()).toBe(SELECT + SET);
  });

  it('counts neither those that have no snapshot yet nor those that left', () => {
    const { server, client, replicas } = setting(2);
    replicas[1].cut();
    const late = server.connect();
    server.engine.config.load('repl-diskless-sync-delay' as never, ['5' as never]);
    late.run('REPLCONF capa eof capa psync2');
    late.run('PSYNC ? -1');
    expect(client.run('WAIT 0 0')).toBe(':1\r\n');
  });

  it('is forgotten when its client leaves', () => {
    const { server, client } = setting(1);
    client.run('SET k v');
    client.run('WAIT 1 0');
    expect(server.replication.master.waiters.length).toBe(1);
    client.cut();
    expect(server.replication.master.waiters.length).toBe(0);
  });

  it('holds back what the client sends meanwhile', () => {
    const { client, replicas } = setting(1);
    client.run('SET k v');
    expect(client.send(wireOf('WAIT 1 0') + wireOf('PING'))).toBe('');
    ack(replicas[0], 10_000);
    expect(client.read()).toBe(':1\r\n+PONG\r\n');
  });

  it.each([
    ['WAIT x 0', '-ERR value is not an integer or out of range\r\n'],
    ['WAIT 1 x', '-ERR timeout is not an integer or out of range\r\n'],
    ['WAIT 1 -1', '-ERR timeout is negative\r\n'],
  ])('%s', (line, answer) => {
    expect(setting(0).client.run(line)).toBe(answer);
  });

  it('that CLIENT UNBLOCK ends with an error counts among the errors', () => {
    const { server, client } = setting(0);
    client.run('SET k v');
    client.run('WAIT 1 0');
    const id = /id=(\d+) [^\n]*cmd=wait/.exec(server.connect().run('CLIENT LIST'))![1];
    expect(server.connect().run(`CLIENT UNBLOCK ${id} ERROR`)).toBe(':1\r\n');
    expect(client.read()).toBe('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    expect(server.info('errorstat_UNBLOCKED')).toBe('count=1');
  });

  it('ends, with its connection, when the server becomes a replica', () => {
    const { server, client } = setting(1);
    client.run('SET k v');
    client.run('WAIT 1 0');
    expect(server.connect().run('REPLICAOF 127.0.0.1 1')).toBe('+OK\r\n');
    expect(client.read()).toBe(
      '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n',
    );
    expect(client.wire.closed).toBe(true);
    expect(server.connect().run('WAIT 1 0')).toMatch(/^-ERR WAIT cannot be used with replica instances\./);
    server.replication.close();
  });
});
