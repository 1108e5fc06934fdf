import { describe, expect, it } from 'vitest';
import { attach, memoryServer } from '../../../support/memory-server.js';

describe('FAILOVER', () => {
  it.each([
    ['FAILOVER', 'FAILOVER requires connected replicas.'],
    ['FAILOVER ABORT', 'No failover in progress.'],
    ['FAILOVER ABORT now', 'syntax error'],
    ['FAILOVER TO host', 'syntax error'],
    ['FAILOVER TO host x', 'value is not an integer or out of range'],
    ['FAILOVER TO a 1 TO b 2', 'syntax error'],
    ['FAILOVER TIMEOUT 0', 'FAILOVER timeout must be greater than 0'],
    ['FAILOVER TIMEOUT x', 'value is not an integer or out of range'],
    ['FAILOVER FORCE FORCE', 'syntax error'],
  ])('without replicas: %s', (line, error) => {
    expect(memoryServer().connect().run(line)).toBe(`-ERR ${error}\r\n`);
  });

  it.each([
    ['FAILOVER FORCE', 'FAILOVER with force option requires both a timeout and target HOST and IP.'],
    ['FAILOVER TO 127.0.0.1 7002', 'FAILOVER target HOST and PORT is not a replica.'],
    ['FAILOVER TO 127.0.0.1 7003', 'FAILOVER target replica is not online.'],
  ])('with replicas: %s', (line, error) => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '60' });
    attach(server);
    const waiting = server.connect();
    waiting.run('REPLCONF listening-port 7003 capa eof');
    waiting.run('PSYNC ? -1');
    expect(server.connect().run(line)).toBe(`-ERR ${error}\r\n`);
  });

  it('that could begin says that it is not done here, and changes nothing', () => {
    const server = memoryServer();
    const replica = server.connect();
    replica.run('REPLCONF listening-port 7001');
    replica.run('PSYNC ? -1');
    const client = server.connect();
    for (const line of [
      'FAILOVER',
      'FAILOVER TO 127.0.0.1 7001',
      'failover to 127.0.0.1 7001 force timeout 100',
    ]) {
      expect(client.run(line)).toMatch(/^-ERR FAILOVER is not supported by this server: /);
    }
    expect(server.info('master_failover_state')).toBe('no-failover');
    expect(client.run('SET k v')).toBe('+OK\r\n');
  });

  it('is not for replicas', () => {
    const server = memoryServer();
    const client = server.connect();
    client.run('REPLICAOF 127.0.0.1 1');
    expect(client.run('FAILOVER')).toBe('-ERR FAILOVER is not valid when server is a replica.\r\n');
    server.replication.close();
  });
});
