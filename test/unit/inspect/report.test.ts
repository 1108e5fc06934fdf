import { describe, expect, it } from 'vitest';
import { type FindingId } from '../../../src/core/inspect/findings/catalogue.js';
import { type Thresholds } from '../../../src/core/inspect/model.js';
import { report } from '../../../src/core/inspect/report.js';
import {
  clientLine,
  facts,
  type FactsInput,
  masterInfo,
  replicaInfo,
  REPLID,
  tail,
  TROUBLED,
} from '../../support/inspect-facts.js';

const online = (offset: number, lag = 0, ip = '10.0.0.6', port = 6380) =>
  `ip=${ip},port=${port},state=online,offset=${offset},lag=${lag}`;

const findings = (input: FactsInput, thresholds?: Thresholds) => report(facts(input), thresholds).findings;
const found = (id: FindingId, input: FactsInput, thresholds?: Thresholds) =>
  findings(input, thresholds).filter((finding) => finding.id === id);
const ids = (input: FactsInput) => findings(input).map(({ id }) => id);

describe('report on a master', () => {
  it('counts behind, seconds and cover from offsets and rate', () => {
    const result = report(facts(TROUBLED));
    expect(result.server).toEqual({
      product: 'redis',
      version: '7.2.4',
      mode: 'standalone',
      role: 'master',
      uptimeSeconds: 1040000,
      runId: '5d0c',
      replid: REPLID,
      replid2: '0'.repeat(40),
      offset: 98211004,
      secondOffset: -1,
    });
    // 98,211,004 - 96,952,713 in one second
    expect(result.rate).toEqual({ bytesPerSecond: 1258291, overSeconds: 1 });
    expect(result.replicas[0]).toMatchObject({
      behindBytes: 0,
      behindSeconds: 0,
      ackAgeSeconds: 0,
      linkSeconds: 980000,
    });
    // 98,211,004 - 97,057,570
    expect(result.replicas[1]).toMatchObject({
      announced: { ip: '172.17.0.3', port: 6380 },
      from: { address: '10.0.0.7:40110', ip: '10.0.0.7', matchedBy: 'rest' },
      announcedElsewhere: true,
      behindBytes: 1153434,
      ackAgeSeconds: 1,
      outputBytes: 23068672,
      outputLimitBytes: 268435456,
    });
    expect(result.replicas[1].behindSeconds).toBeCloseTo(0.9167, 4);
    expect(result.backlog).toMatchObject({
      active: true,
      firstByteOffset: 97162429,
      lastByteOffset: 98211004,
    });
    expect(result.backlog.coverSeconds).toBeCloseTo(0.8333, 4);
    expect(result.status).toBe('warning');
    expect(result.at).toBe('2024-05-01T12:00:00.000Z');
    expect(result.info.slice(0, 3)).toEqual([
      { name: 'role', value: 'master' },
      { name: 'connected_slaves', value: '2' },
      { name: 'slave0', value: 'ip=10.0.0.6,port=6380,state=online,offset=98211004,lag=0' },
    ]);
  });

  it('finds nothing on a healthy one', () => {
    expect(ids({ info: masterInfo([online(500)], tail(500)) })).toEqual([]);
    expect(report(facts({ info: masterInfo([online(500)], tail(500)) })).status).toBe('ok');
  });

  it('has no rate when the offset went back or the samples are one', () => {
    expect(
      report(facts({ before: masterInfo([], tail(900)), info: masterInfo([], tail(5)) })).rate,
    ).toBeUndefined();
  });

  it('counts neither lag nor ACK of a replica that is not online', () => {
    const line = 'ip=10.0.0.6,port=6380,state=wait_bgsave,offset=0,lag=0';
    const [replica] = report(facts({ info: masterInfo([line], tail(5000)) })).replicas;
    expect(replica.behindBytes).toBeUndefined();
    expect(replica.ackAgeSeconds).toBeUndefined();
  });

  it('takes the larger of hard limit and backlog as the limit in force, and 0 for none', () => {
    const limit = (hardBytes: number, size: number) => {
      const rest = { settings: { replicaOutputLimit: { hardBytes, softBytes: 0, softSeconds: 0 } } };
      const info = masterInfo([online(5)], tail(5, { active: 1, size, first: 1, histlen: 5 }));
      return report(facts({ info, rest })).replicas[0].outputLimitBytes;
    };
    expect(limit(1000, 5000)).toBe(5000);
    expect(limit(9000, 5000)).toBe(9000);
    expect(limit(0, 5000)).toBe(0);
  });

  it('names other products', () => {
    const product = (server: string) => report(facts({ info: masterInfo([], tail(5)), server })).server;
    const valkey = product('# Server\nredis_version:7.2.4\nvalkey_version:8.0.1\n');
    expect(valkey).toMatchObject({ product: 'valkey', version: '8.0.1' });
    expect(product('# Clients\nx:1\n')).toMatchObject({ product: 'server' });
  });
});

