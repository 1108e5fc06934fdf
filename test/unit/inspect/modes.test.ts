/** The pure parts of the modes: history and sparklines, the watching loop on a manual clock, topologies from scripted servers. */
import { describe, expect, it } from 'vitest';
import { withWatchInterval } from '../../../src/cli/inspect/flags.js';
import { chart } from '../../../src/cli/html/chart.js';
import { sparkline } from '../../../src/cli/render/inspect-watch.js';
import { renderTree } from '../../../src/cli/render/inspect-tree.js';
import { clip } from '../../../src/cli/text.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { ascii } from '../../../src/core/base/bytes.js';
import { type Reply } from '../../../src/core/protocol/reply-decoder.js';
import { readCluster } from '../../../src/core/inspect/cluster.js';
import { History, namedReplicas, Series } from '../../../src/core/inspect/history.js';
import { report } from '../../../src/core/inspect/report.js';
import { askSentinel } from '../../../src/core/inspect/sentinel.js';
import { SETTING_PATTERNS } from '../../../src/core/inspect/settings.js';
import { crawl, type Topology, type TreeOptions } from '../../../src/core/inspect/tree.js';
import { Watch } from '../../../src/core/inspect/watch.js';
import { clientLine, facts, masterInfo, replicaInfo, tail } from '../../support/inspect-facts.js';
import { bulk, bulks, scriptedDial, type Script } from '../../support/scripted-dial.js';

const ID = '8c1f0b0f3a5d4e6c7b8a9f0e1d2c3b4a5968e2a9';
const GONE = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', layer: 'connect' } as const;

/** Lets promises settle and the clock run until `over`. */
async function play<T>(clock: ManualClock, work: Promise<T>, stepMs = 50): Promise<T> {
  let over = false;
  const result = work.finally(() => (over = true));
  result.catch(() => undefined);
  for (let i = 0; i < 2000 && !over; i++) {
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    if (!over) clock.advance(stepMs);
  }
  return result;
}

const script = (info: string | readonly string[], runId = 'r1', version = '7.2.6'): Script => {
  const server = `# Server\r\nredis_version:${version}\r\nrun_id:${runId}\r\n\r\n`;
  return {
    replies: {
      ...Object.fromEntries(SETTING_PATTERNS.map((pattern) => [`CONFIG GET ${pattern}`, bulks()])),
      INFO: [info].flat().map((text) => bulk(server + text)),
      ROLE: '*0\r\n',
      'CLIENT LIST TYPE replica': bulk(''),
      'CLIENT LIST TYPE pubsub': bulk(''),
    },
  };
};

describe('Series', () => {
  it('keeps every point while there is room, and every peak when there is not', () => {
    const series = new Series();
    for (let i = 0; i < 100; i++) series.add(i);
    expect(series.all()).toHaveLength(100);
    expect(series.recent(3)).toEqual([97, 98, 99]);
    for (let i = 100; i < 100_000; i++) series.add(i === 50_001 ? 1e9 : 1);
    expect(series.all().length).toBeLessThan(1200);
    expect(Math.max(...series.all().map((point) => point ?? 0))).toBe(1e9);
    expect(series.recent(1000).length).toBeLessThan(500);
  });

  it('knows what could not be measured from 0', () => {
    const series = new Series();
    for (const point of [undefined, 0, undefined]) series.add(point);
    expect(series.all()).toEqual([undefined, 0, undefined]);
  });
});

describe('History', () => {
  const of = (...lines: string[]) => report(facts({ info: masterInfo(lines, tail(1000)) }));
  const line = (port: number, offset: number) =>
    `ip=10.0.0.6,port=${port},state=online,offset=${offset},lag=0`;

  it('keeps replicas apart by what they announce, numbered when they share it, with gaps while they are gone', () => {
    const history = new History();
    history.add(of(line(1, 1000), line(1, 900)), 5000);
    history.add(of(line(2, 800)), 6000);
    history.addFailure(9000);
    expect(history.all().map(({ name, behind }) => [name, behind.all()])).toEqual([
      ['10.0.0.6:1', [0, undefined, undefined]],
      ['10.0.0.6:1 (2)', [100, undefined, undefined]],
      ['10.0.0.6:2', [undefined, 200, undefined]],
    ]);
    expect([history.samples, history.failures, history.startedAtMs, history.endedAtMs]).toEqual([
      2, 1, 5000, 9000,
    ]);
    expect(namedReplicas(of('ip=::1,port=5,state=online,offset=1,lag=0').replicas)[0][0]).toBe('[::1]:5');
  });
});

