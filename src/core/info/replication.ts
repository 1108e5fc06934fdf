/**
 * The replication section as data, both ways: `formatReplication` prints it field for field and condition for condition as
 * redis 7.2.6 server.c:genRedisInfoString does; `parseReplication` reads it from any server, where each field may be
 * missing and unknown ones are kept.
 *
 *   role, [the link to our master], connected_slaves, [min_slaves_good_slaves], slave0…, failover state, ids, offsets, backlog
 */
import { type Int64 } from '../base/numbers.js';
import { INFO_MODEL, orderFields, type InfoField } from './model.js';
import { infoInteger, type ParsedField, type ParsedSection } from './parse.js';

/** A full sync that is being received. */
export interface SyncTransfer {
  /** Length of the snapshot; -1 before its header, 0 in the EOF form, which announces none. */
  readonly totalBytes: number;
  readonly readBytes: number;
  readonly lastIoSecondsAgo: number;
}

/** A replica's link to its master. */
export interface MasterLink {
  readonly host: string;
  readonly port: number;
  readonly up: boolean;
  /** Since the master was last heard; -1 without a link. */
  readonly lastIoSecondsAgo: number;
  readonly syncInProgress: boolean;
  /** Bytes of the stream received; `offset`: applied. Both 1 when there is no master and no cached one. */
  readonly readOffset: number;
  readonly offset: number;
  readonly transfer?: SyncTransfer;
  /** Only while the link is down; -1 when it never was up. */
  readonly downSinceSeconds?: number;
  readonly priority: number;
  readonly readOnly: boolean;
  readonly announced: boolean;
}

/** One `slaveN` line. */
export interface ReplicaLine {
  /** As announced, else the peer address. */
  readonly ip: string;
  readonly port: number;
  /** `wait_bgsave`, `send_bulk` or `online`; other servers have more. */
  readonly state: string;
  /** The last offset that it acknowledged. */
  readonly offset: number;
  /** Seconds since its last ACK; 0 unless online. */
  readonly lag: number;
}

/** A line as it is printed: a replica may acknowledge any 64-bit number. */
export type ListedReplica = Omit<ReplicaLine, 'offset'> & { readonly offset: Int64 };

export interface Backlog {
  readonly active: boolean;
  readonly sizeBytes: number;
  readonly firstByteOffset: number;
  readonly histlenBytes: number;
}

/** All that the section says, of a server that knows all of it. */
export interface ReplicationInfo {
  /** Present on a replica. */
  readonly link?: MasterLink;
  /** Connections in the replica list, listed below or not. */
  readonly connectedReplicas: number;
  /** Present when both min-replicas options are set. */
  readonly goodReplicas?: number;
  readonly replicas: readonly ListedReplica[];
  /** `no-failover`, `waiting-for-sync` or `failover-in-progress`. */
  readonly failoverState: string;
  readonly replid: string;
  readonly replid2: string;
  readonly offset: number;
  readonly secondOffset: number;
  readonly backlog: Backlog;
}

/** The fields of the section, in order. */
export function formatReplication(info: ReplicationInfo): InfoField[] {
  const listed = info.replicas.map((replica, n): InfoField => [`slave${n}`, formatReplica(replica)]);
  const head = orderFields('replication', {
    role: info.link ? 'slave' : 'master',
    ...(info.link && linkValues(info.link)),
    connected_slaves: info.connectedReplicas,
    min_slaves_good_slaves: info.goodReplicas,
  });
  const tail = orderFields('replication', {
    master_failover_state: info.failoverState,
    master_replid: info.replid,
    master_replid2: info.replid2,
    master_repl_offset: info.offset,
    second_repl_offset: info.secondOffset,
    repl_backlog_active: flag(info.backlog.active),
    repl_backlog_size: info.backlog.sizeBytes,
    repl_backlog_first_byte_offset: info.backlog.active ? info.backlog.firstByteOffset : 0,
    repl_backlog_histlen: info.backlog.active ? info.backlog.histlenBytes : 0,
  });
  return [...head, ...listed, ...tail];
}

function linkValues(link: MasterLink) {
  return {
    master_host: link.host,
    master_port: link.port,
    master_link_status: link.up ? 'up' : 'down',
    master_last_io_seconds_ago: link.lastIoSecondsAgo,
    master_sync_in_progress: flag(link.syncInProgress),
    slave_read_repl_offset: link.readOffset,
    slave_repl_offset: link.offset,
    ...(link.transfer && transferValues(link.transfer)),
    master_link_down_since_seconds: link.up ? undefined : (link.downSinceSeconds ?? -1),
    slave_priority: link.priority,
    slave_read_only: flag(link.readOnly),
    replica_announced: flag(link.announced),
  };
}

function transferValues({ totalBytes, readBytes, lastIoSecondsAgo }: SyncTransfer) {
  return {
    master_sync_total_bytes: totalBytes,
    master_sync_read_bytes: readBytes,
    // Negative in the EOF form: Redis subtracts from a total of 0 all the same.
    master_sync_left_bytes: totalBytes - readBytes,
    // Before the header the total is -1, and C prints 0 / -1 with its sign.
    master_sync_perc:
      totalBytes < 0 ? '-0.00' : (totalBytes === 0 ? 0 : (readBytes / totalBytes) * 100).toFixed(2),
    master_sync_last_io_seconds_ago: lastIoSecondsAgo,
  };
}

