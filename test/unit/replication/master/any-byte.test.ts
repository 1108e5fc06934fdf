/**
 * A replica that leaves at any byte of its handshake, or in any phase of its full sync: the master keeps nothing of it, and serves the
 * others as if it had never been there.
 */
import { describe, expect, it } from 'vitest';
import {
  attach,
  memoryServer,
  readFullSync,
  wireOf,
  type MemoryServer,
} from '../../../support/memory-server.js';

const HANDSHAKES: Record<string, [string[], Record<string, string>]> = {
  'length form': [
    ['PING', 'REPLCONF listening-port 1', 'REPLCONF capa psync2', 'PSYNC ? -1', 'REPLCONF ACK 0'],
    {},
  ],
  'EOF form': [['REPLCONF capa eof capa psync2', 'PSYNC ? -1', 'REPLCONF ACK 0'], {}],
  'EOF form, delayed': [
    ['REPLCONF capa eof', 'PSYNC ? -1', 'REPLCONF ACK 0'],
    { 'repl-diskless-sync-delay': '3' },
  ],
  'a file that takes its time': [
    ['REPLCONF capa psync2', 'PSYNC ? -1', 'REPLCONF ACK 0'],
    { 'rdb-key-save-delay': '300000' },
  ],
  'a stream that takes its time': [
    ['REPLCONF capa eof', 'PSYNC ? -1', 'REPLCONF ACK 0'],
    { 'rdb-key-save-delay': '300000' },
  ],
  'rdb-only': [['REPLCONF rdb-only 1 capa eof', 'PSYNC ? -1'], {}],
  filtered: [['REPLCONF rdb-filter-only functions capa eof', 'PSYNC ? -1', 'REPLCONF ACK 0'], {}],
};

/** Files of snapshots for replicas that are still there. */
function files(server: MemoryServer): string[] {
  return [...server.disk.files.keys()].filter((name) => name.includes('temp-repl'));
}

describe.each(Object.entries(HANDSHAKES))('a replica that leaves: %s', (_name, [lines, directives]) => {
  const bytes = lines.map(wireOf).join('');

  it('at any byte, at once or later, is forgotten', () => {
    for (let cut = 1; cut <= bytes.length; cut++) {
      const later = cut % 3;
      const server = memoryServer(directives);
      for (const key of ['a', 'b', 'c']) server.connect().run(`SET ${key} 1`);
      const leaving = server.connect();
      // What the commands before are answered has been read when the next one comes.
      for (const piece of bytes.slice(0, cut).split(/(?=\*\d\r\n)/)) leaving.send(piece);
      server.seconds(later);
      leaving.cut();
      server.seconds(2);
      expect([
        cut,
        server.info('connected_slaves'),
        server.info('rdb_bgsave_in_progress'),
        files(server),
      ]).toEqual([cut, '0', '0', []]);
      expect(server.connect().run('ROLE')).toMatch(/\*0\r\n$/);
      server.connect().run('CONFIG SET rdb-key-save-delay 0');
      const { sync, client } = attach(server);
      server.connect().run('SET k v');
      expect(sync.rest + client.read()).toMatch(/\*3\r\n\$3\r\nSET\r\n\$1\r\nk\r\n\$1\r\nv\r\n$/);
    }
  });
});

describe('a replica that leaves in the middle', () => {
  it.each([
    ['file', 'capa psync2', 'no'],
    ['stream', 'capa eof', 'yes'],
  ])('of a %s leaves it to the other one', (_form, capa, diskless) => {
    const server = memoryServer({
      'rdb-key-save-delay': '2000000',
      'repl-diskless-sync-delay': '1',
      'repl-diskless-sync': diskless,
      'repl-ping-replica-period': '100',
    });
    for (const key of ['a', 'b', 'c']) server.connect().run(`SET ${key} 1`);
    const [first, second] = [server.connect(), server.connect()];
    let got = '';
    for (const client of [first, second]) {
      client.run(`REPLCONF ${capa}`);
      got = client.run('PSYNC ? -1');
    }
    server.seconds(2);
    server.connect().run('SET d 2');
    first.cut();
    expect(server.info('connected_slaves')).toBe('1');
    server.seconds(10);
    const sync = readFullSync(got + second.read());
    expect(sync.rest + second.run('REPLCONF ACK 0')).toBe(wireOf('SELECT 0') + wireOf('SET d 2'));
    expect(sync.rdb).not.toContain('\x01d');
    expect([server.info('connected_slaves'), server.info('sync_full'), files(server)]).toEqual([
      '1',
      '2',
      [],
    ]);
  });
});
