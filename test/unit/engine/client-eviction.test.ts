/** maxmemory-clients: which clients are closed when they take too much (redis 7.2.6 networking.c:evictClients). */
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../src/core/commands/connection/table.js';
import { SERVER_COMMANDS } from '../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../support/engine.js';

const KB = 1024;
let t: TestEngine;

beforeEach(() => {
  t = createTestEngine({
    families: [CONNECTION_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS],
  });
});

function run(line: string, client = t.client): unknown {
  return plain(client.call(...line.split(' ')));
}

/** A client whose unfinished command holds about as many bytes. */
function holding(bytes: number): TestClient {
  const client = t.connect();
  client.send(`*2\r\n$${bytes}\r\n${'v'.repeat(bytes)}`);
  return client;
}

function field(client: TestClient, name: string): number {
  return Number(new RegExp(`\\b${name}=(\\d+)`).exec(client.session.infoLine())![1]);
}

describe('CLIENT LIST', () => {
  it('tells the query buffer and the arguments of the command that is not complete', () => {
    const client = holding(100 * KB);
    expect(field(client, 'qbuf')).toBe(100 * KB);
    expect(field(client, 'tot-mem')).toBeGreaterThan(100 * KB);
    expect(field(client, 'tot-mem')).toBeLessThan(110 * KB);
  });

  it('tells the arguments of the command that runs', () => {
    expect(run('CLIENT INFO')).toMatch(/ qbuf=26 qbuf-free=0 argv-mem=10 multi-mem=0 /);
  });
});

describe('too much memory for clients', () => {
  it('the largest go first, and no more than must', () => {
    const small = [holding(40 * KB), holding(40 * KB)];
    const large = [holding(600 * KB), holding(600 * KB)];
    run(`CONFIG SET maxmemory-clients ${900 * KB}`);
    expect(large.map(({ session }) => session.closed)).toEqual([true, false]);
    run(`CONFIG SET maxmemory-clients ${200 * KB}`);
    expect(large[1].session.closed).toBe(true);
    expect(small.map(({ session }) => session.closed)).toEqual([false, false]);
    expect(run('INFO stats')).toContain('evicted_clients:2\r\n');
  });

  it('a client that grows is closed at the end of the turn', () => {
    run(`CONFIG SET maxmemory-clients ${200 * KB}`);
    expect(holding(100 * KB).session.closed).toBe(false);
    expect(holding(200 * KB).session.closed).toBe(true);
  });

  it('the next command of anybody is served after that, the same turn included', () => {
    run(`CONFIG SET maxmemory-clients ${200 * KB}`);
    const large = t.connect();
    const input = Buffer.from(`*2\r\n$${200 * KB}\r\n${'v'.repeat(200 * KB)}`);
    large.session.receive(input, 0, input.length);
    expect(large.session.closed).toBe(false);
    const list = run('CLIENT LIST') as string;
    expect(list.split('\n').filter((line) => line !== '')).toHaveLength(1);
    expect(large.session.closed).toBe(true);
  });

  it('queued commands, watched keys and output count', () => {
    run(`CONFIG SET maxmemory-clients ${200 * KB}`);
    const multi = t.connect();
    run('MULTI', multi);
    for (let i = 0; i < 3; i++)
      multi.send(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$81920\r\n${'v'.repeat(81_920)}\r\n`);
    expect(multi.session.closed).toBe(true);
    const watching = t.connect();
    for (let i = 0; i < 1400 && !watching.session.closed; i++) run(`WATCH ${i}`, watching);
    expect(watching.session.closed).toBe(true);
    const slow = t.connect();
    slow.connection.queuedBytes = 200 * KB;
    run('PING', slow);
    expect(slow.session.closed).toBe(true);
    expect(t.client.session.closed).toBe(false);
  });

  it('what the kernel has taken meanwhile does not count', () => {
    run(`CONFIG SET maxmemory-clients ${300 * KB}`);
    const slow = t.connect();
    slow.connection.queuedBytes = 200 * KB;
    run('PING', slow);
    slow.connection.queuedBytes = 0;
    expect(holding(150 * KB).session.closed).toBe(false);
    expect(slow.session.closed).toBe(false);
  });

  it('CLIENT NO-EVICT spares a client, until it is switched off', () => {
    const client = t.connect();
    run('CLIENT NO-EVICT on', client);
    run(`CONFIG SET maxmemory-clients ${200 * KB}`);
    client.connection.queuedBytes = 500 * KB;
    run('PING', client);
    expect(client.session.closed).toBe(false);
    // Nobody else can make up for it.
    expect(t.client.session.closed).toBe(true);
    run('CLIENT NO-EVICT off', client);
    expect(client.session.closed).toBe(true);
  });

  it('can be a percentage of maxmemory', () => {
    run('CONFIG SET maxmemory-clients 5%');
    expect(holding(500 * KB).session.closed).toBe(false);
    run('CONFIG SET maxmemory 8mb');
    expect(run('INFO stats')).toContain('evicted_clients:1\r\n');
  });

  it('output over its own limit is closed for that, before anybody is evicted', () => {
    run(`CONFIG SET maxmemory-clients ${1000 * KB} client-output-buffer-limit`);
    t.client.call('CONFIG', 'SET', 'maxmemory-clients', 1000 * KB);
    t.client.call('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 300kb 0 0');
    t.client.call('SETRANGE', 'k', 400 * KB, 'v');
    const asking = t.connect();
    const waiting = holding(700 * KB);
    asking.send('GET k\r\n');
    expect(asking.session.closed).toBe(true);
    expect(waiting.session.closed).toBe(false);
    expect(run('INFO stats')).toContain('evicted_clients:0\r\n');
  });
});
