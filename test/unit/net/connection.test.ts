import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketConnection } from '../../../src/core/net/connection.js';
import { eventually } from '../../support/eventually.js';

const open: (Socket | Server)[] = [];

afterEach(() => {
  for (const one of open.splice(0)) {
    if ('destroy' in one) one.destroy();
    else one.close();
  }
});

/** A connection that goes through Node's stream, as TLS ones do, and its other end. */
async function plainConnection(): Promise<{ connection: SocketConnection; peer: Socket }> {
  const server = createServer();
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const socket = await accepted;
  open.push(peer, socket);
  const addresses = { peer: '127.0.0.1:1', peerHost: '127.0.0.1', local: '127.0.0.1:2' };
  return { connection: new SocketConnection(socket, false, addresses, undefined), peer };
}

describe('onDrained through a stream', () => {
  it('is called when the queue is empty, however little was in it', async () => {
    const { connection, peer } = await plainConnection();
    let calls = 0;
    connection.write('a');
    connection.writeBuffer(Buffer.from('bc'));
    connection.onDrained(() => calls++);
    peer.resume();
    await eventually(() => calls === 1);
    expect(connection.queuedBytes).toBe(0);
  });

  it('is not called before all of a large queue has gone', async () => {
    const { connection, peer } = await plainConnection();
    peer.pause();
    const block = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 32; i++) connection.writeBuffer(block);
    let left = -1;
    connection.onDrained(() => (left = connection.queuedBytes));
    expect(connection.queuedBytes).toBeGreaterThan(0);
    let received = 0;
    peer.on('data', (chunk) => (received += chunk.length));
    peer.resume();
    await eventually(() => received === 32 * block.length);
    await eventually(() => left >= 0);
    expect(left).toBe(0);
  });
});
