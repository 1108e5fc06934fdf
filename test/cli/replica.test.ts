/** `redis-ts replica` as its users run it: piped, as JSON, with a log file, against real masters and none. */
import { type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startFakeMaster } from '../support/fake-master.js';
import { realRedisAvailable, startRealRedis, type RealRedis } from '../support/real-redis.js';
import { RespConnection } from '../support/resp-connection.js';
import { showReply } from '../support/resp-decoder.js';
import { runCli, startCli } from '../support/run-cli.js';
import { freePort } from '../support/server-process.js';

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

const running: Running[] = [];
const masters: RealRedis[] = [];
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'redis-ts-replica-'));
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const master of masters.splice(0)) await master.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Starts a replica with a folder of its own. */
function replica(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = startCli(['replica', ...args, '--dir', dir], env);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const one = { child, stdout: () => out, stderr: () => err, ended };
  running.push(one);
  return one;
}

async function realMaster(...args: string[]): Promise<RealRedis> {
  const master = await startRealRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] });
  masters.push(master);
  return master;
}

/** What the log says, without pid and time. */
function messages(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\d+:[MS] .{24} [.*#-] /, ''));
}

/** The reply of the server on `port` as redis-cli shows it. */
async function ask(port: number, ...args: string[]): Promise<string> {
  const client = await RespConnection.connect(port);
  try {
    return showReply(await client.send(...args));
  } finally {
    client.close();
  }
}

describe('the command line', () => {
  it('opens its help with what it is for and three examples', async () => {
    const { stdout, code } = await runCli(['replica', '--help']);
    expect(code).toBe(0);
    const [purpose, ...rest] = stdout.split('\n');
    expect(purpose).toBe('follow a master: a live copy that serves reads and reports its progress');
    expect(rest.slice(0, 7).filter((line) => line.startsWith('  $ redis-ts replica'))).toHaveLength(3);
  });

  it.each([
    [[], '--of host:port is missing: the master to follow'],
    [['--of', 'a:b'], '--of: bad port "b": a number from 1 to 65535'],
    [
      ['--of', 'rediss://x'],
      '--of: replication over TLS is not supported: write redis://host:port, through a tunnel if need be',
    ],
    [['--of', 'h', '--jsno'], "unknown option '--jsno': did you mean '--json'?"],
  ])('%j is bad usage: one line, the usage, exit 2', async (args, message) => {
    const { code, stdout, stderr } = await runCli(['replica', ...args]);
    const [first, usage, more, ...rest] = stderr.split('\n');
    expect(first).toBe(`redis-ts replica: ${message}`);
    expect(usage).toMatch(/^Usage: redis-ts replica --of host:port /);
    expect([more, ...rest]).toEqual(['More:  redis-ts replica --help', '']);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('ends with 1 and one line when its port is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { code, stderr } = await runCli([
      'replica',
      '--of',
      ':1',
      '--bind',
      '127.0.0.1',
      '--port',
      `${port}`,
    ]);
    taken.close();
    expect(stderr).toBe(
      `Could not create server TCP listening socket 127.0.0.1:${port}: bind: Address already in use\n`,
    );
    expect(code).toBe(1);
  });

  it('ends with 1 and one line when the log file cannot be opened', async () => {
    const { code, stderr } = await runCli(['replica', '--of', ':1', '--logfile', '/nowhere/x.log']);
    expect(stderr).toMatch(/^Can't open the log file: ENOENT.*\n$/);
    expect(code).toBe(1);
  });
});

it('keeps trying to reach a master that is not there, and says so', async () => {
  const port = await freePort();
  const { child, stdout, stderr, ended } = replica(['--of', `:${port}`, '--port', '0']);
  await eventually(() => stdout().includes('Connection refused'));
  expect(stdout()).toContain(`Connecting to MASTER 127.0.0.1:${port}`);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(stderr()).toBe('');
});

it('logs a refusal once, and then only how often it was', async () => {
  const master = await startFakeMaster({ on: { ping: '-ERR go away\r\n' } });
  const { child, stdout, ended } = replica(['--of', `:${master.port}`, '--port', '0']);
  await eventually(() => master.connections.length >= 4);
  child.kill('SIGTERM');
  await ended;
  await master.stop();
  const said = messages(stdout());
  const refused = "MASTER <-> REPLICA sync: Error reply to PING from master: '-ERR go away'";
  // An attempt that the signal breaks into is told.
  expect([1, 2]).toContain(said.filter((line) => line.startsWith('Connecting to MASTER')).length);
  expect(said.filter((line) => line.startsWith(refused))).toEqual([
    refused,
    expect.stringMatching(/ \(\d+ attempts in \d.* s, all alike\)$/),
  ]);
});

describe.skipIf(!realRedisAvailable())('against a real redis-server', () => {
  const UNTIL_STREAMING = /Streaming, up to offset [\d,]+ so far; serving reads on port (\d+)/;

  async function streaming(one: Running): Promise<number> {
    await eventually(() => UNTIL_STREAMING.test(one.stdout()));
    return Number(UNTIL_STREAMING.exec(one.stdout())![1]);
  }

  it('logs each fact as a line, serves reads, and ends with a summary', async () => {
    const master = await realMaster();
    await master.must('MSET', 'a', '1', 'b', '2');
    const one = replica(['--of', `127.0.0.1:${master.port}`, '--port', '0']);
    const port = await streaming(one);
    await master.must('SET', 'c', '3');
    await eventually(async () => (await ask(port, 'GET', 'c')) === '"3"');
    expect(await ask(port, 'SET', 'd', '4')).toContain('READONLY');
    await eventually(() => one.stdout().includes('The master is redis '));
    one.child.kill('SIGINT');
    expect(await one.ended).toBe(0);
    expect(one.stderr()).toBe('');
    const said = messages(one.stdout());
    expect(said).toContainEqual(
      expect.stringMatching(new RegExp(`^Connected to the master 127.0.0.1:${master.port} in [\\d.]+ ms$`)),
    );
    expect(said).toContainEqual(expect.stringMatching(/^Handshake: PING, REPLCONF x2, PSYNC \? -1 in /));
    expect(said).toContain('Full sync, reason: no replication id of ours yet');
    expect(said).toContainEqual(
      expect.stringMatching(/^Snapshot: \d+ B in .+, RDB \d+, 2 keys, checksum ok$/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(
        /^Replica ends: offset \d+, 3 keys, 1 full sync, 0 partial, link never lost, \d+ commands? /,
      ),
    );
    // Nothing is kept of a copy unless it is asked for.
    expect(existsSync(join(dir, 'dump.rdb'))).toBe(false);
  });

  it('says why the link was lost, and why it could go on or not', async () => {
    const master = await realMaster();
    await master.must('SET', 'a', '1');
    const one = replica(['--of', `127.0.0.1:${master.port}`, '--port', '0']);
    await streaming(one);
    await master.must('CLIENT', 'KILL', 'TYPE', 'replica');
    await eventually(() =>
      /Partial sync, goes on after \d+: the master's backlog holds \d+/.test(one.stdout()),
    );
    expect(one.stdout()).toContain('Connection with master lost: ');
    // A new history: what we hold is of no use to it.
    await master.must('DEBUG', 'CHANGE-REPL-ID');
    await master.must('CLIENT', 'KILL', 'TYPE', 'replica');
    await eventually(() => /Full sync, reason: the master's replication id is different/.test(one.stdout()));
    await eventually(() => one.stdout().match(/Streaming, up to offset/g)?.length === 3);
    one.child.kill('SIGINT');
    await one.ended;
    expect(one.stdout()).toContain('2 full syncs, 1 partial, link lost 2 times');
  });

  it('logs in with the user of the address, and shows the password nowhere', async () => {
    const master = await realMaster();
    await master.must('ACL', 'SETUSER', 'copy', 'on', '>s3cret', '+psync', '+replconf', '+ping');
    const one = replica(['--of', `redis://copy:s3cret@127.0.0.1:${master.port}`, '--port', '0']);
    await streaming(one);
    expect(one.stdout()).toContain('Handshake: PING, AUTH, REPLCONF x2, PSYNC ? -1 in ');
    expect(one.stdout() + one.stderr()).not.toContain('s3cret');
  });

  it('prints events and samples as JSON', async () => {
    const master = await realMaster();
    await master.must('SET', 'a', '1');
    const one = replica(['--of', `127.0.0.1:${master.port}`, '--port', '0', '--json']);
    const events = () =>
      one
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { kind: string; [field: string]: unknown });
    await eventually(() => events().some(({ kind, behindBytes }) => kind === 'sample' && behindBytes === 0));
    const kinds = events().map(({ kind }) => kind);
    const inOrder = kinds.filter((kind) => kind !== 'sample' && kind !== 'snapshot' && kind !== 'ready');
    expect(inOrder).toEqual([
      'connecting',
      'connected',
      'handshake',
      'full-sync',
      'snapshot-done',
      'streaming',
    ]);
    expect(events().find(({ kind }) => kind === 'handshake')?.server).toMatch(/^redis \d/);
    expect(events().find(({ kind }) => kind === 'sample')).toMatchObject({
      commands: expect.any(Number) as number,
    });
    one.child.kill('SIGINT');
    expect(await one.ended).toBe(0);
    expect(events().at(-1)?.kind).toBe('sample');
    expect(one.stderr()).toMatch(/^(\d+:S .* # Received SIGINT scheduling shutdown\.\.\.\n)?$/);
  });

  it('writes all of it to the log file of its folder, which may be renamed at any time', async () => {
    const master = await realMaster();
    const args = ['--of', `127.0.0.1:${master.port}`, '--port', '0'];
    const one = replica([...args, '--logfile', 'r.log', '--pidfile', 'r.pid']);
    const log = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : '');
    await eventually(() => log('r.log').includes('Streaming, up to offset'));
    expect(readFileSync(join(dir, 'r.pid'), 'utf8')).toBe(`${one.child.pid}\n`);
    renameSync(join(dir, 'r.log'), join(dir, 'r.log.1'));
    one.child.kill('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(log('r.log.1')).toContain('Full sync, reason');
    expect(messages(log('r.log')).at(-1)).toBe('redis-ts is now ready to exit, bye bye...');
    expect(existsSync(join(dir, 'r.pid'))).toBe(false);
    expect(one.stdout() + one.stderr()).toBe('');
  });

  it('goes on when nobody reads its log any more, and when its terminal is closed', async () => {
    const master = await realMaster();
    const one = replica(['--of', `127.0.0.1:${master.port}`, '--port', '0']);
    const port = await streaming(one);
    one.child.stdout.destroy();
    one.child.stderr.destroy();
    one.child.kill('SIGHUP');
    await master.must('CLIENT', 'KILL', 'TYPE', 'replica');
    await master.must('SET', 'a', '1');
    await eventually(async () => (await ask(port, 'GET', 'a')) === '"1"');
    one.child.kill('SIGTERM');
    expect(await new Promise((resolve) => one.child.once('exit', resolve))).toBe(0);
  });

  it('keeps a copy when asked, and goes on from it', async () => {
    const master = await realMaster();
    await master.must('SET', 'a', '1');
    const args = ['--of', `127.0.0.1:${master.port}`, '--port', '0', '--save', '3600 1000'];
    const first = replica(args);
    await streaming(first);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(existsSync(join(dir, 'dump.rdb'))).toBe(true);
    const second = replica(args);
    await streaming(second);
    expect(second.stdout()).toContain('Partial sync, goes on after ');
  });
});

describe.skipIf(!realRedisAvailable())('a backup: --once', () => {
  it('leaves the bytes of the master, verified, and exits 0', async () => {
    const master = await realMaster();
    for (let i = 0; i < 100; i++) await master.must('SET', `key:${i}`, 'x'.repeat(i * 10));
    const file = join(dir, 'copy.rdb');
    // What lies there already is neither loaded nor continued from.
    const one = replica(['--of', `:${master.port}`, '--once', '--rdb', file]);
    expect(await one.ended).toBe(0);
    expect(one.stderr()).toBe('');
    const told = messages(one.stdout());
    expect(told).toContainEqual(
      expect.stringMatching(/^Backup: \S+\/copy\.rdb: [\d.]+ KB, 100 keys, checksum ok, offset [\d,]+$/),
    );
    expect(told[0]).toMatch(/^Connecting to MASTER /);
    expect(told.at(-1)).toMatch(/^Backup: /);
    expect(told).toContainEqual(expect.stringMatching(/^The master is redis \d/));
    expect(told.join('\n')).not.toMatch(/just started|initialized|not possible|Streaming|bye bye/);
    expect(readdirSync(dir)).toEqual(['copy.rdb']);
    const restored = await startRealRedis({ args: ['--dbfilename', 'copy.rdb', '--dir', dir] });
    masters.push(restored);
    expect(await restored.must('DBSIZE')).toEqual({ type: 'integer', value: 100 });
    const again = replica(['--of', `:${master.port}`, '--once', '--dbfilename', 'copy.rdb', '--json']);
    expect(await again.ended).toBe(0);
    const last = JSON.parse(
      again
        .stdout()
        .split('\n')
        .find((line) => line.includes('"kind":"backup"')) ?? '{}',
    ) as object;
    const replaced = { bytes: expect.any(Number) as number, modified: expect.any(String) as string };
    expect(last).toMatchObject({ kind: 'backup', path: file, keys: 100, checksum: 'ok', replaced });
  });

  it('an empty master does not cost the last good backup: exit 4', async () => {
    const master = await realMaster();
    await master.must('SET', 'a', '1');
    const file = join(dir, 'nightly.rdb');
    const night = async (...more: string[]) => {
      const one = replica(['--of', `:${master.port}`, '--once', '--rdb', file, ...more]);
      return { code: await one.ended, out: one.stdout(), err: one.stderr() };
    };
    expect((await night()).code).toBe(0);
    expect(await night()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/1 key, .*; replaces \d+ B of /) as string,
    });
    const before = readFileSync(file);
    await master.must('FLUSHALL');
    expect(await night()).toMatchObject({
      code: 4,
      err: expect.stringMatching(
        /^redis-ts replica: no backup: the master has 0 keys, and \S+nightly\.rdb \(\d+ B of .*\) has some: it was left as it is\. --force replaces it\n$/,
      ) as string,
    });
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(dir)).toEqual(['nightly.rdb']);
    expect((await night('--force')).code).toBe(0);
    expect(readFileSync(file)).not.toEqual(before);
  });

  it.each([
    ['NOAUTH', {}, /wants a password: give it with --masterauth, or in the environment as REDISCLI_AUTH/],
    ['WRONGPASS', { REDISCLI_AUTH: 'wrong' }, /refused the password: give the right one with --masterauth/],
  ])('%s: says what to give', async (word, env, told) => {
    const master = await realMaster();
    await master.must('CONFIG', 'SET', 'requirepass', 'right');
    const one = replica(['--of', `:${master.port}`, '--once'], env);
    expect(await one.ended).toBe(1);
    expect(one.stderr().split('\n')).toHaveLength(2);
    expect(one.stderr()).toMatch(told);
    expect(one.stderr()).toContain(word);
    expect(one.stdout()).not.toContain(word);
  });

  it('makes one attempt: no master, no file, exit 1', async () => {
    const port = await freePort();
    const file = join(dir, 'none.rdb');
    const one = replica(['--of', `:${port}`, '--once', '--rdb', file]);
    expect(await one.ended).toBe(1);
    expect(one.stderr()).toBe(
      `redis-ts replica: no backup: cannot connect to 127.0.0.1:${port} (connection refused)\n`,
    );
    // Said once.
    expect(one.stdout()).not.toMatch(/refused/);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says why a file cannot be written', async () => {
    const master = await realMaster();
    const one = replica(['--of', `:${master.port}`, '--once', '--rdb', join(dir, 'no', 'such.rdb')]);
    expect(await one.ended).toBe(1);
    expect(one.stderr()).toMatch(
      /^redis-ts replica: no backup: \S+\/no\/such\.rdb cannot be written: ENOENT\n$/,
    );
    // Nothing was asked of the master: it did not fork.
    expect(await ask(master.port, 'INFO', 'stats')).toContain('sync_full:0');
  });

  it('stopped before it was done is no success', async () => {
    const master = await realMaster('--repl-diskless-sync-delay', '30');
    const one = replica(['--of', `:${master.port}`, '--once', '--rdb', join(dir, 'stopped.rdb')]);
    await eventually(() => /Connected to the master/.test(one.stdout()));
    one.child.kill('SIGINT');
    expect(await one.ended).toBe(130);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('--rdb belongs to --once', async () => {
    const { code, stderr } = await runCli(['replica', '--of', ':1', '--rdb', 'x.rdb']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^redis-ts replica: --rdb says where --once leaves its file: give both\n/);
  });
});
