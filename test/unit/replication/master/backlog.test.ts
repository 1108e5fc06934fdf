/** The backlog's borders, byte for byte, as PSYNC meets them: in a new history, after a promotion, with another size. */
import { describe, expect, it } from 'vitest';
import { attach, memoryServer, wireOf, type MemoryServer } from '../../../support/memory-server.js';
import { command, MASTER_ID, scriptedReplica, TINY_RDB } from '../../../support/scripted-master.js';

/** What a replica that asks for byte `byte` gets: the bytes behind CONTINUE, or `full`. */
function continued(server: MemoryServer, replid: string, byte: number | string): string {
  const client = server.connect();
  const got = client.run(`PSYNC ${replid} ${byte}`);
  client.cut();
  return got.startsWith('+CONTINUE\r\n') ? got.slice('+CONTINUE\r\n'.length) : 'full';
}

describe('the backlog', () => {
  const STREAM = wireOf('SELECT 0') + wireOf('SET k v');

  it('begins with a new id, and the second one ends', () => {
    const server = memoryServer();
    const before = server.info('master_replid');
    expect(server.info('repl_backlog_active')).toBe('0');
    expect(continued(server, before!, 1)).toBe('full');
    const { sync } = attach(server);
    expect(sync.replid).not.toBe(before);
    expect([server.info('master_replid'), server.info('master_replid2')]).toEqual([
      sync.replid,
      '0'.repeat(40),
    ]);
  });

  it('answers for every byte that it holds and for the next one, and for no other', () => {
    const server = memoryServer();
    const { sync } = attach(server);
    server.connect().run('SET k v');
    const end = STREAM.length;
    for (let byte = 1; byte <= end + 1; byte++) {
      expect([byte, continued(server, sync.replid, byte)]).toEqual([byte, STREAM.slice(byte - 1)]);
    }
    const outside = [0, -1, end + 2, '9223372036854775807', '-9223372036854775808', '9007199254740993'];
    for (const byte of outside) expect([byte, continued(server, sync.replid, byte)]).toEqual([byte, 'full']);
    expect(server.info('sync_partial_ok')).toBe(String(end + 1));
    expect(server.info('sync_partial_err')).toBe(String(outside.length));
  });

  it('takes the id in any spelling, a question mark before anything as a wish for all, and no part of an id', () => {
    const server = memoryServer();
    const { replid } = attach(server).sync;
    expect(continued(server, replid.toUpperCase(), 1)).toBe('');
    const failures = server.info('sync_partial_err');
    for (const id of ['?', `?${replid.slice(1)}`]) expect(continued(server, id, 1)).toBe('full');
    expect(server.info('sync_partial_err')).toBe(failures);
    for (const id of [`${replid}a`, replid.slice(1), '0'.repeat(40)]) {
      expect([id, continued(server, id, 1)]).toEqual([id, 'full']);
    }
    expect(continued(server, '0'.repeat(40), -1)).toBe('full');
  });

  it('does not name the database again to one that continues', () => {
    const server = memoryServer();
    const { client, sync } = attach(server);
    server.connect().run('SET k v');
    client.cut();
    const back = server.connect();
    back.run(`PSYNC ${sync.replid} ${STREAM.length + 1}`);
    server.connect().run('SET k w');
    expect(back.read()).toBe(wireOf('SET k w'));
  });

  it('gives way when it is made smaller, keeps what it has when it is made larger, at the byte', () => {
    const server = memoryServer({ 'repl-backlog-size': '64kb' });
    const { client, sync } = attach(server);
    const writer = server.connect();
    for (let i = 0; i < 40; i++) writer.call('SET', 'k', 'x'.repeat(1000));
    const stream = sync.rest + client.read();
    const end = stream.length;
    const first = () => Number(server.info('repl_backlog_first_byte_offset'));
    const atBorder = () => {
      expect([continued(server, sync.replid, first() - 1), server.info('repl_backlog_active')]).toEqual([
        'full',
        '1',
      ]);
      expect(continued(server, sync.replid, first())).toBe(stream.slice(first() - 1));
      expect(continued(server, sync.replid, end + 1)).toBe('');
    };
    expect(first()).toBe(1);
    writer.run('CONFIG SET repl-backlog-size 20000');
    expect([first(), server.info('repl_backlog_histlen')]).toEqual([end - 20_000 + 1, '20000']);
    atBorder();
    writer.run('CONFIG SET repl-backlog-size 1mb');
    expect(first()).toBe(end - 20_000 + 1);
    atBorder();
    expect(client.wire.closed).toBe(false);
  });

  it('that a replica needs is kept for it beyond its size', () => {
    const server = memoryServer({ 'repl-backlog-size': '16kb' });
    const { client, sync } = attach(server);
    client.wire.hold();
    const writer = server.connect();
    let expected = '';
    for (let i = 0; i < 3000; i++) {
      writer.call('SET', 'k', `${i}`.padEnd(1000, 'x'));
      expected += (i === 0 ? wireOf('SELECT 0') : '') + wireOf(`SET k ${`${i}`.padEnd(1000, 'x')}`);
    }
    client.wire.release();
    expect(sync.rest + client.read() === expected).toBe(true);
  });
});

describe('the second id', () => {
  it('is good up to the byte after the promotion, within the backlog', () => {
    const server = scriptedReplica({ 'repl-diskless-sync': 'no' });
    server.fullSync(TINY_RDB, 100).data(command('SET', 'a', '1'));
    server.connect().run('REPLICAOF NO ONE');
    const second = Number(server.info('second_repl_offset'));
    expect(second).toBe(128);
    // Somebody must be there, or nothing is written into the stream that could be continued wrongly.
    server.connect().run(`PSYNC ${MASTER_ID} ${second}`);
    server.connect().run('SET b 2');
    const after = wireOf('SELECT 0') + wireOf('SET b 2');
    expect(continued(server, MASTER_ID, second)).toBe(after);
    expect(continued(server, MASTER_ID, 101)).toBe(command('SET', 'a', '1') + after);
    expect(continued(server, MASTER_ID, 100)).toBe('full');
    expect(continued(server, MASTER_ID, second + 1)).toBe('full');
    expect(continued(server, server.info('master_replid')!, second + 1)).toBe(after.slice(1));
  });

  it('is forgotten when the history is taken from somebody else', () => {
    const server = scriptedReplica();
    server.fullSync(TINY_RDB, 100);
    server.connect().run('REPLICAOF NO ONE');
    server.connect().run('REPLICAOF 10.0.0.6 6379');
    const id = 'c'.repeat(40);
    server.handshake(`+FULLRESYNC ${id} 5\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect([
      server.info('master_replid'),
      server.info('master_replid2'),
      server.info('second_repl_offset'),
    ]).toEqual([id, '0'.repeat(40), '-1']);
    expect([server.info('repl_backlog_first_byte_offset'), server.info('repl_backlog_histlen')]).toEqual([
      '6',
      '0',
    ]);
  });
});
