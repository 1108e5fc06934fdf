/** `redis-ts serve` as a process: how it starts, what it says when it cannot, and how it ends. */
import { type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RespConnection } from '../support/resp-connection.js';
import { builtCli, runCli, startCli } from '../support/run-cli.js';
import { freePort } from '../support/server-process.js';

let dir: string;
const running: ChildProcessWithoutNullStreams[] = [];

beforeAll(() => void builtCli(), 120_000);
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'redis-ts-serve-'))));
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A server that was started, whether it got far or not. */
class Served {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | string>;

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    running.push(child);
    child.stdin.end();
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((done) => child.once('close', (code, signal) => done(code ?? signal ?? -1)));
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    await eventually(() => (match = pattern.exec(this.stdout)) !== null);
    return match!;
  }

  async port(): Promise<number> {
    return Number((await this.says(/Listening on port (\d+)/))[1]);
  }

  async connect(): Promise<RespConnection> {
    return RespConnection.connect(await this.port());
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Starts a server on a free port with its files in `dir`. */
function serve(...args: string[]): Served {
  return new Served(startCli(['serve', '--port', '0', '--dir', dir, ...args]));
}

const file = () => join(dir, 'dump.rdb');

async function text(connection: RespConnection, ...args: string[]): Promise<string> {
  const reply = await connection.send(...args);
  return 'text' in reply ? reply.text : reply.type;
}

describe('a server that starts', () => {
  it('prints its port, logs as Redis does, and ends with 0 on SIGTERM', async () => {
    const server = serve('--save', '');
    const client = await server.connect();
    expect(await text(client, 'PING')).toBe('PONG');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.stderr).toBe('');
    const line = /^\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} [*#] /;
    const lines = server.stdout.trimEnd().split('\n');
    for (const logged of lines) expect(logged).toMatch(line);
    expect(lines.map((logged) => logged.replace(line, '').replace(/\d+/g, 'N'))).toEqual([
      'Redis version=N.N.N (redis-ts), bits=N, PID: N, just started',
      'Server initialized',
      'Listening on port N',
      'Ready to accept connections tcp',
      'Received SIGTERM scheduling shutdown...',
      'User requested shutdown...',
      'redis-ts is now ready to exit, bye bye...',
    ]);
    expect(existsSync(file())).toBe(false);
  });

  it('takes its configuration from a file, standard input and the command line, the last one counts', async () => {
    writeFileSync(join(dir, 'redis.conf'), `dir ${dir}\nmaxmemory 1mb\nhz 20\nsave ""\n`);
    const args = ['serve', join(dir, 'redis.conf'), '--port', '0', '--hz', '40', '-'];
    const child = startCli(args);
    child.stdin.write('hz 30\nmaxclients 77\n');
    const server = new Served(child);
    const client = await server.connect();
    const shown = await client.send('CONFIG', 'GET', 'hz', 'max*');
    const words = shown.type === 'array' ? shown.items.map((item) => ('text' in item ? item.text : '')) : [];
    const value = (name: string) => words[words.indexOf(name) + 1];
    expect(value('hz')).toBe('40');
    expect(value('maxclients')).toBe('77');
    expect(value('maxmemory')).toBe('1048576');
    server.signal('SIGINT');
    expect(await server.ended).toBe(0);
  });

  it('takes users from the file, and CONFIG REWRITE writes them back', async () => {
    const conf = join(dir, 'redis.conf');
    writeFileSync(conf, 'user alice on nopass +@all -debug\nrequirepass one\nuser bob\n');
    const server = new Served(startCli(['serve', conf, '--port', '0', '--dir', dir]));
    const connection = await server.connect();
    expect(await text(connection, 'AUTH', 'alice', 'any')).toBe('OK');
    expect(await text(connection, 'ACL', 'DELUSER', 'bob')).toBe('integer');
    expect(await text(connection, 'CONFIG', 'REWRITE')).toBe('OK');
    connection.close();
    const lines = readFileSync(conf, 'utf8').split('\n');
    expect(lines[0]).toBe('user alice on nopass sanitize-payload resetchannels +@all -debug');
    expect(lines.filter((line) => line.startsWith('user'))).toHaveLength(2);
    expect(lines).toContain(
      'user default on sanitize-payload #7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed ~* &* +@all',
    );
  });

  it('writes logfile and pidfile, and has written all of the log when it ends', async () => {
    const log = join(dir, 'server.log');
    const pid = join(dir, 'server.pid');
    const server = serve('--save', '', '--logfile', log, '--pidfile', pid);
    await eventually(() => readFileSync(log, 'utf8').includes('Ready to accept'));
    expect(readFileSync(pid, 'utf8')).toMatch(/^\d+\n$/);
    const port = Number(/Listening on port (\d+)/.exec(readFileSync(log, 'utf8'))![1]);
    const client = await RespConnection.connect(port);
    void client.send('SHUTDOWN').catch(() => undefined);
    expect(await server.ended).toBe(0);
    expect(server.stdout).toBe('');
    expect(readFileSync(log, 'utf8')).toMatch(/bye bye\.\.\.\n$/);
    expect(existsSync(pid)).toBe(false);
  });
});

