/** The proxy of `handshake --between`: bytes pass unchanged in both directions, and so do ends, resets and back-pressure. */
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/core/base/clock-system.js';
import { startProxy, type LinkTap, type Proxy } from '../../../src/core/net/tcp-proxy.js';
import { eventually } from '../../support/eventually.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

class Tap implements LinkTap {
  readonly told: string[] = [];
  readonly hash = { client: createHash('sha1'), target: createHash('sha1') };
  connected(local: string, localPort: number): void {
    this.told.push(local.endsWith(`:${localPort}`) ? 'connected' : local);
  }
  unreachable(error: { code: string }): void {
    this.told.push(`unreachable ${error.code}`);
  }
  fromClient(chunk: Buffer): void {
    this.hash.client.update(chunk);
  }
  fromTarget(chunk: Buffer): void {
    this.hash.target.update(chunk);
  }
  closed(by: string, error?: { code: string }): void {
    this.told.push(`closed by ${by}${error ? ` ${error.code}` : ''}`);
  }
}

async function target(accept: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    undo.push(() => socket.destroy());
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as net.AddressInfo).port;
}

async function proxyTo(port: number): Promise<{ proxy: Proxy; taps: Tap[]; dial: () => net.Socket }> {
  const taps: Tap[] = [];
  const proxy = await startProxy({
    listen: { host: '127.0.0.1', port: 0 },
    target: { kind: 'tcp', host: '127.0.0.1', port, tls: false },
    ...{ clock: new SystemClock(), timeoutMs: 2000 },
    accept: () => {
      const tap = new Tap();
      taps.push(tap);
      return tap;
    },
  });
  undo.push(() => proxy.close());
  const dial = (): net.Socket => {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    undo.push(() => socket.destroy());
    return socket;
  };
  return { proxy, taps, dial };
}

function collect(socket: net.Socket): { bytes: number; digest: () => string; ended: boolean } {
  const hash = createHash('sha1');
  const got = { bytes: 0, ended: false, digest: () => hash.copy().digest('hex') };
  socket.on('data', (chunk: Buffer) => {
    got.bytes += chunk.length;
    hash.update(chunk);
  });
  socket.on('end', () => (got.ended = true));
  return got;
}

const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

describe('startProxy', () => {
  it('passes megabytes on unchanged in both directions, and an end of one direction alone', async () => {
    const up = randomBytes(5_000_000);
    const down = randomBytes(7_000_000);
    let at: ReturnType<typeof collect> | undefined;
    let far: net.Socket | undefined;
    const { taps, dial } = await proxyTo(
      await target((socket) => {
        far = socket;
        at = collect(socket);
        socket.write(down);
      }),
    );
    const near = dial();
    const got = collect(near);
    near.end(up);
    await eventually(() => at?.ended && got.bytes === down.length);
    expect([at?.bytes, at?.digest(), got.digest()]).toEqual([up.length, sha1(up), sha1(down)]);
    expect(got.ended).toBe(false);
    far?.end('x');
    await eventually(() => got.ended);
    expect(got.bytes).toBe(down.length + 1);
    expect(taps[0].told).toEqual(['connected', 'closed by client']);
    expect(taps[0].hash.client.digest('hex')).toBe(sha1(up));
  });

  it('lets a side that does not read stop the other', async () => {
    let far: net.Socket | undefined;
    const { dial } = await proxyTo(
      await target((socket) => {
        far = socket;
        socket.pause();
      }),
    );
    const near = dial();
    const block = Buffer.alloc(1 << 20);
    // Kernel buffers take some megabytes; then nothing is taken any more.
    let written = 0;
    const fill = (): void => {
      while (written < 64 && near.write(block)) written++;
      if (written < 64) near.once('drain', fill);
      written++;
    };
    fill();
    await eventually(() => far !== undefined);
    let seen = -1;
    await eventually(() => {
      const same = seen === near.bytesWritten - near.writableLength;
      seen = near.bytesWritten - near.writableLength;
      return same && near.writableLength > 0;
    });
    expect(seen).toBeLessThan(48 << 20);
    const got = collect(far as unknown as net.Socket);
    far?.resume();
    await eventually(() => got.bytes >= 60 << 20);
  });

  it('passes a reset on as a reset', async () => {
    let code = '';
    const { taps, dial } = await proxyTo(
      await target((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    );
    const near = dial();
    near.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? ''));
    near.write('x');
    await eventually(() => code !== '');
    expect(code).toBe('ECONNRESET');
    expect(taps[0].told).toEqual(['connected', 'closed by target ECONNRESET']);
  });

  it('closes who comes when the target cannot be reached, and says why', async () => {
    const port = await target(() => undefined);
    await undo.pop()?.();
    const { taps, dial } = await proxyTo(port);
    const got = collect(dial());
    await eventually(() => got.ended);
    expect(taps[0].told).toEqual(['unreachable ECONNREFUSED']);
  });

  it('serves many at once, and closes them all', async () => {
    const { proxy, taps, dial } = await proxyTo(await target((socket) => void socket.pipe(socket)));
    const all = Array.from({ length: 20 }, (_, i) => ({ got: collect(dial()), i }));
    const sockets = undo.length;
    expect(sockets).toBeGreaterThan(20);
    const others = Array.from({ length: 20 }, () => dial());
    const echoes = others.map((socket, i) => {
      socket.write(`hello ${i}`);
      return collect(socket);
    });
    await eventually(() => echoes.every(({ bytes }, i) => bytes === `hello ${i}`.length));
    await proxy.close();
    await eventually(() => taps.length === 40 && taps.every(({ told }) => told.at(-1)?.startsWith('closed')));
    expect(all.every(({ got }) => got.bytes === 0)).toBe(true);
  });
});
