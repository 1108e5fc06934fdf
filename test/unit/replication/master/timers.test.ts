import { describe, expect, it } from 'vitest';
import {
  attach,
  memoryServer,
  readFullSync,
  wireOf,
  type MemoryClient,
  type MemoryServer,
} from '../../../support/memory-server.js';

const PING = wireOf('ping');
const UNKNOWN_PORT = '127.0.0.1:<unknown-replica-port>';

/** A replica that knows the EOF form and has asked for synchronisation. */
function attaching(server: MemoryServer): MemoryClient {
  const client = server.connect();
  client.run('REPLCONF capa eof capa psync2');
  client.run('PSYNC ? -1');
  return client;
}

/** Passes `n` seconds in which the replica acknowledges once a second. */
function acknowledging(server: MemoryServer, replica: MemoryClient, n: number): void {
  for (let second = 0; second < n; second++) {
    server.seconds(1);
    replica.run('REPLCONF ACK 0');
  }
}

describe('PING', () => {
  it('comes every repl-ping-replica-period seconds from the attachment of the first replica on', () => {
    const server = memoryServer();
    server.seconds(7);
    const { client } = attach(server);
    server.seconds(9);
    expect(client.read()).toBe('');
    server.seconds(1);
    expect(client.read()).toBe(PING);
    server.seconds(9);
    expect(client.read()).toBe('');
    server.seconds(1);
    expect(client.read()).toBe(PING);
    server.connect().run('CONFIG SET repl-ping-replica-period 2');
    server.seconds(4);
    expect(client.read()).toBe(PING + PING);
  });

  it('is not fed into a backlog that nobody follows', () => {
    const server = memoryServer({ 'repl-ping-replica-period': '1' });
    attach(server).client.cut();
    server.seconds(10);
    expect(server.info('master_repl_offset')).toBe('0');
  });
});

describe('line feeds', () => {
  it('come once a second while a replica waits for the delay, and not after', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '5' });
    const replica = attaching(server);
    for (let second = 1; second <= 5; second++) {
      server.seconds(1);
      expect(replica.read()).toBe('\n');
    }
    server.seconds(1);
    const sync = readFullSync(replica.read());
    expect([sync.form, sync.keepalives, sync.rest]).toEqual(['eof', 0, '']);
    server.seconds(9);
    expect(replica.read()).toBe('');
  });

  it('come between FULLRESYNC and a snapshot file that is being written, never in the file', () => {
    const server = memoryServer({ 'rdb-key-save-delay': '100000' });
    const client = server.connect();
    for (let i = 0; i < 100; i++) client.run(`SET key:${i} v`);
    const replica = server.connect();
    expect(replica.run('PSYNC ? -1')).toMatch(/^\+FULLRESYNC [0-9a-f]{40} 0\r\n$/);
    server.seconds(3);
    expect(replica.read()).toBe('\n\n\n');
    server.seconds(10);
    expect(replica.read()).toMatch(/^\n+\$\d+\r\nREDIS0010/);
    server.seconds(5);
    expect(replica.read()).toBe('');
  });

  it('never come into a snapshot that streams to the socket', () => {
    const server = memoryServer({ 'rdb-key-save-delay': '100000' });
    const client = server.connect();
    for (let i = 0; i < 100; i++) client.run(`SET key:${i} v`);
    const replica = attaching(server);
    expect(replica.read()).toBe('');
    server.seconds(15);
    expect(server.info('slave0')).toMatch(/state=online/);
    expect(server.log.filter((line) => line.includes('Streamed RDB transfer'))).toHaveLength(1);
  });
});

