/** Every finding on scripted facts: that it speaks, how loudly, with which figures, and that it is silent just before. */
import { describe, expect, it } from 'vitest';
import { CATALOGUE, FINDING_IDS, type FindingId } from '../../../src/core/inspect/findings/catalogue.js';
import { explainFinding, findingsPage } from '../../../src/core/inspect/findings/document.js';
import { type Settings } from '../../../src/core/inspect/settings.js';
import { type SentinelFacts } from '../../../src/core/inspect/sentinel.js';
import { type ClusterFacts, type ClusterNode } from '../../../src/core/inspect/cluster.js';
import { type MasterTrouble } from '../../../src/core/inspect/facts.js';
import { report } from '../../../src/core/inspect/report.js';
import {
  clientLine,
  facts,
  type FactsInput,
  masterInfo,
  REPLID,
  replicaInfo,
  tail,
  TROUBLED,
} from '../../support/inspect-facts.js';

const MB = 1024 * 1024;
const online = (offset: number, lag = 0, ip = '10.0.0.6', port = 6380) =>
  `ip=${ip},port=${port},state=online,offset=${offset},lag=${lag}`;
const waiting = 'ip=10.0.0.6,port=6380,state=wait_bgsave,offset=0,lag=0';

const of = (id: FindingId, input: FactsInput) =>
  report(facts(input)).findings.filter((each) => each.id === id);
/** The severities with which `id` speaks. */
const loud = (id: FindingId, input: FactsInput) => of(id, input).map(({ severity }) => severity);

const master = (rest: { settings?: Settings } & Partial<FactsInput> = {}): FactsInput => {
  const { settings = {}, ...more } = rest;
  return { info: masterInfo([online(500)], tail(500)), rest: { settings }, ...more };
};
const server = (...lines: string[]) => `# Server\nredis_version:7.2.4\nrun_id:5d0c\n${lines.join('\n')}\n`;
const DOWN = {
  master_link_status: 'down',
  master_last_io_seconds_ago: -1,
  master_link_down_since_seconds: 9,
};
const upstream = (more: object) => ({ address: '10.0.0.5:6379', ...more });

describe('as many replicas as there should be', () => {
  const attached = (expectReplicas: number | undefined, ...lines: string[]) =>
    report(facts({ info: masterInfo(lines, tail(500)) }), { expectReplicas }).findings.filter(({ id }) =>
      ['replicas-missing', 'replicas-unexpected', 'no-replicas'].includes(id),
    );
  const two = [online(500), online(500, 0, '10.0.0.7')];

  it('is asked for by the user alone, and says nothing where it is so', () => {
    expect(attached(undefined, online(500))).toEqual([]);
    expect(attached(2, ...two)).toEqual([]);
    expect(attached(0)).toEqual([expect.objectContaining({ id: 'no-replicas', severity: 'info' })]);
  });

  it('replicas-missing: critical where fewer are attached', () => {
    expect(attached(2, online(500))).toMatchObject([
      {
        id: 'replicas-missing',
        severity: 'critical',
        text: '1 of 2 expected replicas is attached (--expect-replicas 2): 10.0.0.6:6380.',
      },
    ]);
    // That there is none at all is not said twice.
    expect(attached(1)).toMatchObject([
      {
        id: 'replicas-missing',
        severity: 'critical',
        text: 'no replica is attached, 1 expected (--expect-replicas 1).',
      },
    ]);
    expect(attached(3, ...two)[0].text).toBe(
      '2 of 3 expected replicas are attached (--expect-replicas 3): 10.0.0.6:6380, 10.0.0.7:6380.',
    );
  });

  it('replicas-missing: a warning while one of them waits for its snapshot or is sent it', () => {
    expect(attached(2, online(500, 0, '10.0.0.7'), waiting)).toMatchObject([
      {
        id: 'replicas-missing',
        severity: 'warning',
        text: '1 of 2 expected replicas is online (--expect-replicas 2); not yet: 10.0.0.6:6380 (wait_bgsave).',
      },
    ]);
  });

  it('does not take a tool for a replica', () => {
    const tool = 'ip=10.0.0.9,port=0,state=online,offset=500,lag=0';
    expect(attached(2, online(500), tool)).toMatchObject([
      {
        severity: 'critical',
        text: '1 of 2 expected replicas is attached (--expect-replicas 2): 10.0.0.6:6380. 1 more announces no port: a tool, which is not counted.',
      },
    ]);
    expect(attached(1, online(500), tool)).toEqual([]);
  });

  it('counts what the server counts where it lists none', () => {
    const info = masterInfo([], tail(500)).replace('connected_slaves:0', 'connected_slaves:2');
    const ids = (expectReplicas: number) =>
      report(facts({ info }), { expectReplicas }).findings.map(({ id, severity }) => `${severity} ${id}`);
    expect(ids(2)).not.toContain('critical replicas-missing');
    expect(ids(3)).toContain('critical replicas-missing');
  });

  it('replicas-unexpected: info where there are more', () => {
    expect(attached(1, ...two)).toMatchObject([
      {
        id: 'replicas-unexpected',
        severity: 'info',
        text: '2 replicas are attached, 1 expected (--expect-replicas 1).',
      },
    ]);
  });

  it('is in the report, so that a program can see what was asked', () => {
    expect(report(facts(TROUBLED), { expectReplicas: 2 }).expectedReplicas).toBe(2);
    expect(report(facts(TROUBLED))).not.toHaveProperty('expectedReplicas');
  });
});

