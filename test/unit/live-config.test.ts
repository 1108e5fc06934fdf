/** CONFIG SET on a running server: what must take effect outside the engine at once, or be refused. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type RunningServer, type ServerOptions } from '../../src/index.js';
import { RespConnection } from '../support/resp-connection.js';
import { type Reply } from '../support/resp-decoder.js';

const servers: RunningServer[] = [];
const connections: RespConnection[] = [];
const folders: string[] = [];
const taken: TcpServer[] = [];

async function connect(port: number): Promise<RespConnection> {
  const connection = await RespConnection.connect(port);
  connections.push(connection);
  return connection;
}

async function start(
  options: ServerOptions = {},
): Promise<{ server: RunningServer; call: (...args: string[]) => Promise<unknown>; log: string[] }> {
  const log: string[] = [];
  const server = await createServer({
    ...options,
    log: (level, message) => level === 'warning' && log.push(message),
  });
  servers.push(server);
  const client = await connect(server.port);
  return { server, log, call: async (...args) => plain(await client.send(...args)) };
}

function plain(reply: Reply): unknown {
  if (reply.type === 'error') return `-${reply.text}`;
  if ('text' in reply) return reply.text;
  return 'items' in reply ? reply.items.map(plain) : null;
}

/** A port of 127.0.0.1; `keep`: it stays taken. */
async function port(keep: boolean): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port: number } = server.address() as AddressInfo;
  if (keep) taken.push(server);
  else await new Promise((done) => server.close(done));
  return number;
}

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'redis-ts-live-'));
  folders.push(dir);
  return dir;
}

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  for (const server of servers.splice(0)) await server.close();
  for (const server of taken.splice(0)) server.close();
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe('port', () => {
  it('moves to another one at once; connections stay', async () => {
    const { server, call } = await start();
    const before = server.port;
    const next = await port(false);
    expect(await call('CONFIG', 'SET', 'port', String(next))).toBe('OK');
    expect(server.port).toBe(next);
    expect(await call('INFO', 'server')).toContain(`tcp_port:${next}\r\n`);
    const moved = await connect(next);
    expect(plain(await moved.send('PING'))).toBe('PONG');
    await expect(RespConnection.connect(before)).rejects.toThrow('ECONNREFUSED');
  });

  it('is kept when the other one is taken', async () => {
    const { server, call, log } = await start();
    const before = server.port;
    const other = await port(true);
    expect(await call('CONFIG', 'SET', 'port', String(other), 'maxclients', '77')).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
    );
    expect(log[0]).toBe(
      `Could not create server TCP listening socket 127.0.0.1:${other}: bind: Address already in use`,
    );
    expect(server.port).toBe(before);
    expect(await call('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '10000']);
    await connect(before);
  });

  it('can be given up', async () => {
    const { server, call } = await start({ port: await port(false) });
    const before = server.port;
    expect(await call('CONFIG', 'SET', 'port', '0')).toBe('OK');
    await expect(RespConnection.connect(before)).rejects.toThrow('ECONNREFUSED');
    expect(await call('PING')).toBe('PONG');
  });
});

describe('bind', () => {
  it('takes new addresses and keeps the port', async () => {
    const { server, call } = await start();
    expect(await call('CONFIG', 'SET', 'bind', '127.0.0.1 -192.0.2.1')).toBe('OK');
    await connect(server.port);
    expect(await call('CONFIG', 'SET', 'bind', '192.0.2.1')).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
    );
    expect(await call('CONFIG', 'SET', 'bind', 'localhost')).toMatch(/^-ERR CONFIG SET failed/);
    await connect(server.port);
    expect(await call('CONFIG', 'GET', 'bind')).toEqual(['bind', '127.0.0.1 -192.0.2.1']);
  });
});

describe('dir', () => {
  it('must be there; a relative one starts from the one before', async () => {
    const dir = folder();
    mkdirSync(path.join(dir, 'sub'));
    const { call } = await start({ dir, config: { 'enable-protected-configs': 'yes' } });
    expect(await call('CONFIG', 'SET', 'dir', 'sub')).toBe('OK');
    expect(await call('CONFIG', 'GET', 'dir')).toEqual(['dir', path.join(dir, 'sub')]);
    expect(await call('CONFIG', 'SET', 'dir', 'sub')).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory",
    );
    expect(await call('CONFIG', 'GET', 'dir')).toEqual(['dir', path.join(dir, 'sub')]);
  });
});

describe('requirepass', () => {
  it('lets those in who were refused, when it is taken away', async () => {
    const { server, call } = await start({ requirepass: 'secret' });
    expect(await call('PING')).toBe('-NOAUTH Authentication required.');
    const other = await connect(server.port);
    await other.send('AUTH', 'secret');
    await other.send('CONFIG', 'SET', 'requirepass', '');
    expect(await call('PING')).toBe('PONG');
  });
});

describe('a directive without effect', () => {
  const IO_THREADS =
    'io-threads 4 has no effect: the engine has one thread; sockets are read and written in batches';

  it('is named when a client turns on the append-only file', async () => {
    const { call, log } = await start();
    expect(await call('CONFIG', 'SET', 'appendonly', 'yes')).toBe('OK');
    expect(log).toEqual([
      'appendonly yes has no effect: no append-only file is written yet: snapshots (save, BGSAVE) keep the data',
    ]);
  });

  it('is named in the log when it has another value, at the start and later, once for each value', async () => {
    const { call, log } = await start({ config: { 'io-threads': '4', activerehashing: 'yes' } });
    expect(log).toEqual([IO_THREADS]);
    const REHASHING = 'activerehashing no has no effect: tables grow one small map at a time';
    await call('CONFIG', 'SET', 'activerehashing', 'no');
    await call('CONFIG', 'SET', 'activerehashing', 'yes', 'maxclients', '50');
    expect(log).toEqual([IO_THREADS, REHASHING]);
    await call('CONFIG', 'SET', 'activerehashing', 'no');
    expect(log).toEqual([IO_THREADS, REHASHING, REHASHING]);
  });
});

describe('the engine', () => {
  it('follows what it is told at run time', async () => {
    const { server, call } = await start();
    await call('CONFIG', 'SET', 'maxclients', '1', 'maxmemory', '1');
    const refused = await RespConnection.connect(server.port);
    connections.push(refused);
    await expect(refused.send('PING').then(plain)).resolves.toBe('-ERR max number of clients reached');
    expect(await call('SET', 'a', 'b')).toBe("-OOM command not allowed when used memory > 'maxmemory'.");
    await call('CONFIG', 'SET', 'maxmemory', '0', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '2');
    for (let i = 0; i < 4; i++) expect(await call('SET', 'a', 'b')).toBe('OK');
    expect(await call('SLOWLOG', 'GET')).toHaveLength(2);
    await call('CONFIG', 'SET', 'proto-max-bulk-len', '1048576');
    expect(await call('SET', 'a', 'x'.repeat(1048577))).toBe('-ERR Protocol error: invalid bulk length');
  });
});
