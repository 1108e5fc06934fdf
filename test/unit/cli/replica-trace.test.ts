import { describe, expect, it } from 'vitest';
import { ReplicaTrace } from '../../../src/cli/server/replica-trace.js';
import { type FromEngine } from '../../../src/cli/server/messages.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { type Connection } from '../../../src/core/engine/connection.js';
import { Config } from '../../../src/core/services/config/config.js';
import { logTo } from '../../../src/core/services/log.js';
import { resp } from '../../support/judge-wire.js';

/** A connection that keeps what it is told to send. */
function connection(): Connection & { readonly out: string[] } {
  const out: string[] = [];
  return {
    out,
    peerAddress: '10.0.0.6:51122',
    localAddress: '10.0.0.5:6379',
    peerHost: '10.0.0.6',
    isUnix: false,
    isLoopback: false,
    queuedBytes: 0,
    write: (text) => void out.push(text),
    writeBuffer: (bytes) => void out.push(bytes.toString('latin1')),
    writeTransient: (bytes) => (out.push(bytes.toString('latin1')), true),
    onDrained: () => undefined,
    pauseReading: () => undefined,
    resumeReading: () => undefined,
    end: () => void out.push('(end)'),
    destroy: () => void out.push('(destroyed)'),
  };
}

function traced(say?: (message: FromEngine) => void) {
  const told: FromEngine[] = [];
  const logged: string[] = [];
  const clock = new ManualClock();
  const trace = new ReplicaTrace({
    clock,
    config: new Config(),
    log: logTo((_level, message) => logged.push(message)),
    say: say ?? ((message) => told.push(message)),
  });
  const wire = connection();
  const received: string[] = [];
  let inside: Connection | undefined;
  const receiver = trace.accept(wire, (tapped) => {
    inside = tapped;
    return {
      receive: (chunk, start, end) => received.push(chunk.toString('latin1', start, end)),
      inputEnded: () => received.push('(ended)'),
      disconnected: () => received.push('(gone)'),
    };
  })!;
  const send = (text: string): void => {
    // The bytes lie in the middle of a shared buffer.
    const chunk = Buffer.from(`xx${text}yy`, 'latin1');
    receiver.receive(chunk, 2, chunk.length - 2);
  };
  const events = () => told.map((message) => (message.type === 'trace' ? message.event.kind : message.type));
  return { wire, receiver, received, send, events, logged, clock, server: inside! };
}

describe('a connection under the tap', () => {
  it('passes everything on unchanged, both ways', () => {
    const { wire, receiver, received, send, server } = traced();
    send(resp('REPLCONF', 'listening-port', '1'));
    server.write('+OK\r\n');
    server.writeBuffer(Buffer.from('two'));
    expect(server.writeTransient(Buffer.from('three'))).toBe(true);
    receiver.inputEnded();
    receiver.disconnected();
    server.destroy();
    expect(received).toEqual([resp('REPLCONF', 'listening-port', '1'), '(ended)', '(gone)']);
    expect(wire.out).toEqual(['+OK\r\n', 'two', 'three', '(destroyed)']);
    expect(server).toMatchObject({ peerAddress: '10.0.0.6:51122', peerHost: '10.0.0.6', isLoopback: false });
  });

  it('is told of from its first byte once it is a replica', () => {
    const { send, server, events, receiver } = traced();
    send(resp('PING'));
    server.write('+PONG\r\n');
    expect(events()).toEqual([]);
    send(resp('REPLCONF', 'listening-port', '1'));
    server.write('+OK\r\n');
    receiver.disconnected();
    expect(events()).toEqual(['attach', 'command', 'reply', 'command', 'reply', 'closed']);
  });

  it('is let go at the first command of a client', () => {
    const { send, events } = traced();
    send(resp('HELLO', '3') + resp('SET', 'k', 'v'));
    send(resp('REPLCONF', 'listening-port', '1') + resp('PSYNC', '?', '-1'));
    expect(events()).toEqual([]);
  });

  it('is looked at once a second', () => {
    const { send, server, events, clock } = traced();
    send(resp('REPLCONF', 'listening-port', '1'));
    server.write('+OK\r\n');
    clock.advance(7000);
    expect(events()).toEqual(['attach', 'command', 'reply', 'finding']);
  });

  it('goes on when the trace fails, and the log says so', () => {
    const { send, received, logged } = traced(() => {
      throw new Error('no room');
    });
    send(resp('REPLCONF', 'listening-port', '1'));
    send(resp('PSYNC', '?', '-1'));
    expect(received).toHaveLength(2);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(
      /^The trace of 10\.0\.0\.6:51122 ended with an error \(a bug\): Error: no room/,
    );
  });
});