describe('the link', () => {
  it('follows-itself, by run id', () => {
    const at = (runId: string) => ({
      info: replicaInfo(5),
      server: server(),
      rest: { upstream: upstream({ runId }) },
    });
    expect(of('follows-itself', at('5d0c'))).toMatchObject([
      {
        severity: 'critical',
        text: 'this replica follows itself: 10.0.0.5:6379 is this very server (run id 5d0c…).',
      },
    ]);
    expect(of('follows-itself', at('other'))).toEqual([]);
    // Nothing else is said of such a link, nor are its offsets shown.
    const itself = at('5d0c');
    const down = {
      ...itself,
      info: replicaInfo(5, DOWN),
      rest: { upstream: upstream({ runId: '5d0c', replid: REPLID, offset: 5, master: '10.0.0.5:6379' }) },
    };
    expect(report(facts(down)).findings.map(({ id }) => id)).toEqual(['follows-itself']);
    expect(report(facts(down)).link).not.toHaveProperty('offset');
    expect(report(facts(down)).link!.behindBytes).toBeUndefined();
  });

  it('replication-ring of two, by address, or by the port where names differ', () => {
    const at = (replica: string, more: object = {}): FactsInput => ({
      info: replicaInfo(5).replace('connected_slaves:0', `connected_slaves:1\nslave0:${replica}`),
      server: server('tcp_port:6380'),
      rest: { upstream: upstream({ ...more }) },
    });
    expect(of('replication-ring', at(online(5, 0, '10.0.0.5', 6379)))).toMatchObject([
      {
        severity: 'critical',
        text: expect.stringMatching(/^a ring: this server follows 10\.0\.0\.5:6379,/) as string,
      },
    ]);
    const back = { master: 'other-name:6380' };
    expect(loud('replication-ring', at(online(5, 0, '10.9.9.9', 6379), back))).toEqual(['critical']);
    expect(loud('replication-ring', at(online(5, 0, '10.9.9.9', 6379)))).toEqual([]);
    // The scripted target is 10.0.0.5:6379.
    expect(loud('replication-ring', at(online(5), { master: '10.0.0.5:6379' }))).toEqual(['critical']);
  });

  it('sub-replicas-cut-off, only below a broken link', () => {
    const at = (changes: object) => ({
      info: replicaInfo(5, { ...changes }).replace('connected_slaves:0', 'connected_slaves:2'),
    });
    expect(of('sub-replicas-cut-off', at(DOWN))).toMatchObject([
      {
        severity: 'critical',
        text: expect.stringMatching(/^2 replicas below this server get nothing/) as string,
        commands: ['REPLICAOF 10.0.0.5 6379'],
      },
    ]);
    expect(of('sub-replicas-cut-off', at({}))).toEqual([]);
  });

  it('sub-replicas-cut-off sends nobody to a master that is down', () => {
    const info = replicaInfo(4321, { ...DOWN }).replace('connected_slaves:0', 'connected_slaves:1');
    const at = (kind: MasterTrouble['kind']) =>
      of('sub-replicas-cut-off', { info, rest: { masterTrouble: { kind, why: 'why' } } })[0];
    expect(at('unreachable').commands).toEqual(['REPLICAOF <host> <port>', 'REPLICAOF NO ONE']);
    expect(at('unreachable').advice).toContain(
      'highest slave_repl_offset (here: 4,321) before it comes back',
    );
    expect(at('timeout').commands).toEqual(['REPLICAOF NO ONE']);
    expect(at('no-login').commands).toEqual(['REPLICAOF 10.0.0.5 6379']);
  });

  it('link-down says what asking the master gave, and asks for no full sync', () => {
    const at = (kind: MasterTrouble['kind']) =>
      of('link-down', {
        info: replicaInfo(5, { ...DOWN }),
        rest: { masterTrouble: { kind, why: 'cannot connect: refused' } },
      })[0];
    expect(at('unreachable').text).toContain('Asked from here: cannot connect: refused.');
    expect(at('no-login').text).toContain('Asked from here, 10.0.0.5:6379 is alive and wants a password.');
    expect(at('timeout').advice).toContain('does not answer: it hangs');
    expect(at('no-login').advice).toContain(
      'The master wants a password; perhaps this replica was never given one (masterauth). Run the first command',
    );
    expect(at('other').advice).toContain(
      'If it passes, the login that this replica uses is wrong or missing',
    );
    expect(at('other').commands).toEqual([
      'redis-ts handshake 10.0.0.5:6379 --no-psync',
      'CONFIG SET masterauth <password>',
      'CONFIG SET masteruser <user>',
    ]);
  });

  it("link-down names the replica's own masterauth where the master answers this login, or its ACL LOG tells", () => {
    const at = (rest: FactsInput['rest']) =>
      of('link-down', { info: replicaInfo(5, { ...DOWN }), rest: { upstream: upstream({}), ...rest } })[0];
    const likely = at({ masterLogin: 'shared' });
    expect(likely.text).toContain('Asked from here with this login, 10.0.0.5:6379 is alive and answers.');
    expect(likely.advice).toContain(
      'The login that you gave works, so most likely the one that this replica uses is wrong or missing',
    );
    expect(likely.commands![0]).toBe('CONFIG SET masterauth <password>');
    expect(at({ masterLogin: 'none' }).advice).not.toContain('The login that you gave works');
    const refusedLogin = { user: 'default', address: '10.0.0.6:40111', secondsAgo: 0.8 };
    const certain = at({ masterLogin: 'shared', refusedLogin });
    expect(certain.advice).toBe(
      'The master refuses the login of this replica: its ACL LOG has an attempt by the user default from 10.0.0.6:40111, 0.8 s ago. So the ' +
        'password that this replica uses (masterauth) is wrong. Set it on this replica:',
    );
    expect(certain.commands).toEqual(['CONFIG SET masterauth <password>']);
    const named = at({ refusedLogin: { ...refusedLogin, user: 'repl' } });
    expect(named.advice).toContain(
      '(masterauth), or its user (masteruser), is wrong. Set it on this replica:',
    );
    expect(named.commands).toEqual(['CONFIG SET masterauth <password>', 'CONFIG SET masteruser <user>']);
  });

  it('link-down sends nobody to a master that cannot be reached, and asks first whether the address is right', () => {
    const at = (kind: MasterTrouble['kind']) =>
      of('link-down', {
        info: replicaInfo(5, { ...DOWN }),
        rest: { masterTrouble: { kind, why: 'cannot connect: refused' } },
      })[0];
    expect(at('refused').advice).toMatch(
      /^First: is 10\.0\.0\.5:6379 right\? As seen from here, nothing listens there\..+makes two of them\..+Attach nobody to it/,
    );
    expect(at('refused').commands).toEqual(['REPLICAOF <host> <port>', 'REPLICAOF NO ONE']);
    expect(at('unreachable').advice).toContain('nothing answers there');
  });

  it('link-down says what will happen when the link is back', () => {
    const keys = '# Keyspace\ndb0:keys=900,expires=0';
    const at = (more: object) =>
      of('link-down', {
        info: replicaInfo(500, { ...DOWN }),
        server: server(keys),
        rest: { upstream: upstream({ replid: REPLID, offset: 900, keys: 900, ...more }) },
      })[0].text;
    expect(at({ backlogFirstOffset: 501 })).toContain(' a partial resync will do, when the link is up.');
    expect(at({ backlogFirstOffset: 502 })).toContain(
      "a full sync follows: the master's backlog begins at 502, and this server stopped at 500.",
    );
    expect(at({})).toContain('a full sync follows: the master has no backlog.');
    const other = { replid: 'c'.repeat(40), backlogFirstOffset: 1 };
    expect(at({ ...other, replid2: REPLID, secondOffset: 501 })).toContain('a partial resync will do');
    expect(at({ ...other, replid2: REPLID, secondOffset: 500 })).toContain('the master has another history');
    expect(at({ ...other, keys: 0 })).toContain(
      "It replaces the 900 keys here by the master's 0: if those here are the good ones, run REPLICAOF NO ONE here first.",
    );
    expect(at({ ...other, keys: 900 })).not.toContain('It replaces');
    const never = of('link-down', {
      info: replicaInfo(500, { master_link_status: 'down' }),
      rest: { upstream: upstream({ ...other, offset: 900 }) },
    });
    expect(never[0].text).toMatch(/ is down and never was up\.$/);
  });

  it('master-not-answering while the link is up', () => {
    const at = (kind: MasterTrouble['kind'], changes: object = {}) =>
      of('master-not-answering', {
        info: replicaInfo(5, { master_last_io_seconds_ago: 12, ...changes }),
        rest: { masterTrouble: { kind, why: 'm did not answer INFO within 2 s' } },
      });
    expect(at('timeout')).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('it was last heard 12 s ago') as string },
    ]);
    expect(at('timeout', DOWN)).toEqual([]);
    expect(at('unreachable')).toEqual([]);
  });

  it('reads-refused', () => {
    const at = (serveStaleData: boolean, changes: object = DOWN) => ({
      info: replicaInfo(5, { ...changes }),
      rest: { settings: { serveStaleData } },
    });
    expect(loud('reads-refused', at(false))).toEqual(['critical']);
    expect(loud('reads-refused', at(true))).toEqual([]);
    expect(loud('reads-refused', at(false, {}))).toEqual([]);
  });

  it('sync-attempts-failing beyond 3', () => {
    const at = (attempts: number) => ({
      info: replicaInfo(5, {
        ...DOWN,
        master_current_sync_attempts: attempts,
        master_total_sync_attempts: 19,
      }),
    });
    expect(of('sync-attempts-failing', at(4))).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringMatching(/^4 attempts in a row .* \(19 attempts in all\)/) as string,
      },
    ]);
    expect(of('sync-attempts-failing', at(3))).toEqual([]);
  });

  it('sync-in-progress with the rate and the time left, between two samples', () => {
    const at = (read: number) =>
      replicaInfo(5, {
        ...DOWN,
        master_sync_total_bytes: 100 * MB,
        master_sync_read_bytes: read * MB,
        master_sync_last_io_seconds_ago: 0,
      });
    expect(of('sync-in-progress', { before: at(40), info: at(50) })[0].text).toContain(
      '10 MB/s, about 5 s to go.',
    );
    expect(of('sync-in-progress', { info: at(50) })[0].text).toContain('the last byte 0 s ago. Until');
  });

  it('sync-stalled: after 10 s, critical beyond half the timeout; the timeout it names covers the silence', () => {
    const at = (silent: number, replTimeoutSeconds = 60) => ({
      info: replicaInfo(5, {
        ...DOWN,
        master_sync_total_bytes: 100,
        master_sync_read_bytes: 5,
        master_sync_last_io_seconds_ago: silent,
      }),
      rest: { settings: { replTimeoutSeconds } },
    });
    expect(loud('sync-stalled', at(10))).toEqual([]);
    expect(of('sync-stalled', at(11))).toMatchObject([
      { severity: 'warning', commands: ['CONFIG SET repl-timeout 120'] },
    ]);
    expect(of('sync-stalled', at(40))).toMatchObject([
      { severity: 'critical', commands: ['CONFIG SET repl-timeout 160'] },
    ]);
  });

  it('version-below-master, by what each writes and reads', () => {
    const at = (version: string, changes: object = {}) => ({
      info: replicaInfo(5, { ...changes }),
      server: server().replace('7.2.4', '6.2.14'),
      rest: { upstream: upstream({ product: 'redis', version }) },
    });
    expect(of('version-below-master', at('7.0.5'))).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringContaining('redis 7.0.5 writes RDB 10 and redis 6.2.14 reads up to 9') as string,
      },
    ]);
    expect(loud('version-below-master', at('7.0.5', DOWN))).toEqual(['critical']);
    expect(loud('version-below-master', at('5.0.1'))).toEqual([]);
  });

  it('key-count-differs, only at the same offset and beyond 1 %', () => {
    const at = (ours: number, theirs: number, offset = 5) => ({
      info: replicaInfo(5),
      server: `${server()}# Keyspace\ndb0:keys=${ours},expires=0\n`,
      rest: {
        upstream: upstream({ keys: theirs, offset, replid: '8c1f0b0f3a5d4e6c7b8a9f0e1d2c3b4a5968e2a9' }),
      },
    });
    expect(of('key-count-differs', at(12_000, 10_000))).toMatchObject([
      { severity: 'info', commands: ['redis-ts inspect 10.0.0.5:6379 --verify 10.0.0.5:6379'] },
    ]);
    expect(loud('key-count-differs', at(8000, 10_000))).toEqual(['warning']);
    expect(loud('key-count-differs', at(10_100, 10_000))).toEqual([]);
    expect(loud('key-count-differs', at(12_000, 10_000, 900_000))).toEqual([]);
  });

  it('maxmemory-below-master', () => {
    const at = (maxmemoryBytes: number, theirs: number, replicaIgnoresMaxmemory = true) => ({
      info: replicaInfo(5),
      rest: {
        settings: { maxmemoryBytes, replicaIgnoresMaxmemory },
        upstream: upstream({ maxmemoryBytes: theirs }),
      },
    });
    expect(of('maxmemory-below-master', at(MB, 2 * MB))).toMatchObject([
      { severity: 'warning', commands: ['CONFIG SET maxmemory 2097152'] },
    ]);
    expect(of('maxmemory-below-master', at(MB, 0, false))[0].text).toContain('evicts what the master keeps');
    expect(loud('maxmemory-below-master', at(2 * MB, MB))).toEqual([]);
    expect(loud('maxmemory-below-master', at(0, MB))).toEqual([]);
  });

  it('chained-replica and not-promotable', () => {
    const rest = { upstream: upstream({ master: '10.0.0.1:6379' }) };
    expect(of('chained-replica', { info: replicaInfo(5), rest })[0].text).toContain('of 10.0.0.1:6379');
    expect(loud('not-promotable', { info: replicaInfo(5, { slave_priority: 0 }) })).toEqual(['info']);
    expect(loud('not-promotable', { info: replicaInfo(5, { replica_announced: 0 }) })).toEqual(['info']);
    expect(loud('not-promotable', { info: replicaInfo(5) })).toEqual([]);
  });
});

