import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ByteChannel,
  type ChannelClose,
  type ChannelError,
  type DialOptions,
} from '../../../src/core/base/byte-channel.js';
import { ascii } from '../../../src/core/base/bytes.js';
import { SystemClock } from '../../../src/core/base/clock-system.js';
import { connectTo } from '../../../src/core/net/client-connection.js';
import { type Target, type TlsOptions } from '../../../src/core/net/target.js';
import { eventually } from '../../support/eventually.js';
import { TLS_CERT, TLS_KEY } from '../../support/tls-cert.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Seen {
  channel?: ByteChannel;
  failed?: ChannelError;
  data: string;
  closes: ChannelClose[];
}

function dial(
  target: Target,
  options: { tls?: TlsOptions; dial?: DialOptions; localAddress?: string } = {},
): Seen {
  const seen: Seen = { data: '', closes: [] };
  const clock = new SystemClock();
  const abandon = connectTo(target, {
    clock,
    tls: options.tls,
    timeoutMs: 3000,
    localAddress: options.localAddress,
  })(
    {
      onOpen: (channel) => (seen.channel = channel),
      onFail: (error) => (seen.failed = error),
      onData: (chunk) => (seen.data += chunk.toString('latin1')),
      onClose: (close) => seen.closes.push(close),
    },
    options.dial,
  );
  cleanups.push(() => (seen.channel ? seen.channel.close() : abandon()));
  return seen;
}

async function listen(
  server: net.Server,
  where: { path: string } | { port: 0; host: string },
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(where, resolve));
  cleanups.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const LOOPBACK = { port: 0, host: '127.0.0.1' } as const;
const tcp = (port: number, secure = false): Target => ({ kind: 'tcp', host: '127.0.0.1', port, tls: secure });

// Only Linux has the whole of 127.0.0.0/8.
it.skipIf(process.platform !== 'linux')('connects from the address that is given', async () => {
  const from: (string | undefined)[] = [];
  const server = net.createServer((socket) => from.push(socket.remoteAddress));
  dial(tcp(await listen(server, LOOPBACK)), { localAddress: '127.0.0.2' });
  await eventually(() => from.length > 0);
  expect(from).toEqual(['127.0.0.2']);
});

describe('a TCP channel', () => {
  it('carries bytes both ways and knows both addresses', async () => {
    const port = await listen(
      net.createServer((socket) => socket.on('data', (chunk) => socket.write(chunk))),
      LOOPBACK,
    );
    const seen = dial(tcp(port));
    await eventually(() => seen.channel);
    expect(seen.channel?.remote).toEqual({ address: `127.0.0.1:${port}`, host: '127.0.0.1', port });
    expect(seen.channel?.local.address).toMatch(/^127\.0\.0\.1:\d+$/);
    seen.channel?.write(ascii('\x00\xff\r\n'));
    await eventually(() => seen.data === '\x00\xff\r\n');
    seen.channel?.close();
    await eventually(() => seen.closes.length === 1);
    expect(seen.closes).toEqual([{ by: 'us' }]);
  });

  it('comes from the local port it is told to', async () => {
    const spare = net.createServer();
    await new Promise<void>((resolve) => spare.listen(0, '127.0.0.1', resolve));
    const address = spare.address();
    const localPort = typeof address === 'object' && address ? address.port : 0;
    await new Promise((resolve) => spare.close(resolve));
    const port = await listen(net.createServer(), LOOPBACK);
    const seen = dial(tcp(port), { dial: { localPort } });
    await eventually(() => seen.channel ?? seen.failed);
    expect(seen.channel?.local.port).toBe(localPort);
  });

  it('tells an orderly end from a reset, and keeps what came before', async () => {
    const fin = await listen(
      net.createServer((s) => s.end('-DENIED\r\n')),
      LOOPBACK,
    );
    const ended = dial(tcp(fin));
    await eventually(() => ended.closes.length === 1);
    expect(ended).toMatchObject({ data: '-DENIED\r\n', closes: [{ by: 'peer' }] });

    const rst = await listen(
      net.createServer((s) => s.write('-DENIED\r\n', () => setTimeout(() => s.resetAndDestroy(), 20))),
      LOOPBACK,
    );
    const reset = dial(tcp(rst));
    await eventually(() => reset.closes.length === 1);
    expect(reset.data).toBe('-DENIED\r\n');
    expect(reset.closes[0]).toMatchObject({ by: 'error', error: { code: 'ECONNRESET', layer: 'stream' } });
  });

  it('fails with the system error of a refused connection', async () => {
    const server = net.createServer();
    const port = await listen(server, LOOPBACK);
    await new Promise((resolve) => server.close(resolve));
    const seen = dial(tcp(port));
    await eventually(() => seen.failed);
    expect(seen.failed).toMatchObject({ code: 'ECONNREFUSED', layer: 'connect' });
    expect(seen.closes).toEqual([]);
  });

  it('says nothing after it was abandoned', async () => {
    const port = await listen(net.createServer(), LOOPBACK);
    const clock = new SystemClock();
    const calls: string[] = [];
    const abandon = connectTo(tcp(port), { clock })({
      onOpen: () => calls.push('open'),
      onFail: () => calls.push('fail'),
      onData: () => calls.push('data'),
      onClose: () => calls.push('close'),
    });
    abandon();
    const later = dial(tcp(port));
    await eventually(() => later.channel);
    expect(calls).toEqual([]);
  });
});

describe('a TLS channel', () => {
  it('needs a certificate that verifies, unless told not to', async () => {
    const server = tls.createServer({ cert: TLS_CERT, key: TLS_KEY }, (s) => s.end('hello'));
    server.on('tlsClientError', () => undefined);
    const port = await listen(server, LOOPBACK);
    const wary = dial(tcp(port, true));
    await eventually(() => wary.failed);
    expect(wary.failed).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT', layer: 'tls' });
    const trusting = dial(tcp(port, true), { tls: { ca: Buffer.from(TLS_CERT) } });
    await eventually(() => trusting.closes.length === 1);
    expect(trusting.data).toBe('hello');
    const careless = dial(tcp(port, true), { tls: { insecure: true } });
    await eventually(() => careless.data === 'hello');
  });

  it('gives a silent port no longer than its timeout', async () => {
    const port = await listen(net.createServer(), LOOPBACK);
    const seen = dial(tcp(port, true), { dial: { timeoutMs: 60 } });
    await eventually(() => seen.failed);
    expect(seen.failed).toMatchObject({ code: 'TIMEOUT', layer: 'tls' });
  });
});

describe.skipIf(process.platform === 'win32')('a unix socket', () => {
  it('is a channel, too', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-sock-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const file = path.join(dir, 's');
    await listen(
      net.createServer((s) => s.write('hi')),
      { path: file },
    );
    const seen = dial({ kind: 'unix', path: file });
    await eventually(() => seen.data === 'hi');
    expect(seen.channel?.remote).toEqual({ address: file, host: file, port: 0 });
    const missing = dial({ kind: 'unix', path: `${file}.none` });
    await eventually(() => missing.failed);
    expect(missing.failed?.code).toBe('ENOENT');
  });
});