describe('findings on a master', () => {
  it('of the troubled one, in words', () => {
    expect(findings(TROUBLED)).toEqual([
      {
        id: 'backlog-too-small',
        severity: 'warning',
        // What it lacks was streamed since its last ACK.
        text: 'the backlog of 1.0 MB covers 0.8 s at 1.2 MB/s: a replica that is away for longer must do a full sync.',
        // 1,258,291 B/s * 60 s = 75,497,460 B: 72 MB, the next power of two
        advice: 'Raise repl-backlog-size to at least 128 MB for 106 s of cover:',
        commands: ['CONFIG SET repl-backlog-size 128mb'],
      },
      {
        id: 'announced-not-peer',
        severity: 'warning',
        replica: 1,
        text: 'replica 1 announces 172.17.0.3 but connects from 10.0.0.7: NAT or a container. Sentinel and clients will look for it where it says it is.',
        advice: expect.stringContaining('announces itself only when it connects') as string,
        commands: [
          'CONFIG SET replica-announce-ip <address>',
          'CONFIG SET replica-announce-port <port>',
          'CLIENT KILL TYPE replica',
        ],
      },
    ]);
  });

  it('backlog-too-small by cover alone: a warning below 10 s, a remark below 60 s', () => {
    const at = (rate: number) => {
      const backlog = { active: 1, size: 1_048_576, first: 1, histlen: 1_048_576 };
      const before = masterInfo([], tail(10_000_000 - Math.floor(rate)));
      return found('backlog-too-small', {
        before,
        info: masterInfo([online(10_000_000)], tail(10_000_000, backlog)),
      });
    };
    expect(at(1_048_576 / 5)).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('covers 5 s at 205 KB/s') as string },
    ]);
    expect(at(1_048_576 / 30)).toMatchObject([
      { severity: 'info', commands: ['CONFIG SET repl-backlog-size 2mb'] },
    ]);
    expect(at(1_048_576 / 61)).toEqual([]);
  });

  it('backlog-too-small of several at once', () => {
    const lines = [online(1000, 0, '10.0.0.6', 1), online(9_000_000), online(500, 0, '10.0.0.6', 2)];
    const backlog = { active: 1, size: 1_048_576, first: 8_951_425, histlen: 1_048_576 };
    expect(found('backlog-too-small', { info: masterInfo(lines, tail(10_000_000, backlog)) })).toEqual([
      {
        id: 'backlog-too-small',
        severity: 'warning',
        text: 'replicas 0, 2 are up to 9.5 MB behind and the backlog holds 1.0 MB: if a link drops now, that one must do a full sync.',
        advice: 'Raise repl-backlog-size to at least 32 MB:',
        commands: ['CONFIG SET repl-backlog-size 32mb'],
      },
    ]);
  });

  it('replica-lagging: by seconds, but never below 64 KB; by --max-lag-bytes exactly', () => {
    const at = (behind: number, rate: number, lag: number, thresholds?: Thresholds) => {
      const master = 50_000_000;
      const backlog = { active: 1, size: 5e8, first: 1, histlen: master };
      const before = masterInfo([], tail(master - rate, backlog));
      const info = masterInfo([online(master - behind, lag)], tail(master, backlog));
      return found('replica-lagging', { before, info }, thresholds);
    };
    expect(at(8_000_000, 1_000_000, 1)).toMatchObject([{ severity: 'warning', replica: 0 }]);
    expect(at(8_000_000, 1_000_000, 3)).toEqual([]);
    expect(at(65_000, 1, 0)).toEqual([]);
    expect(at(101, 0, 0, { maxLagBytes: 100 })).toMatchObject([
      {
        severity: 'critical',
        text: 'replica 0 (10.0.0.6:6380) is 101 B behind; --max-lag-bytes allows 100 B.',
      },
    ]);
    expect(at(100, 0, 0, { maxLagBytes: 100 })).toEqual([]);
  });

  it('ack-old: beyond 3 s, critical beyond half the timeout or beyond --max-ack-age', () => {
    const at = (lag: number, thresholds?: Thresholds) =>
      found('ack-old', { info: masterInfo([online(5, lag)], tail(5)) }, thresholds).map(
        ({ severity }) => severity,
      );
    expect(at(3)).toEqual([]);
    expect(at(4)).toEqual(['warning']);
    expect(at(31)).toEqual(['critical']);
    expect(at(4, { maxAckAgeSeconds: 4 })).toEqual([]);
    expect(at(5, { maxAckAgeSeconds: 4 })).toEqual(['critical']);
  });

  it('offset-ahead', () => {
    expect(found('offset-ahead', { info: masterInfo([online(537)], tail(500)) })).toMatchObject([
      {
        severity: 'critical',
        text: expect.stringContaining('acknowledges 37 B more than this master has written') as string,
      },
    ]);
  });

  it('output-buffer-near-limit: from half the hard limit, from the soft limit, critical from 90 %', () => {
    const at = (omem: number) => {
      const settings = {
        replicaOutputLimit: { hardBytes: 200 * 2 ** 20, softBytes: 150 * 2 ** 20, softSeconds: 30 },
      };
      const clients = clientLine(1, '10.0.0.6:5', 9, omem * 2 ** 20);
      return found('output-buffer-near-limit', {
        info: masterInfo([online(5)], tail(5)),
        clients,
        rest: { settings },
      });
    };
    expect(at(99)).toEqual([]);
    expect(at(100)).toMatchObject([
      {
        severity: 'warning',
        text: 'the output buffer of replica 0 (10.0.0.6:6380) holds 100 MB of 200 MB (50%) at which its link is dropped.',
        commands: ['CONFIG SET client-output-buffer-limit "replica 400mb 300mb 30"'],
      },
    ]);
    expect(at(160)).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringContaining('above the soft limit of 150 MB: 30 s of that') as string,
      },
    ]);
    expect(at(180)).toMatchObject([{ severity: 'critical' }]);
  });

  it('min-replicas-not-met', () => {
    const at = (good: number, settings: object) =>
      found('min-replicas-not-met', {
        info: masterInfo([online(5)], tail(5), `min_slaves_good_slaves:${good}\n`),
        rest: { settings },
      });
    const settings = { minReplicasToWrite: 2, minReplicasMaxLagSeconds: 10 };
    expect(at(1, settings)).toMatchObject([
      {
        severity: 'critical',
        text: 'writes are refused (NOREPLICAS): 1 good replica with an ACK of the last 10 s, 2 needed.',
        commands: ['CONFIG SET min-replicas-to-write 1'],
      },
    ]);
    expect(at(2, settings)).toEqual([]);
    // Without rights to CONFIG: none at all is too few in any case.
    expect(at(0, {})).toHaveLength(1);
    expect(at(1, {})).toEqual([]);
  });

  it('duplicate-announced-address', () => {
    const lines = [online(5), online(5, 0, '10.0.0.6', 6381), online(5)];
    expect(found('duplicate-announced-address', { info: masterInfo(lines, tail(5)) })).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringMatching(/^replicas 0 and 2 both announce 10\.0\.0\.6:6380:/) as string,
      },
    ]);
  });

  it('timeout-too-close-to-ping-period', () => {
    const at = (replTimeoutSeconds: number, replPingPeriodSeconds: number) =>
      found('timeout-too-close-to-ping-period', {
        info: masterInfo([], tail(5)),
        rest: { settings: { replTimeoutSeconds, replPingPeriodSeconds } },
      });
    expect(at(60, 10)).toEqual([]);
    expect(at(30, 10)).toEqual([]);
    expect(at(29, 10)).toMatchObject([{ severity: 'warning', commands: ['CONFIG SET repl-timeout 60'] }]);
    expect(at(60, 50)).toMatchObject([{ commands: ['CONFIG SET repl-timeout 150'] }]);
  });

  it('remarks that change no exit code', () => {
    const none = { active: 0, size: 1048576, first: 0, histlen: 0 };
    const lonely = report(facts({ info: masterInfo([], tail(0, none)) }));
    expect(lonely.findings.map(({ id, severity }) => [id, severity])).toEqual([
      ['no-replicas', 'info'],
      ['backlog-inactive', 'info'],
    ]);
    expect(lonely.status).toBe('ok');

    const lines = ['ip=10.0.0.6,port=0,state=send_bulk,offset=0,lag=0'];
    const failing = masterInfo(lines, tail(5)).replace('no-failover', 'waiting-for-sync');
    const server = '# Stats\nsync_partial_err:2\n';
    expect(ids({ info: failing, server })).toEqual([
      'replica-not-online',
      'replica-without-port',
      'failover-in-progress',
      'partial-sync-refused',
    ]);
  });
});

