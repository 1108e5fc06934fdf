import { describe, expect, it } from 'vitest';
import { DiskError } from '../../../../src/core/base/disk.js';
import {
  attach,
  memoryServer,
  readFullSync,
  wireOf,
  type MemoryClient,
  type MemoryServer,
} from '../../../support/memory-server.js';

/** A server with 200 keys whose snapshot takes 20 seconds. */
function slowServer(directives: Record<string, string> = {}): { server: MemoryServer; client: MemoryClient } {
  const server = memoryServer({ 'rdb-key-save-delay': '100000', 'repl-timeout': '600', ...directives });
  const client = server.connect();
  for (let i = 0; i < 200; i++) client.run(`SET key:${i} before`);
  return { server, client };
}

function ask(server: MemoryServer, ...capabilities: string[]): MemoryClient {
  const client = server.connect();
  for (const name of capabilities) client.run(`REPLCONF capa ${name}`);
  client.run('PSYNC ? -1');
  return client;
}

describe('the position', () => {
  it('of FULLRESYNC is that of the snapshot: what is written meanwhile comes in the stream', () => {
    const { server, client } = slowServer();
    const replica = server.connect();
    const answer = replica.run('PSYNC ? -1');
    server.seconds(2);
    client.run('SET key:0 after');
    client.run('SET new after');
    server.seconds(20);
    const sync = readFullSync(answer + replica.read());
    expect(sync.offset).toBe(0);
    expect(sync.rdb).not.toContain('after');
    // PINGs are streamed meanwhile, too.
    expect(sync.rest.replaceAll(wireOf('ping'), '')).toBe(
      wireOf('SELECT 0') + wireOf('SET key:0 after') + wireOf('SET new after'),
    );
    expect(server.info('slave0')).toMatch(/state=online/);
  });

  it('is in the snapshot, too', () => {
    const server = memoryServer();
    const { client: first } = attach(server);
    server.connect().run('SET k v');
    const { sync } = attach(server);
    expect(sync.offset).toBe(first.read().length);
    expect(sync.rdb).toContain(`repl-id\x28${sync.replid}`);
    expect(sync.rdb).toContain('repl-offset');
    expect(sync.rdb).toContain('repl-stream-db');
  });

  it('in the EOF form: the stream waits for the first ACK', () => {
    const server = memoryServer();
    const replica = server.connect();
    replica.run('REPLCONF capa eof capa psync2');
    const sync = readFullSync(replica.run('PSYNC ? -1'));
    server.connect().run('SET k v');
    expect(replica.read()).toBe('');
    expect(server.info('slave0')).toMatch(/state=online,offset=0/);
    expect(replica.run(`REPLCONF ACK ${sync.offset}`)).toBe(wireOf('SELECT 0') + wireOf('SET k v'));
  });
});