describe('repl-timeout', () => {
  it('drops an online replica that has not acknowledged for longer', () => {
    const server = memoryServer({ 'repl-timeout': '20' });
    const { client } = attach(server);
    acknowledging(server, client, 30);
    server.seconds(20);
    expect(client.wire.closed).toBe(false);
    server.seconds(2);
    expect(client.wire.closed).toBe(true);
    expect(server.log).toContain(`warning: Disconnecting timedout replica (streaming sync): ${UNKNOWN_PORT}`);
    expect(server.info('connected_slaves')).toBe('0');
  });

  it('is satisfied by line feeds, too', () => {
    const server = memoryServer({ 'repl-timeout': '5' });
    const { client } = attach(server);
    for (let i = 0; i < 20; i++) {
      server.seconds(1);
      client.send('\n');
    }
    expect(client.wire.closed).toBe(false);
  });

  it('drops a replica that waits for its snapshot never, however long that takes', () => {
    const server = memoryServer({ 'repl-timeout': '2', 'repl-diskless-sync-delay': '100' });
    const replica = attaching(server);
    server.seconds(99);
    expect(replica.wire.closed).toBe(false);
    expect(server.info('connected_slaves')).toBe('1');
  });

  it('drops a replica that takes nothing of its diskless snapshot, not one that is slow', () => {
    const server = memoryServer({ 'repl-timeout': '5', rdbcompression: 'no' });
    const writer = server.connect();
    for (let i = 0; i < 60; i++) writer.call('SET', `key:${i}`, 'x'.repeat(100_000));
    const stuck = server.connect();
    stuck.run('REPLCONF capa eof capa psync2');
    stuck.wire.hold();
    stuck.run('PSYNC ? -1');
    for (let i = 0; i < 20; i++) {
      stuck.wire.release(10_000);
      server.seconds(1);
    }
    expect(stuck.wire.closed).toBe(false);
    expect(server.info('slave0')).toMatch(/state=wait_bgsave/);
    server.seconds(7);
    expect(stuck.wire.closed).toBe(true);
    expect(server.log).toContain(`warning: Disconnecting timedout replica (full sync): ${UNKNOWN_PORT}`);

    expect(server.server.persistence.jobRunning).toBeUndefined();
  });
});

describe('repl-diskless-sync-delay', () => {
  it('is ended early by repl-diskless-sync-max-replicas', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '60', 'repl-diskless-sync-max-replicas': '3' });
    const replicas = [attaching(server), attaching(server)];
    server.seconds(2);
    expect(replicas.map((replica) => replica.read())).toEqual(['\n\n', '\n\n']);
    const third = server.connect();
    third.run('REPLCONF capa eof capa psync2');
    const syncs = [third.run('PSYNC ? -1'), ...replicas.map((replica) => replica.read())].map(readFullSync);
    expect(new Set(syncs.map((sync) => sync.rdb)).size).toBe(1);
    expect(syncs.map((sync) => sync.form)).toEqual(['eof', 'eof', 'eof']);
  });

  it('serves those who come meanwhile with the same snapshot', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '5' });
    const first = attaching(server);
    server.seconds(3);
    const second = attaching(server);
    server.seconds(3);
    expect(readFullSync(first.read()).rdb).toBe(readFullSync(second.read()).rdb);
    expect(server.log.filter((line) => line.includes('Starting BGSAVE'))).toHaveLength(1);
  });

  it('begins anew with everything that the replica sends while it waits', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '3' });
    const replica = attaching(server);
    for (let i = 0; i < 20; i++) {
      server.seconds(1);
      replica.send('\n');
    }
    expect(replica.read()).toMatch(/^\n*$/);
    server.seconds(4);
    expect(replica.read()).toMatch(/^\n*\+FULLRESYNC /);
  });

  it('counts from the one that has waited longest', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '3' });
    const first = attaching(server);
    server.seconds(2);
    const second = attaching(server);
    server.seconds(2);
    expect(first.read()).toContain('+FULLRESYNC');
    expect(second.read()).toContain('+FULLRESYNC');
  });

  it('does not hold a replica that knows no EOF form; those who wait get its snapshot by way of the disk', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '60' });
    const waiting = attaching(server);
    const plain = server.connect();
    expect(readFullSync(plain.run('PSYNC ? -1')).form).toBe('length');
    expect(readFullSync(waiting.read()).form).toBe('length');
    expect(server.log).toContain('notice: Starting BGSAVE for SYNC with target: disk');
  });
});

describe('the backlog', () => {
  it('is freed after repl-backlog-ttl seconds without replicas, and the history ends with it', () => {
    const server = memoryServer({ 'repl-backlog-ttl': '10' });
    const { client, sync } = attach(server);
    server.connect().run('SET k v');
    client.cut();
    server.seconds(10);
    expect(server.info('repl_backlog_active')).toBe('1');
    server.seconds(2);
    expect(server.info('repl_backlog_active')).toBe('0');
    expect(server.info('repl_backlog_first_byte_offset')).toBe('0');
    expect(server.info('repl_backlog_histlen')).toBe('0');
    expect(server.info('master_replid')).not.toBe(sync.replid);
    expect(server.info('master_replid2')).toBe('0'.repeat(40));
    expect(server.log).toContain(
      'notice: Replication backlog freed after 10 seconds without connected replicas.',
    );
    expect(server.engine.effects.recording).toBe(false);
    const returning = server.connect();
    readFullSync(returning.run(`PSYNC ${sync.replid} ${sync.offset + 1}`));
  });

  it('is kept for ever with a ttl of 0, and while there is a replica', () => {
    const server = memoryServer({ 'repl-backlog-ttl': '0' });
    attach(server).client.cut();
    server.seconds(7200);
    expect(server.info('repl_backlog_active')).toBe('1');
    const used = memoryServer({ 'repl-backlog-ttl': '5', 'repl-timeout': '1000' });
    attach(used);
    used.seconds(60);
    expect(used.info('repl_backlog_active')).toBe('1');
  });
});

