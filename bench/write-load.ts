/**
 * A steady write load in a process of its own, so that it takes no time from the client that measures: SETs over random
 * loaded keys at a fixed rate until the parent ends it. Arguments: port, SETs per second, key space, value bytes.
 */
import net from 'node:net';

const TICK_MS = 2;
/** Behind by more than this many SETs the load stops adding: the server is the limit. */
const MAX_UNANSWERED = 20_000;
const LINE_FEED = 10;

const [port, rate, keys, valueBytes] = process.argv.slice(2).map(Number);
const value = 'y'.repeat(valueBytes);
const socket = net.connect({ port, host: '127.0.0.1' });
const perTick = Math.max(1, Math.round((rate * TICK_MS) / 1000));
let sent = 0;
let answered = 0;

socket.on('data', (chunk) => {
  for (const byte of chunk) if (byte === LINE_FEED) answered++;
});
socket.on('connect', () => {
  process.send?.('ready');
  setInterval(() => {
    if (sent - answered > MAX_UNANSWERED) return;
    let out = '';
    for (let i = 0; i < perTick; i++) {
      const key = `key:${String(Math.floor(Math.random() * keys)).padStart(12, '0')}`;
      out += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${valueBytes}\r\n${value}\r\n`;
    }
    sent += perTick;
    socket.write(out, 'latin1');
  }, TICK_MS);
});
process.on('disconnect', () => process.exit(0));
