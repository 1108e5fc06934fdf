/** What replicas are told of fields that expire, by repl-compat-version: everything at 7.4, before that only fields and values. */
import { describe, expect, it } from 'vitest';
import { attach, memoryServer, wireOf } from '../../../support/memory-server.js';
import { dataSetIn, dataSetOf } from '../../../support/paused-snapshot.js';

const WARNING =
  /^warning: Fields of hashes expire here, and replicas are not told when: repl-compat-version 7\.\d/;

function start(version: string) {
  const server = memoryServer({ 'repl-compat-version': version });
  const client = server.connect();
  client.run('HSET h a 1 b 2');
  client.run('HPEXPIREAT h 1700000005000 FIELDS 1 a');
  return { server, client, warnings: () => server.log.filter((line) => WARNING.test(line)).length };
}

describe('repl-compat-version 7.4', () => {
  it('sends times in the snapshot and in the stream', () => {
    const { server, client, warnings } = start('7.4');
    const { client: replica, sync } = attach(server);
    expect(sync.rdb.slice(0, 9)).toBe('REDIS0012');
    expect(dataSetIn(Buffer.from(sync.rdb, 'latin1'))).toEqual(dataSetOf(server.engine));
    client.run('HPEXPIRE h 10 FIELDS 1 b');
    expect(replica.read()).toBe(wireOf('SELECT 0') + wireOf('HPEXPIREAT h 1700000000010 FIELDS 1 b'));
    expect(warnings()).toBe(0);
  });
});

describe('an older repl-compat-version', () => {
  it.each(['6.2', '7.0', '7.2'])('%s sends the same fields and values without times', (version) => {
    const { server } = start(version);
    const { sync } = attach(server);
    const [value] = dataSetIn(Buffer.from(sync.rdb, 'latin1')).get('0:h')!;
    expect(value).toEqual({
      hash: [
        ['a', '1'],
        ['b', '2'],
      ],
    });
  });

  it('sends the deletion when the time is over, and says in the log, once, what it leaves out', () => {
    const { server, client, warnings } = start('7.0');
    expect(warnings()).toBe(0);
    const { client: replica } = attach(server);
    expect(warnings()).toBe(1);
    client.run('HPEXPIRE h 10 FIELDS 1 b');
    client.run('HPERSIST h FIELDS 1 a');
    expect(replica.read()).toBe('');
    server.clock.advance(200);
    expect(replica.read()).toBe(wireOf('SELECT 0') + wireOf('HDEL h b'));
    expect(warnings()).toBe(1);
  });

  it('says it also when the first expiry comes after the replica', () => {
    const server = memoryServer();
    const client = server.connect();
    attach(server);
    client.run('HSET h a 1');
    const before = server.log.length;
    client.run('HEXPIRE h 10 FIELDS 1 a');
    client.run('HEXPIRE h 20 FIELDS 1 a');
    expect(server.log.slice(before).filter((line) => WARNING.test(line))).toHaveLength(1);
  });
});

describe('a change of repl-compat-version', () => {
  it('lets replicas begin anew when what they hold does not go with what they will be sent', () => {
    const { server, client } = start('7.0');
    const { client: replica, sync } = attach(server);
    client.run('CONFIG SET repl-compat-version 7.2');
    expect(replica.wire.closed).toBe(false);
    client.run('CONFIG SET repl-compat-version 7.4');
    expect(replica.wire.closed).toBe(true);
    expect(server.info('master_replid')).not.toBe(sync.replid);
    expect(attach(server).sync.rdb.slice(0, 9)).toBe('REDIS0012');
  });
});
