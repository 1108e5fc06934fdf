/** The modes of `redis-ts inspect`, as processes, on real servers: topology, comparison of data, Sentinel, Cluster, the report page. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Report } from '../../src/core/inspect/model.js';
import { type Topology } from '../../src/core/inspect/tree.js';
import { findField, parseInfo } from '../../src/core/info/parse.js';
import { eventually } from '../support/eventually.js';
import { type RealRedis, realRedisAvailable, startRealRedis } from '../support/real-redis.js';
import { RespConnection } from '../support/resp-connection.js';
import { runCli } from '../support/run-cli.js';
import { freePort } from '../support/server-process.js';

const CHROMIUM = '/usr/bin/chromium';
const SENTINEL = '/usr/bin/redis-sentinel';

const schema = readFileSync(new URL('../../docs/inspect.schema.json', import.meta.url), 'utf8');
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(schema) as object);

function parsed<T>(text: string): T {
  const value: unknown = JSON.parse(text);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value as T;
}

const servers: RealRedis[] = [];
const start = async (...args: string[]): Promise<RealRedis> => {
  const server = await startRealRedis({ args });
  servers.push(server);
  return server;
};
const field = async (server: RealRedis, name: string) => {
  const reply = await server.must('INFO', 'replication');
  return findField(parseInfo(reply.type === 'bulk' ? reply.value : ''), name);
};
const follow = async (master: RealRedis, ...args: string[]): Promise<RealRedis> => {
  const replica = await start('--replicaof', `127.0.0.1 ${master.port}`, ...args);
  await eventually(async () => (await field(replica, 'master_link_status')) === 'up', 20_000);
  return replica;
};
const settled = async (master: RealRedis, replica: RealRedis) => {
  const offset = Number(await field(master, 'master_repl_offset'));
  await eventually(async () => Number(await field(replica, 'slave_repl_offset')) >= offset);
};
const stopAll = () => Promise.all(servers.splice(0).map((server) => server.stop()));
const at = ({ port }: RealRedis) => `127.0.0.1:${port}`;

describe.skipIf(!realRedisAvailable())('inspect --tree (needs redis-server)', () => {
  afterEach(stopAll);

  it('finds everybody from anywhere, and draws who follows whom', async () => {
    // One that keeps nothing on disk would be found fault with.
    const top = await start('--repl-diskless-sync-delay', '0', '--save', '3600 1');
    const middle = await follow(top, '--repl-diskless-sync-delay', '0');
    const leaf = await follow(middle);
    const other = await follow(top);
    for (const target of [top, middle, leaf]) {
      const { stdout } = await runCli(['inspect', at(target), '--tree', '--json']);
      const topology = parsed<Topology>(stdout);
      expect(topology.roots).toEqual([at(top)]);
      const parents = topology.nodes.map(({ address, parent }) => [address, parent]);
      expect(parents.sort()).toEqual(
        [
          [at(top), undefined],
          [at(middle), at(top)],
          [at(other), at(top)],
          [at(leaf), at(middle)],
        ].sort(),
      );
      expect(topology.findings).toEqual([]);
    }
    const drawn = await runCli(['inspect', at(leaf), '--tree']);
    expect(drawn.code).toBe(0);
    const lines = drawn.stdout.split('\n').map((line) => line.replace(/ {2}(redis|offset).*/, ''));
    expect(lines[0]).toBe(`${at(top)}  master`);
    expect(drawn.stdout).toMatch(new RegExp(`^[│ ] {2}└─ ${at(leaf)} ●  replica`, 'm'));
  });

  it('names a ring, and which of them to make the master', async () => {
    const one = await start();
    const two = await start();
    await one.must('SET', 'a', '1');
    await one.must('REPLICAOF', '127.0.0.1', two.port);
    await two.must('REPLICAOF', '127.0.0.1', one.port);
    const { stdout, code } = await runCli(['inspect', at(one), '--tree']);
    expect(stdout).toContain(
      `a ring: ${at(one)} follows ${at(two)} follows ${at(one)}. None of them has a real master.`,
    );
    expect(stdout).toContain('REPLICAOF NO ONE');
    expect(code).toBe(2);
    const itself = await start();
    await itself.must('REPLICAOF', 'localhost', itself.port);
    const alone = parsed<Topology>((await runCli(['inspect', at(itself), '--tree', '--json'])).stdout);
    expect(alone.nodes).toMatchObject([{ address: at(itself), aliases: [`localhost:${itself.port}`] }]);
    expect(alone.findings[0]).toMatchObject({
      id: 'replication-ring',
      text: `${at(itself)} follows itself.`,
    });
  });

  it('sends no login to whom it was not given, unless it may', async () => {
    const master = await start('--repl-diskless-sync-delay', '0');
    const replica = await follow(master);
    await master.must('CONFIG', 'SET', 'requirepass', 's3cret');
    await replica.must('CONFIG', 'SET', 'masterauth', 's3cret');
    const env = { REDISCLI_AUTH: 's3cret' };
    await replica.must('CONFIG', 'SET', 'requirepass', 's3cret');
    const strict = await runCli(['inspect', at(master), '--tree', '--json'], { env });
    expect(parsed<Topology>(strict.stdout).nodes[1]).toMatchObject({
      address: at(replica),
      notSeen: `not asked with your login, which was given for ${at(master)} alone: it is alive and wants one (--share-login sends it)`,
      state: 'online',
    });
    const shared = await runCli(['inspect', at(master), '--tree', '--json', '--share-login'], { env });
    expect(parsed<Topology>(shared.stdout).nodes[1]).toMatchObject({ address: at(replica), role: 'slave' });
  });
});

