import { describe, expect, it } from 'vitest';
import { formatInfo } from '../../../src/core/info/format.js';
import { parseInfo } from '../../../src/core/info/parse.js';
import {
  formatReplication,
  parseReplication,
  type ReplicationInfo,
} from '../../../src/core/info/replication.js';

const REPLID = '8c1f0b0f3a5d4e6c7b8a9f0e1d2c3b4a5968e2a9';
const NO_ID = '0000000000000000000000000000000000000000';

const ids = {
  failoverState: 'no-failover',
  replid: REPLID,
  replid2: NO_ID,
  secondOffset: -1,
};

const master: ReplicationInfo = {
  connectedReplicas: 2,
  replicas: [
    { ip: '10.0.0.6', port: 6380, state: 'online', offset: 98211004, lag: 0 },
    { ip: '172.17.0.3', port: 6380, state: 'wait_bgsave', offset: 0, lag: 0 },
  ],
  ...ids,
  offset: 98211004,
  backlog: { active: true, sizeBytes: 1048576, firstByteOffset: 97162429, histlenBytes: 1048576 },
};

const MASTER_TEXT = `# Replication
role:master
connected_slaves:2
slave0:ip=10.0.0.6,port=6380,state=online,offset=98211004,lag=0
slave1:ip=172.17.0.3,port=6380,state=wait_bgsave,offset=0,lag=0
master_failover_state:no-failover
master_replid:${REPLID}
master_replid2:${NO_ID}
master_repl_offset:98211004
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:97162429
repl_backlog_histlen:1048576
`.replaceAll('\n', '\r\n');

const replica: ReplicationInfo = {
  link: {
    host: '10.0.0.5',
    port: 6379,
    up: true,
    lastIoSecondsAgo: 1,
    syncInProgress: false,
    readOffset: 1500,
    offset: 1480,
    priority: 100,
    readOnly: true,
    announced: true,
  },
  connectedReplicas: 0,
  replicas: [],
  ...ids,
  offset: 1480,
  backlog: { active: false, sizeBytes: 1048576, firstByteOffset: 77, histlenBytes: 5 },
};

const REPLICA_TEXT = `# Replication
role:slave
master_host:10.0.0.5
master_port:6379
master_link_status:up
master_last_io_seconds_ago:1
master_sync_in_progress:0
slave_read_repl_offset:1500
slave_repl_offset:1480
slave_priority:100
slave_read_only:1
replica_announced:1
connected_slaves:0
master_failover_state:no-failover
master_replid:${REPLID}
master_replid2:${NO_ID}
master_repl_offset:1480
second_repl_offset:-1
repl_backlog_active:0
repl_backlog_size:1048576
repl_backlog_first_byte_offset:0
repl_backlog_histlen:0
`.replaceAll('\n', '\r\n');

const text = (info: ReplicationInfo) =>
  formatInfo([{ name: 'Replication', fields: formatReplication(info) }]);
const parse = (info: string) => parseReplication(parseInfo(info)[0]);
const line = (info: ReplicationInfo, name: string) =>
  formatReplication(info).find(([field]) => field === name)?.[1];

