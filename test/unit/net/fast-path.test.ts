/** What leaves by the handle itself, past Node's streams: whole, in order, and whatever the collector does meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection } from '../../../src/core/engine/connection.js';
import { SocketConnection } from '../../../src/core/net/connection.js';
import {
  streamState,
  writeWatcher,
  type StreamHandle,
  type WriteRequest,
} from '../../../src/core/net/fast-path.js';
import { Listener } from '../../../src/core/net/tcp-server.js';
import { eventually } from '../../support/eventually.js';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Accepted {
  readonly connection: Connection;
  readonly peer: Socket;
  /** What the listener told the receiver, in order. */
  readonly told: string[];
}

/** A listener, one connection accepted by it, and the peer, which reads nothing before it is told to. */
async function accepted(options: { unixPath?: string; fast?: boolean } = {}): Promise<Accepted> {
  const { listener, connected, told } = listening(options.fast);
  const { unixPath } = options;
  let peer: Socket;
  if (unixPath === undefined) peer = connect(await listener.listen('127.0.0.1', 0), '127.0.0.1');
  else {
    await listener.listenUnix(unixPath);
    peer = connect(unixPath);
  }
  expect(listener.fast).toBe(options.fast ?? true);
  peer.pause();
  endings.push(() => void peer.destroy());
  return { connection: await connected, peer, told };
}

function listening(fast?: boolean): { listener: Listener; connected: Promise<Connection>; told: string[] } {
  const told: string[] = [];
  let listener: Listener | undefined;
  const connected = new Promise<Connection>((resolve) => {
    listener = new Listener({
      accept: (connection) => {
        resolve(connection);
        return {
          receive: (chunk, start, end) => told.push(chunk.toString('latin1', start, end)),
          inputEnded: () => told.push('<end>'),
          disconnected: () => told.push('<closed>'),
        };
      },
      backlog: 16,
      keepAliveSeconds: 0,
      fast,
    });
  });
  endings.push(() => listener!.close());
  return { listener: listener!, connected, told };
}

