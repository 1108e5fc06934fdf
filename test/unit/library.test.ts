import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import {
  createServer,
  StartError,
  type LogLevel,
  type ManualServer,
  type RunningServer,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { builtCli } from '../support/run-cli.js';
import { RespConnection } from '../support/resp-connection.js';
import { type Reply } from '../support/resp-decoder.js';

const open: RunningServer[] = [];
const connections: RespConnection[] = [];

async function started<T extends RunningServer>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  open.push(server);
  return server;
}

async function connect(server: RunningServer): Promise<RespConnection> {
  const connection = await RespConnection.connect(server.port, server.host);
  connections.push(connection);
  return connection;
}

async function text(connection: RespConnection, ...args: string[]): Promise<unknown> {
  const reply = await connection.send(...args);
  return plain(reply);
}

function plain(reply: Reply): unknown {
  if ('text' in reply) return reply.text;
  if ('value' in reply) return Number(reply.value);
  return 'items' in reply ? reply.items.map(plain) : null;
}

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  for (const server of open.splice(0)) await server.close().catch(() => undefined);
});

describe('createServer', () => {
  it('listens on a free loopback port and answers', async () => {
    const server = await started(createServer());
    expect(server.host).toBe('127.0.0.1');
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    const client = await connect(server);
    expect(await text(client, 'SET', 'k', 'v')).toBe('OK');
    expect(await text(client, 'GET', 'k')).toBe('v');
  });

  it('shows what its user needs to know when it is printed', async () => {
    const server = await started(createServer({ requirepass: 'secret' }));
    expect(inspect(server)).toBe(`RedisServer { url: 'redis://127.0.0.1:${server.port}', closed: false }`);
    await server.close();
    expect(inspect({ server })).toContain('closed: true');
    expect(JSON.stringify(server)).not.toContain('secret');
  });

  it('shows nothing else of itself', async () => {
    const server = await started(createServer());
    expect(Object.keys(server).sort()).toEqual(['closed', 'host']);
  });

  it('has no advance with the real clock, and says what to do', async () => {
    const server = await started(createServer());
    expectTypeOf(server).not.toHaveProperty('advance');
    expect(() => (server as ManualServer).advance(1)).toThrow(
      new Error("advance needs a clock that stands still: createServer({ clock: 'manual' })"),
    );
  });

  it('has methods that may be taken off it and handed on', async () => {
    const server = await started(createServer({ clock: 'manual' }));
    const { advance, close, now } = server;
    advance(1000);
    expect(server.now).toBe(now + 1000);
    expect(() => advance(-1)).toThrow(RangeError);
    const { advance: none } = (await started(createServer())) as ManualServer;
    expect(none).toThrow(/^advance needs a clock that stands still/);
    await Promise.resolve().then(close);
    await server.closed;
    const { [Symbol.asyncDispose]: dispose } = await started(createServer());
    await dispose();
    // They are not in the way of who looks at it.
    expect(Object.keys(server).sort()).toEqual(['closed', 'host']);
  });

  it('runs several servers that share nothing', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => started(createServer())));
    expect(new Set(servers.map((server) => server.port)).size).toBe(3);
    const clients = await Promise.all(servers.map(connect));
    for (const [i, client] of clients.entries()) await client.send('SET', 'who', `server ${i}`);
    expect(await Promise.all(clients.map((client) => text(client, 'GET', 'who')))).toEqual([
      'server 0',
      'server 1',
      'server 2',
    ]);
  });

  it('takes directives in camel case and under their own names, the former last', async () => {
    const server = await started(
      createServer({
        maxmemoryPolicy: 'allkeys-lru',
        lazyfreeLazyExpire: true,
        hz: 50,
        save: [900, 1, 60, 1000],
        config: { 'maxmemory-policy': 'noeviction', 'client-output-buffer-limit': 'replica 1mb 0 0' },
      }),
    );
    const client = await connect(server);
    const shown = async (name: string) => ((await text(client, 'CONFIG', 'GET', name)) as string[])[1];
    expect(await shown('maxmemory-policy')).toBe('allkeys-lru');
    expect(await shown('lazyfree-lazy-expire')).toBe('yes');
    expect(await shown('hz')).toBe('50');
    expect(await shown('save')).toBe('900 1 60 1000');
    expect(await shown('client-output-buffer-limit')).toContain('slave 1048576 0 0');
    expect(await shown('bind')).toBe('127.0.0.1');
  });

  it('asks for the password, which the url does not tell', async () => {
    const server = await started(createServer({ requirepass: 'sécret' }));
    const client = await connect(server);
    expect(await text(client, 'GET', 'k')).toBe('NOAUTH Authentication required.');
    expect(await text(client, 'AUTH', Buffer.from('sécret').toString('latin1'))).toBe('OK');
    expect(server.url).not.toContain('cret');
  });

  it('hands log lines to the callback, from the level that is asked for', async () => {
    const lines: [LogLevel, string][] = [];
    const server = await createServer({ log: (level, message) => lines.push([level, message]) });
    await server.close();
    expect(lines).toContainEqual(['notice', 'Server initialized']);
    lines.length = 0;
    const quiet = await createServer({
      log: (level, message) => lines.push([level, message]),
      loglevel: 'warning',
    });
    await quiet.close();
    expect(lines).toEqual([]);
  });

  it.each([
    [{ maxmemry: '1mb' }, "unknown option 'maxmemry': did you mean 'maxmemory'?"],
    [
      { config: { 'maxmemory-polici': 'x' } },
      "unknown option 'maxmemory-polici': did you mean 'maxmemory-policy'?",
    ],
    [{ hots: 'localhost' }, "unknown option 'hots': did you mean 'host'?"],
    [{ maxmemory: 'plenty' }, 'maxmemory: argument must be a memory value'],
    [{ port: 70_000 }, 'port: argument must be between 0 and 65535 inclusive'],
    [{ port: [1, 2] }, 'port: wrong number of arguments'],
    [{ clock: 'slow' }, "clock: 'system' or 'manual', not 'slow'"],
    [{ log: true }, 'log: a function (level, message), not true'],
    [{ log: 'server.log' }, "log: a function (level, message), not 'server.log'"],
  ])('refuses %j', async (options, message) => {
    const failure = await createServer(options as object).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as Error).message).toBe(message);
  });

  it('says which port is taken', async () => {
    const other = createTcpServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    await expect(createServer({ port })).rejects.toThrow(
      `Could not create server TCP listening socket 127.0.0.1:${port}: bind: Address already in use`,
    );
    await new Promise((done) => other.close(done));
  });
});

