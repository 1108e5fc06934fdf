/** What `--watch` tells of what happened between its looks: on reports made by hand. */
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/core/inspect/event-log.js';
import { type Report } from '../../../src/core/inspect/model.js';
import { report } from '../../../src/core/inspect/report.js';
import {
  clientLine,
  facts,
  masterInfo,
  NO_ID,
  replicaInfo,
  REPLID,
  tail,
} from '../../support/inspect-facts.js';

const OTHER = 'b'.repeat(40);

interface Look {
  /** Seconds since the start. */
  readonly at: number;
  readonly info: string;
  readonly clients?: string;
  readonly runId?: string;
  readonly keys?: number;
  readonly syncs?: readonly [full: number, partial: number, refused: number];
}

function look({
  at,
  info,
  clients,
  runId = 'r1',
  keys = 7,
  syncs: [full, ok, refused] = [2, 0, 0],
}: Look): Report {
  const server =
    `# Server\nredis_version:7.2.4\nrun_id:${runId}\nuptime_in_seconds:${runId === 'r1' ? 900 + at : 2}\n# Stats\nsync_full:${full}\n` +
    `sync_partial_ok:${ok}\nsync_partial_err:${refused}\n# Keyspace\n${keys > 0 ? `db0:keys=${keys},expires=0\n` : ''}`;
  return report({ ...facts({ info, clients, server }), collectedAtMs: Date.UTC(2024, 0, 1) + at * 1000 });
}

/** Feeds `looks` to a log; returns the events of each look as `severity id: text`, and the log. */
function watch(...looks: Look[]) {
  const log = new EventLog();
  let before: Report | undefined;
  let findings: string[] = [];
  const told = looks.map((each) => {
    const now = look(each);
    const fresh = log.observe(before, now);
    findings = log.findings(now).map(({ id, severity, text }) => `${severity} ${id}: ${text}`);
    before = now;
    return fresh.map(({ id, severity, text }) => `${severity} ${id}: ${text}`);
  });
  return { told, findings, log, last: before! };
}

const line = (n: number, offset = 1000, state = 'online') =>
  `ip=10.0.0.${n},port=6380,state=${state},offset=${offset},lag=0`;
const client = (n: number, port: number, age = 100) => clientLine(port, `10.0.0.${n}:${port}`, age, 0);
const backlog = (first: number, histlen: number) => ({ active: 1, size: 1000, first, histlen });

