/**
 * Clients that have one command unanswered each, GETs and SETs in turn over random keys, and note how long each answer took.
 */
import { once } from 'node:events';
import net from 'node:net';

const KEY_DIGITS = 12;
const LINE_FEED = 10;
/** Lines of an answer. */
const SET_LINES = 1;
const GET_LINES = 2;

export interface ShallowClients {
  /** Latencies in ms of the answers that came since the last call. */
  take(): number[];
  stop(): void;
}

/** Connects `count` clients, which begin at once. Rejects when the server refuses one; ends the process when it closes one. */
export async function startShallowClients(
  port: number,
  count: number,
  keys: number,
  valueBytes: number,
): Promise<ShallowClients> {
  let latencies: number[] = [];
  const note = (ms: number): void => void latencies.push(ms);
  const value = 'z'.repeat(valueBytes);
  const sockets: net.Socket[] = [];
  for (let i = 0; i < count; i++) sockets.push(await startClient(port, keys, value, i, note));
  return {
    take() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function startClient(
  port: number,
  keys: number,
  value: string,
  first: number,
  note: (ms: number) => void,
): Promise<net.Socket> {
  let sentAt = 0;
  let turn = first;
  let linesLeft = 0;
  const send = (): void => {
    const key = `key:${String(Math.floor(Math.random() * keys)).padStart(KEY_DIGITS, '0')}`;
    const isSet = turn++ % 2 === 0;
    linesLeft = isSet ? SET_LINES : GET_LINES;
    const request = isSet
      ? `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`
      : `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`;
    sentAt = performance.now();
    socket.write(request, 'latin1');
  };
  const socket = net.connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(16 * 1024),
      callback: (bytes, buffer) => {
        for (let i = 0; i < bytes; i++) if (buffer[i] === LINE_FEED) linesLeft--;
        if (linesLeft > 0) return true;
        note(performance.now() - sentAt);
        send();
        return true;
      },
    },
  });
  await once(socket, 'connect');
  socket.on('close', (failed) => {
    if (failed) throw new Error('the server closed a connection');
  });
  send();
  return socket;
}