describe('min-replicas-to-write', () => {
  const REFUSED = '-NOREPLICAS Not enough good replicas to write.\r\n';

  it('refuses writes until enough replicas have acknowledged lately', () => {
    const server = memoryServer({ 'min-replicas-to-write': '1', 'min-replicas-max-lag': '4' });
    const client = server.connect();
    expect(client.run('SET k v')).toBe(REFUSED);
    expect(client.run('GET k')).toBe('$-1\r\n');
    const { client: replica } = attach(server);
    expect(client.run('SET k v')).toBe('+OK\r\n');
    expect(server.info('min_slaves_good_slaves')).toBe('1');
    acknowledging(server, replica, 8);
    expect(client.run('SET k v')).toBe('+OK\r\n');
    server.seconds(6);
    expect(client.run('SET k v')).toBe(REFUSED);
    expect(server.info('min_slaves_good_slaves')).toBe('0');
    acknowledging(server, replica, 2);
    expect(client.run('SET k v')).toBe('+OK\r\n');
    replica.cut();
    expect(client.run('SET k v')).toBe(REFUSED);
    client.run('CONFIG SET min-replicas-to-write 0');
    expect(client.run('SET k v')).toBe('+OK\r\n');
    expect(server.info('min_slaves_good_slaves')).toBeUndefined();
  });

  it('counts a replica that loads its snapshot and says so with line feeds', () => {
    const server = memoryServer({ 'min-replicas-to-write': '1', 'min-replicas-max-lag': '2' });
    const { client: replica } = attach(server);
    for (let second = 0; second < 20; second++) {
      server.seconds(1);
      replica.send('\n');
    }
    expect(server.info('slave0')).toMatch(/,state=online,offset=0,lag=[01]$/);
    expect(server.info('min_slaves_good_slaves')).toBe('1');
    expect(server.connect().run('SET k v')).toBe('+OK\r\n');
    server.seconds(4);
    expect(server.info('slave0')).toMatch(/,lag=[34]$/);
    expect(server.connect().run('SET k v')).toBe(REFUSED);
  });
});

