/** Replies of long values leave through memory that all connections share: a slow reader must get its own bytes all the same. */
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { createServer, type RunningServer } from '../../../src/index.js';
import { eventually } from '../../support/eventually.js';

const open: Socket[] = [];
let server: RunningServer | undefined;

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await server?.close();
});

function client(port: number): { socket: Socket; text: () => string; bytes: () => number } {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  const chunks: Buffer[] = [];
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
  });
  return { socket, text: () => Buffer.concat(chunks).latin1Slice(), bytes: () => bytes };
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const command = (...args: string[]) => encodeCommand(args as Bytes[]);

it('slow readers get what was meant for them', async () => {
  server = await createServer({ port: 0 });
  const { port } = server;
  const writer = client(port);
  const values = ['a', 'b', 'c', 'd', 'e', 'f'].map((char, i) => char.repeat(3000 + 5000 * (i % 3)));
  for (const [i, value] of values.entries()) writer.socket.write(command('SET', `k${i}`, value));
  await eventually(() => writer.bytes() === 5 * values.length);

  const ROUNDS = 600;
  const theirs = [0, 1, 2];
  const slow = Array.from({ length: 6 }, () => client(port));
  for (const { socket } of slow) socket.pause();
  const fast = client(port);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { socket } of slow) socket.write(theirs.map((i) => command('GET', `k${i}`)).join(''));
    fast.socket.write(command('GET', `k${3 + (round % 3)}`));
    if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const fastText = Array.from({ length: ROUNDS }, (_, round) => bulk(values[3 + (round % 3)])).join('');
  await eventually(() => fast.bytes() === fastText.length);
  expect(fast.text() === fastText).toBe(true);
  const slowText = theirs
    .map((i) => bulk(values[i]))
    .join('')
    .repeat(ROUNDS);
  for (const { socket, bytes, text } of slow) {
    socket.resume();
    await eventually(() => bytes() === slowText.length);
    expect(text() === slowText).toBe(true);
  }
});