describe.skipIf(!realRedisAvailable())('inspect --verify (needs redis-server)', () => {
  let one: RealRedis;
  let two: RealRedis;

  beforeAll(async () => {
    one = await start('--repl-diskless-sync-delay', '0', '--enable-debug-command', 'local');
    two = await follow(one, '--replica-read-only', 'no');
  }, 60_000);
  afterAll(stopAll);

  const verify = (...args: string[]) => runCli(['inspect', at(one), '--verify', at(two), ...args]);

  it('equal: every type, small and large, two databases, exit 0', async () => {
    for (const key of ['small', 'large']) {
      const count = key === 'small' ? 5 : 3000;
      for (let n = 0; n < count; n++) {
        void one.must('RPUSH', `list:${key}`, `element ${n}`);
        void one.must('SADD', `set:${key}`, `member ${n}`);
        void one.must('HSET', `hash:${key}`, `field ${n}`, 'x'.repeat(40));
        void one.must('ZADD', `zset:${key}`, n / 3, `member ${n}`);
        void one.must('XADD', `stream:${key}`, '*', 'n', n);
      }
    }
    await one.must('XGROUP', 'CREATE', 'stream:small', 'group', '0');
    await one.must('XREADGROUP', 'GROUP', 'group', 'me', 'COUNT', '2', 'STREAMS', 'stream:small', '>');
    await one.must('SET', 'string:large', 'y'.repeat(700_000));
    await one.must('SET', 'binary', Buffer.from([0, 255, 10, 13, 128]), 'EX', 5000);
    await one.must('SELECT', 3);
    await one.must('SET', 'elsewhere', '1');
    await one.must('SELECT', 0);
    await settled(one, two);
    const result = await verify('--json');
    const value = parsed<Record<string, unknown>>(result.stdout);
    expect(value).toMatchObject({
      status: 'equal',
      sameHistory: true,
      checked: 13,
      different: 0,
      unsettled: 0,
    });
    expect(result.code).toBe(0);
  });

  it('different: names the key and why, in every kind of way, exit 1', async () => {
    const changes: [string, ...(string | number)[]][] = [
      ['SET', 'only here', '1'],
      ['DEL', 'binary'],
      ['DEL', 'list:small'],
      ['SADD', 'list:small', 'x'],
      ['LSET', 'list:large', 2500, 'another'],
      ['SREM', 'set:large', 'member 17'],
      ['SADD', 'set:large', 'member 9999'],
      ['HSET', 'hash:large', 'field 77', 'changed'],
      ['ZADD', 'zset:large', '0.5', 'member 2000'],
      ['XADD', 'stream:large', '*', 'n', 'more'],
      ['SETRANGE', 'string:large', 600_000, 'z'],
      ['EXPIRE', 'hash:small', 100],
      ['XGROUP', 'DESTROY', 'stream:small', 'group'],
    ];
    for (const change of changes) await two.must(...change);
    const result = await verify('--json');
    const { differences, status } = parsed<{
      status: string;
      differences: { key: string; kind: string; why: string }[];
    }>(result.stdout);
    expect(status).toBe('different');
    expect(result.code).toBe(1);
    const found = Object.fromEntries(differences.map(({ key, kind, why }) => [key, `${kind}: ${why}`]));
    expect(found).toEqual({
      'only here': `missing: only on ${at(two)} (string)`,
      binary: `missing: only on ${at(one)} (string)`,
      'list:small': 'type: list and set',
      'list:large': 'value: list: the element at 2500: "element 2500" and "another"',
      'set:large': 'value: set: the member "member 17" is in the first only',
      'hash:large': `value: hash: the field "field 77": "${'x'.repeat(40)}" and "changed"`,
      'zset:large': expect.stringMatching(/^value: zset: the element at \d+: /) as string,
      'stream:large': 'value: stream: 3000 and 3001 elements',
      'string:large': 'value: string: the bytes differ from 600000 on',
      'hash:small': expect.stringMatching(/^expiry: expires never and \d{4}-/) as string,
      'stream:small': 'value: stream: the consumer groups',
    });
    const plain = await verify();
    expect(plain.stdout).toContain('✖ different: 11 keys of 14 compared');
    expect(plain.stdout).toMatch(/^ {2}db0 {2}"list:small" +type +list and set$/m);
  });

  it('settles what is written to meanwhile', async () => {
    await one.must('FLUSHALL');
    for (let n = 0; n < 5000; n++) void one.must('SET', `key:${n}`, n);
    await settled(one, two);
    let stop = false;
    const writer = (async () => {
      for (let n = 0; !stop; n++) {
        await Promise.all(
          Array.from({ length: 20 }, (_, i) => one.must('SET', `key:${(n * 20 + i) % 5000}`, n)),
        );
        await one.must('INCR', 'counter');
      }
    })();
    const result = await verify('--json');
    stop = true;
    await writer;
    expect(parsed<Record<string, unknown>>(result.stdout)).toMatchObject({ different: 0 });
    expect([0, 3]).toContain(result.code);
  });

  it('--sample compares as many as asked, as keys or as a share', async () => {
    await one.must('FLUSHALL');
    for (let n = 0; n < 5000; n++) void one.must('SET', `key:${n}`, n);
    await settled(one, two);
    const sampled = async (size: string) => {
      const { stdout, code } = await verify('--sample', size, '--json');
      expect(code).toBe(0);
      return parsed<{ checked: number; sample: number; detects?: { keys: number } }>(stdout);
    };
    const drawn = await sampled('200');
    expect(drawn.sample).toBe(200);
    expect(drawn.checked).toBeGreaterThan(150);
    expect(drawn.checked).toBeLessThanOrEqual(202);
    expect(drawn.detects?.keys).toBe(228);
    const scanned = await sampled('20%');
    expect(scanned).toMatchObject({ sample: 1000, detects: { keys: 21 } });
    expect(Math.abs(scanned.checked - 1000)).toBeLessThan(200);
    const all = await sampled('9999');
    expect(all).toMatchObject({ sample: 5000, checked: 5000 });
    expect(all.detects).toBeUndefined();
  });

  it('could not tell: exit 3 when a server does not let itself be read', async () => {
    await two.must('ACL', 'SETUSER', 'blind', 'on', '>pw', '+info', '+select', '+scan');
    const url = `redis://blind:pw@127.0.0.1:${two.port}`;
    const { stdout, code } = await runCli(['inspect', at(one), '--verify', url]);
    expect(stdout).toContain('could not tell');
    expect(stdout).toContain('NOPERM');
    expect(stdout).not.toContain('pw@');
    expect(code).toBe(3);
    const closed = await freePort();
    expect((await runCli(['inspect', at(one), '--verify', `:${closed}`])).code).toBe(3);
  });
});