describe('close', () => {
  it('ends connections, frees the port, and may be called twice', async () => {
    const server = await createServer();
    const client = await connect(server);
    await client.send('PING');
    const closing = server.close();
    await Promise.all([closing, server.close(), server.closed]);
    await expect(client.send('PING')).rejects.toThrow();
    await expect(RespConnection.connect(server.port)).rejects.toThrow('ECONNREFUSED');
    const next = await started(createServer({ port: server.port }));
    expect(next.port).toBe(server.port);
  });

  it('is what `await using` does', async () => {
    let port: number;
    {
      await using server = await createServer();
      port = server.port;
      expect(await text(await connect(server), 'PING')).toBe('PONG');
    }
    await expect(RespConnection.connect(port)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a process that has closed its servers', () => {
  const script = (library: string) => String.raw`
    import { connect } from 'node:net';
    const { createServer } = await import(${JSON.stringify(library)});
    const servers = [await createServer(), await createServer({ clock: 'manual' }), await createServer({ hz: 100 })];
    for (const server of servers) {
      const socket = connect(server.port, server.host);
      socket.on('error', () => undefined);
      await new Promise((done) => socket.once('connect', done));
      socket.write('SET k v PX 100000\r\nMULTI\r\n');
      await new Promise((done) => socket.once('data', done));
    }
    for (const server of servers) await server.close();
    process.stdout.write('closed ' + servers.length);
  `;

  beforeAll(() => void builtCli(), 120_000);

  it('ends by itself', async () => {
    const library = pathToFileURL(join(builtCli(), 'dist/index.js')).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(library)]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const ended = await new Promise((done) => child.once('close', (code, signal) => done(code ?? signal)));
    clearTimeout(deadline);
    expect(output).toBe('closed 3');
    expect(ended).toBe(0);
  });
});

describe('with a folder', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'redis-ts-library-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('saves in close and loads at the next start', async () => {
    const first = await createServer({ dir });
    await (await connect(first)).send('SET', 'kept', 'yes');
    await first.close();
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
    const second = await started(createServer({ dir, save: '' }));
    const client = await connect(second);
    expect(await text(client, 'GET', 'kept')).toBe('yes');
    await client.send('SET', 'lost', 'yes');
    const before = readFileSync(join(dir, 'dump.rdb'));
    await second.close();
    expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
  });

  it('tells when it cannot save, and is closed nevertheless', async () => {
    const server = await createServer({ dir });
    await (await connect(server)).send('SET', 'k', 'v');
    rmSync(dir, { recursive: true });
    await expect(server.close()).rejects.toThrow('No such file or directory');
    await server.closed;
    await expect(RespConnection.connect(server.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('says that the folder cannot be used', async () => {
    const missing = join(dir, 'missing');
    await expect(createServer({ dir: missing })).rejects.toThrow(
      `Can't use the data directory: ${missing}: No such file or directory`,
    );
  });
});

describe('with the manual clock', () => {
  it('expires keys by advance alone', async () => {
    const server = await started(createServer({ clock: 'manual' }));
    const client = await connect(server);
    await client.send('SET', 'k', 'v', 'PX', '1500');
    expect(await text(client, 'PTTL', 'k')).toBe(1500);
    server.advance(1499);
    expect(await text(client, 'PTTL', 'k')).toBe(1);
    expect(await text(client, 'GET', 'k')).toBe('v');
    server.advance(2);
    expect(await text(client, 'GET', 'k')).toBe(null);
  });

  it('expires keys that nobody looks at, also across a month', async () => {
    const server = await started(createServer({ clock: 'manual' }));
    const client = await connect(server);
    await client.send('SET', 'k', 'v', 'EX', String(30 * 86_400));
    server.advance(31 * 86_400_000);
    expect(await text(client, 'DBSIZE')).toBe(0);
  });

  it('answers while its time stands still', async () => {
    const server = await started(createServer({ clock: 'manual' }));
    const client = await connect(server);
    const time = async () => (await text(client, 'TIME')) as [string, string];
    const [seconds, micros] = await time();
    await client.pipeline(Array.from({ length: 5000 }, (_, i) => ['SET', `key:${i}`, 'x']));
    expect(await time()).toEqual([seconds, micros]);
    server.advance(60_000);
    expect(await time()).toEqual([String(Number(seconds) + 60), micros]);
  });

  it('begins at the time of the machine, and tells its own', async () => {
    const before = Date.now();
    const server = await started(createServer({ clock: 'manual' }));
    const { now } = server;
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    const client = await connect(server);
    await client.send('SET', 'k', 'v', 'PXAT', String(now + 5000));
    server.advance(4999);
    expect(server.now).toBe(now + 4999);
    expect(await text(client, 'GET', 'k')).toBe('v');
    server.advance(2);
    expect(await text(client, 'GET', 'k')).toBe(null);
  });

  it('meets save points', async () => {
    const lines: string[] = [];
    const server = await started(
      createServer({ clock: 'manual', save: '10 1', log: (_level, message) => lines.push(message) }),
    );
    await (await connect(server)).send('SET', 'k', 'v');
    server.advance(9_000);
    expect(lines).not.toContain('Background saving started');
    server.advance(3_000);
    expect(lines).toContain('1 changes in 10 seconds. Saving...');
    expect(lines).toContain('Background saving terminated with success');
  });

  it('moves forward only, and not from within itself', async () => {
    const errors: unknown[] = [];
    let nested = () => {};
    const server = await started(createServer({ clock: 'manual', save: '1 1', log: () => nested() }));
    expect(() => server.advance(-1)).toThrow(RangeError);
    expect(() => server.advance(NaN)).toThrow(RangeError);
    expect(() => server.advance('1000' as unknown as number)).toThrow(
      new RangeError("advance takes a number of milliseconds, 0 or more, not '1000'"),
    );
    await (await connect(server)).send('SET', 'k', 'v');
    nested = () => {
      try {
        server.advance(1);
      } catch (error) {
        errors.push(error);
      }
    };
    server.advance(2_000);
    expect(errors[0]).toEqual(new Error('advance was called while it was running'));
  });
});

describe('a client that asks for SHUTDOWN', () => {
  it('ends the server', async () => {
    const server = await started(createServer());
    const client = await connect(server);
    void client.send('SHUTDOWN', 'NOSAVE').catch(() => undefined);
    await server.closed;
    await eventually(() =>
      RespConnection.connect(server.port).then(
        () => false,
        () => true,
      ),
    );
  });
});