describe('formatReplication', () => {
  it('prints a master and a replica byte for byte', () => {
    expect(text(master)).toBe(MASTER_TEXT);
    expect(text(replica)).toBe(REPLICA_TEXT);
  });

  it('counts the good replicas only when both options are set', () => {
    const names = formatReplication({ ...master, goodReplicas: 1 }).map(([name]) => name);
    expect(names.slice(0, 4)).toEqual(['role', 'connected_slaves', 'min_slaves_good_slaves', 'slave0']);
  });

  it('reports a transfer between the offsets and the down time', () => {
    const link = {
      ...replica.link!,
      up: false,
      lastIoSecondsAgo: -1,
      syncInProgress: true,
      transfer: { totalBytes: 3000, readBytes: 1000, lastIoSecondsAgo: 2 },
      downSinceSeconds: 7,
    };
    const fields = formatReplication({ ...replica, link }).map(([name, value]) => `${name}:${value}`);
    expect(fields.slice(5, 15)).toEqual([
      'master_sync_in_progress:1',
      'slave_read_repl_offset:1500',
      'slave_repl_offset:1480',
      'master_sync_total_bytes:3000',
      'master_sync_read_bytes:1000',
      'master_sync_left_bytes:2000',
      'master_sync_perc:33.33',
      'master_sync_last_io_seconds_ago:2',
      'master_link_down_since_seconds:7',
      'slave_priority:100',
    ]);
  });

  it('subtracts from a total of 0 in the EOF form, and says -1 for a link that never was', () => {
    const transfer = { totalBytes: 0, readBytes: 500, lastIoSecondsAgo: 0 };
    const info = { ...replica, link: { ...replica.link!, up: false, transfer } };
    expect(line(info, 'master_sync_left_bytes')).toBe(-500);
    expect(line(info, 'master_sync_perc')).toBe('0.00');
    expect(line(info, 'master_link_down_since_seconds')).toBe(-1);
    expect(line(replica, 'master_link_down_since_seconds')).toBeUndefined();
  });
});

describe('parseReplication', () => {
  it('reads a master', () => {
    expect(parse(MASTER_TEXT)).toMatchObject({
      role: 'master',
      connectedReplicas: 2,
      replicas: [
        { index: 0, ip: '10.0.0.6', port: 6380, state: 'online', offset: 98211004, lag: 0, extra: [] },
        { index: 1, ip: '172.17.0.3', port: 6380, state: 'wait_bgsave', offset: 0, lag: 0, extra: [] },
      ],
      replid: REPLID,
      offset: 98211004,
      secondOffset: -1,
      backlog: { active: true, sizeBytes: 1048576, firstByteOffset: 97162429, histlenBytes: 1048576 },
      unknown: [],
    });
    expect(parse(MASTER_TEXT).link).toBeUndefined();
  });

  it('reads a replica', () => {
    expect(parse(REPLICA_TEXT).link).toEqual({
      ...replica.link,
      transfer: undefined,
      downSinceSeconds: undefined,
    });
  });

  it('reads a transfer', () => {
    const down = REPLICA_TEXT.replace(
      'slave_priority',
      'master_sync_total_bytes:10\r\nmaster_sync_read_bytes:4\r\nmaster_sync_left_bytes:6\r\nmaster_sync_perc:40.00\r\n' +
        'master_sync_last_io_seconds_ago:0\r\nmaster_link_down_since_seconds:9\r\nslave_priority',
    ).replace('status:up', 'status:down');
    expect(parse(down).link).toMatchObject({
      up: false,
      transfer: { totalBytes: 10, readBytes: 4, lastIoSecondsAgo: 0 },
      downSinceSeconds: 9,
    });
  });

  it('keeps what Valkey, KeyDB and others add', () => {
    const parsed = parse(
      '# Replication\r\nrole:active-replica\r\nmaster_global_link_status:up\r\nmaster_host:a\r\nmaster_host:b\r\n' +
        'slave0:ip=1.1.1.1,port=1,state=bg_transfer,offset=5,lag=1,type=rdb-channel,io-thread=2\r\n',
    );
    expect(parsed.role).toBe('active-replica');
    expect(parsed.link?.host).toBe('a');
    expect(parsed.unknown).toEqual([['master_global_link_status', 'up']]);
    expect(parsed.replicas[0]).toMatchObject({
      state: 'bg_transfer',
      extra: [
        ['type', 'rdb-channel'],
        ['io-thread', '2'],
      ],
    });
  });

  it('reads the unnamed form of Redis before 2.8, and leaves absent what is absent', () => {
    const parsed = parse('role:master\r\nconnected_slaves:1\r\nslave0:10.0.0.6,6380,online\r\n');
    expect(parsed.replicas).toEqual([
      {
        index: 0,
        ip: '10.0.0.6',
        port: 6380,
        state: 'online',
        offset: undefined,
        lag: undefined,
        extra: [],
      },
    ]);
    expect(parsed.replid).toBeUndefined();
    expect(parsed.backlog.active).toBeUndefined();
  });
});