/** Lets the peer read `total` bytes. */
async function readAll(peer: Socket, total: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let over = false;
  peer.on('data', (piece) => {
    pieces.push(piece);
    bytes += piece.length;
  });
  peer.once('close', () => (over = true));
  peer.resume();
  await eventually(() => bytes >= total || over);
  return Buffer.concat(pieces);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('a buffer on its way to a peer that reads slowly', () => {
  const BLOCK = 256 * 1024;
  const BLOCKS = 96;

  function writeBlocks(connection: Connection): void {
    for (let i = 0; i < BLOCKS; i++) connection.writeBuffer(Buffer.alloc(BLOCK, i + 1));
  }

  it('stays what it was, though nobody else refers to it', async () => {
    const { connection, peer } = await accepted();
    writeBlocks(connection);
    expect(connection.queuedBytes).toBeGreaterThan(BLOCK * 8);
    const others: Buffer[] = [];
    for (let round = 0; round < 4; round++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
      // What was freed is given out again, and overwritten.
      for (let i = 0; i < BLOCKS; i++) others.push(Buffer.alloc(BLOCK, 0xee));
    }
    const received = await readAll(peer, BLOCK * BLOCKS);
    expect(received.length).toBe(BLOCK * BLOCKS);
    const wrong = [...Array(BLOCKS).keys()].filter((i) => {
      const block = received.subarray(i * BLOCK, (i + 1) * BLOCK);
      return !block.equals(Buffer.alloc(BLOCK, i + 1));
    });
    expect(wrong).toEqual([]);
    expect(others).toHaveLength(4 * BLOCKS);
  });
});

describe('many writes in one turn that the kernel does not take at once', () => {
  it('arrive in order, strings and buffers among each other', async () => {
    const { connection, peer } = await accepted();
    let expected = '';
    for (let i = 0; i < 400; i++) {
      const letter = String.fromCharCode(97 + (i % 26));
      const text = letter.repeat(i % 7 === 0 ? 300_000 : 1 + i * 11);
      if (i % 3 === 0) connection.writeBuffer(Buffer.from(text, 'latin1'));
      else connection.write(text);
      expected += text;
    }
    expect(connection.queuedBytes).toBeGreaterThan(0);
    const received = await readAll(peer, expected.length);
    expect(received.equals(Buffer.from(expected, 'latin1'))).toBe(true);
    expect(connection.queuedBytes).toBe(0);
  });
});

describe('a request that is under way', () => {
  it('is not used for another write, though the queue is empty', () => {
    const used: WriteRequest[] = [];
    let isOver = true;
    const handle: StreamHandle = {
      writeLatin1String: (request) => {
        used.push(request);
        streamState!.values[streamState!.writeGoesOn] = isOver ? 0 : 1;
        return 0;
      },
      writeBuffer: () => 0,
      writeQueueSize: 0,
      readStart: () => 0,
      readStop: () => 0,
    };
    const addresses = { peer: '', peerHost: '', local: '' };
    const connection = new SocketConnection(new Socket(), false, addresses, handle);
    connection.write('a');
    connection.write('b');
    expect(used[1]).toBe(used[0]);
    // The kernel may have taken everything by the next write, but the request's end is still to be told.
    isOver = false;
    connection.write('c');
    isOver = true;
    connection.write('d');
    expect(used[3]).not.toBe(used[2]);
    connection.write('e');
    expect(used[4]).toBe(used[3]);
  });

  it('says so itself, where Node keeps the state of streams elsewhere', () => {
    const goesOn = writeWatcher(undefined);
    expect(goesOn({ getAsyncId: () => -1 } as WriteRequest)).toBe(false);
    expect(goesOn({ getAsyncId: () => 7 } as WriteRequest)).toBe(true);
  });

  const READER = `
    const { connect } = require('node:net');
    const { parentPort, workerData } = require('node:worker_threads');
    let bytes = 0;
    const socket = connect(workerData, '127.0.0.1');
    socket.on('data', (piece) => (bytes += piece.length));
    socket.on('close', () => parentPort.postMessage(bytes));
  `;

  it('when the peer reads meanwhile: everything arrives', async () => {
    const { listener, connected } = listening();
    const reader = new Worker(READER, { eval: true, workerData: await listener.listen('127.0.0.1', 0) });
    endings.push(async () => void (await reader.terminate()));
    const received = new Promise<number>((resolve) => reader.once('message', resolve));
    const connection = await connected;
    const texts = [70_000, 200_000, 500_000, 1_000_000, 3_000_000].map((length) => 'x'.repeat(length));
    let sent = 0;
    for (let round = 0; round < 25; round++) {
      for (let i = 0; i < 40; i++) {
        const text = texts[(round + i) % texts.length];
        connection.write(text);
        sent += text.length;
      }
      await eventually(() => connection.queuedBytes === 0);
    }
    connection.end();
    expect(await received).toBe(sent);
  });
});

describe.each([
  ['by the handle', true],
  ['by the stream', false],
])('a peer that ends its half, %s', (_how, fast) => {
  it('is heard of, and still gets what is written later', async () => {
    const { connection, peer, told } = await accepted({ fast });
    peer.end('hello');
    await eventually(() => told.length === 2);
    expect(told).toEqual(['hello', '<end>']);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    connection.write('answer');
    connection.writeBuffer(Buffer.from(' and more'));
    expect((await readAll(peer, 15)).toString()).toBe('answer and more');
    connection.end();
    await eventually(() => told.at(-1) === '<closed>' && peer.destroyed);
  });
});

describe('a client of a unix socket', () => {
  it('is shown by the path', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'redis-ts-unix-'));
    endings.push(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, 's.sock');
    const { connection } = await accepted({ unixPath: path });
    expect(connection.isUnix).toBe(true);
    expect(connection.peerAddress).toBe(`${path}:0`);
    expect(connection.localAddress).toBe(`${path}:0`);
  });
});