describe.skipIf(!realRedisAvailable() || !existsSync(SENTINEL))(
  'inspect --sentinel (needs redis-sentinel)',
  () => {
    const children: ChildProcess[] = [];
    const dirs: string[] = [];
    afterEach(async () => {
      for (const child of children.splice(0)) {
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
      await stopAll();
    });

    it('asks for the master, inspects it, and compares the two views', async () => {
      const master = await start('--repl-diskless-sync-delay', '0');
      const replica = await follow(master);
      const port = await freePort();
      const dir = mkdtempSync(join(tmpdir(), 'redis-ts-sentinel-'));
      dirs.push(dir);
      const file = join(dir, 'sentinel.conf');
      writeFileSync(file, `port ${port}\ndir ${dir}\nsentinel monitor mymaster 127.0.0.1 ${master.port} 1\n`);
      children.push(spawn(SENTINEL, [file], { stdio: 'ignore' }));
      await eventually(
        () =>
          RespConnection.connect(port).then(
            (c) => (c.close(), true),
            () => false,
          ),
        10_000,
      );
      const inspect = async (...args: string[]) => runCli(['inspect', `:${port}`, '--sentinel', ...args]);
      const report = async () => parsed<Report>((await inspect('mymaster', '--json')).stdout);
      await eventually(async () => (await report()).sentinel?.replicas.length === 1, 20_000);
      const { target, sentinel, findings, server } = await report();
      expect(target).toBe(at(master));
      expect(server.role).toBe('master');
      expect(sentinel).toMatchObject({
        address: `127.0.0.1:${port}`,
        name: 'mymaster',
        master: { host: '127.0.0.1', port: master.port, flags: ['master'] },
        quorum: 1,
        sentinels: 1,
        replicas: [{ address: at(replica), flags: ['slave'] }],
      });
      expect(findings.map(({ id }) => id)).toEqual(['master-without-persistence']);
      // Pointed at the master itself, the Sentinel is seen among its clients.
      const direct = parsed<Report>((await runCli(['inspect', at(master), '--json'])).stdout);
      expect(direct.sentinels).toEqual([expect.stringMatching(/^sentinel-[0-9a-f]{8}$/)]);
      expect((await inspect('nobody')).stderr).toContain('watches no master called nobody');
      const wrong = await runCli(['inspect', at(master), '--sentinel', 'mymaster']);
      expect(wrong.stderr).toContain('is no Sentinel');
      expect(wrong.code).toBe(3);
      const plain = await runCli(['inspect', `:${port}`]);
      expect(plain.stderr).toContain('name the master that it watches with --sentinel NAME');
    }, 60_000);
  },
);

describe.skipIf(!realRedisAvailable())('inspect of a Redis Cluster node (needs redis-server)', () => {
  afterEach(stopAll);

  it('shows every shard', async () => {
    const nodes = await Promise.all([1, 2].map(() => start('--cluster-enabled', 'yes')));
    await nodes[0].must('CLUSTER', 'ADDSLOTSRANGE', 0, 8191);
    await nodes[1].must('CLUSTER', 'ADDSLOTSRANGE', 8192, 16000);
    await nodes[0].must('CLUSTER', 'MEET', '127.0.0.1', nodes[1].port);
    const report = async () => parsed<Report>((await runCli(['inspect', at(nodes[0]), '--json'])).stdout);
    await eventually(async () => (await report()).cluster?.shards.length === 2, 20_000);
    await eventually(async () => (await report()).cluster!.slotsAssigned === 16_001, 20_000);
    const { cluster, findings, server } = await report();
    expect(server.mode).toBe('cluster');
    expect(cluster).toMatchObject({
      state: 'fail',
      shards: [
        { slots: ['0-8191'], slotCount: 8192, master: { self: true, health: 'ok' } },
        { slots: ['8192-16000'], slotCount: 7809, master: { address: at(nodes[1]) } },
      ],
    });
    expect(findings.map(({ id }) => id)).toEqual([
      'cluster-down',
      'cluster-slots-missing',
      'cluster-shard-without-replica',
      'cluster-shard-without-replica',
      'no-replicas',
      'backlog-inactive',
    ]);
    const { stdout } = await runCli(['inspect', at(nodes[0])]);
    expect(stdout).toContain('state fail, 16,001 of 16,384 slots assigned, 2 shards');
    const tree = parsed<Topology>((await runCli(['inspect', at(nodes[0]), '--tree', '--json'])).stdout);
    expect(tree.nodes.map(({ role }) => role)).toEqual(['master', 'master']);
  }, 60_000);
});

describe.skipIf(!realRedisAvailable())(
  'inspect --report, --prometheus and piped --watch (needs redis-server)',
  () => {
    let master: RealRedis;
    let dir: string;
    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'redis-ts-report-'));
      master = await start('--repl-diskless-sync-delay', '0');
      await follow(master);
    }, 60_000);
    afterAll(async () => {
      rmSync(dir, { recursive: true, force: true });
      await stopAll();
    });

    it('piped: one line per sample without a code, and the exit code of the last', async () => {
      const { stdout, code } = await runCli(['inspect', at(master), '--watch', '0.2', '--for', '1s']);
      const lines = stdout.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(4);
      for (const line of lines) {
        expect(line).toMatch(
          /^\S+Z 127\.0\.0\.1:\d+ role=master offset=\d+ (rate=\d+ )?replicas=1 online=1 behind_max=\d+ ack_max=\d+ status=\w+/,
        );
      }
      expect(stdout).not.toContain('\x1b');
      expect(code).toBe(1);
    });

    it('as JSON: one report per line', async () => {
      const { stdout } = await runCli(['inspect', at(master), '--watch=0.2', '--for', '600ms', '--json']);
      const reports = stdout
        .trimEnd()
        .split('\n')
        .map(parsed<Report>);
      expect(reports[0].sampledSeconds).toBe(0);
      expect(reports[1].sampledSeconds).toBeGreaterThan(0.1);
    });

    it('prometheus: the names of redis_exporter, and a server that is gone is redis_up 0', async () => {
      const { stdout, code } = await runCli(['inspect', at(master), '--prometheus']);
      for (const name of [
        'up',
        'instance_info',
        'connected_slaves',
        'master_repl_offset',
        'replication_backlog_bytes',
      ]) {
        expect(stdout).toMatch(new RegExp(`^redis_${name}[ {]`, 'm'));
      }
      expect(stdout).toMatch(
        /^redis_connected_slave_lag_seconds\{slave_ip="127\.0\.0\.1",slave_port="\d+",slave_state="online"\} \d+$/m,
      );
      expect(stdout).toMatch(/^redis_inspect_finding\{id="master-without-persistence"\} 1$/m);
      for (const line of stdout.trimEnd().split('\n'))
        expect(line).toMatch(/^(# (HELP|TYPE) redis_|redis_\w+(\{.*\})? -?[\d.e+]+$)/);
      expect(code).toBe(0);
      const gone = await runCli(['inspect', `:${await freePort()}`, '--prometheus']);
      expect(gone.stdout).toMatch(/^redis_up 0$/m);
      expect(gone.stdout).toMatch(/^redis_inspect_status 3$/m);
      expect(gone.code).toBe(3);
    });

    it.skipIf(!existsSync(CHROMIUM))('writes a page that a browser shows without a script', async () => {
      const file = join(dir, 'report.html');
      const result = await runCli(['inspect', at(master), '--watch', '0.2', '--for', '1s', '--report', file]);
      expect(result.stderr).toBe(`wrote ${file}\n`);
      const page = readFileSync(file, 'utf8');
      expect(page).not.toMatch(/<script|https?:\/\//);
      const dom = await dumpDom(file, dir);
      expect(dom).toContain(`<h1>Replication of ${at(master)}`);
      for (const id of ['findings', 'lag', 'replicas', 'topology', 'info'])
        expect(dom).toContain(`<section id="${id}">`);
      expect(dom).toContain('master-without-persistence');
      expect(dom).toMatch(/<svg viewBox="0 0 720 200"/);
      expect(dom).toMatch(/<path d="M[\d.]+ [\d.]+/);
    });

    it('cannot write the page: bad usage', async () => {
      const result = await runCli([
        'inspect',
        at(master),
        '--watch=0.1',
        '--for=100ms',
        '--report',
        join(dir, 'no/such.html'),
      ]);
      expect(result.stderr).toContain('--report: cannot write');
      expect(result.code).toBe(3);
    });
  },
);

function dumpDom(file: string, dir: string): Promise<string> {
  const flags =
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
  const args = [
    ...flags.split(' '),
    `--user-data-dir=${mkdtempSync(join(dir, 'profile-'))}`,
    '--dump-dom',
    `file://${file}`,
  ];
  return new Promise((resolve, reject) =>
    execFile(CHROMIUM, args, { timeout: 60_000, maxBuffer: 1e8 }, (error, stdout) =>
      error ? reject(new Error(error.message)) : resolve(stdout),
    ),
  );
}