describe('replicas', () => {
  const both = {
    info: masterInfo([line(6), line(7, 900)], tail(1000)),
    clients: client(6, 501) + client(7, 502),
  };
  const one = { info: masterInfo([line(6)], tail(1000)), clients: client(6, 501) };

  it('one that vanishes is told with what was known of it, and stays a finding until it is back', () => {
    const { told, findings, log, last } = watch({ at: 0, ...both }, { at: 1, ...one }, { at: 24, ...one });
    expect(told).toEqual([
      [],
      [
        'warning replica-gone: replica 10.0.0.7:6380 is gone: last seen from 10.0.0.7:502, online, offset 900, 100 B behind, last ACK 0 s before',
      ],
      [],
    ]);
    expect(findings).toEqual([
      'warning replica-gone: replica 10.0.0.7:6380 is not attached any more, for 24 s: last seen from 10.0.0.7:502, online, offset 900, ' +
        '100 B behind, last ACK 0 s before. The backlog still has what it lacks.',
    ]);
    expect(log.findings(last)[0]).toMatchObject({ since: '2024-01-01T00:00:00.000Z' });
  });

  it('one that comes back is told with how long it was away, and how it was synced', () => {
    const back = { ...both, clients: client(6, 501) + client(7, 503, 0) };
    const partial = watch({ at: 0, ...both }, { at: 1, ...one }, { at: 30, ...back, syncs: [2, 1, 0] });
    expect(partial.told[2]).toEqual([
      'info replica-back: replica 10.0.0.7:6380 is back after 30 s, from 10.0.0.7:503 (before: 10.0.0.7:502): it went on where it had ' +
        'stopped (partial resync)',
    ]);
    expect(partial.findings).toEqual([]);
  });

  it('a full sync is told with why and with a backlog that would have saved it, for ten minutes', () => {
    const late = masterInfo([line(6, 9000), line(7, 0, 'wait_bgsave')], tail(9000, backlog(8001, 1000)));
    const back = { info: late, clients: client(6, 501) + client(7, 503, 0), syncs: [3, 0, 1] as const };
    const { told, findings, log, last } = watch({ at: 0, ...both }, { at: 1, ...one }, { at: 30, ...back });
    const text =
      'replica 10.0.0.7:6380 is back after 30 s, from 10.0.0.7:503 (before: 10.0.0.7:502): full sync, because it had stopped at 900 and ' +
      'the backlog begins at 8,001, 6.9 KB later';
    expect(told[2]).toEqual([`warning replica-back: ${text}`]);
    expect(findings).toEqual([`warning replica-resynced: ${text}.`]);
    expect(log.findings(last)[0]).toMatchObject({
      replica: 1,
      commands: ['CONFIG SET repl-backlog-size 1mb'],
    });
    const later = { ...last, at: new Date(Date.parse(last.at) + 601_000).toISOString() };
    expect(log.findings(later)).toEqual([]);
  });

  it('a new connection between two looks is told, and one that cannot be told apart is counted', () => {
    const sure = watch(
      { at: 0, ...both },
      { at: 1, ...both, clients: client(6, 501) + client(7, 503, 0), syncs: [2, 1, 0] },
    );
    expect(sure.told[1][0]).toContain(
      'replica 10.0.0.7:6380 has a new connection, from 10.0.0.7:503 (before: 10.0.0.7:502): it went on',
    );
    expect(sure.told[1]).toHaveLength(1);
    const info = masterInfo(
      ['ip=h,port=1,state=online,offset=5,lag=0', 'ip=h,port=2,state=online,offset=5,lag=0'],
      tail(5),
    );
    const guess = watch(
      { at: 0, info, clients: client(6, 501) + client(6, 502) },
      { at: 1, info, clients: client(6, 502) + client(6, 503, 0), syncs: [2, 1, 0] },
    );
    expect(guess.told[1]).toEqual([
      'info replica-back: replicas attached between two looks: syncs 1 partial (which of them is not told by the server)',
    ]);
  });

  it('many at once are one event and one finding; a tool is none', () => {
    const lines = [1, 2, 3, 4, 5].map((n) => line(n));
    const { told, findings } = watch(
      { at: 0, info: masterInfo(lines, tail(1000)) },
      { at: 1, info: masterInfo([], tail(1000)) },
    );
    expect(told[1]).toEqual([
      'warning replica-gone: 5 replicas are gone: 10.0.0.1:6380, 10.0.0.2:6380, 10.0.0.3:6380 and 2 more',
    ]);
    expect(findings).toHaveLength(1);
    const tool = masterInfo(['ip=10.0.0.9,port=0,state=online,offset=5,lag=0'], tail(5));
    const gone = watch({ at: 0, info: tool }, { at: 1, info: masterInfo([], tail(5)) });
    expect(gone.told[1][0]).toMatch(/^info replica-gone: /);
    expect(gone.findings).toEqual([]);
  });

  it('a new one is told, and one that flaps is one line with a count', () => {
    const { told, log } = watch(
      { at: 0, ...one },
      { at: 1, ...both },
      { at: 2, ...one },
      { at: 3, ...both },
      { at: 4, ...one },
    );
    expect(told[1]).toEqual(['info replica-attached: replica 10.0.0.7:6380 attached, online']);
    expect(log.all().map(({ id, times }) => `${id} ${times}`)).toEqual([
      'replica-gone 2',
      'replica-back 1',
      'replica-attached 1',
    ]);
  });
});

