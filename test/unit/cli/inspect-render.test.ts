import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/cli/render/inspect.js';
import { report } from '../../../src/core/inspect/report.js';
import {
  clientLine,
  facts,
  masterInfo,
  replicaInfo,
  REPLID,
  tail,
  TROUBLED,
} from '../../support/inspect-facts.js';

const plain = { color: false, unicode: true };

const WIDE = `10.0.0.5:6379  redis 7.2.4  master  up 12 d  replid 8c1f…e2a9  offset 98,211,004

INFO replication
  role                            master
  connected_slaves                2
  slave0                          ip=10.0.0.6,port=6380,state=online,offset=98211004,lag=0
  slave1                          ip=172.17.0.3,port=6380,state=online,offset=97057570,lag=1
  master_failover_state           no-failover
  master_replid                   8c1f0b0f3a5d4e6c7b8a9f0e1d2c3b4a5968e2a9
  master_replid2                  0000000000000000000000000000000000000000
  master_repl_offset              98211004
  second_repl_offset              -1
  repl_backlog_active             1
  repl_backlog_size               1048576
  repl_backlog_first_byte_offset  97162429
  repl_backlog_histlen            1048576

REPLICAS
  #  announced        from            state   offset      behind           ack  out-buf         link since
  0  10.0.0.6:6380    10.0.0.6:51122  online  98,211,004  0 B              0 s  0 B / 256 MB    11 d
  1  172.17.0.3:6380  10.0.0.7:40110  online  97,057,570  1.1 MB (~0.9 s)  1 s  22 MB / 256 MB  3 m

BACKLOG   1.0 MB, holds 97,162,429 … 98,211,004, about 0.8 s at 1.2 MB/s

FINDINGS
  ⚠ backlog-too-small        the backlog of 1.0 MB covers 0.8 s at 1.2 MB/s: a replica that is away for longer must do a full sync.
                             Raise repl-backlog-size to at least 128 MB for 106 s of cover:
                               CONFIG SET repl-backlog-size 128mb
  ⚠ announced-not-peer       replica 1 announces 172.17.0.3 but connects from 10.0.0.7: NAT or a container. Sentinel and clients will look for it
                             where it says it is.
                             If clients can connect to the announced address, nothing is wrong: --accept announced-not-peer. If they cannot, tell the
                             replica the address and the port at which they can (the first two commands, on the replica) and reconnect it, because it
                             announces itself only when it connects: the third command, on this server, drops the links of all its replicas; they
                             come back by themselves, with a partial resync where the backlog reaches back far enough.
                               CONFIG SET replica-announce-ip <address>
                               CONFIG SET replica-announce-port <port>
                               CLIENT KILL TYPE replica
`;

/** From the replicas on; what is above is the same at every width. */
const NARROW = `REPLICAS
  0  10.0.0.6:6380  online
     offset  98,211,004      behind      0 B
     ack     0 s             out-buf     0 B / 256 MB
     from    10.0.0.6:51122  link since  11 d
  1  172.17.0.3:6380  online
     offset  97,057,570      behind      1.1 MB (~0.9 s)
     ack     1 s             out-buf     22 MB / 256 MB
     from    10.0.0.7:40110  link since  3 m

BACKLOG   1.0 MB, holds 97,162,429 … 98,211,004, about 0.8 s at 1.2 MB/s

FINDINGS
  ⚠ backlog-too-small
    the backlog of 1.0 MB covers 0.8 s at 1.2 MB/s: a replica that is away for
    longer must do a full sync.
    Raise repl-backlog-size to at least 128 MB for 106 s of cover:
      CONFIG SET repl-backlog-size 128mb
  ⚠ announced-not-peer
    replica 1 announces 172.17.0.3 but connects from 10.0.0.7: NAT or a
    container. Sentinel and clients will look for it where it says it is.
    If clients can connect to the announced address, nothing is wrong: --accept
    announced-not-peer. If they cannot, tell the replica the address and the
    port at which they can (the first two commands, on the replica) and
    reconnect it, because it announces itself only when it connects: the third
    command, on this server, drops the links of all its replicas; they come back
    by themselves, with a partial resync where the backlog reaches back far
    enough.
      CONFIG SET replica-announce-ip <address>
      CONFIG SET replica-announce-port <port>
      CLIENT KILL TYPE replica
`;