describe('a snapshot file that is being written', () => {
  it('serves a replica that comes meanwhile from the same offset', () => {
    const { server, client } = slowServer();
    const first = server.connect();
    const firstAnswer = first.run('PSYNC ? -1');
    server.seconds(2);
    client.run('SET key:0 after');
    const second = server.connect();
    const secondAnswer = second.run('PSYNC ? -1');
    expect(secondAnswer).toBe(firstAnswer);
    expect(server.log).toContain('notice: Waiting for end of BGSAVE for SYNC');
    server.seconds(30);
    const syncs = [readFullSync(firstAnswer + first.read()), readFullSync(secondAnswer + second.read())];
    expect(syncs[1].rdb).toBe(syncs[0].rdb);
    expect(syncs[1].rest).toBe(syncs[0].rest);
    expect(syncs[1].rest).toContain(wireOf('SET key:0 after'));
    expect(server.log.filter((line) => line.includes('Starting BGSAVE'))).toHaveLength(1);
    expect([...server.disk.files.keys()]).toEqual([]);
  });

  it('is not for one that wants other data: that one gets the next', () => {
    const { server } = slowServer();
    const first = server.connect();
    first.run('PSYNC ? -1');
    const filtered = server.connect();
    filtered.call('REPLCONF', 'capa', 'eof', 'rdb-filter-only', '');
    expect(filtered.run('PSYNC ? -1')).toBe('');
    server.seconds(30);
    const sync = readFullSync(filtered.read());
    expect(sync.form).toBe('eof');
    expect(sync.rdb).not.toContain('key:');
    expect(first.read()).toContain('key:199');
  });

  it('is given up when the last replica has left, and removed', () => {
    const { server } = slowServer();
    const replicas = [server.connect(), server.connect()];
    for (const replica of replicas) replica.run('PSYNC ? -1');
    server.seconds(2);
    replicas[0].cut();
    expect(server.server.persistence.jobRunning).toBe('disk');
    replicas[1].cut();
    expect(server.server.persistence.jobRunning).toBeUndefined();
    expect([...server.disk.files.keys()]).toEqual([]);
    expect(readFullSync(awaited(server, server.connect())).rdb).toContain('key:199');
  });

  it('that fails ends the links without a word in the answer', () => {
    const { server } = slowServer();
    const replica = server.connect();
    const answer = replica.run('PSYNC ? -1');
    server.disk.fault = (operation, path) =>
      operation === 'write' ? new DiskError('ENOSPC', 'No space left on device', path) : undefined;
    server.seconds(40);
    expect(answer + replica.read().replaceAll('\n', '')).toBe(answer);
    expect(replica.wire.closed).toBe(true);
    expect(
      server.log.some((line) => /Snapshot for replicas failed: .*No space left on device/.test(line)),
    ).toBe(true);
    expect([...server.disk.files.keys()]).toEqual([]);
    expect(server.server.persistence.jobRunning).toBeUndefined();
  });

  it('that cannot be created is an error in the place of FULLRESYNC', () => {
    const server = memoryServer();
    server.disk.fault = (operation, path) =>
      operation === 'create' ? new DiskError('EACCES', 'Permission denied', path) : undefined;
    const replica = server.connect();
    expect(replica.run('PSYNC ? -1')).toBe("-ERR BGSAVE failed, replication can't continue\r\n");
    expect(replica.wire.closed).toBe(true);
    expect(server.info('connected_slaves')).toBe('0');
  });

  it('that is shorter than was announced ends the link: what followed would be taken for a part of it', () => {
    const server = memoryServer();
    const open = server.disk.open.bind(server.disk);
    server.disk.open = (path) => {
      const reader = open(path);
      return {
        sizeBytes: reader.sizeBytes + 10,
        read: (into, done) => reader.read(into, done),
        readSync: (into) => reader.readSync(into),
        close: () => reader.close(),
      };
    };
    const replica = server.connect();
    replica.run('PSYNC ? -1');
    server.connect().run('SET k v');
    expect(replica.read()).not.toContain('SET');
    expect(replica.wire.closed).toBe(true);
    expect(server.info('connected_slaves')).toBe('0');
    expect(server.log.some((line) => /Can't send the snapshot to .*: premature EOF/.test(line))).toBe(true);
  });

  it('that cannot be read again ends the link', () => {
    const server = memoryServer();
    server.disk.fault = (operation, path) =>
      operation === 'read' ? new DiskError('EIO', 'Input/output error', path) : undefined;
    const replica = server.connect();
    expect(replica.run('PSYNC ? -1')).toMatch(/^\+FULLRESYNC [0-9a-f]{40} 0\r\n\$\d+\r\n$/);
    expect(replica.wire.closed).toBe(true);
    expect(server.log.some((line) => /Can't send the snapshot to .*Input\/output error/.test(line))).toBe(
      true,
    );
  });
});

describe('a diskless snapshot', () => {
  it('goes on for the others when one leaves, and ends with the last', () => {
    const { server } = slowServer({ 'repl-diskless-sync-delay': '2' });
    const replicas = [ask(server, 'eof', 'psync2'), ask(server, 'eof', 'psync2')];
    server.seconds(4);
    expect(server.server.persistence.jobRunning).toBe('replicas');
    replicas[0].cut();
    expect(server.server.persistence.jobRunning).toBe('replicas');
    replicas[1].cut();
    expect(server.server.persistence.jobRunning).toBeUndefined();
    expect(server.log).toContain(
      'warning: Diskless rdb transfer, last replica dropped, killing the snapshot.',
    );
  });

  it('is not for one that comes later: that one waits for the next', () => {
    const { server } = slowServer();
    const first = ask(server, 'eof', 'psync2');
    server.seconds(2);
    const second = ask(server, 'eof', 'psync2');
    expect(second.read()).toBe('');
    server.seconds(40);
    expect(server.info('slave0')).toMatch(/state=online/);
    expect(server.info('slave1')).toMatch(/state=(wait_bgsave|online)/);
    server.seconds(40);
    expect(readFullSync(second.read()).form).toBe('eof');
    expect(first.wire.closed).toBe(false);
  });

  it('that is ended from outside ends the link: nothing is written into it', () => {
    const { server, client } = slowServer();
    const replica = ask(server, 'eof', 'psync2');
    server.seconds(2);
    replica.read();
    client.run('FLUSHALL');
    expect(replica.read()).not.toContain('ERR');
    expect(replica.wire.closed).toBe(true);
    expect(server.info('connected_slaves')).toBe('0');
  });
});

describe('another snapshot that is being made', () => {
  it('is waited for', () => {
    const { server, client } = slowServer();
    client.run('BGSAVE');
    const replica = ask(server, 'psync2');
    expect(replica.read()).toBe('');
    server.seconds(50);
    expect(readFullSync(replica.read()).form).toBe('length');
  });
});

describe('repl-compat-version', () => {
  it.each([
    ['6.2', 'REDIS0009'],
    ['7.0', 'REDIS0010'],
    ['7.2', 'REDIS0011'],
    ['7.4', 'REDIS0012'],
  ])('%s sends %s', (version, magic) => {
    expect(attach(memoryServer({ 'repl-compat-version': version })).sync.rdb.slice(0, 9)).toBe(magic);
  });
});

describe('the stream is kept once', () => {
  it('for any number of replicas: they are handed the same memory', () => {
    const server = memoryServer();
    const replicas = Array.from({ length: 5 }, () => attach(server).client);
    for (const { wire } of replicas) wire.buffers.length = 0;
    const writer = server.connect();
    for (let i = 0; i < 10; i++) writer.call('SET', 'k', 'x'.repeat(50_000));
    const [first, ...others] = replicas.map(({ wire }) => wire.buffers);
    expect(first.length).toBeGreaterThanOrEqual(10);
    for (const buffers of others) {
      expect(buffers.map((piece) => piece.byteOffset)).toEqual(first.map((piece) => piece.byteOffset));
      expect(buffers.every((piece, i) => piece.buffer === first[i].buffer)).toBe(true);
    }
  });

  it('and held up replicas cost what lies between them and the end, once', () => {
    const server = memoryServer({ 'repl-backlog-size': '1mb' });
    const replicas = Array.from({ length: 5 }, () => attach(server).client);
    for (const { wire } of replicas) wire.hold();
    const writer = server.connect();
    for (let i = 0; i < 100; i++) writer.call('SET', 'k', 'x'.repeat(100_000));
    const written = Number(server.info('master_repl_offset'));
    expect(server.info('repl_backlog_histlen')).toBe(String(1024 * 1024));
    expect(server.info('repl_backlog_first_byte_offset')).toBe(String(written - 1024 * 1024 + 1));
    for (const { wire } of replicas) wire.release();
    for (let i = 0; i < 200; i++) for (const replica of replicas) replica.read();
    for (const [n] of replicas.entries()) expect(server.info(`slave${n}`)).toMatch(/state=online/);
    expect(server.replication.stream.memoryBytes).toBeLessThan(1024 * 1024 + 2 * 110_000);
  });
});

/** Attaches and lets the slow snapshot run to its end. */
function awaited(server: MemoryServer, client: MemoryClient): string {
  const answer = client.run('PSYNC ? -1');
  server.seconds(40);
  return answer + client.read();
}

describe('the end of a snapshot of known length', () => {
  it('leaves in one piece with the stream behind it', () => {
    const { server, client } = slowServer();
    const replica = server.connect();
    replica.run('PSYNC ? -1');
    client.run('SET key:0 after');
    server.seconds(22);
    replica.read();
    const pieces = replica.wire.buffers.map((piece) => piece.toString('latin1'));
    expect(pieces.find((piece) => piece.startsWith('REDIS'))).toContain(
      wireOf('SELECT 0') + wireOf('SET key:0 after'),
    );
  });

  it('has nothing behind it when nothing was written', () => {
    const server = memoryServer();
    const replica = server.connect();
    const sync = readFullSync(replica.run('PSYNC ? -1'));
    expect(sync.rest + replica.read()).toBe('');
  });

  it('has a PING behind it when that is asked for, and another one a second later', () => {
    const server = memoryServer({}, 1, undefined, { pingBehindSnapshot: true });
    const replica = server.connect();
    const sync = readFullSync(replica.run('PSYNC ? -1'));
    expect(sync.rest).toBe(wireOf('ping'));
    expect(replica.wire.buffers.at(-1)?.toString('latin1')).toContain(sync.rdb + wireOf('ping'));
    server.seconds(1);
    expect(replica.read()).toBe(wireOf('ping'));
    server.seconds(5);
    expect(replica.read()).toBe('');
  });
});
