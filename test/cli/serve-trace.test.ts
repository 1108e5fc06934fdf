/** `redis-ts serve --trace` as a process: home-made replicas with one fault each, good ones, and real ones. */
import { type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { FakeReplica } from '../support/fake-replica.js';
import { realRedisAvailable, realRedisServers, startRealRedis } from '../support/real-redis.js';
import { RespConnection } from '../support/resp-connection.js';
import { builtCli, runCli, startCli } from '../support/run-cli.js';
import { openWindow, tmuxAvailable } from '../support/tmux.js';

interface Traced {
  readonly conn: number;
  readonly kind: string;
  readonly peer?: string;
  readonly verdict?: string;
  readonly answersGetack?: boolean;
  readonly finding?: { readonly id: string; readonly text?: string };
}

const DEADLINE_MS = 40_000;
const cleanups: (() => unknown)[] = [];

beforeAll(() => void builtCli(), 120_000);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

class Master {
  stdout = '';
  stderr = '';
  port = 0;

  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdin.end();
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  static async start(...args: string[]): Promise<Master> {
    const dir = mkdtempSync(join(tmpdir(), 'redis-ts-trace-'));
    const child = startCli(['serve', '--port', '0', '--dir', dir, '--save', '', '--trace', ...args]);
    cleanups.push(() => {
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    });
    const master = new Master(child);
    await eventually(() => {
      const match = /Listening on port (\d+)/.exec(master.stdout + master.stderr);
      master.port = Number(match?.[1] ?? 0);
      return /Ready to accept connections tcp/.test(master.stdout + master.stderr) && match;
    }, DEADLINE_MS);
    return master;
  }

  /** The events printed so far. */
  get events(): Traced[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1).trimEnd();
    return whole === '' ? [] : whole.split('\n').map((line) => JSON.parse(line) as Traced);
  }

  /** Ids found, by the port that the replica came from. */
  found(port: number): string[] {
    const { events } = this;
    const attach = events.find(({ kind, peer }) => kind === 'attach' && peer?.endsWith(`:${port}`));
    return events
      .filter(({ conn, kind }) => kind === 'finding' && conn === attach?.conn)
      .map(({ finding }) => finding?.id ?? '');
  }
}

function cleaned(replica: FakeReplica): FakeReplica {
  cleanups.push(() => replica.stop());
  return replica;
}

/** The client side of the load: what all replicas of the test are sent. */
async function load(port: number): Promise<void> {
  const client = await RespConnection.connect(port);
  cleanups.push(() => client.close());
  await client.send('SET', 'key', 'value');
  await client.send('WAIT', '1', '100');
  await client.send('MULTI');
  await client.send('SET', 'a', '1');
  await client.send('SET', 'b', '2');
  await client.send('EXEC');
  await client.send('SET', 'key', 'other');
  await client.send('WAIT', '20', '300');
}

type Faulty = (port: number) => Promise<FakeReplica>;

