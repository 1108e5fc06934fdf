/**
 * A client that PINGs at a steady pace, whether or not the last answer has come, and keeps every latency: a stall of the
 * server is seen by all the PINGs that fell into it.
 */
import { once } from 'node:events';
import net from 'node:net';

const PONG_BYTES = '+PONG\r\n'.length;

export interface Prober {
  /** Latencies in ms of the PINGs that were sent since the last call. */
  take(): number[];
  stop(): void;
}

/** PINGs every `intervalMs` until it is stopped. Rejects when the server refuses the connection. */
export async function startProber(port: number, intervalMs: number): Promise<Prober> {
  const sentAt: number[] = [];
  let latencies: number[] = [];
  let next = 0;
  let partial = 0;
  const socket = net.connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(64 * 1024),
      callback: (bytes) => {
        const now = performance.now();
        partial += bytes;
        for (; partial >= PONG_BYTES; partial -= PONG_BYTES) latencies.push(now - sentAt[next++]);
        return true;
      },
    },
  });
  await once(socket, 'connect');
  const timer = setInterval(() => {
    sentAt.push(performance.now());
    socket.write('PING\r\n');
  }, intervalMs);
  return {
    take() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    stop() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
