/** What a change of roles does to the stream, to replicas, and to what the server shows of itself. */
import { describe, expect, it } from 'vitest';
import { FakeWire } from '../../../support/fake-channel.js';
import { attach, memoryServer, MemoryWire, wireOf } from '../../../support/memory-server.js';
import { command, MASTER_ID, scriptedReplica, TINY_RDB } from '../../../support/scripted-master.js';

/** A master with one replica, whose own dials are never answered. */
function setting() {
  const server = memoryServer({}, 1, (clock) => () => new FakeWire(clock).dial);
  const { client: replica } = attach(server);
  const writer = server.connect();
  writer.run('SET k v');
  const before = wireOf('SELECT 0') + wireOf('SET k v');
  expect(replica.read()).toBe(before);
  const offset = () => server.replication.stream.offset;
  expect(offset()).toBe(before.length);
  return { server, replica, writer, offset };
}

describe('a master that becomes a replica', () => {
  it('in the middle of a transaction sends nothing of it', () => {
    const { server, replica, writer, offset } = setting();
    const before = offset();
    for (const line of ['MULTI', 'SET a 1', 'REPLICAOF 10.0.0.5 6379']) writer.run(line);
    expect(writer.run('EXEC')).toBe('*2\r\n+OK\r\n+OK\r\n');
    expect(replica.read()).toBe('');
    expect(offset()).toBe(before);
    expect(server.info('role')).toBe('slave');
    expect(replica.wire.closed).toBe(false);
  });

  it('in the turn in which somebody began to WAIT asks nobody for ACKs', () => {
    const { server, replica, offset } = setting();
    const before = offset();
    const send = (...lines: string[]) => {
      const wire = new MemoryWire(1);
      const session = server.engine.accept(wire)!;
      const bytes = Buffer.from(lines.map(wireOf).join(''), 'latin1');
      session.receive(bytes, 0, bytes.length);
      return wire;
    };
    const waiting = send('SET a 1', 'WAIT 1 0');
    const written = offset();
    expect(written).toBe(before + wireOf('SET a 1').length);
    const changing = send('REPLICAOF 10.0.0.5 6379');
    expect(waiting.read()).toBe('');
    server.clock.runTurn();
    expect(changing.read()).toBe('+OK\r\n');
    expect(waiting.read()).toMatch(/^\+OK\r\n-UNBLOCKED /);
    expect(replica.read()).toBe(wireOf('SET a 1'));
    expect(offset()).toBe(written);
  });
});

describe('a replica that becomes a master', () => {
  it('refuses writes at once while too few replicas are attached', () => {
    const replica = scriptedReplica({ 'min-replicas-to-write': '1' });
    replica.fullSync();
    const client = replica.connect();
    expect(client.send(wireOf('REPLICAOF NO ONE') + wireOf('SET k v'))).toBe(
      '+OK\r\n-NOREPLICAS Not enough good replicas to write.\r\n',
    );
  });
});

describe('a client that is blocked on a key when the server becomes a replica', () => {
  it('gets an error, which counts as a failed call of its command', () => {
    const server = memoryServer({}, 1, (clock) => () => new FakeWire(clock).dial);
    const blocked = server.connect();
    blocked.run('BLPOP none 0');
    server.connect().run('REPLICAOF 10.0.0.5 6379');
    expect(blocked.read()).toMatch(/^-UNBLOCKED /);
    expect(server.info('cmdstat_blpop')).toMatch(/^calls=1,.*,rejected_calls=0,failed_calls=1$/);
    expect(server.info('errorstat_UNBLOCKED')).toBe('count=1');
  });
});

describe('PSYNC … FAILOVER', () => {
  it('makes a replica with that history a master, and its old one continues', () => {
    const replica = scriptedReplica();
    replica.fullSync(TINY_RDB, 100).data(command('SELECT', '2') + command('SET', 'a', '1'));
    const old = replica.connect();
    expect(old.run(`PSYNC ${'b'.repeat(40)} 101 FAILOVER`)).toBe(
      '-ERR PSYNC FAILOVER replid must match my replid.\r\n',
    );
    expect(replica.info('role')).toBe('slave');
    old.run('REPLCONF capa psync2');
    const end = Number(replica.info('slave_repl_offset'));
    const answer = old.run(`PSYNC ${MASTER_ID.toUpperCase()} ${end + 1} failover`);
    expect(answer).toBe(`+CONTINUE ${replica.info('master_replid')}\r\n`);
    expect([
      replica.info('role'),
      replica.info('master_replid2'),
      replica.info('second_repl_offset'),
    ]).toEqual(['master', MASTER_ID, String(end + 1)]);
    // The stream names its database anew, though the old master's was in the same one.
    const writer = replica.connect();
    writer.run('SELECT 2');
    writer.run('SET b 2');
    expect(old.read()).toBe(wireOf('SELECT 2') + wireOf('SET b 2'));
  });
});