describe('sparkline and clip', () => {
  it('goes from 0 to the largest', () => {
    expect(sparkline([0, 1, 4, 7, undefined, 8], true)).toBe('▁▂▅█ █');
    expect(sparkline([0, 8], false)).toBe('_#');
    expect(sparkline([0, 0], true)).toBe('▁▁');
    expect(sparkline([5], true, 10)).toBe('▅');
  });

  it('cuts text, not colours', () => {
    expect(clip('\x1b[31mabcdef\x1b[39m', 3)).toBe('\x1b[31mabc\x1b[39m');
    expect(clip('abc', 3)).toBe('abc');
  });
});

describe('withWatchInterval', () => {
  it.each([
    [['--watch'], ['--watch=1']],
    [
      ['--watch', '2', 'host'],
      ['--watch=2', 'host'],
    ],
    [['--watch', '0.5'], ['--watch=0.5']],
    [
      ['--watch', 'host:1'],
      ['--watch=1', 'host:1'],
    ],
    [
      ['--watch', '--json'],
      ['--watch=1', '--json'],
    ],
    [['--watch=3'], ['--watch=3']],
    [
      ['--', '--watch'],
      ['--', '--watch'],
    ],
  ])('%j is %j', (argv, expected) => {
    expect(withWatchInterval(argv)).toEqual(expected);
  });
});

describe('chart', () => {
  it('leaves gaps, shows a lonely point, and escapes names', () => {
    const lines = [{ name: '<b>', points: [0, undefined, 10, 10] }];
    const { text } = chart({ label: 'lag', lines, format: String, from: 'a', to: 'b' });
    expect(text).toContain('d="M78.0 176.0h0M506.0 8.0h0L720.0 8.0"');
    expect(text).toContain('&lt;b&gt;');
  });
});

describe('Watch', () => {
  const infos = [100, 1100, 2100, 3100].map((offset) => masterInfo([], tail(offset)));
  const run = (source: Script, more: object = {}) => {
    const clock = new ManualClock();
    const server = scriptedDial(source);
    const options = { clock, name: 's:1', timeoutMs: 1000, intervalMs: 1000, thresholds: {}, ...more };
    return { clock, server, watch: new Watch(server.dial, options) };
  };

  it('looks at a fixed beat over one connection, and ends when the time is over', async () => {
    const { clock, server, watch } = run(script(infos), { forMs: 3000 });
    const rates: (number | undefined)[] = [];
    await play(
      clock,
      watch.run(({ report: { rate } }) => rates.push(rate?.bytesPerSecond)),
    );
    expect(rates[0]).toBeUndefined();
    expect(rates.slice(1).map((rate) => Math.round(rate ?? 0))).toEqual([1000, 1000, 1000]);
    expect(server.asked.filter((line) => line === 'INFO')).toHaveLength(4);
    expect(server.asked.filter((line) => line.startsWith('CONFIG'))).toHaveLength(SETTING_PATTERNS.length);
    expect(server.closed()).toBe(true);
  });

  it('fails with the first look, and only with that', async () => {
    const first = run({ replies: {}, fail: GONE });
    await expect(
      play(
        first.clock,
        first.watch.run(() => undefined),
      ),
    ).rejects.toThrow('cannot connect to s:1');
  });

  it('follows the Sentinel to another master, and compares nothing across', async () => {
    const next = scriptedDial(script(masterInfo([], tail(7)), 'r2'));
    const sentinel = {
      address: 's:26379',
      name: 'm',
      master: { host: 't', port: 1, flags: [] },
      replicas: [],
    };
    const findMaster = () => Promise.resolve({ dial: next.dial, name: 't:1', sentinel });
    const { clock, watch } = run(script(infos), { forMs: 7000, findMaster });
    const told: string[] = [];
    await play(
      clock,
      watch.run(({ report: { target }, fresh }) =>
        told.push(...fresh.map(({ text }) => `${target} ${text}`)),
      ),
    );
    expect(told).toEqual([
      't:1 the Sentinel s:26379 names t:1 as the master now, and this view follows: it was s:1',
    ]);
    expect(watch.lastReport).toMatchObject({ target: 't:1', sentinel: { name: 'm' } });
  });

  it('tells of trouble with the report from before, and stops when told', async () => {
    const { replies } = script(infos);
    const { clock, watch } = run({ replies: { ...replies, INFO: [replies.INFO[0], 'silence'] } });
    const troubles: (number | undefined)[] = [];
    await play(
      clock,
      watch.run(({ trouble, history }) => {
        troubles.push(trouble?.attempts);
        if (history.failures >= 2) watch.stop();
      }),
    );
    expect(troubles).toEqual([undefined, 1, 2]);
  });
});