const REPLICA = `LINK TO THE MASTER
  master        10.0.0.5:6379
  status        down for 2 m (connecting)
  applied       700
  as a replica  read only, priority 100

BACKLOG   1.0 MB, holds 1 ... 700, nothing was written in 1 s

FINDINGS
  x link-down                the link to the master 10.0.0.5:6379 has been down for 2 m (now:
                             connecting).
                             Run the first command: it connects to the master as a replica does,
                             with the login that you give it, and names the step that fails; it asks
                             for no full sync. If it passes, the login that this replica uses is
                             wrong or missing: set its password, and its user where the master has
                             ACL users, with the other commands, on this replica:
                               redis-ts handshake 10.0.0.5:6379 --no-psync
                               CONFIG SET masterauth <password>
                               CONFIG SET masteruser <user>

NOT SEEN
  CONFIG GET: NOPERM no. Missing for it: output buffer limits. ACL rule that allows it: +config|get
`;

const from = (title: string, text: string) => text.slice(text.indexOf(`${title}\n`));

describe('renderReport', () => {
  it('draws the table at 200 columns', () => {
    expect(renderReport(report(facts(TROUBLED)), { ...plain, width: 200 })).toBe(WIDE);
  });

  it('draws a block for each replica at 80 columns', () => {
    const text = renderReport(report(facts(TROUBLED)), { ...plain, width: 80 });
    expect(from('REPLICAS', text)).toBe(NARROW);
    expect(text).toContain(`
  slave1                          ip=172.17.0.3,port=6380,state=online,
                                  offset=97057570,lag=1
`);
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(1)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  it('draws a replica, in ASCII', () => {
    const down = {
      master_link_status: 'down',
      master_last_io_seconds_ago: -1,
      master_link_down_since_seconds: 130,
    };
    const missing = [
      { command: 'CONFIG GET', why: 'NOPERM no', lacks: 'output buffer limits', rule: '+config|get' },
    ];
    const input = { info: replicaInfo(700, down), rest: { linkState: 'connecting', missing } };
    const text = renderReport(report(facts(input)), { color: false, unicode: false, width: 100 });
    expect(from('LINK TO THE MASTER', text)).toBe(REPLICA);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('shows the link upward, its progress and the lag of a replica', () => {
    const transfer = {
      master_link_status: 'down',
      master_sync_total_bytes: 2048,
      master_sync_read_bytes: 512,
    };
    const syncing = replicaInfo(700, { ...transfer, master_sync_last_io_seconds_ago: 0 });
    expect(renderReport(report(facts({ info: syncing })), { ...plain, width: 100 })).toContain(
      '\n  full sync     512 B of 2.0 KB (25%)\n',
    );
    const upstream = { address: '10.0.0.5:6379', replid: REPLID, offset: 5000 };
    const info = replicaInfo(3000, { slave_read_repl_offset: 4024 });
    const input = { before: replicaInfo(2000), info, rest: { upstream } };
    expect(
      from('LINK TO THE MASTER', renderReport(report(facts(input)), { ...plain, width: 100 })),
    ).toContain(
      `  status        up, last heard 1 s ago
  applied       3,000, 1.0 KB received and not yet applied
  master's      5,000 (asked 10.0.0.5:6379)
  behind        2.0 KB (~2 s)
  rate          1000 B/s
`,
    );
  });

  it('marks connections that were only told apart by order', () => {
    const line = (port: number) => `ip=127.0.0.1,port=${port},state=online,offset=5,lag=0`;
    const clients = clientLine(1, '127.0.0.1:50001', 9, 0) + clientLine(2, '127.0.0.1:50002', 9, 0);
    const text = renderReport(report(facts({ info: masterInfo([line(1), line(2)], tail(5)), clients })), {
      ...plain,
      width: 120,
    });
    expect(from('REPLICAS', text)).toContain(`
  0  127.0.0.1:1  127.0.0.1:50001?  online  5       0 B     0 s  0 B      9 s
  1  127.0.0.1:2  127.0.0.1:50002?  online  5       0 B     0 s  0 B      9 s
  ? several replicas come from one address: told apart by the order in which they connected
`);
  });

  it('says so when nothing is wrong, and paints only in colour', () => {
    const healthy = report(
      facts({ info: masterInfo(['ip=10.0.0.6,port=6380,state=online,offset=5,lag=0'], tail(5)) }),
    );
    expect(renderReport(healthy, { ...plain, width: 100 })).toContain('FINDINGS\n  ✔ nothing is wrong\n');
    expect(renderReport(healthy, { ...plain, width: 100 })).not.toContain('\x1b');
    expect(renderReport(healthy, { ...plain, color: true, width: 100 })).toContain('\x1b[1mFINDINGS\x1b[22m');
  });

  it('lets no server steer the terminal', () => {
    const info = masterInfo(['ip=\x1b[2J\u202e,port=1,state=online\x07,offset=5,lag=0'], tail(5));
    const text = renderReport(report(facts({ info })), { ...plain, width: 200 });
    expect(text).toContain('\\x1b[2J\\u{202e}:1');
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
  });
});