describe('the replicas', () => {
  it('min-replicas-at-edge', () => {
    const at = (good: number) => ({
      info: masterInfo([online(5)], tail(5), `min_slaves_good_slaves:${good}\n`),
      rest: { settings: { minReplicasToWrite: 1 } },
    });
    expect(of('min-replicas-at-edge', at(1))).toMatchObject([
      { severity: 'info', advice: 'Attach one more, so that there are 2.' },
    ]);
    expect(loud('min-replicas-at-edge', at(2))).toEqual([]);
  });

  it('output-buffer-growing: seconds to the limit, and a limit for two minutes', () => {
    const limit = { hardBytes: 100 * MB, softBytes: 0, softSeconds: 0 };
    const at = (before: number, now: number) => ({
      ...master({ settings: { replicaOutputLimit: limit } }),
      clientsBefore: clientLine(1, '10.0.0.6:5', 9, before * MB),
      clients: clientLine(1, '10.0.0.6:5', 10, now * MB),
    });
    expect(of('output-buffer-growing', at(38, 40))).toMatchObject([
      {
        severity: 'warning',
        text: 'the output buffer of replica 0 (10.0.0.6:6380) grows by 2.0 MB/s: its link will be dropped in 30 s, at 100 MB.',
        // 40 MB + 2 MB/s * 120 s
        commands: ['CONFIG SET client-output-buffer-limit "replica 280mb 140mb 60"'],
      },
    ]);
    expect(loud('output-buffer-growing', at(30, 40))).toEqual(['critical']);
    expect(loud('output-buffer-growing', at(40, 40.5))).toEqual([]);
    expect(loud('output-buffer-growing', at(41, 40))).toEqual([]);
  });

  it('output-limit-drops: a warning while it happens', () => {
    const field = (n: number) => server(`client_output_buffer_limit_disconnections:${n}`);
    expect(of('output-limit-drops', master({ server: field(3), serverBefore: field(2) }))).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('3 clients dropped') as string },
    ]);
    expect(loud('output-limit-drops', master({ server: field(3) }))).toEqual(['info']);
    expect(loud('output-limit-drops', master({ server: field(0) }))).toEqual([]);
  });

  it('output-limit-below-backlog: worse before 7.0.9', () => {
    const at = (hardBytes: number, version: string) =>
      master({
        settings: { replicaOutputLimit: { hardBytes, softBytes: 0, softSeconds: 60 } },
        server: server().replace('7.2.4', version),
      });
    expect(of('output-limit-below-backlog', at(1000, '7.0.8'))).toMatchObject([
      { severity: 'warning', commands: ['CONFIG SET client-output-buffer-limit "replica 2mb 1mb 60"'] },
    ]);
    expect(loud('output-limit-below-backlog', at(1000, '7.0.9'))).toEqual(['info']);
    expect(loud('output-limit-below-backlog', at(MB, '6.0.0'))).toEqual([]);
    expect(loud('output-limit-below-backlog', at(0, '6.0.0'))).toEqual([]);
  });

  it('replica-never-acks instead of ack-old', () => {
    const at = (lag: number): FactsInput => ({ info: masterInfo([online(0, lag)], tail(500)) });
    expect(of('replica-never-acks', at(20))).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('Its link is dropped in 40 s') as string },
    ]);
    expect(loud('ack-old', at(20))).toEqual([]);
    expect(loud('replica-never-acks', at(2))).toEqual([]);
  });

  it('full-sync-loop: while it happens, or one in ten minutes; with the limit that the stream needs', () => {
    const stats = (full: number, up: number, refused = 0) =>
      server(`uptime_in_seconds:${up}`, `sync_full:${full}`, `sync_partial_err:${refused}`);
    const limit = { hardBytes: 100 * MB, softBytes: 0, softSeconds: 60 };
    const busy: Partial<FactsInput> = {
      before: masterInfo([online(500)], tail(500)),
      info: masterInfo([online(500)], tail(500 + 4 * MB)),
      // Its connection is new.
      clients: clientLine(2, '10.0.0.6:5', 0, 0),
    };
    const settings = { replicaOutputLimit: limit };
    expect(
      of('full-sync-loop', master({ ...busy, settings, server: stats(2, 9e6), serverBefore: stats(1, 9e6) })),
    ).toMatchObject([
      {
        severity: 'warning',
        // 4 MB/s for a minute
        advice:
          'The stream carries 240 MB while a snapshot is made and sent, more than the output buffer limit of 100 MB:',
        commands: ['CONFIG SET client-output-buffer-limit "replica 480mb 240mb 60"'],
      },
    ]);
    expect(of('full-sync-loop', master({ server: stats(11, 1000, 10) }))[0].text).toContain(
      'one in 100 s on average',
    );
    expect(loud('full-sync-loop', master({ server: stats(11, 60_000, 10) }))).toEqual([]);
    expect(loud('full-sync-loop', master({ server: stats(5, 100, 5) }))).toEqual([]);
  });

  it('full-sync-loop is silent about first attaches and tools', () => {
    const stats = (full: number, refused = 0) =>
      server('uptime_in_seconds:100', `sync_full:${full}`, `sync_partial_err:${refused}`);
    // Refused nothing: tools, or replicas that came one after the other.
    expect(loud('full-sync-loop', master({ server: stats(10) }))).toEqual([]);
    const attach = {
      before: masterInfo([], tail(500)),
      info: masterInfo([online(500)], tail(500)),
      clients: clientLine(2, '10.0.0.6:5', 0, 0),
      clientsBefore: '',
      server: stats(2),
      serverBefore: stats(1),
    };
    expect(loud('full-sync-loop', attach)).toEqual([]);
    // A tool came and went beside a replica whose link stands.
    const standing = {
      clients: clientLine(2, '10.0.0.6:5', 900, 0),
      server: stats(2),
      serverBefore: stats(1),
    };
    expect(loud('full-sync-loop', master(standing))).toEqual([]);
  });

  it('announced-not-peer guesses neither address nor port, and says that the link must be made anew', () => {
    const [found] = of('announced-not-peer', {
      info: masterInfo([online(5, 0, '172.17.0.3', 27397)], tail(5)),
      clients: clientLine(2, '10.0.0.7:5', 900, 0),
    });
    expect(found.commands).toEqual([
      'CONFIG SET replica-announce-ip <address>',
      'CONFIG SET replica-announce-port <port>',
      'CLIENT KILL TYPE replica',
    ]);
    expect(found.advice).toContain('--accept announced-not-peer');
  });

  it('an accepted finding is listed apart and does not count', () => {
    const input = facts({
      info: masterInfo([online(5, 0, '172.17.0.3', 27397)], tail(5)),
      clients: clientLine(2, '10.0.0.7:5', 900, 0),
    });
    expect(report(input).status).toBe('warning');
    expect(report(input)).not.toHaveProperty('accepted');
    const accepting = report(input, { accept: ['announced-not-peer'] });
    expect(accepting).toMatchObject({ status: 'ok', findings: [] });
    expect(accepting.accepted).toMatchObject([{ id: 'announced-not-peer', severity: 'warning' }]);
  });

  it('a replica that never acknowledges is not behind, and no backlog is sized for it', () => {
    const info = masterInfo(
      [online(0, 20)],
      tail(50 * MB, { active: 1, size: MB, first: 49 * MB, histlen: MB }),
    );
    expect(loud('backlog-too-small', { info })).toEqual([]);
    expect(report(facts({ info })).replicas[0].behindBytes).toBeUndefined();
    expect(report(facts({ info: masterInfo([online(0)], tail(0)) })).replicas[0].behindBytes).toBe(0);
  });

  it('backlog-too-small does not count what was streamed since the last ACK', () => {
    const backlog = { active: 1, size: MB, first: 1, histlen: MB };
    const at = (lag: number) =>
      of('backlog-too-small', {
        before: masterInfo([], tail(96 * MB, backlog)),
        info: masterInfo([online(96 * MB + 1, lag)], tail(100 * MB, backlog)),
      })[0].text;
    expect(at(0)).not.toContain('behind');
    const far = {
      before: masterInfo([], tail(96 * MB, backlog)),
      info: masterInfo([online(90 * MB)], tail(100 * MB, backlog)),
    };
    expect(of('backlog-too-small', far)[0].text).toContain('is 10 MB behind');
  });

  it('snapshot-waits for another child, and not for its own snapshot', () => {
    const at = (line: string, ...fields: string[]) => ({
      info: masterInfo([line], tail(5)),
      server: server(...fields),
    });
    const rewrite = at(waiting, 'aof_rewrite_in_progress:1', 'aof_current_rewrite_time_sec:40');
    expect(of('snapshot-waits', rewrite)).toMatchObject([
      {
        text: expect.stringContaining(
          '1 replica waits for a snapshot while the AOF is rewritten, for 40 s',
        ) as string,
      },
    ]);
    const save = (seconds: number) =>
      at(waiting, 'rdb_bgsave_in_progress:1', `rdb_current_bgsave_time_sec:${seconds}`);
    expect(loud('snapshot-waits', save(1))).toEqual([]);
    expect(loud('snapshot-waits', save(30))).toEqual(['warning']);
    expect(loud('snapshot-waits', at(online(5), 'aof_rewrite_in_progress:1'))).toEqual([]);
  });

  it('replica-without-port is a warning where a Sentinel watches', () => {
    const info = masterInfo([online(5, 0, '10.0.0.6', 0)], tail(5));
    expect(loud('replica-without-port', { info })).toEqual(['info']);
    const rest = { sentinels: ['sentinel-12345678'] };
    expect(of('replica-without-port', { info, rest })).toMatchObject([
      { severity: 'warning', commands: ['SENTINEL RESET <master name>'] },
    ]);
  });
});