describe('crawl', () => {
  const walk = async (
    servers: Record<string, Script>,
    more: Partial<TreeOptions> = {},
  ): Promise<Topology> => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const reach = (host: string, port: number) => {
      const name = `${host}:${port}`;
      asked.push(name);
      return { name, dial: scriptedDial(servers[name] ?? { replies: {}, fail: GONE }).dial };
    };
    const [target] = Object.keys(servers);
    const dial = scriptedDial(servers[target]).dial;
    return play(clock, crawl({ dial, name: target }, { clock, timeoutMs: 1000, reach, ...more }));
  };
  const lists = (...ports: number[]) =>
    masterInfo(
      ports.map((port) => `ip=h,port=${port},state=online,offset=90,lag=0`),
      tail(100),
    );
  const follows = (port: number, changes: object = {}) =>
    replicaInfo(90, { master_host: 'h', master_port: port, ...changes });
  const ids = ({ findings }: Topology) => findings.map(({ id, severity }) => `${id} ${severity}`);
  const plain = { color: false, unicode: true, width: 200 };

  it('finds twins by run id, and draws', async () => {
    const topology = await walk({
      'h:1': script(follows(2), 'one'),
      'h:2': script(lists(1, 3, 4), 'two'),
      'h:3': script(follows(2), 'three'),
      'h:4': script(follows(2), 'three'),
    });
    expect(topology.nodes.map(({ address, aliases }) => [address, ...aliases])).toEqual([
      ['h:1'],
      ['h:2'],
      ['h:3', 'h:4'],
    ]);
    expect(renderTree(topology, plain)).toBe(
      [
        'h:2  master  redis 7.2.6  offset 100  replid 8c1f0b0f…',
        '├─ h:1 ●  replica  redis 7.2.6  offset 90  10 B behind',
        '└─ h:3  replica  redis 7.2.6  offset 90  10 B behind  also h:4',
        '',
        'FINDINGS',
        '  ✔ nothing is wrong',
        '',
        'Each server was looked at once; its rates, and what grows, need two looks: redis-ts inspect HOST:PORT',
        '',
      ].join('\n'),
    );
  });

  it('breaks a line that is wider than the terminal between its words', async () => {
    const topology = await walk({
      'h:1': script(lists(2, 3), 'a'),
      'h:2': script(follows(1), 'b'),
      'h:3': script(follows(1), 'c'),
    });
    const drawing = renderTree(topology, { ...plain, width: 44 }).split('\n\n')[0];
    expect(drawing.split('\n')).toEqual([
      'h:1 ●  master  redis 7.2.6  offset 100',
      '│    replid 8c1f0b0f…',
      '├─ h:2  replica  redis 7.2.6  offset 90',
      '│       10 B behind',
      '└─ h:3  replica  redis 7.2.6  offset 90',
      '        10 B behind',
    ]);
  });

  it('keeps whom it cannot ask, under the one that names them', async () => {
    const topology = await walk({ 'h:1': script(lists(8)) });
    expect(topology.nodes[1]).toMatchObject({
      address: 'h:8',
      parent: 'h:1',
      state: 'online',
      behindBytes: 10,
    });
    expect(ids(topology)).toEqual(['node-unreachable warning']);
    expect(topology.findings[0].advice).toContain('replica-announce-ip');
    const dead = await walk({ 'h:1': script(follows(9)) });
    const found = dead.findings.find(({ id }) => id === 'node-unreachable')!;
    expect(found.advice).toContain('promote the replica with the highest offset');
    expect(found.advice).not.toContain('replica-announce-ip');
    expect(renderTree(topology, plain)).toContain(
      '└─ h:8  cannot connect to h:8: connect ECONNREFUSED  10 B behind',
    );
  });

  it('tells a server that hangs from one that is down', async () => {
    const silent: Script = { replies: { ...script('').replies, INFO: 'silence' } };
    const topology = await walk({ 'h:1': script(lists(2)), 'h:2': silent });
    const [found] = topology.findings;
    expect(found.text).toMatch(/^h:2 is named by another server and cannot be asked: it did not answer INFO/);
    expect(found.advice).toMatch(/^It takes connections and answers nothing: its process is stopped/);
    expect(renderTree(topology, plain)).toMatch(/^└─ h:2 {2}did not answer INFO/m);
  });

  it('tries where a replica connects from when what it announces is no use', async () => {
    const master = script(masterInfo(['ip=172.17.0.3,port=7,state=online,offset=90,lag=0'], tail(100)), 'a');
    const replies = {
      ...master.replies,
      'CLIENT LIST TYPE replica': bulk(clientLine(3, '10.0.0.7:5', 9, 0)),
    };
    const topology = await walk({ 'h:1': { replies }, '10.0.0.7:7': script(follows(1), 'b') });
    expect(topology.nodes[1]).toMatchObject({
      address: '172.17.0.3:7',
      aliases: ['10.0.0.7:7'],
      role: 'slave',
      parent: 'h:1',
    });
    expect(ids(topology)).toEqual(['announced-not-peer warning']);
  });

  it("is no quieter than each server's own report, and takes the lines that the user drew", async () => {
    const master = script(masterInfo(['ip=h,port=2,state=online,offset=40,lag=9'], tail(100)));
    const servers = { 'h:1': master, 'h:2': script(follows(1), 'two') };
    const topology = await walk(servers);
    expect(topology.status).toBe('warning');
    expect(topology.findings).toMatchObject([
      {
        id: 'ack-old',
        node: 'h:1',
        text: 'h:1: replica 0 (h:2) last acknowledged 9 s ago; replicas do it every second. Its link is dropped at 60 s.',
        advice: expect.stringContaining('It is blocked') as string,
      },
    ]);
    const below = { 'h:2': servers['h:2'], 'h:1': master };
    expect((await walk(below)).findings).toMatchObject([
      { id: 'ack-old', node: 'h:1', commands: ['redis-ts inspect h:1'] },
    ]);
    const strict = await walk(servers, { thresholds: { maxAckAgeSeconds: 5, accept: ['no-replicas'] } });
    expect(strict.status).toBe('critical');
    const accepting = await walk(servers, { thresholds: { accept: ['ack-old'] } });
    expect([accepting.status, accepting.accepted?.length]).toEqual(['ok', 1]);
  });

  it('counts the replicas of the target alone where their number was given', async () => {
    const servers = { 'h:1': script(lists(2)), 'h:2': script(follows(1), 'two') };
    const told = async (expectReplicas: number) =>
      (await walk(servers, { thresholds: { expectReplicas } })).findings;
    expect(await told(1)).toEqual([]);
    expect(await told(2)).toMatchObject([{ id: 'replicas-missing', severity: 'critical', node: 'h:1' }]);
  });

  it('finds mixed histories, snapshots that cannot be read, and lists that are wrong', async () => {
    const topology = await walk({
      'h:1': script(lists(2, 3, 4), 'a'),
      'h:2': script(follows(1).replace(ID, 'f'.repeat(40)), 'b'),
      'h:3': script(follows(1), 'c', '7.0.15'),
      'h:4': script(follows(9), 'd'),
    });
    expect(ids(topology).sort()).toEqual([
      'follows-another warning',
      'mixed-replication-ids warning',
      'node-unreachable warning',
      'rdb-unreadable warning',
    ]);
    expect(topology.findings.map(({ text }) => text).join('\n')).toContain(
      'redis 7.2.6 writes RDB 11 and redis 7.0.15 reads up to 10',
    );
  });

  it('a ring of three is told once, with the best of them', async () => {
    const topology = await walk({
      'h:1': script(follows(2), 'a'),
      'h:2': script(
        follows(3).replace('slave_repl_offset:90\nslave_priority', 'slave_repl_offset:95\nslave_priority'),
        'b',
      ),
      'h:3': script(follows(1), 'c'),
    });
    const rings = topology.findings.filter(({ id }) => id === 'replication-ring');
    expect(rings).toMatchObject([
      {
        node: 'h:2',
        text: 'a ring: h:1 follows h:2 follows h:3 follows h:1. None of them has a real master.',
      },
    ]);
    expect(topology.roots).toEqual(['h:1']);
    const [first, second, third, end] = renderTree(topology, plain).split('\n');
    expect([first, second, third, end].map((line) => /h:\d( again)?/.exec(line)?.[0])).toEqual([
      'h:1',
      'h:3',
      'h:2',
      'h:1 again',
    ]);
  });

  it('is bounded in servers and in time', async () => {
    const many = { 'h:1': script(lists(2, 3, 4, 5)) };
    const few = await walk(many, { mostNodes: 3 });
    expect(few.nodes).toHaveLength(3);
    expect(few.truncated).toBe('only the first 3 servers are shown');
    const silent: Script = { replies: { ...script('').replies, INFO: 'silence' } };
    const slow = { 'h:1': script(lists(2, 3)), 'h:2': silent, 'h:3': silent };
    const late = await walk(slow, { timeoutMs: 60_000, mostMs: 1000 });
    expect(late.nodes.map(({ notSeen }) => notSeen !== undefined)).toEqual([false, true, true]);
  });

  it('sends the login to nobody else, and still tells who is alive from who is gone', async () => {
    const replies = { ...script(lists(2, 3)).replies, 'AUTH s3cret': '+OK\r\n' };
    const noauth = '-NOAUTH Authentication required.\r\n';
    const locked: Script = {
      replies: Object.fromEntries(Object.keys(script('').replies).map((line) => [line, noauth])),
    };
    const login = { pass: 's3cret' };
    const topology = await walk({ 'h:1': { replies }, 'h:2': locked }, { login });
    expect(topology.nodes[1].notSeen).toBe(
      'not asked with your login, which was given for h:1 alone: it is alive and wants one (--share-login sends it)',
    );
    expect(topology.nodes[2].notSeen).toContain('ECONNREFUSED');
    expect(ids(topology)).toEqual(['node-unreachable warning', 'node-unreachable info']);
  });
});