describe('a replica whose link is down', () => {
  const REFUSED = "-NOMASTERLINK Can't SYNC while not connected with my master\r\n";

  it('takes no sub-replicas while it waits, connects, shakes hands, loads, or has stopped; the old ones stay', () => {
    const replica = scriptedReplica();
    const asks = () => replica.connect().run('PSYNC ? -1');
    expect(asks()).toBe(REFUSED);
    const wire = replica.fullSync(TINY_RDB, 100);
    const sub = replica.connect();
    sub.run(`PSYNC ${MASTER_ID} 101`);
    wire.end();
    expect([asks(), replica.connect().run('SYNC')]).toEqual([REFUSED, REFUSED]);
    const next = replica.nextWire();
    expect(asks()).toBe(REFUSED);
    next.open();
    expect(asks()).toBe(REFUSED);
    next.data('+PONG\r\n');
    next.data('+OK\r\n+OK\r\n');
    next.data('+CONTINUE\r\n');
    expect(replica.connect().run(`PSYNC ${MASTER_ID} 101`)).toBe('+CONTINUE\r\n');
    next.data(command('NOSUCHCOMMAND'));
    expect(asks()).toBe(REFUSED);
    expect(sub.wire.closed).toBe(false);
    expect(replica.info('connected_slaves')).toBe('2');
  });

  it('sends its sub-replicas neither PING nor line feeds: only bytes of the stream may come', () => {
    const replica = scriptedReplica({ 'repl-ping-replica-period': '1' });
    const wire = replica.fullSync(TINY_RDB, 100);
    const sub = replica.connect();
    sub.run(`PSYNC ${MASTER_ID} 101`);
    replica.seconds(5);
    wire.end();
    replica.seconds(5);
    expect(sub.read()).toBe('');
    expect(replica.info('master_repl_offset')).toBe('100');
  });
});

describe('what a replica shows of itself', () => {
  it('its priority and whether it wants to be announced', () => {
    const replica = scriptedReplica({ 'replica-priority': '7', 'replica-announced': 'no' });
    expect([replica.info('slave_priority'), replica.info('replica_announced')]).toEqual(['7', '0']);
    replica.connect().run('CONFIG SET replica-priority 0 replica-announced yes replica-read-only no');
    expect([replica.info('slave_priority'), replica.info('replica_announced')]).toEqual(['0', '1']);
    expect(replica.info('slave_read_only')).toBe('0');
    replica.connect().run('REPLICAOF NO ONE');
    expect(replica.info('slave_priority')).toBeUndefined();
  });

  it('as a master, in ROLE: those that are online, by what they announced', () => {
    const server = memoryServer({ 'repl-diskless-sync-delay': '100' });
    const waiting = server.connect();
    waiting.run('REPLCONF capa eof');
    waiting.run('PSYNC ? -1');
    expect(server.connect().run('ROLE')).toBe('*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n');
    const named = server.connect();
    named.run('REPLCONF ip-address db.example.org listening-port 7001');
    named.run('PSYNC ? -1');
    server.seconds(1);
    named.run('REPLCONF ACK 12');
    const one = '*3\r\n$14\r\ndb.example.org\r\n$4\r\n7001\r\n$2\r\n12\r\n';
    // What waited came along with the one that takes no EOF form.
    expect(server.connect().run('ROLE')).toBe(
      `*3\r\n$6\r\nmaster\r\n:0\r\n*2\r\n*3\r\n$9\r\n127.0.0.1\r\n$1\r\n0\r\n$1\r\n0\r\n${one}`,
    );
  });

  it('min-replicas-to-write is for masters: a writable replica takes writes', () => {
    const replica = scriptedReplica({ 'replica-read-only': 'no', 'min-replicas-to-write': '2' });
    replica.fullSync();
    expect(replica.connect().run('SET k v')).toBe('+OK\r\n');
    replica.connect().run('REPLICAOF NO ONE');
    expect(replica.connect().run('SET k v')).toBe('-NOREPLICAS Not enough good replicas to write.\r\n');
  });
});