describe('the server', () => {
  const here = { info: masterInfo([line(6)], tail(1000)), keys: 12_345 };
  const fresh = tail(0).replace(REPLID, OTHER);

  it('a restart is told by the run id; one that came back empty is critical, with what to do', () => {
    const { told, findings, log, last } = watch(
      { at: 0, ...here },
      { at: 3, info: masterInfo([], fresh), runId: 'r2', keys: 0, syncs: [0, 0, 0] },
    );
    const text =
      'the server was restarted (up 2 s), with 0 of 12,345 keys; its replication id was 8c1f0b0f… and is bbbbbbbb…: every replica does a ' +
      'full sync';
    expect(told[1]).toEqual([`critical server-restarted: ${text}`]);
    // Its replicas have a moment to come back.
    expect(findings).toEqual([`critical server-restarted: ${text}.`]);
    expect(log.findings(last)[0]).toMatchObject({ commands: ['REPLICAOF NO ONE'] });
    const later = { ...last, at: new Date(Date.parse(last.at) + 6000).toISOString() };
    expect(log.findings(later).map(({ id }) => id)).toEqual(['server-restarted', 'replica-gone']);
  });

  it('a replica that does not come back after a restart is told as gone, once the time for that is over', () => {
    const both = masterInfo([line(6), line(7)], tail(1000));
    const one = masterInfo([line(6)], tail(1000));
    const { told } = watch(
      { at: 0, info: both },
      { at: 1, info: masterInfo([], tail(1000)), runId: 'r2' },
      { at: 3, info: one, runId: 'r2' },
      { at: 7, info: one, runId: 'r2' },
      { at: 8, info: one, runId: 'r2' },
    );
    expect(told.map((events) => events.map((text) => text.split(':')[0]))).toEqual([
      [],
      ['warning server-restarted'],
      ['info replica-back'],
      ['warning replica-gone'],
      [],
    ]);
    expect(told[3][0]).toContain('replica 10.0.0.7:6380 is gone');
    // One that comes just then is back and was never called gone.
    const back = watch(
      { at: 0, info: both },
      { at: 1, info: one, runId: 'r2' },
      { at: 7, info: both, runId: 'r2' },
    );
    expect(back.told[2].join()).toMatch(/replica-back/);
    expect(back.told.flat().join()).not.toMatch(/replica-gone/);
  });

  it('what happened to another server is no finding on the one that the view goes on with', () => {
    const { log } = watch(
      { at: 0, info: masterInfo([line(6)], tail(1000)) },
      { at: 3, info: masterInfo([], tail(5)), runId: 'r2', keys: 0 },
    );
    log.lost('cannot connect', Date.UTC(2024, 0, 1) + 5000, Date.UTC(2024, 0, 1) + 4000);
    log.switched('another master', Date.UTC(2024, 0, 1) + 9000);
    const other = look({ at: 10, info: masterInfo([line(8)], tail(2000)), runId: 'r9' });
    expect(log.observe(undefined, other)).toEqual([]);
    expect(log.findings(other)).toEqual([]);
    // The time without an answer is over, and is counted.
    expect(log.outages).toEqual({ count: 1, seconds: 5 });
  });

  it('a link that was lost before a promotion is not told as back when the server is a replica again', () => {
    const up = replicaInfo(900);
    const down = replicaInfo(900, { master_link_status: 'down', master_link_down_since_seconds: 1 });
    const { told } = watch(
      { at: 0, info: up },
      { at: 1, info: down },
      { at: 2, info: masterInfo([], tail(900)) },
      { at: 300, info: up },
    );
    expect(told[3].map((text) => text.split(':')[0])).not.toContain('info link-back');
  });

  it('a restart with its data and its id is a warning', () => {
    const { told } = watch({ at: 0, ...here }, { at: 3, ...here, runId: 'r2' });
    expect(told[1]).toEqual([
      'warning server-restarted: the server was restarted (up 2 s), with 12,345 of 12,345 keys; its replication id is kept',
    ]);
  });

  it('a failover is a change of role, and loses no replica', () => {
    const { told, findings } = watch({ at: 0, ...here }, { at: 1, info: replicaInfo(1000) });
    expect(told[1]).toEqual([
      'warning role-changed: the server is a replica of 10.0.0.5:6379 now: it was a master',
    ]);
    expect(findings).toHaveLength(1);
    const promoted = tail(1000)
      .replace(REPLID, OTHER)
      .replace(NO_ID, REPLID)
      .replace('second_repl_offset:-1', 'second_repl_offset:1001');
    const up = watch({ at: 0, info: replicaInfo(1000) }, { at: 1, info: masterInfo([], promoted) });
    expect(up.told[1].map((text) => text.split(',')[0])).toEqual([
      'warning role-changed: the server is a master now: it was a replica of 10.0.0.5:6379',
      'info history-changed: the replication id changed: bbbbbbbb…',
    ]);
  });

  it('a new id for the first replica is nothing to worry about, any other is', () => {
    const none = { active: 0, size: 1000, first: 0, histlen: 0 };
    const before = { at: 0, info: masterInfo([], tail(0, none)) };
    const made = watch(before, { at: 1, info: masterInfo([], fresh) });
    expect(made.told[1][0]).toMatch(/^info history-changed: .+ as always when the first replica attaches/);
    const odd = watch({ at: 0, ...here }, { at: 1, info: masterInfo([line(6)], fresh), keys: 12_345 });
    expect(odd.told[1][0]).toMatch(/^warning history-changed: .+ do a full sync$/);
    expect(odd.findings[0]).toMatch(/^warning history-changed: /);
  });

  it('the link of a replica: lost, back, another master', () => {
    const down = replicaInfo(900, { master_link_status: 'down', master_link_down_since_seconds: 1 });
    const moved = replicaInfo(900, { master_host: '10.0.0.9' });
    const { told } = watch(
      { at: 0, info: replicaInfo(900) },
      { at: 1, info: down },
      { at: 9, info: replicaInfo(900) },
      { at: 10, info: moved },
    );
    expect(told[1]).toEqual([
      'warning link-lost: the link to the master 10.0.0.5:6379 is down, at offset 900',
    ]);
    expect(told[2][0]).toBe('info link-back: the link to the master is up again, after 8 s');
    expect(told[3]).toEqual([
      'warning master-changed: the server follows 10.0.0.9:6379 now: before, 10.0.0.5:6379',
    ]);
  });

  it('one that cannot be asked: once when it begins, once when it is over', () => {
    const log = new EventLog();
    const first = look({ at: 0, ...here });
    log.observe(undefined, first);
    const start = Date.parse(first.at);
    expect(log.lost('h closed the connection', start + 1000, start + 1000)).toMatchObject([
      {
        id: 'server-away',
        severity: 'critical',
        text: 'the server cannot be asked: h closed the connection',
      },
    ]);
    expect(log.lost('cannot connect', start + 2000, start + 2000)).toEqual([]);
    expect(log.observe(first, look({ at: 12, ...here }))).toMatchObject([
      { id: 'server-back', severity: 'info', text: 'the server answers again, after 11 s and 2 attempts' },
    ]);
  });

  it('what was a finding for one look only is not lost', () => {
    const refused = { at: 1, ...here, syncs: [2, 0, 0] as const };
    const lagging = masterInfo(['ip=10.0.0.6,port=6380,state=online,offset=1000,lag=9'], tail(1000));
    const looks = [3, 4, 5, 6].map((at) => ({ at, ...here }));
    const { told } = watch({ at: 0, ...here }, { ...refused, info: lagging }, ...looks);
    expect(told.slice(2)).toEqual([
      [],
      [],
      ['info finding-over: ack-old is over, after 2 s: replica 0 (10.0.0.6:6380) last acknowledged 9 s ago'],
      [],
    ]);
  });

  it('what comes and goes is not over at each look, and is told once', () => {
    const lagging = masterInfo(['ip=10.0.0.6,port=6380,state=online,offset=1000,lag=9'], tail(1000));
    const at = (...seconds: number[]) => seconds.map((second) => ({ at: second, ...here }));
    const { told } = watch(
      { at: 0, ...here, info: lagging },
      ...at(1, 2),
      { at: 3, ...here, info: lagging },
      ...at(4, 5, 6),
    );
    expect(told.flat()).toHaveLength(1);
    expect(told[6][0]).toContain('ack-old is over, after 4 s');
  });

  it('nothing is over because its subject is gone, or because it got worse', () => {
    const after = (first: Look, then: string, keys?: number) =>
      watch(first, ...[1, 2, 3, 4, 5].map((at) => ({ at, info: then, keys })))
        .told.flat()
        .filter((text) => text.includes('is over'));
    const lagging = masterInfo(['ip=10.0.0.6,port=6380,state=online,offset=1000,lag=9'], tail(1000));
    expect(after({ at: 0, info: lagging }, masterInfo([], tail(1000)))).toEqual([]);
    const silent = replicaInfo(900, { master_last_io_seconds_ago: 25 });
    const down = replicaInfo(900, { master_link_status: 'down', master_link_down_since_seconds: 1 });
    expect(after({ at: 0, info: silent }, down)).toEqual([]);
    expect(after({ at: 0, info: silent }, masterInfo([], tail(900)))).toEqual([]);
    expect(after({ at: 0, info: silent }, replicaInfo(900))).toEqual([
      'info finding-over: master-silent is over, after 1 s: the master was last heard 25 s ago',
    ]);
    // The link that is up again is an event of its own.
    expect(after({ at: 0, info: down }, replicaInfo(900))).toEqual([]);
  });

  it('a backlog that is too small for another replica now is not over', () => {
    const small = { active: 1, size: 1000, first: 99_001, histlen: 1000 };
    const behind = (a: number, b: number) => masterInfo([line(6, a), line(7, b)], tail(100_000, small));
    const { told } = watch(
      { at: 0, info: behind(1000, 100_000) },
      ...[1, 2, 3, 4].map((at) => ({ at, info: behind(100_000, 1000) })),
    );
    expect(told.flat()).toEqual([]);
  });

  it('who of the replicas of a server that came back empty still has its data is told as of now', () => {
    const both = masterInfo([line(6), line(7)], tail(1000));
    const anew = { runId: 'r2', keys: 0, syncs: [1, 0, 0] as const };
    const { log, last } = watch(
      { at: 0, info: both, keys: 12 },
      { at: 3, info: masterInfo([line(6, 0)], fresh), ...anew },
    );
    const [found] = log.findings(last);
    expect(found.advice).toContain(
      'and its replicas copy that: 10.0.0.6:6380. Not attached now, and perhaps with the data yet: 10.0.0.7:6380.',
    );
    expect(found.commands).toEqual(['REPLICAOF NO ONE']);
    const all = look({ at: 9, info: masterInfo([line(6, 0), line(7, 0)], fresh), ...anew });
    expect(log.findings(all)[0].commands).toBeUndefined();
  });

  it('forgets the oldest beyond its room', () => {
    const log = new EventLog();
    let before = look({ at: 0, info: masterInfo([], tail(5)) });
    for (let n = 0; n < 300; n++) {
      const info = masterInfo([`ip=10.0.0.1,port=${n + 1},state=online,offset=5,lag=0`], tail(5));
      const now = look({ at: n + 1, info });
      log.observe(before, now);
      before = now;
    }
    expect(log.all()).toHaveLength(200);
    expect(log.all()[0].text).toContain(':300 ');
  });
});