describe('readCluster', () => {
  const text = (value: string): Reply => ({ type: 'bulk', value: ascii(value) });
  const refusal: Reply = { type: 'error', value: ascii("ERR unknown subcommand 'SHARDS'") };
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((char) => char.repeat(40));
  const nodes = [
    `${b} 10.0.0.2:7001@17001,host master - 0 1 2 connected 5461-10922 11000`,
    `${a} 10.0.0.1:7000@17000 myself,master - 0 1 1 connected 0-5460 [5460->-${b}]`,
    `${c} 10.0.0.3:7002@17002 slave,fail ${a} 0 1 1 disconnected`,
    `${d} :0@0 slave,noaddr ${a} 0 1 1 disconnected`,
  ].join('\n');

  it('makes shards of CLUSTER NODES alone, by their first slot', () => {
    const cluster = readCluster([text(nodes), text('cluster_state:ok\r\n'), refusal]);
    expect(cluster).toMatchObject({
      state: 'ok',
      slotsAssigned: 5461 + 5462 + 1,
      shards: [
        {
          slots: ['0-5460'],
          master: { address: '10.0.0.1:7000', self: true },
          replicas: [{ address: '10.0.0.3:7002', role: 'replica', health: 'fail', connected: false }],
        },
        {
          slots: ['5461-10922', '11000'],
          slotCount: 5463,
          master: { address: '10.0.0.2:7001' },
          replicas: [],
        },
      ],
    });
  });

  it('is undefined when it is refused', () => {
    expect(readCluster([refusal, refusal, refusal])).toBeUndefined();
  });
});