const resp = (...args: string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;

/** One home-made replica for each fault that shows within seconds. */
const FAULTY: Readonly<Record<string, Faulty>> = {
  'psync-before-replies': async (port) => {
    const replica = await FakeReplica.connect(port);
    replica.send(resp('REPLCONF', 'listening-port', '1') + resp('PSYNC', '?', '-1'));
    return replica;
  },
  'no-listening-port': (port) =>
    FakeReplica.attach(port, { introduction: [resp('PING'), resp('REPLCONF', 'capa', 'psync2')] }),
  'replconf-odd-options': async (port) => {
    const replica = await FakeReplica.connect(port);
    replica.command('REPLCONF', 'capa', 'eof', 'psync2');
    return replica;
  },
  'replconf-option-unknown': async (port) => {
    const replica = await FakeReplica.connect(port);
    replica.command('REPLCONF', 'listen-port', '1');
    return replica;
  },
  'silent-before-psync': async (port) => {
    const replica = await FakeReplica.connect(port);
    replica.command('REPLCONF', 'listening-port', '1');
    return replica;
  },
  'psync-malformed': async (port) => {
    const replica = await FakeReplica.connect(port);
    replica.command('REPLCONF', 'listening-port', '1');
    await replica.line();
    replica.command('PSYNC', '?', 'x');
    return replica;
  },
  'replica-sends-commands': async (port) => {
    const replica = await FakeReplica.attach(port);
    replica.command('GET', 'key');
    return replica;
  },
  'no-acks': (port) => FakeReplica.attach(port, { silent: true, answer: () => undefined }),
  'ack-malformed': async (port) => {
    const replica = await FakeReplica.attach(port);
    replica.command('REPLCONF', 'ACK', 'seven');
    return replica;
  },
  'getack-counted-early': (port) => FakeReplica.attach(port, { answer: (r) => r.offset + r.wireLength }),
  'getack-unanswered': (port) => FakeReplica.attach(port, { answer: () => undefined }),
  'ack-counts-snapshot': (port) => FakeReplica.attach(port, { answer: (r) => r.offset + r.snapshotBytes }),
  'ack-ahead': (port) => FakeReplica.attach(port, { answer: (r) => r.offset + 100_003 }),
  'ack-inside-transaction': (port) =>
    FakeReplica.attach(port, {
      // MULTI is 15 bytes.
      on: ([name], replica) => {
        if (name.toLowerCase() === 'multi') replica.ack(replica.offset + 15);
      },
    }),
  'ack-inside-command': (port) =>
    FakeReplica.attach(port, {
      on: ([name], replica) => {
        if (name.toLowerCase() === 'set') replica.ack(replica.offset + 11);
      },
    }),
  'ack-went-back': async (port) => {
    let asked = 0;
    const replica = await FakeReplica.attach(port, {
      answer: (r) => (asked++ === 0 ? r.offset : start),
    });
    // It is asked later, by the load.
    const start = replica.offset;
    return replica;
  },
  'replies-to-stream': (port) =>
    FakeReplica.attach(port, {
      on: ([name], replica) => {
        if (name.toLowerCase() === 'set') replica.send('+OK\r\n');
      },
    }),
};

describe('home-made replicas at a master that traces', () => {
  it('each of many at once gets its own finding, and good ones none', async () => {
    const master = await Master.start('--json', '--repl-diskless-sync', 'no');
    const good = cleaned(await FakeReplica.attach(master.port));
    const attached = await Promise.all(
      Object.entries(FAULTY).map(async ([id, play]) => [id, cleaned(await play(master.port))] as const),
    );
    const ports = new Map(attached.map(([id, { port }]) => [id, port]));
    await load(master.port);
    const expected = Object.fromEntries([...ports.keys()].map((id) => [id, [id]]));
    const found = () => Object.fromEntries([...ports].map(([id, port]) => [id, master.found(port)]));
    await eventually(() => Object.values(found()).every((ids) => ids.length > 0), DEADLINE_MS);
    expect(found()).toEqual(expected);
    expect(master.found(good.port)).toEqual([]);
    expect(master.stderr).toMatch(/Ready to accept connections/);
  }, 60_000);

  it('offsets that begin at 0, and a stream that waits for its first ACK', async () => {
    const master = await Master.start('--json', '--repl-diskless-sync-delay', '0');
    const first = cleaned(await FakeReplica.attach(master.port, { eof: true }));
    await load(master.port);
    const zero = cleaned(
      await FakeReplica.attach(master.port, {
        eof: true,
        answer: (r) => r.offset - start,
      }),
    );
    const start = zero.offset;
    const mute = cleaned(await FakeReplica.attach(master.port, { eof: true, silent: true }));
    zero.ack();
    await load(master.port);
    await eventually(() => master.found(zero.port).length > 0, DEADLINE_MS);
    await eventually(() => master.found(mute.port).length > 0, DEADLINE_MS);
    expect(master.found(zero.port)).toEqual(['ack-from-zero']);
    expect(master.found(mute.port)).toEqual(['first-ack-missing']);
    expect(master.found(first.port)).toEqual([]);
  }, 60_000);

  it('a missing password, and a wrong one', async () => {
    const master = await Master.start('--json', '--requirepass', 'secret-word');
    const without = cleaned(await FakeReplica.connect(master.port));
    without.command('PING');
    await without.line();
    without.command('REPLCONF', 'listening-port', '1');
    const wrong = cleaned(await FakeReplica.connect(master.port));
    wrong.command('AUTH', 'wrong-word');
    await wrong.line();
    wrong.command('REPLCONF', 'listening-port', '1');
    await eventually(() => master.found(without.port).length > 0, DEADLINE_MS);
    await eventually(() => master.found(wrong.port).length > 0, DEADLINE_MS);
    expect(master.found(without.port)).toEqual(['replica-sent-no-auth']);
    expect(master.found(wrong.port)).toEqual(['wrongpass']);
    expect(master.stdout).not.toMatch(/-word/);
  });

  it('talk between PSYNC and its answer', async () => {
    const master = await Master.start('--json', '--repl-diskless-sync-delay', '2');
    const replica = cleaned(await FakeReplica.connect(master.port));
    replica.command('REPLCONF', 'listening-port', '1');
    await replica.line();
    replica.command('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
    await replica.line();
    replica.command('PSYNC', '?', '-1');
    await eventually(() => master.events.some(({ kind }) => kind === 'keepalive'), DEADLINE_MS);
    replica.ack(0);
    await eventually(() => master.found(replica.port).length > 0, DEADLINE_MS);
    expect(master.found(replica.port)).toEqual(['talks-while-waiting']);
  });

  it('clients are no replicas: nothing is printed for them', async () => {
    const master = await Master.start('--json');
    await load(master.port);
    expect(master.events).toEqual([]);
  });
});

describe('a replica that empties its buffer behind the snapshot', () => {
  it('is found while nothing is written at all', async () => {
    const master = await Master.start('--json', '--repl-diskless-sync', 'no');
    let lost: number | undefined;
    const replica = cleaned(
      await FakeReplica.attach(master.port, {
        silent: true,
        // The first command of the stream came in one piece with the end of the snapshot.
        on: (_args, r) => void (lost ??= r.wireLength),
      }),
    );
    const timer = setInterval(() => replica.ack(replica.offset - (lost ?? 0)), 1000);
    cleanups.push(() => clearInterval(timer));
    await eventually(() => master.found(replica.port).length > 0, DEADLINE_MS);
    expect(master.found(replica.port)).toEqual(['first-bytes-dropped']);
  });
});

describe('the text', () => {
  it('goes to stderr, plain when piped, each line under the number of its replica', async () => {
    const master = await Master.start('--repl-diskless-sync', 'no');
    cleaned(await FakeReplica.attach(master.port));
    const faulty = cleaned(
      await FakeReplica.attach(master.port, { silent: true, answer: (r) => r.offset + r.wireLength }),
    );
    await load(master.port);
    await eventually(() => /--explain getack-counted-early/.test(master.stderr), DEADLINE_MS);
    faulty.stop();
    await eventually(() => /closed by the replica/.test(master.stderr), DEADLINE_MS);
    const { stderr } = master;
    // eslint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/\x1b/);
    expect(stderr).toMatch(/^→ replica #1 from 127\.0\.0\.1:\d+\n#1 +\d+\.\d\d ms {2}< PING\n/);
    expect(stderr).toMatch(/\n#2 +\d+\.\d\d ms {2}< PSYNC \? -1\n/);
    expect(stderr).toMatch(/\n#2 +\d+\.\d\d ms {2}> \+FULLRESYNC [0-9a-f]{40} \d+ +✔\n/);
    expect(stderr).toMatch(/\n#2 .*< ACK (\d+) {3}sent \1, 0 B behind, getack-counted-early +✖\n/);
    expect(stderr).toMatch(/\n✖ getack-counted-early {2}\(replica #2\)\n {2}GETACK stood at \d+ /);
    const longest = Math.max(...stderr.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(110);
    expect(master.stdout).toMatch(/Ready to accept connections tcp/);
    expect(master.stdout).not.toMatch(/#\d/);
  });

  it('--json without --trace is bad usage', async () => {
    const { code, stderr } = await runCli(['serve', '--json', '--port', '0']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^redis-ts serve: --json is the form of --trace: give both\n/);
  });
});

it.skipIf(!tmuxAvailable)(
  'fits the terminal when only the trace goes there, and the log to a file',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'redis-ts-trace-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const log = join(dir, 'log');
    const serve = `${process.execPath} ${join(builtCli(), 'bin/run.js')} serve --port 0 --dir ${dir} --trace`;
    const window = openWindow(`${serve} > ${log}`, { columns: 60, rows: 40 });
    cleanups.push(() => window.close());
    const port = () =>
      Number(/Listening on port (\d+)/.exec(existsSync(log) ? readFileSync(log, 'utf8') : '')?.[1]);
    await eventually(() => port() > 0, DEADLINE_MS);
    const replica = cleaned(await FakeReplica.connect(port()));
    replica.command('REPLCONF', 'capa', 'eof', 'psync2');
    await eventually(() => window.screen().some((line) => line.includes('More: ')), DEADLINE_MS);
    const screen = window.screen();
    const from = screen.findIndex((line) => line.startsWith('✖ replconf-odd-options'));
    const finding = screen.slice(
      from + 1,
      screen.findIndex((line) => line.includes('More: ')),
    );
    expect(finding.length).toBeGreaterThan(2);
    expect(finding.filter((line) => !/^ {2}\S/.test(line))).toEqual([]);
  },
);

describe.skipIf(!realRedisAvailable())('real replicas', () => {
  it.each(realRedisServers())(
    'redis $version attaches, follows and answers WAIT: nothing is found',
    async ({ bin }) => {
      const master = await Master.start('--json', '--repl-diskless-sync-delay', '0');
      const target = `127.0.0.1 ${master.port}`;
      const real = await startRealRedis({ bin, args: ['--replicaof', target, '--appendonly', 'yes'] });
      cleanups.push(() => real.stop());
      await eventually(() => master.events.some(({ kind }) => kind === 'ack'), DEADLINE_MS);
      await load(master.port);
      await load(master.port);
      await eventually(
        () => master.events.filter(({ answersGetack }) => answersGetack).length >= 4,
        DEADLINE_MS,
      );
      await real.must('CLIENT', 'KILL', 'TYPE', 'master');
      await eventually(() => master.events.some(({ kind }) => kind === 'continue'), DEADLINE_MS);
      await load(master.port);
      await eventually(() => master.events.filter(({ kind }) => kind === 'getack').length >= 6, DEADLINE_MS);
      expect(master.events.filter(({ kind }) => kind === 'finding')).toEqual([]);
      expect(new Set(master.events.map(({ verdict }) => verdict ?? 'ok'))).toEqual(new Set(['ok']));
    },
    60_000,
  );
});