describe('report and findings on a replica', () => {
  it('is content with a link that is up', () => {
    const result = report(
      facts({ info: replicaInfo(700, { slave_read_repl_offset: 720 }), rest: { linkState: 'connected' } }),
    );
    expect(result.findings).toEqual([]);
    expect(result.link).toMatchObject({
      up: true,
      offset: 700,
      unappliedBytes: 20,
      lastIoSecondsAgo: 1,
      readOnly: true,
    });
    expect(result.link?.behindBytes).toBeUndefined();
  });

  it('compares with its master only within one history', () => {
    const behind = (replid: string) => {
      const upstream = { address: '10.0.0.5:6379', replid, offset: 1000 };
      return report(facts({ info: replicaInfo(700), rest: { upstream } })).link?.behindBytes;
    };
    expect(behind(REPLID)).toBe(300);
    expect(behind('f'.repeat(40))).toBeUndefined();
  });

  it('link-down, with what it is doing and who suffers', () => {
    const changes = {
      master_link_status: 'down',
      master_last_io_seconds_ago: -1,
      master_link_down_since_seconds: 130,
    };
    const info = replicaInfo(700, changes).replace('connected_slaves:0', 'connected_slaves:1');
    expect(found('link-down', { info, rest: { linkState: 'connecting' } })).toEqual([
      {
        id: 'link-down',
        severity: 'critical',
        text: 'the link to the master 10.0.0.5:6379 has been down for 2 m (now: connecting).',
        advice:
          'Run the first command: it connects to the master as a replica does, with the login that you give it, and names the step that ' +
          'fails; it asks for no full sync. If it passes, the login that this replica uses is wrong or missing: set its password, and its ' +
          'user where the master has ACL users, with the other commands, on this replica:',
        commands: [
          'redis-ts handshake 10.0.0.5:6379 --no-psync',
          'CONFIG SET masterauth <password>',
          'CONFIG SET masteruser <user>',
        ],
      },
    ]);
    const never = replicaInfo(1, { ...changes, master_link_down_since_seconds: -1 });
    expect(findings({ info: never })[0].text).toContain('is down and never was up.');
  });

  it('sync-in-progress instead of link-down while the snapshot comes', () => {
    const info = replicaInfo(1, {
      master_link_status: 'down',
      master_sync_in_progress: 1,
      master_sync_total_bytes: 3 * 2 ** 30,
      master_sync_read_bytes: 2 ** 30,
      master_sync_last_io_seconds_ago: 2,
      master_link_down_since_seconds: -1,
    });
    expect(findings({ info })).toMatchObject([
      {
        id: 'sync-in-progress',
        severity: 'warning',
        text: expect.stringMatching(
          /^a full sync is running: 1\.0 GB of 3\.0 GB \(33%\) received, the last byte 2 s ago\./,
        ) as string,
      },
    ]);
  });

  it('master-silent beyond two ping periods', () => {
    const at = (seconds: number) =>
      found('master-silent', { info: replicaInfo(5, { master_last_io_seconds_ago: seconds }) }).map(
        (f) => f.severity,
      );
    expect([20, 21, 31].map(at)).toEqual([[], ['warning'], ['critical']]);
  });

  it('replica-writable and its own lag', () => {
    const upstream = { address: 'm', replid: REPLID, offset: 1_000_000 };
    const input = { info: replicaInfo(700, { slave_read_only: 0 }), rest: { upstream } };
    expect(found('replica-writable', input)).toMatchObject([
      { severity: 'warning', commands: ['CONFIG SET replica-read-only yes'] },
    ]);
    expect(found('replica-lagging', input, { maxLagBytes: 1000 })).toMatchObject([
      { severity: 'critical', text: expect.stringContaining('this replica is 976 KB behind') as string },
    ]);
  });
});
