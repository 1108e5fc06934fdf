/**
 * One client that always has `depth` commands unanswered, in a process of its own: GETs and SETs in turn over random loaded keys,
 * until the parent ends it. Arguments: port, depth, key space, value bytes. It tells its parent how many were answered when asked.
 */
import net from 'node:net';

const LINE_FEED = 10;
/** Requests are made in advance, so that this process is not what limits the server. */
const PREPARED = 4096;
/** Lines of the two answers of a SET and a GET. */
const LINES_PER_PAIR = 3;

const [port, depth, keys, valueBytes] = process.argv.slice(2).map(Number);
const value = 'y'.repeat(valueBytes);
const pairs = Array.from({ length: PREPARED }, () => {
  const [set, get] = [anyKey(), anyKey()];
  return Buffer.from(
    `*3\r\n$3\r\nSET\r\n$${set.length}\r\n${set}\r\n$${valueBytes}\r\n${value}\r\n*2\r\n$3\r\nGET\r\n$${get.length}\r\n${get}\r\n`,
    'latin1',
  );
});
const pairsUnanswered = Math.max(1, Math.floor(depth / 2));
const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
let next = 0;
let lines = 0;
let answered = 0;

function anyKey(): string {
  return `key:${String(Math.floor(Math.random() * keys)).padStart(12, '0')}`;
}

function send(count: number): void {
  const parts: Buffer[] = [];
  for (let i = 0; i < count; i++) parts.push(pairs[next++ % PREPARED]);
  socket.write(Buffer.concat(parts));
}

socket.on('connect', () => {
  send(pairsUnanswered);
  process.send?.('ready');
});
socket.on('data', (chunk) => {
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
  const done = Math.floor(lines / LINES_PER_PAIR);
  lines -= done * LINES_PER_PAIR;
  answered += done * 2;
  if (done > 0) send(done);
});
socket.on('close', () => process.exit(1));
process.on('message', () => process.send?.(answered));
process.on('disconnect', () => process.exit(0));
