/** Fills a server with keys through one pipelined connection, in the spelling that redis-benchmark draws from. */
import { once } from 'node:events';
import net from 'node:net';

const BATCH = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;
/** Batches that may be unanswered: enough to keep the server busy, little enough to bound memory. */
const MAX_PENDING_BATCHES = 4;
const LINE_FEED = 10;

/**
 * SETs `count` keys `<prefix>000000000000`, `…001`, … to `value`. Throws when the server answers with an error or closes.
 */
export async function loadKeys(port: number, prefix: string, count: number, value: string): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let answered = 0;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    wake();
  };
  socket.on('data', (chunk) => {
    if (chunk.includes('-')) fail(new Error(`the server answered ${chunk.toString('latin1').slice(0, 200)}`));
    // Every reply is +OK and ends with one line feed.
    for (const byte of chunk) if (byte === LINE_FEED) answered++;
    wake();
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  const batch = Math.max(1, Math.min(BATCH, Math.floor(MAX_BATCH_BYTES / (value.length + 64))));
  const body = `$${value.length}\r\n${value}\r\n`;
  let sent = 0;
  while (answered < count) {
    if (failure !== undefined) throw failure;
    if (sent < count && sent - answered < batch * MAX_PENDING_BATCHES) {
      let out = '';
      for (const end = Math.min(count, sent + batch); sent < end; sent++) {
        const key = prefix + String(sent).padStart(12, '0');
        out += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n${body}`;
      }
      socket.write(out, 'latin1');
    } else {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  socket.destroy();
}