describe('backlog and history', () => {
  it('backlog-expires', () => {
    const at = (backlogTtlSeconds: number, lines: string[] = []) => ({
      info: masterInfo(lines, tail(5)),
      rest: { settings: { backlogTtlSeconds } },
    });
    expect(of('backlog-expires', at(3600))).toMatchObject([
      { severity: 'info', commands: ['CONFIG SET repl-backlog-ttl 0'] },
    ]);
    expect(loud('backlog-expires', at(0))).toEqual([]);
    expect(loud('backlog-expires', at(3600, [online(5)]))).toEqual([]);
  });

  it('partial-sync-refused: a warning while it happens, with the backlog that the rate needs', () => {
    const field = (n: number) => server(`sync_partial_err:${n}`, 'sync_partial_ok:7');
    const before = masterInfo([online(500)], tail(500));
    const info = masterInfo([online(500)], tail(500 + MB));
    const found = of('partial-sync-refused', { info, before, server: field(2), serverBefore: field(1) });
    expect(found).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringContaining('(7 were served), 1 of them between the two samples') as string,
        commands: ['CONFIG SET repl-backlog-size 64mb'],
      },
    ]);
    expect(loud('partial-sync-refused', { info, server: field(2) })).toEqual(['info']);
  });

  it('partial-sync-refused says which reason the backlog and the ids leave', () => {
    const counted = (...fields: string[]) => server('sync_partial_err:3', 'sync_partial_ok:0', ...fields);
    const info = (rest: string) => masterInfo([online(500)], rest);
    const why = (input: FactsInput) => of('partial-sync-refused', input)[0];
    const size = { active: 1, size: MB };
    const restart = why({
      info: info(tail(500, { ...size, first: 1, histlen: 500 })),
      server: counted('uptime_in_seconds:90'),
      rest: { settings: { save: '' } },
    });
    expect(restart.text).toContain(
      'The backlog was not too small: it holds 500 B of 1.0 MB, everything since it was made.',
    );
    expect(restart.text).toContain('was restarted (it is up for 90 s)');
    expect(restart.commands).toEqual(['CONFIG SET save "3600 1 300 100 60 10000"']);
    const inactive = why({
      info: info(tail(500, { active: 0, size: MB, first: 0, histlen: 0 })),
      server: counted(),
      rest: { settings: { backlogTtlSeconds: 3600 } },
    });
    expect(inactive.text).toContain('There is no backlog any more');
    expect(inactive.commands).toEqual(['CONFIG SET repl-backlog-ttl 0']);
    const promoted = tail(500, { ...size, first: 1, histlen: 500 })
      .replace(`master_replid2:${'0'.repeat(40)}`, `master_replid2:${'c'.repeat(40)}`)
      .replace('second_repl_offset:-1', 'second_repl_offset:123');
    expect(why({ info: info(promoted), server: counted() }).text).toContain('promoted at offset 123');
  });

  it('partial-sync-refused sizes a full backlog by the rate, or by the mean since the start', () => {
    const full = { active: 1, size: MB, first: 99 * MB, histlen: MB };
    const info = masterInfo([online(100 * MB)], tail(100 * MB, full));
    const quiet = (up: number, received: number) => ({
      info,
      server: server('sync_partial_err:3', `uptime_in_seconds:${up}`, `total_net_input_bytes:${received}`),
    });
    const [mean] = of('partial-sync-refused', quiet(1000, 200 * MB));
    expect(mean.text).toContain(
      'begins at 103,809,024: a replica that stopped before that must do a full sync.',
    );
    expect(mean.text).toContain('At 102 KB/s, the mean since the start, its 1.0 MB cover an outage of 10 s.');
    expect(mean.commands).toEqual(['CONFIG SET repl-backlog-size 8mb']);
    // The offset is older than the process.
    const [old] = of('partial-sync-refused', quiet(1000, MB));
    expect(old.text).toContain('At 1.0 KB/s');
    expect(old.commands).toBeUndefined();
  });

  it('partial-sync-refused names a small backlog first, also on a promoted server, and covers all that was streamed', () => {
    const small = { active: 1, size: 16_384, first: 1_331_200, histlen: 36_864 };
    const promoted = tail(1_368_063, small)
      .replace(`master_replid2:${'0'.repeat(40)}`, `master_replid2:${'c'.repeat(40)}`)
      .replace('second_repl_offset:-1', 'second_repl_offset:123');
    const fields = ['sync_partial_err:1', 'uptime_in_seconds:7200', 'total_net_input_bytes:1400000'];
    const [found] = of('partial-sync-refused', {
      info: masterInfo([online(1_368_063)], promoted),
      server: server(...fields),
    });
    expect(found.text).toMatch(
      /The backlog is full and begins at 1,331,200: .+ It holds little of the 1\.3 MB that were streamed since the start: .+ can be a reason, too: /,
    );
    expect(found.commands).toEqual(['CONFIG SET repl-backlog-size 2mb']);
  });

  it('promoted', () => {
    const info = masterInfo([online(500)], tail(500));
    const promoted = info
      .replace(`master_replid2:${'0'.repeat(40)}`, `master_replid2:${'c'.repeat(40)}`)
      .replace('second_repl_offset:-1', 'second_repl_offset:12345');
    expect(of('promoted', { info: promoted })[0].text).toContain('at offset 12,345');
    expect(loud('promoted', { info })).toEqual([]);
  });

  it('master-without-persistence', () => {
    const at = (save: string, appendonly: boolean) => master({ settings: { save, appendonly } });
    expect(loud('master-without-persistence', at('', false))).toEqual(['warning']);
    expect(loud('master-without-persistence', at('', true))).toEqual([]);
    expect(loud('master-without-persistence', at('60 1', false))).toEqual([]);
    expect(loud('master-without-persistence', master())).toEqual([]);
  });
});

