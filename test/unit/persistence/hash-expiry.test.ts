/** Fields that expire, in files: which version they have, what a load makes of them, and snapshots while they change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { createTestEngine } from '../../support/engine.js';
import { memoryServer } from '../../support/memory-server.js';
import { dataSetIn, dataSetOf, PausedSnapshot } from '../../support/paused-snapshot.js';

const FILE = '/data/dump.rdb';

function start(directives: Readonly<Record<string, string>> = {}) {
  const server = memoryServer({ dir: '/data', 'enable-debug-command': 'yes', ...directives });
  return { server, client: server.connect(), magic: () => server.disk.files.get(FILE)!.latin1Slice(0, 9) };
}

describe('a file', () => {
  it('is one of Redis 7.4 where fields expire, else one of 7.2', () => {
    const { client, magic, server } = start();
    client.run('HSET h a 1 b 2');
    client.run('SAVE');
    expect(magic()).toBe('REDIS0011');
    client.run('HEXPIRE h 100 FIELDS 1 a');
    client.run('SAVE');
    expect(magic()).toBe('REDIS0012');
    expect(dataSetIn(server.disk.files.get(FILE)!)).toEqual(dataSetOf(server.engine));
    client.run('HPERSIST h FIELDS 1 a');
    client.run('BGSAVE');
    server.seconds(1);
    expect(magic()).toBe('REDIS0011');
  });

  it.each(['512', '0'])('brings everything back (hash-max-listpack-entries %s)', (entries) => {
    const { client, server } = start({ 'hash-max-listpack-entries': entries });
    client.run('HSET h a 1 b 2 c 3');
    client.run('HPEXPIRE h 1000 FIELDS 1 a');
    client.run('HPEXPIRE h 500 FIELDS 1 b');
    const before = dataSetOf(server.engine);
    client.run('DEBUG RELOAD');
    expect(dataSetOf(server.engine)).toEqual(before);
    server.clock.advance(501);
    expect(client.run('HKEYS h')).toBe('*2\r\n$1\r\na\r\n$1\r\nc\r\n');
    server.clock.advance(1000);
    expect(server.engine.store.databases[0].keyspace.fieldExpiry.size).toBe(0);
    expect(client.run('HLEN h')).toBe(':1\r\n');
  });

  it('is loaded without what is over, by a master', () => {
    const { client, server } = start();
    client.run('DEBUG SET-ACTIVE-EXPIRE 0');
    for (const line of ['HSET some a 1 b 2', 'HSET all a 1', 'HSET none a 1']) client.run(line);
    for (const key of ['some', 'all']) client.run(`HPEXPIRE ${key} 10 FIELDS 1 a`);
    client.run('SAVE');
    server.clock.advance(11);
    client.run('DEBUG RELOAD NOSAVE');
    expect(client.run('DBSIZE')).toBe(':2\r\n');
    const { value } = { value: dataSetOf(server.engine).get('0:some')![0] };
    expect(value).toEqual({ hash: [['b', '2']] });
  });
});

it('a snapshot has the times of its start, whatever changes meanwhile', () => {
  const change = fc.tuple(
    fc.constantFrom('HPEXPIRE', 'HPERSIST', 'HSET', 'HDEL', 'HINCRBY', 'RENAME', 'COPY'),
    fc.nat(30),
    fc.nat(20),
    fc.integer({ min: 1, max: 1000 }),
  );
  const schedule = fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 20 });
  fc.assert(
    fc.property(schedule, (rounds) => {
      const t = createTestEngine({ families: FAMILIES });
      for (let key = 0; key < 30; key++) {
        for (let field = 0; field < 20; field++) t.client.call('HSET', `k${key}`, `f${field}`, field);
        t.client.call('HPEXPIRE', `k${key}`, 5000 + key, 'FIELDS', 2, `f${key % 20}`, `f${(key + 7) % 20}`);
      }
      const wanted = dataSetOf(t.engine);
      const snapshot = new PausedSnapshot(t.engine);
      for (const changes of rounds) {
        for (const [what, key, field, n] of changes) {
          const [name, one] = [`k${key}`, `f${field}`];
          if (what === 'HPEXPIRE') t.client.call(what, name, n, 'FIELDS', 1, one);
          else if (what === 'HPERSIST') t.client.call(what, name, 'FIELDS', 1, one);
          else if (what === 'HSET' || what === 'HINCRBY') t.client.call(what, name, one, n);
          else if (what === 'HDEL') t.client.call(what, name, one);
          else t.client.call(what, name, `k${field}`);
        }
        snapshot.slice();
      }
      const found = dataSetIn(snapshot.finish());
      expect([...found].sort()).toEqual([...wanted].sort());
      for (const { keyspace } of t.engine.store.databases) {
        let expiring = 0;
        keyspace.table.scan(0, Infinity, Infinity, (slot) => {
          const value = keyspace.valueAt(slot);
          if (typeof value === 'object' && value.kind === 'hash' && value.expiring > 0) expiring++;
        });
        expect(keyspace.fieldExpiry.size).toBe(expiring);
      }
    }),
    { numRuns: 40 },
  );
});
