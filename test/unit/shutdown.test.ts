/** SHUTDOWN and signals: replicas are waited for, writes held back, and what is given up goes on. */
import { describe, expect, it } from 'vitest';
import { attach, memoryServer } from '../support/memory-server.js';

const FAILED = '-ERR Errors trying to SHUTDOWN. Check logs.\r\n';
const TERM = { save: undefined, now: false, force: false, abort: false } as const;

/** A master with one replica that has not acknowledged what was written. */
function lagging(directives: Readonly<Record<string, string>> = {}) {
  const server = memoryServer(directives);
  const replica = attach(server).client;
  const client = server.connect();
  client.run('SET k v');
  replica.read();
  const end = () => server.engine.streamOffset();
  return { server, replica, client, end };
}

describe('a shutdown', () => {
  it('is at once where no replica lags, and on SHUTDOWN NOW', () => {
    const alone = memoryServer();
    alone.connect().run('SHUTDOWN');
    expect(alone.ended()).toBe(true);
    const { server, client } = lagging();
    client.run('SHUTDOWN NOW');
    expect(server.ended()).toBe(true);
    expect(server.log).toContain('notice: 0 of 1 replicas are in sync when shutting down.');
  });

  it('waits until the replica has everything; reads go on, writes do not', () => {
    const { server, replica, client, end } = lagging();
    expect(client.run('SHUTDOWN')).toBe('');
    expect(server.ended()).toBe(false);
    expect(replica.read()).toMatch(/GETACK/);
    expect(Number(server.info('shutdown_in_milliseconds'))).toBeGreaterThan(9000);
    const other = server.connect();
    expect(other.run('GET k')).toBe('$1\r\nv\r\n');
    expect(other.run('SET k w')).toBe('');
    replica.run(`REPLCONF ACK ${end() - 1}`);
    server.clock.advance(200);
    expect(server.ended()).toBe(false);
    replica.run(`REPLCONF ACK ${end()}`);
    server.clock.advance(200);
    expect(server.ended()).toBe(true);
    expect(server.log).toContain('notice: 1 of 1 replicas are in sync when shutting down.');
  });

  it('waits no longer than shutdown-timeout', () => {
    const { server, client } = lagging({ 'shutdown-timeout': '1' });
    client.run('SHUTDOWN');
    server.clock.advance(900);
    expect(server.ended()).toBe(false);
    server.clock.advance(200);
    expect(server.ended()).toBe(true);
    expect(server.log.join('\n')).toMatch(/Lagging replica .* reported offset \d+ behind master, lag=/);
  });

  it('does not wait at all with shutdown-timeout 0', () => {
    const { server, client } = lagging({ 'shutdown-timeout': '0' });
    client.run('SHUTDOWN');
    expect(server.ended()).toBe(true);
  });

  it('can be aborted: all who asked are told, and writes go on', () => {
    const { server, client } = lagging();
    const [second, writer, third] = [server.connect(), server.connect(), server.connect()];
    client.run('SHUTDOWN');
    second.run('SHUTDOWN');
    expect(server.info('blocked_clients')).toBe('2');
    writer.run('SET k w');
    expect(third.run('SHUTDOWN ABORT')).toBe('+OK\r\n');
    expect([client.read(), second.read()]).toEqual([FAILED, FAILED]);
    server.clock.runTurn();
    expect(writer.read()).toBe('+OK\r\n');
    expect(server.info('shutdown_in_milliseconds')).toBeUndefined();
    expect(server.log).toContain('notice: Shutdown manually aborted.');
    expect(third.run('SHUTDOWN ABORT')).toBe('-ERR No shutdown in progress.\r\n');
    server.seconds(20);
    expect(server.ended()).toBe(false);
  });

  it('by a signal begins at the next tick, and can be aborted before', () => {
    const server = memoryServer();
    server.server.shutdown.signal(TERM);
    expect(server.ended()).toBe(false);
    expect(server.connect().run('SHUTDOWN ABORT')).toBe('+OK\r\n');
    server.seconds(1);
    expect(server.ended()).toBe(false);
    server.server.shutdown.signal(TERM);
    server.clock.advance(100);
    expect(server.ended()).toBe(true);
  });
});