describe('the server', () => {
  it('loading', () => {
    const at = master({ server: server('loading:1', 'loading_loaded_perc:40.00', 'loading_eta_seconds:12') });
    expect(of('loading', at)[0].text).toContain('40.00% so far, about 12 s to go');
  });

  it('snapshot-failed: critical when writes are refused for it', () => {
    const failed = server('rdb_last_bgsave_status:err', 'rdb_changes_since_last_save:9');
    expect(of('snapshot-failed', master({ server: failed }))).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('(9 changes not saved)') as string },
    ]);
    const settings = { stopWritesOnBgsaveError: true, save: '60 1' };
    expect(loud('snapshot-failed', master({ server: failed, settings }))).toEqual(['critical']);
    expect(loud('snapshot-failed', master({ server: server('rdb_last_bgsave_status:ok') }))).toEqual([]);
  });

  it('aof-write-failed, slow-fork', () => {
    expect(loud('aof-write-failed', master({ server: server('aof_last_write_status:err') }))).toEqual([
      'critical',
    ]);
    expect(of('slow-fork', master({ server: server('latest_fork_usec:1500000') }))[0].text).toContain(
      'took 1.5 s',
    );
    expect(loud('slow-fork', master({ server: server('latest_fork_usec:500000') }))).toEqual([]);
  });

  it('near-maxclients', () => {
    const at = (clients: number) =>
      master({ server: server('maxclients:1000', `connected_clients:${clients}`) });
    expect([899, 900, 980].map((n) => loud('near-maxclients', at(n)))).toEqual([
      [],
      ['warning'],
      ['critical'],
    ]);
    expect(of('near-maxclients', at(900))[0].commands).toEqual(['CONFIG SET maxclients 2000']);
  });

  it('memory-full', () => {
    const at = (used: number, policy = 'noeviction') =>
      master({
        server: server(`used_memory:${used * MB}`, `maxmemory:${100 * MB}`, `maxmemory_policy:${policy}`),
      });
    expect([94, 95, 100].map((n) => loud('memory-full', at(n)))).toEqual([[], ['warning'], ['critical']]);
    expect(of('memory-full', at(100))[0].commands).toEqual(['CONFIG SET maxmemory 150mb']);
    expect(loud('memory-full', at(100, 'allkeys-lru'))).toEqual([]);
  });

  it('replication-memory', () => {
    const at = (buffers: number) =>
      master({ server: server(`maxmemory:${100 * MB}`, `mem_total_replication_buffers:${buffers * MB}`) });
    expect(of('replication-memory', at(30))).toMatchObject([
      { severity: 'warning', advice: expect.stringContaining('at least 160 MB') as string },
    ]);
    expect(loud('replication-memory', at(24))).toEqual([]);
  });
});

