/** Fills a server with keys through one pipelined connection, in the spelling that redis-benchmark draws from. */
import { once } from 'node:events';
import net from 'node:net';

const BATCH = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;
/** Batches that may be unanswered: enough to keep the server busy, little enough to bound memory. */
const MAX_PENDING_BATCHES = 4;
const LINE_FEED = 10;
const ERROR_MARK = 45;

/**
 * SETs `count` keys `<prefix>000000000000`, `…001`, … to `value`. Throws when the server answers with an error or closes.
 */
export async function loadKeys(port: number, prefix: string, count: number, value: string): Promise<void> {
  await loadCommands(port, sets(prefix, count, value));
}

function* sets(prefix: string, count: number, value: string): Iterable<readonly string[]> {
  for (let i = 0; i < count; i++) yield ['SET', prefix + String(i).padStart(12, '0'), value];
}

/** Sends commands whose replies are `lines` lines each. Throws when the server answers with an error or closes. */
export async function loadCommands(
  port: number,
  commands: Iterable<readonly string[]>,
  lines = 1,
): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let answered = 0;
  const failures: Error[] = [];
  let wake = (): void => undefined;
  const fail = (error: Error): void => {
    failures.push(error);
    wake();
  };
  socket.on('data', (chunk) => {
    if (chunk[0] === ERROR_MARK)
      fail(new Error(`the server answered ${chunk.toString('latin1').slice(0, 200)}`));
    for (const byte of chunk) if (byte === LINE_FEED) answered++;
    wake();
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  let sent = 0;
  for (const batch of batches(commands)) {
    while (sent - answered >= batch.count * lines * MAX_PENDING_BATCHES) await settled();
    socket.write(batch.text, 'latin1');
    sent += batch.count * lines;
  }
  while (answered < sent) await settled();
  socket.destroy();

  async function settled(): Promise<void> {
    if (failures.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    if (failures.length > 0) throw failures[0];
  }
}

function* batches(commands: Iterable<readonly string[]>): Generator<{ text: string; count: number }> {
  let text = '';
  let count = 0;
  for (const argv of commands) {
    text += `*${argv.length}\r\n`;
    for (const argument of argv) text += `$${argument.length}\r\n${argument}\r\n`;
    if (++count < BATCH && text.length < MAX_BATCH_BYTES) continue;
    yield { text, count };
    text = '';
    count = 0;
  }
  if (count > 0) yield { text, count };
}
