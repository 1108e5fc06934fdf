/** Facts for the tests of `inspect`, made from INFO texts as a server would send them. */
import { parseClientList } from '../../src/core/inspect/client-list.js';
import { type Facts, type Sample } from '../../src/core/inspect/facts.js';
import { findSection, parseInfo } from '../../src/core/info/parse.js';
import { parseReplication } from '../../src/core/info/replication.js';

export const REPLID = '8c1f0b0f3a5d4e6c7b8a9f0e1d2c3b4a5968e2a9';
export const NO_ID = '0'.repeat(40);

const SERVER = `# Server
redis_version:7.2.4
redis_mode:standalone
uptime_in_seconds:1040000
run_id:5d0c

# Stats
sync_full:2
sync_partial_ok:1
sync_partial_err:0
`;

/** The end of every INFO replication. */
export function tail(
  offset: number,
  backlog = { active: 1, size: 1048576, first: 1, histlen: offset },
): string {
  return `master_failover_state:no-failover
master_replid:${REPLID}
master_replid2:${NO_ID}
master_repl_offset:${offset}
second_repl_offset:-1
repl_backlog_active:${backlog.active}
repl_backlog_size:${backlog.size}
repl_backlog_first_byte_offset:${backlog.first}
repl_backlog_histlen:${backlog.histlen}
`;
}

/** A master's section with these `slaveN` lines. */
export function masterInfo(lines: readonly string[], rest: string, good = ''): string {
  const replicas = lines.map((line, n) => `slave${n}:${line}\n`).join('');
  return `# Replication\nrole:master\nconnected_slaves:${lines.length}\n${good}${replicas}${rest}`;
}

/** A replica's section; `changes` replaces or adds fields of its link. */
export function replicaInfo(offset: number, changes: Readonly<Record<string, string | number>> = {}): string {
  const fields = {
    master_host: '10.0.0.5',
    master_port: 6379,
    master_link_status: 'up',
    master_last_io_seconds_ago: 1,
    master_sync_in_progress: 0,
    slave_read_repl_offset: offset,
    slave_repl_offset: offset,
    slave_priority: 100,
    slave_read_only: 1,
    replica_announced: 1,
    ...changes,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}\n`);
  return `# Replication\nrole:slave\n${lines.join('')}connected_slaves:0\n${tail(offset)}`;
}

function sample(text: string, atUs: number, more: Partial<Sample>): Sample {
  const sections = parseInfo(text);
  const section = findSection(sections, 'replication')!;
  return { atUs, sections, section, replication: parseReplication(section), ...more };
}

export interface FactsInput {
  /** INFO replication of the second sample; the first one too, unless `before` is given. */
  readonly info: string;
  readonly before?: string;
  readonly clients?: string;
  /** CLIENT LIST of the first sample; as `clients` when left out. */
  readonly clientsBefore?: string;
  readonly server?: string;
  /** The sections beside Replication in the first sample; as `server` when left out. */
  readonly serverBefore?: string;
  readonly rest?: Partial<Facts> &
    Partial<Pick<Sample, 'linkState' | 'upstream' | 'masterTrouble' | 'masterLogin' | 'refusedLogin'>>;
}

/** Facts with two samples one second apart. */
export function facts(input: FactsInput): Facts {
  const { info, before = info, clients, clientsBefore = clients, server = SERVER, rest = {} } = input;
  const { linkState, upstream, masterTrouble, masterLogin, refusedLogin, ...more } = rest;
  const list = (text: string | undefined) => (text === undefined ? undefined : parseClientList(text));
  const { serverBefore = server } = input;
  return {
    target: '10.0.0.5:6379',
    collectedAtMs: Date.UTC(2024, 4, 1, 12),
    first: sample(`${serverBefore}\n${before}`, 5_000_000, { clients: list(clientsBefore) }),
    last: sample(`${server}\n${info}`, 6_000_000, {
      clients: list(clients),
      linkState,
      upstream,
      masterTrouble,
      masterLogin,
      refusedLogin,
    }),
    settings: {},
    missing: [],
    ...more,
  };
}

/** One line of CLIENT LIST. */
export function clientLine(id: number, addr: string, age: number, omem: number): string {
  return (
    `id=${id} addr=${addr} laddr=10.0.0.5:6379 fd=9 name= age=${age} idle=0 flags=S db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 ` +
    `qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=1 omem=${omem} tot-mem=22400 events=r cmd=replconf user=default ` +
    'redir=-1 resp=2 lib-name= lib-ver=\n'
  );
}

/** The sample of the design: one replica at the head, one behind a NAT and further behind than the backlog reaches. */
export const TROUBLED: FactsInput = {
  before: masterInfo([], tail(96_952_713)),
  info: masterInfo(
    [
      'ip=10.0.0.6,port=6380,state=online,offset=98211004,lag=0',
      'ip=172.17.0.3,port=6380,state=online,offset=97057570,lag=1',
    ],
    tail(98_211_004, { active: 1, size: 1_048_576, first: 97_162_429, histlen: 1_048_576 }),
  ),
  clients: clientLine(3, '10.0.0.6:51122', 980_000, 0) + clientLine(8, '10.0.0.7:40110', 200, 23_068_672),
  rest: {
    settings: {
      replTimeoutSeconds: 60,
      replPingPeriodSeconds: 10,
      minReplicasToWrite: 0,
      minReplicasMaxLagSeconds: 10,
      replicaOutputLimit: { hardBytes: 268_435_456, softBytes: 67_108_864, softSeconds: 60 },
    },
  },
};
