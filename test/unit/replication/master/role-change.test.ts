/** What of ours still reaches the stream when the role changes under way: nothing (redis 7.2.6 replicationFeedSlaves). */
import { describe, expect, it } from 'vitest';
import { FakeWire } from '../../../support/fake-channel.js';
import { attach, memoryServer, MemoryWire, wireOf } from '../../../support/memory-server.js';
import { scriptedReplica } from '../../../support/scripted-master.js';

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