describe('the data set', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'is saved on %s where there are save points, and loaded again',
    async (signal) => {
      const first = serve('--save', '3600 1');
      const client = await first.connect();
      await client.pipeline(Array.from({ length: 1000 }, (_, i) => ['SET', `key:${i}`, `value ${i}`]));
      first.signal(signal);
      expect(await first.ended).toBe(0);
      expect(first.stdout).toContain('DB saved on disk');
      const second = serve('--save', '');
      const again = await second.connect();
      expect(second.stdout).toContain('Done loading RDB, keys loaded: 1000, keys expired: 0.');
      expect(await text(again, 'GET', 'key:999')).toBe('value 999');
      second.signal('SIGTERM');
      expect(await second.ended).toBe(0);
    },
  );

  it('is saved as shutdown-on-sigterm and shutdown-on-sigint say', async () => {
    const careless = serve('--save', '3600 1', '--shutdown-on-sigterm', 'nosave');
    await (await careless.connect()).send('SET', 'k', 'v');
    careless.signal('SIGTERM');
    expect(await careless.ended).toBe(0);
    expect(existsSync(file())).toBe(false);
    const careful = serve('--save', '', '--shutdown-on-sigint', 'save');
    await (await careful.connect()).send('SET', 'k', 'v');
    careful.signal('SIGINT');
    expect(await careful.ended).toBe(0);
    expect(existsSync(file())).toBe(true);
  });

  it('is not saved by SHUTDOWN NOSAVE', async () => {
    const server = serve('--save', '3600 1');
    const client = await server.connect();
    await client.send('SET', 'k', 'v');
    void client.send('SHUTDOWN', 'NOSAVE').catch(() => undefined);
    expect(await server.ended).toBe(0);
    expect(existsSync(file())).toBe(false);
  });

  it('keeps the server alive when it cannot be saved', async () => {
    const server = serve('--save', '3600 1');
    const client = await server.connect();
    await client.send('SET', 'k', 'v');
    rmSync(dir, { recursive: true });
    const refusals = () => server.stdout.split('Errors trying to shut down the server').length - 1;
    server.signal('SIGTERM');
    await eventually(() => refusals() === 1);
    expect(await text(client, 'SHUTDOWN')).toBe('ERR Errors trying to SHUTDOWN. Check logs.');
    // A second signal is another attempt, not an insisting one.
    server.signal('SIGINT');
    await eventually(() => refusals() === 3);
    expect(await text(client, 'GET', 'k')).toBe('v');
    void client.send('SHUTDOWN', 'SAVE', 'FORCE').catch(() => undefined);
    expect(await server.ended).toBe(0);
    expect(server.stdout).toContain('Error trying to save the DB, but exiting anyway');
  });

  it('on disk is left alone when the server ends while it loads', async () => {
    const first = serve('--save', '3600 1');
    const client = await first.connect();
    await client.pipeline(Array.from({ length: 3000 }, (_, i) => ['SET', `key:${i}`, 'x'.repeat(20)]));
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    const before = readFileSync(file());
    const port = await freePort();
    const slow = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'];
    const second = new Served(
      startCli(['serve', '--port', String(port), '--dir', dir, '--save', '1 1', ...slow]),
    );
    await second.says(/Server initialized/);
    const early = await RespConnection.connect(port);
    expect(await text(early, 'GET', 'key:1')).toBe('LOADING Redis is loading the dataset in memory');
    expect(await text(early, 'INFO', 'persistence')).toContain('loading:1');
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(readFileSync(file())).toEqual(before);
    early.close();
  });
});