describe('askSentinel', () => {
  const noauth = '-NOAUTH Authentication required.\r\n';
  const master = bulks(
    'name',
    'm',
    'ip',
    '10.0.0.5',
    'port',
    '6379',
    'flags',
    'master,s_down',
    'quorum',
    '2',
    'num-other-sentinels',
    '2',
  );
  const ask = (replies: Script['replies'], login?: { pass: string }) => {
    const server = scriptedDial({ replies });
    const clock = new ManualClock();
    const options = { clock, name: 's:26379', timeoutMs: 1000, intervalMs: 0, login };
    return { server, result: play(clock, askSentinel(server.dial, 'm', options)) };
  };
  const replies = {
    'SENTINEL MASTER m': master,
    'SENTINEL REPLICAS m': '*0\r\n',
    'SENTINEL CKQUORUM m': '-NOQUORUM 1 usable Sentinels.\r\n',
  };

  it('gives the master and what is wrong with the quorum; the login stays with us', async () => {
    const { server, result } = ask(replies, { pass: 's3cret' });
    expect(await result).toMatchObject({
      master: { host: '10.0.0.5', port: 6379, flags: ['master', 's_down'] },
      quorum: 2,
      sentinels: 3,
      quorumTrouble: 'NOQUORUM 1 usable Sentinels.',
    });
    expect(server.asked).not.toContain('AUTH s3cret');
  });

  it('gives the login to a Sentinel that asks for one', async () => {
    const twice = Object.fromEntries(Object.entries(replies).map(([line, reply]) => [line, [noauth, reply]]));
    const { server, result } = ask({ ...twice, 'AUTH s3cret': '+OK\r\n' }, { pass: 's3cret' });
    expect((await result).master.port).toBe(6379);
    expect(server.asked).toContain('AUTH s3cret');
  });
});