describe('those who watch', () => {
  const sentinel = (more: Partial<SentinelFacts> = {}): SentinelFacts => ({
    address: '10.0.0.9:26379',
    name: 'mymaster',
    master: { host: '10.0.0.5', port: 6379, flags: ['master'] },
    quorum: 2,
    sentinels: 3,
    replicas: [{ address: '10.0.0.6:6380', flags: ['slave'] }],
    ...more,
  });
  const at = (more?: Partial<SentinelFacts>) => ({ ...master(), rest: { sentinel: sentinel(more) } });

  it('sentinel-watches', () => {
    expect(
      of('sentinel-watches', { ...master(), rest: { sentinels: ['sentinel-1', 'sentinel-2'] } })[0].text,
    ).toContain('2 Sentinels watch this server');
    expect(loud('sentinel-watches', { ...master(), rest: { sentinels: [] } })).toEqual([]);
    // Under --sentinel the report has a block about it.
    const asked = at();
    expect(
      loud('sentinel-watches', { ...asked, rest: { ...asked.rest, sentinels: ['sentinel-1'] } }),
    ).toEqual([]);
  });

  it('sentinel-master-down, sentinel-quorum', () => {
    const down = { master: { host: 'h', port: 1, flags: ['master', 's_down', 'o_down'] } };
    expect(loud('sentinel-master-down', at(down))).toEqual(['critical']);
    expect(loud('sentinel-master-down', at())).toEqual([]);
    const trouble = { quorumTrouble: 'NOQUORUM 1 usable Sentinels' };
    expect(of('sentinel-quorum', at(trouble))[0].text).toContain(
      'NOQUORUM 1 usable Sentinels (quorum 2, 3 known)',
    );
  });

  it('sentinel-replica-down, sentinel-phantom-replica', () => {
    const replicas = [
      { address: '10.0.0.6:6380', flags: ['s_down', 'slave'] },
      { address: '10.0.0.8:0', flags: ['s_down', 'slave', 'disconnected'] },
    ];
    const cut = [{ address: '10.0.0.6:6380', flags: ['slave', 'disconnected'] }];
    expect(loud('sentinel-replica-down', at({ replicas: cut }))).toEqual(['warning']);
    expect(of('sentinel-replica-down', at({ replicas }))[0].text).toContain('10.0.0.6:6380');
    expect(of('sentinel-phantom-replica', at({ replicas }))).toMatchObject([
      { text: expect.stringContaining('10.0.0.8:0') as string, commands: ['SENTINEL RESET mymaster'] },
    ]);
    expect(loud('sentinel-phantom-replica', at())).toEqual([]);
  });

  const node = (more: Partial<ClusterNode>): ClusterNode => ({
    id: 'f'.repeat(40),
    address: '10.0.0.1:7000',
    role: 'master',
    health: 'ok',
    connected: true,
    self: false,
    ...more,
  });
  const cluster = (more: Partial<ClusterFacts>, shard: object = {}): FactsInput => {
    const replicas = [node({ role: 'replica', address: '10.0.0.2:7001' })];
    const whole = { slots: ['0-16383'], slotCount: 16384, master: node({}), replicas, ...shard };
    return {
      ...master(),
      rest: { cluster: { state: 'ok', slotsAssigned: 16384, shards: [whole], ...more } },
    };
  };

  it('cluster-down, cluster-slots-missing', () => {
    expect(loud('cluster-down', cluster({ state: 'fail' }))).toEqual(['critical']);
    expect(loud('cluster-down', cluster({}))).toEqual([]);
    expect(of('cluster-slots-missing', cluster({ slotsAssigned: 10_923 }))[0].text).toContain(
      '5,461 of 16,384 slots',
    );
  });

  it('cluster-node-failed, cluster-shard-without-replica', () => {
    const failed = cluster({}, { master: node({ health: 'fail' }), replicas: [] });
    expect(loud('cluster-node-failed', failed)).toEqual(['critical']);
    expect(of('cluster-shard-without-replica', failed)[0].commands).toEqual([
      `CLUSTER REPLICATE ${'f'.repeat(40)}`,
    ]);
    expect(loud('cluster-node-failed', cluster({}, { replicas: [node({ health: 'pfail' })] }))).toEqual([
      'warning',
    ]);
    expect(loud('cluster-shard-without-replica', cluster({}))).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('holds for every id what it is, and explains it', () => {
    for (const id of FINDING_IDS) {
      expect(CATALOGUE[id].when, id).toMatch(/critical|warning|info/);
      expect(CATALOGUE[id].means.length, id).toBeGreaterThan(20);
      expect(findingsPage(), id).toContain(`\n### ${id}\n`);
      expect(explainFinding(id), id).toContain(id);
    }
    expect(explainFinding('no-such')).toBeUndefined();
  });

  it('the ids are these, for ever', () => {
    expect([...FINDING_IDS].sort()).toMatchInlineSnapshot(`
      [
        "ack-old",
        "announced-not-peer",
        "aof-write-failed",
        "backlog-expires",
        "backlog-inactive",
        "backlog-too-small",
        "chained-replica",
        "cluster-down",
        "cluster-node-failed",
        "cluster-shard-without-replica",
        "cluster-slots-missing",
        "dragonfly-limits",
        "duplicate-announced-address",
        "failover-in-progress",
        "follows-another",
        "follows-itself",
        "full-sync-loop",
        "history-changed",
        "key-count-differs",
        "keydb-active-replica",
        "link-down",
        "loading",
        "managed-service",
        "master-not-answering",
        "master-silent",
        "master-without-persistence",
        "maxmemory-below-master",
        "memory-full",
        "min-replicas-at-edge",
        "min-replicas-not-met",
        "mixed-replication-ids",
        "near-maxclients",
        "no-replicas",
        "node-unreachable",
        "not-promotable",
        "offset-ahead",
        "output-buffer-growing",
        "output-buffer-near-limit",
        "output-limit-below-backlog",
        "output-limit-drops",
        "own-replication",
        "partial-sync-refused",
        "promoted",
        "rdb-unreadable",
        "reads-refused",
        "replica-gone",
        "replica-lagging",
        "replica-never-acks",
        "replica-not-online",
        "replica-resynced",
        "replica-without-port",
        "replica-writable",
        "replicas-missing",
        "replicas-unexpected",
        "replication-memory",
        "replication-ring",
        "role-changed",
        "sentinel-master-down",
        "sentinel-phantom-replica",
        "sentinel-quorum",
        "sentinel-replica-down",
        "sentinel-watches",
        "server-restarted",
        "several-masters",
        "slow-fork",
        "snapshot-failed",
        "snapshot-waits",
        "sub-replicas-cut-off",
        "sync-attempts-failing",
        "sync-in-progress",
        "sync-stalled",
        "timeout-too-close-to-ping-period",
        "version-below-master",
      ]
    `);
  });
});
