/** A client that is being closed, and one that wants no replies, on wires that the test holds up. */
import { describe, expect, it } from 'vitest';
import { memoryServer, MemoryWire, wireOf } from '../../support/memory-server.js';

const VALUE = 'v'.repeat(100_000);
const GET = wireOf('GET k');
const QUIT = wireOf('QUIT');

/** A server, and a client that has asked for 3 MB and then to be closed, and reads nothing. */
function quitting(directives: Readonly<Record<string, string>> = {}) {
  const server = memoryServer(directives);
  const other = server.connect();
  other.call('SET', 'k', VALUE);
  const client = server.connect();
  client.wire.hold();
  client.send(GET.repeat(30) + QUIT);
  const listed = () => other.run('CLIENT LIST').includes(' flags=c ');
  return { server, other, client, listed };
}

describe('QUIT with unread output', () => {
  it('leaves the client among the clients until all is read', () => {
    const { server, client, listed } = quitting();
    expect(listed()).toBe(true);
    expect(server.info('connected_clients')).toBe('3');
    client.wire.release(1_000_000);
    expect(client.wire.closed).toBe(false);
    expect(listed()).toBe(true);
    client.wire.release();
    expect(client.wire.closed).toBe(true);
    expect(client.read()).toBe(`$100000\r\n${VALUE}\r\n`.repeat(30) + '+OK\r\n');
    expect(listed()).toBe(false);
    expect(server.info('connected_clients')).toBe('2');
  });

  it('leaves it under its output limit', () => {
    const { server, listed } = quitting({ 'client-output-buffer-limit': 'normal 1mb 0 0' });
    expect(listed()).toBe(false);
    expect(server.log.filter((line) => line.includes('overcoming of output buffer limits'))).toHaveLength(1);
    expect(server.info('connected_clients')).toBe('2');
  });

  it('and under one that is set later', () => {
    const { server, other, client, listed } = quitting();
    other.call('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1mb 0 0');
    expect(listed()).toBe(true);
    server.seconds(1);
    expect(listed()).toBe(false);
    expect(client.wire.closed).toBe(true);
    expect(client.wire.queuedBytes).toBe(0);
  });

  it('keeps nothing of what it sends afterwards', () => {
    const { other, client } = quitting();
    for (let i = 0; i < 10; i++) client.send('x'.repeat(100_000));
    expect(/ flags=c .* qbuf=(\d+) /.exec(other.run('CLIENT LIST'))?.[1]).toBe('0');
  });
});

describe('CLIENT REPLY OFF', () => {
  it('holds for an answer that comes later', () => {
    const server = memoryServer();
    const client = server.connect();
    expect(client.run('CLIENT REPLY OFF')).toBe('');
    expect(client.run('WAIT 5 100')).toBe('');
    server.clock.advance(100);
    expect(server.info('blocked_clients')).toBe('0');
    expect(client.read()).toBe('');
    expect(client.run('CLIENT REPLY ON')).toBe('+OK\r\n');
  });

  it('holds for a protocol error, which closes', () => {
    const client = memoryServer().connect();
    client.run('CLIENT REPLY OFF');
    expect(client.send('*x\r\n')).toBe('');
    expect(client.wire.closed).toBe(true);
  });
});

describe('CLIENT REPLY SKIP', () => {
  // Seen of redis 7.2.6: WAIT is silent, the PING behind it is answered.
  it('holds for an answer that comes later, and for no other', () => {
    const server = memoryServer();
    const client = server.connect();
    expect(client.send(wireOf('CLIENT REPLY SKIP') + wireOf('WAIT 5 100') + wireOf('PING'))).toBe('');
    server.clock.advance(100);
    expect(client.read()).toBe('+PONG\r\n');
  });

  it('holds for a command that a pause holds back', () => {
    const server = memoryServer();
    const client = server.connect();
    server.connect().run('CLIENT PAUSE 100 ALL');
    expect(client.send(wireOf('CLIENT REPLY SKIP') + wireOf('SET k v') + wireOf('PING'))).toBe('');
    server.clock.advance(100);
    expect(client.read()).toBe('+PONG\r\n');
  });
});

describe('a peer that ends its half', () => {
  const connected = () => {
    const server = memoryServer();
    const wire = new MemoryWire(1);
    const session = server.engine.accept(wire)!;
    const receive = (bytes: string) => {
      const chunk = Buffer.from(bytes, 'latin1');
      session.receive(chunk, 0, chunk.length);
    };
    return { server, wire, session, receive };
  };

  it('in the turn in which it asks is answered, then closed', () => {
    const { server, wire, session, receive } = connected();
    receive('PING\r\n');
    session.inputEnded();
    expect(wire.closed).toBe(false);
    server.clock.runTurn();
    expect(wire.read()).toBe('+PONG\r\n');
    expect(wire.closed).toBe(true);
    expect(server.info('connected_clients')).toBe('1');
  });

  it('while some of its commands wait for the next turn has all the answers', () => {
    const { server, wire, session, receive } = connected();
    receive('PING\r\n'.repeat(2_500));
    session.inputEnded();
    server.clock.runTurn();
    expect(wire.read()).toBe('+PONG\r\n'.repeat(2_500));
    expect(wire.closed).toBe(true);
  });

  it('and reads its answers later is closed when it has them', () => {
    const { server, wire, session, receive } = connected();
    wire.hold();
    receive('PING\r\n');
    session.inputEnded();
    server.clock.runTurn();
    expect(wire.closed).toBe(false);
    wire.release();
    expect(wire.closed).toBe(true);
  });

  it('while it is blocked, or as a replica, is dropped', () => {
    const { wire, session, receive } = connected();
    receive('WAIT 1 0\r\n');
    session.inputEnded();
    expect(wire.closed).toBe(true);
    const other = connected();
    other.receive(wireOf('PSYNC ? -1'));
    other.server.clock.runTurn();
    other.session.inputEnded();
    expect(other.wire.closed).toBe(true);
    expect(other.server.info('connected_slaves')).toBe('0');
  });

  it('what is left over from one turn is executed before the answers of the next are sent', () => {
    const { server, wire, receive } = connected();
    let writes = 0;
    const write = wire.write.bind(wire);
    const writeTransient = wire.writeTransient.bind(wire);
    wire.write = (text) => {
      writes++;
      write(text);
    };
    wire.writeTransient = (bytes) => {
      writes++;
      return writeTransient(bytes);
    };
    receive('PING\r\n'.repeat(300));
    server.clock.runTurn();
    expect(wire.read()).toBe('+PONG\r\n'.repeat(300));
    expect(writes).toBe(1);
  });
});