function formatReplica({ ip, port, state, offset, lag }: ListedReplica): string {
  return `ip=${ip},port=${port},state=${state},offset=${offset},lag=${lag}`;
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

type Loose<T> = { readonly [K in keyof T]?: T[K] };

/** A `slaveN` line as some server sent it. */
export interface ParsedReplica extends Loose<ReplicaLine> {
  /** The N of `slaveN`. */
  readonly index: number;
  /** Pairs that 7.2 does not send, in order. */
  readonly extra: readonly ParsedField[];
}

export interface ParsedLink extends Loose<Omit<MasterLink, 'transfer'>> {
  readonly transfer?: Loose<SyncTransfer>;
}

/** What a server's section says; what it does not say is absent. */
export interface ParsedReplication extends Loose<Omit<ReplicationInfo, 'link' | 'replicas' | 'backlog'>> {
  /** `master`, `slave`, or another server's word (`replica`, `active-replica`). */
  readonly role?: string;
  readonly link?: ParsedLink;
  /** Every master's link, `link` first: KeyDB follows several at once. */
  readonly links: readonly ParsedLink[];
  readonly replicas: readonly ParsedReplica[];
  readonly backlog: Loose<Backlog>;
  /** Fields that 7.2 does not send, in order. */
  readonly unknown: readonly ParsedField[];
}

const KNOWN: ReadonlySet<string> = new Set(INFO_MODEL.replication.fields);
const REPLICA_LINE = /^slave(\d+)$/;

/** Reads the section. Of repeated fields the first counts. Never throws. */
export function parseReplication(section: ParsedSection): ParsedReplication {
  const values = new Map<string, string>();
  const replicas: ParsedReplica[] = [];
  const unknown: ParsedField[] = [];
  for (const field of section.fields) {
    const [name, value] = field;
    const line = REPLICA_LINE.exec(name);
    if (line) replicas.push(parseReplica(Number(line[1]), value));
    else if (!KNOWN.has(name)) unknown.push(field);
    else if (!values.has(name)) values.set(name, value);
  }
  const text = (name: string) => values.get(name);
  const int = (name: string) => infoInteger(values.get(name));
  const bool = (name: string) => infoFlag(values.get(name));
  const links = linkBlocks(section).map(parseLink);
  return {
    role: text('role'),
    link: links.at(0),
    links,
    connectedReplicas: int('connected_slaves'),
    goodReplicas: int('min_slaves_good_slaves'),
    replicas,
    failoverState: text('master_failover_state'),
    replid: text('master_replid'),
    replid2: text('master_replid2'),
    offset: int('master_repl_offset'),
    secondOffset: int('second_repl_offset'),
    backlog: {
      active: bool('repl_backlog_active'),
      sizeBytes: int('repl_backlog_size'),
      firstByteOffset: int('repl_backlog_first_byte_offset'),
      histlenBytes: int('repl_backlog_histlen'),
    },
    unknown,
  };
}

/** KeyDB's fields of its second and later masters: `master_1_host`. */
const NUMBERED = /^master_\d+_(.+)$/;
/** What belongs to the server, wherever it stands. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['slave_priority', 'slave_read_only', 'replica_announced']);
const LINK_FIELD = /^(master_|slave_|replica_)/;

/**
 * The fields of each master's link. One link takes all of them; of several, a block begins at each `master_host` (or
 * `master_N_host`), and what a later block does not name is not known of it.
 */
function linkBlocks(section: ParsedSection): ReadonlyMap<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const [raw, value] of section.fields) {
    const numbered = NUMBERED.exec(raw);
    const name = numbered ? `master_${numbered[1]}` : raw;
    if (name === 'master_host') blocks.push(new Map());
    const block = OWN_FIELDS.has(name) ? blocks.at(0) : blocks.at(-1);
    if (block && LINK_FIELD.test(name) && !block.has(name)) block.set(name, value);
  }
  return blocks;
}

function parseLink(values: ReadonlyMap<string, string>): ParsedLink {
  const text = (name: string) => values.get(name);
  const int = (name: string) => infoInteger(values.get(name));
  const bool = (name: string) => infoFlag(values.get(name));
  const status = text('master_link_status');
  const transfer = {
    totalBytes: int('master_sync_total_bytes'),
    readBytes: int('master_sync_read_bytes'),
    lastIoSecondsAgo: int('master_sync_last_io_seconds_ago'),
  };
  return {
    host: text('master_host'),
    port: int('master_port'),
    up: status === undefined ? undefined : status === 'up',
    lastIoSecondsAgo: int('master_last_io_seconds_ago'),
    syncInProgress: bool('master_sync_in_progress'),
    readOffset: int('slave_read_repl_offset'),
    offset: int('slave_repl_offset'),
    transfer: transfer.lastIoSecondsAgo === undefined ? undefined : transfer,
    downSinceSeconds: int('master_link_down_since_seconds'),
    priority: int('slave_priority'),
    readOnly: bool('slave_read_only'),
    announced: bool('replica_announced'),
  };
}

const REPLICA_KEYS: ReadonlySet<string> = new Set(['ip', 'port', 'state', 'offset', 'lag']);

/** `ip=…,port=…,…`; Redis before 2.8 sent `ip,port,state` without names. */
function parseReplica(index: number, value: string): ParsedReplica {
  const parts = value.split(',');
  const named = parts.some((part) => part.includes('='));
  const pairs = parts.map((part, n): ParsedField => {
    const equals = part.indexOf('=');
    if (!named) return [['ip', 'port', 'state'][n] ?? '', part];
    return equals < 0 ? ['', part] : [part.slice(0, equals), part.slice(equals + 1)];
  });
  const get = (key: string) => pairs.find(([name]) => name === key)?.[1];
  return {
    index,
    ip: get('ip'),
    port: infoInteger(get('port')),
    state: get('state'),
    offset: infoInteger(get('offset')),
    lag: infoInteger(get('lag')),
    extra: pairs.filter(([name]) => !REPLICA_KEYS.has(name)),
  };
}

function infoFlag(value: string | undefined): boolean | undefined {
  return value === '1' ? true : value === '0' ? false : undefined;
}
