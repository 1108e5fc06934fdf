/** How connections end, on real sockets: a peer that ends its half first, and one that reads only later what it was sent. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startLiveServer, type LiveServer } from '../support/live-server.js';

let server: LiveServer;

beforeAll(async () => {
  server = await startLiveServer();
});

afterAll(() => server.stop());

/** Everything that the server sends until it closes. */
function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    socket.once('error', reject);
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  });
}

/** Sends `bytes`, ends this half, and reads to the end of the other. */
function exchange(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const answer = readToEnd(socket);
  socket.end(bytes);
  return answer;
}

describe('a client that ends its half', () => {
  it('after one inline PING has its answer', async () => {
    expect(await exchange('PING\r\n')).toBe('+PONG\r\n');
  });

  it('after more commands than are executed in a turn has all the answers', async () => {
    const answer = await exchange('*1\r\n$4\r\nPING\r\n'.repeat(2_500));
    expect(answer).toBe('+PONG\r\n'.repeat(2_500));
  });

  it('in the middle of a command is answered what it had asked before', async () => {
    expect(await exchange('PING\r\n*2\r\n$4\r\nECHO\r\n$10\r\nabc')).toBe('+PONG\r\n');
  });

  it('without a word is closed', async () => {
    expect(await exchange('')).toBe('');
  });

  it('while it is blocked is dropped', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const answer = readToEnd(socket);
    socket.write('WAIT 1 0\r\n');
    await eventually(async () => (await server.info('blocked_clients')) === '1');
    socket.end();
    expect(await answer).toBe('');
    await eventually(async () => (await server.info('connected_clients')) === '1');
    expect(await server.info('blocked_clients')).toBe('0');
  });
});

describe('QUIT with more unread output than the kernel takes', () => {
  it('keeps the client until it has read all of it', async () => {
    const value = 'v'.repeat(1_000_000);
    await server.call('SET', 'big', value);
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    socket.write('GET big\r\n'.repeat(24) + 'QUIT\r\n');
    await eventually(async () => {
      const reply = await server.call('CLIENT', 'LIST');
      return reply.type === 'bulk' && reply.value.includes(' flags=c ');
    });
    expect(await server.info('connected_clients')).toBe('2');
    const answer = readToEnd(socket);
    socket.resume();
    expect((await answer) === `$1000000\r\n${value}\r\n`.repeat(24) + '+OK\r\n').toBe(true);
    await eventually(async () => (await server.info('connected_clients')) === '1');
  });
});