describe('a second SIGINT', () => {
  it('ends a server that is busy at once, with 1', async () => {
    const server = serve('--save', '', '--enable-debug-command', 'yes');
    const client = await server.connect();
    void client.send('DEBUG', 'SLEEP', '30').catch(() => undefined);
    const other = await server.connect();
    const silence = () => new Promise<boolean>((done) => setTimeout(() => done(true), 300));
    const answer = () =>
      other.send('PING').then(
        () => false,
        () => false,
      );
    await eventually(() => Promise.race([answer(), silence()]));
    server.signal('SIGINT');
    // The first is only noted: the engine is asleep. Signals that are too close to each other are delivered as one.
    const pressed = setInterval(() => server.signal('SIGINT'), 100);
    expect(await server.ended).toBe(1);
    clearInterval(pressed);
    expect(server.stderr).toBe('You insist... exiting now.\n');
  });
});

describe('a server that cannot start', () => {
  it('says which port is in use', async () => {
    const other = net.createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as net.AddressInfo;
    const { code, stderr } = await runCli([
      'serve',
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
    ]);
    other.close();
    expect(stderr).toBe(
      `Could not create server TCP listening socket 127.0.0.1:${port}: bind: Address already in use\n`,
    );
    expect(code).toBe(1);
  });

  it('says what is wrong with the folder', async () => {
    const missing = join(dir, 'missing');
    const first = await runCli(['serve', '--port', '0', '--dir', missing]);
    expect(first.stderr).toBe(`Can't use the data directory: ${missing}: No such file or directory\n`);
    expect(first.code).toBe(1);
    const plain = join(dir, 'plain');
    writeFileSync(plain, '');
    const second = await runCli(['serve', '--port', '0', '--dir', plain]);
    expect(second.stderr).toBe(`Can't use the data directory: ${plain}: Not a directory\n`);
    expect(second.code).toBe(1);
  });

  it('names the directive that was meant', async () => {
    const { code, stderr } = await runCli(['serve', '--maxmemry', '1mb']);
    expect(stderr).toBe("redis-ts serve: unknown option '--maxmemry': did you mean '--maxmemory'?\n");
    expect(code).toBe(1);
  });

  it('names the line of the file', async () => {
    const conf = join(dir, 'redis.conf');
    writeFileSync(conf, 'port 0\nappendonyl yes\n');
    const { code, stderr } = await runCli(['serve', conf]);
    expect(stderr).toContain("at line 2\n>>> 'appendonyl yes'\n");
    expect(stderr).toContain("Did you mean 'appendonly'?\n");
    expect(code).toBe(1);
  });

  it('names the user that is wrong', async () => {
    const conf = join(dir, 'redis.conf');
    writeFileSync(conf, 'port 0\nuser alice on bogus\n');
    const line = await runCli(['serve', conf]);
    expect(line.stderr).toContain(
      "at line 2\n>>> 'user alice on bogus'\nError in user declaration 'alice': Syntax error\n",
    );
    expect(line.code).toBe(1);
    const rule = await runCli(['serve', '--port', '0', '--dir', dir, '--user', 'alice', '+nosuch']);
    expect(rule.stdout).toContain(
      "Error loading ACL rule '+nosuch' for the user named 'alice': Unknown command or category name in ACL\n",
    );
    expect(rule.stderr).toBe('Critical error while loading ACLs. Exiting.\n');
    expect(rule.code).toBe(1);
    const file = await runCli(['serve', '--port', '0', '--dir', dir, '--aclfile', 'users.acl']);
    expect(file.stderr).toBe(
      "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file 'users.acl': No such file or directory\n",
    );
    expect(file.code).toBe(1);
  });

  it('explains bad usage, with 2', async () => {
    const { code, stderr } = await runCli(['serve', '-p', '7000']);
    expect(stderr).toMatch(
      /^redis-ts serve: unknown option '-p': directives are written --name value\nUsage: /,
    );
    expect(code).toBe(2);
  });

  it('says that the log file cannot be opened', async () => {
    const log = join(dir, 'missing', 'server.log');
    const { code, stderr } = await runCli(['serve', '--port', '0', '--dir', dir, '--logfile', log]);
    expect(stderr).toMatch(/^Can't open the log file: .*server\.log.*\n$/);
    expect(code).toBe(1);
  });
});

describe('a damaged dump.rdb', () => {
  /** A file that a server of ours has written. */
  async function saved(): Promise<Buffer> {
    const server = serve('--save', '3600 1');
    const client = await server.connect();
    await client.pipeline(Array.from({ length: 500 }, (_, i) => ['SET', `key:${i}`, `value ${i}`]));
    server.signal('SIGTERM');
    await server.ended;
    return readFileSync(file());
  }

  it.each<[string, (rdb: Buffer) => Buffer, RegExp]>([
    ['truncated', (rdb) => rdb.subarray(0, 4000), /Unexpected EOF reading RDB file.* offset (39\d\d|4000)/],
    ['with a flipped byte', (rdb) => flip(rdb, 5000), /offset \d+/],
    ['with a wrong checksum', (rdb) => flip(rdb, rdb.length - 1), /RDB CRC error.* offset \d+/],
    ['that is something else', () => Buffer.from('not a snapshot at all'), /Wrong signature.* offset 0/],
    ['that is empty', () => Buffer.alloc(0), /Unexpected EOF reading RDB file.* offset 0/],
  ])('%s ends the start with 1, where and why, and is left as it is', async (_name, damage, reason) => {
    const damaged = damage(await saved());
    writeFileSync(file(), damaged);
    const { mtimeMs } = statSync(file());
    const { code, stderr, stdout } = await runCli(['serve', '--port', '0', '--dir', dir, '--save', '1 1']);
    expect(stderr).toMatch(/^Fatal error loading the DB: [^\n]*\. Exiting\.\n$/);
    expect(stdout).toContain('Terminating server after rdb file reading failure.\n');
    expect(stderr).toContain(file());
    expect(stderr).toMatch(reason);
    expect(code).toBe(1);
    expect(readFileSync(file())).toEqual(damaged);
    expect(statSync(file()).mtimeMs).toBe(mtimeMs);
  });
});

function flip(rdb: Buffer, at: number): Buffer {
  const copy = Buffer.from(rdb);
  copy[at] ^= 0x55;
  return copy;
}

/** /proc has the title where the arguments were. */
describe.skipIf(!existsSync('/proc/self/cmdline'))('the title of the process', () => {
  const title = (server: Served) =>
    readFileSync(`/proc/${server.pid}/cmdline`, 'latin1').replace(/\0.*$/s, '');

  it('follows proc-title-template and what it names', async () => {
    const server = serve('--bind', '127.0.0.1');
    const port = await server.port();
    await eventually(() => title(server).endsWith(`/run.js 127.0.0.1:${port}`));
    const client = await server.connect();
    await client.send('CONFIG', 'SET', 'proc-title-template', '{{a} {port} {config-file} {server-mode}');
    await eventually(() => title(server) === `{a} ${port} -`);
    client.close();
  });

  it('is left alone with set-proc-title no', async () => {
    const server = serve('--set-proc-title', 'no');
    await server.port();
    expect(title(server)).not.toContain(':');
  });
});
