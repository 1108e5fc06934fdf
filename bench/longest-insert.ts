/**
 * The longest stall while keys are inserted: small batches of SETs over one connection, each waited for, each timed. The
 * longest batch bounds the longest single insert from above (it includes the client's own pauses, which a run against a
 * real server shows).
 */
import { once } from 'node:events';
import net from 'node:net';
import { percentile } from './statistics.js';

const BATCH = 32;
const OK_BYTES = '+OK\r\n'.length;
const KEY_DIGITS = 12;
const REQUEST_HEAD = '*3\r\n$3\r\nSET\r\n$16\r\nkey:';
const REQUEST_TAIL = '\r\n$3\r\nxxx\r\n';
const ZERO = 48;
/** Batches that are not timed: both sides compile their code first. They set the keys of the first batch. */
const WARM_UP_BATCHES = 20_000;

export interface InsertResult {
  readonly keys: number;
  readonly seconds: number;
  readonly longestMs: number;
  /** Keys in the database when the longest batch came. */
  readonly longestAt: number;
  readonly p9999Ms: number;
}

/** Inserts `keys` new small keys. Throws when the server answers anything but +OK, or closes. */
export async function longestInsert(port: number, keys: number): Promise<InsertResult> {
  const batches = Math.ceil(keys / BATCH);
  const times = new Float32Array(batches);
  const request = Buffer.from((REQUEST_HEAD + '0'.repeat(KEY_DIGITS) + REQUEST_TAIL).repeat(BATCH), 'latin1');
  const buffer = Buffer.alloc(64 * 1024);
  let received = 0;
  let failure: Error | undefined;
  let done = (): void => undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    done();
  };
  const callback = (bytes: number): boolean => {
    if (buffer[0] === 45)
      fail(new Error(`the server answered ${buffer.latin1Slice(0, Math.min(bytes, 200))}`));
    received += bytes;
    if (received >= BATCH * OK_BYTES) done();
    return true;
  };
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
  await once(socket, 'connect');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  const send = async (): Promise<number> => {
    received = 0;
    const sent = performance.now();
    await new Promise<void>((resolve) => {
      done = resolve;
      socket.write(request);
    });
    if (failure !== undefined) throw failure;
    return performance.now() - sent;
  };
  for (let batch = 0; batch < WARM_UP_BATCHES; batch++) await send();
  const started = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    number(request, batch * BATCH);
    times[batch] = await send();
  }
  const seconds = (performance.now() - started) / 1000;
  socket.destroy();
  const longest = times.reduce((best, time, at) => (time > times[best] ? at : best), 0);
  return {
    keys: batches * BATCH,
    seconds,
    longestMs: times[longest],
    longestAt: longest * BATCH,
    p9999Ms: percentile(times, 0.9999),
  };
}

/** Writes the key numbers of one batch into the request. */
function number(request: Buffer, first: number): void {
  const stride = REQUEST_HEAD.length + KEY_DIGITS + REQUEST_TAIL.length;
  for (let i = 0; i < BATCH; i++) {
    let rest = first + i;
    const end = i * stride + REQUEST_HEAD.length + KEY_DIGITS;
    for (let digit = 1; digit <= KEY_DIGITS; digit++) {
      request[end - digit] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