describe('client-output-buffer-limit replica', () => {
  const big = 'x'.repeat(100_000);

  it('hard: drops a replica that stops reading, with a line in the log, and keeps the others', () => {
    const server = memoryServer({ 'client-output-buffer-limit': 'replica 3mb 0 0' });
    const stopped = attach(server).client;
    const other = attach(server).client;
    stopped.wire.hold();
    const writer = server.connect();
    for (let i = 0; i < 25; i++) writer.call('SET', 'k', big);
    expect(stopped.wire.closed).toBe(false);
    for (let i = 0; i < 15; i++) writer.call('SET', 'k', big);
    expect(stopped.wire.closed).toBe(true);
    expect(other.wire.closed).toBe(false);
    expect(
      server.log.some((line) => /scheduled to be closed ASAP for overcoming of output buffer/.test(line)),
    ).toBe(true);
    expect(server.log).toContain(`notice: Connection with replica ${UNKNOWN_PORT} lost.`);
    expect(server.info('connected_slaves')).toBe('1');
  });

  it('soft: drops it when it has been over the limit for longer than the time', () => {
    const server = memoryServer({ 'client-output-buffer-limit': 'replica 0 1mb 5' });
    const { client } = attach(server);
    client.wire.hold();
    const writer = server.connect();
    for (let i = 0; i < 15; i++) writer.call('SET', 'k', big);
    server.seconds(5);
    expect(client.wire.closed).toBe(false);
    server.seconds(2);
    expect(client.wire.closed).toBe(true);
  });

  it('soft: forgets it when the replica has caught up in time', () => {
    const server = memoryServer({ 'client-output-buffer-limit': 'replica 0 1mb 5' });
    const { client } = attach(server);
    client.wire.hold();
    const writer = server.connect();
    for (let i = 0; i < 15; i++) writer.call('SET', 'k', big);
    server.seconds(4);
    client.wire.release();
    server.seconds(20);
    expect(client.wire.closed).toBe(false);
    expect(client.read().length).toBeGreaterThan(15 * big.length);
  });

  it.each([
    ['file', 'no'],
    ['stream', 'yes'],
  ])(
    'drops a replica whose snapshot (%s) takes too long for what is written meanwhile',
    (_form, diskless) => {
      const server = memoryServer({
        'client-output-buffer-limit': 'replica 3mb 0 0',
        'rdb-key-save-delay': '100000000',
        'repl-diskless-sync': diskless,
      });
      const writer = server.connect();
      writer.run('SET a 1');
      writer.run('SET b 1');
      const replica = attaching(server);
      expect(server.info('rdb_bgsave_in_progress')).toBe('1');
      for (let i = 0; i < 25; i++) writer.call('SET', 'k', big);
      expect([replica.wire.closed, server.info('connected_slaves')]).toEqual([false, '1']);
      for (let i = 0; i < 15; i++) writer.call('SET', 'k', big);
      server.seconds(1);
      expect([replica.wire.closed, server.info('connected_slaves')]).toEqual([true, '0']);
    },
  );

  it('does not count the stream against one that wants the snapshot alone', () => {
    const server = memoryServer({
      'client-output-buffer-limit': 'replica 3mb 0 0',
      'rdb-key-save-delay': '1000000',
      'repl-diskless-sync': 'no',
    });
    const writer = server.connect();
    writer.run('SET a 1');
    writer.run('SET b 1');
    const replica = server.connect();
    replica.run('REPLCONF rdb-only 1');
    replica.run('PSYNC ? -1');
    for (let i = 0; i < 60; i++) writer.call('SET', 'k', big);
    expect(replica.wire.closed).toBe(false);
    server.seconds(5);
    expect(replica.read()).toContain('REDIS0010');
    expect(replica.wire.closed).toBe(true);
  });

  it('is never below the backlog: what CONTINUE hands over must not end the link', () => {
    const server = memoryServer({
      'client-output-buffer-limit': 'replica 1mb 0 0',
      'repl-backlog-size': '4mb',
    });
    const { client, sync } = attach(server);
    const writer = server.connect();
    for (let i = 0; i < 30; i++) writer.call('SET', 'k', big);
    client.cut();
    const returning = server.connect();
    returning.wire.hold();
    returning.run(`PSYNC ${sync.replid} 1`);
    server.seconds(1);
    expect(returning.wire.closed).toBe(false);
    returning.wire.release();
    expect(returning.read()).toMatch(/^\+CONTINUE\r\n\*2\r\n\$6\r\nSELECT/);
  });
});

describe('a slow replica beside a fast one', () => {
  it('does not hold its diskless snapshot, and is dropped at its limit', () => {
    const server = memoryServer({ 'client-output-buffer-limit': 'replica 5mb 0 0', rdbcompression: 'no' });
    const writer = server.connect();
    for (let i = 0; i < 100; i++) writer.call('SET', `key:${i}`, 'x'.repeat(100_000));
    server.engine.config.load('repl-diskless-sync-delay' as never, ['5' as never]);
    const [slow, fast] = [attaching(server), attaching(server)];
    slow.wire.hold();
    server.seconds(6);
    const sync = readFullSync(fast.read());
    expect(sync.rdb.length).toBeGreaterThan(10_000_000);
    expect(slow.wire.closed).toBe(true);
    expect(server.info('connected_slaves')).toBe('1');
    expect(server.info('slave0')).toMatch(/state=online/);
  });

  it('that catches up in time gets all of it', () => {
    const server = memoryServer({ rdbcompression: 'no', 'repl-diskless-sync-delay': '5' });
    const writer = server.connect();
    for (let i = 0; i < 100; i++) writer.call('SET', `key:${i}`, 'x'.repeat(100_000));
    const [slow, fast] = [attaching(server), attaching(server)];
    slow.wire.hold();
    server.seconds(6);
    const whole = readFullSync(fast.read()).rdb;
    expect(slow.wire.closed).toBe(false);
    slow.wire.release();
    server.seconds(1);
    expect(readFullSync(slow.read()).rdb).toBe(whole);
    expect(slow.wire.waitingForDrain).toBe(0);
  });
});
