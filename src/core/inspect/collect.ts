/**
 * Collects Facts over one client connection. Only reads. Each command may be refused by ACL or by a managed service: then the
 * facts say what is missing, and only a server that tells neither INFO nor ROLE is an error.
 *
 *   open, AUTH -> INFO, ROLE, CLIENT LIST replica, CLIENT LIST pubsub, CONFIG GET × n -> [CLUSTER …] -> [the master's INFO]
 *   then, for every later sample:  [the master's INFO] -> INFO, ROLE, CLIENT LIST replica
 *
 * `Probe` keeps the connection for those who go on looking (`--watch`); `collect` takes one or two samples and closes it.
 */
import { type Dial } from '../base/byte-channel.js';
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import {
  fieldMap,
  findField,
  findSection,
  infoInteger,
  parseInfo,
  type ParsedSection,
} from '../info/parse.js';
import { parseReplication } from '../info/replication.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { hostPort } from '../net/target.js';
import { InspectClient, InspectError, type Login } from './client.js';
import { addressesDiffer, parseClientList, type ClientLine } from './client-list.js';
import { CLUSTER_COMMANDS, readCluster, type ClusterFacts } from './cluster.js';
import {
  type Facts,
  type MasterLogin,
  type MasterTrouble,
  type Missing,
  type RefusedLogin,
  type Sample,
  type Upstream,
} from './facts.js';
import { keysIn, productOf } from './product.js';
import { bytesOf, command, described, itemsOf, pairsOf, refused, scalar, textOf } from './replies.js';
import { linkState, sectionFromRole } from './role.js';
import { type SentinelFacts } from './sentinel.js';
import { configPairs, readSettings, SETTING_PATTERNS, type Settings } from './settings.js';

/** How to reach an address, and its name for people. */
export interface Reach {
  readonly dial: Dial;
  readonly name: string;
}

export interface CollectOptions {
  readonly clock: Clock;
  /** The target's address for people. */
  readonly name: string;
  readonly login?: Login;
  /** To connect, and for each group of replies. */
  readonly timeoutMs: number;
  /** Between the two samples; 0: one sample, and no rate. */
  readonly intervalMs: number;
  /**
   * How to reach the master that a replica names, or absent when it must not be asked. Without `shareLogin` it is asked
   * without a login: the address comes from the server, and the login was given for the target alone. That still tells a
   * master that is gone from one that hangs, and both from one that is alive and wants a password.
   */
  readonly dialMaster?: (host: string, port: number) => Reach;
  /** The user allowed to log in with the same login at addresses that servers name. */
  readonly shareLogin?: boolean;
  /** What the Sentinel said that named this target. */
  readonly sentinel?: SentinelFacts;
}

const INFO = command('INFO');
const INFO_REPLICATION = command('INFO', 'replication');
const ROLE = command('ROLE');
const REPLICA_CLIENTS = command('CLIENT', 'LIST', 'TYPE', 'replica');
/** Its spelling before Redis 5. */
const REPLICA_CLIENTS_OLD = command('CLIENT', 'LIST', 'TYPE', 'slave');
/** A Sentinel subscribes to `__sentinel__:hello` of every server that it watches. */
const SUBSCRIBERS = command('CLIENT', 'LIST', 'TYPE', 'pubsub');
const ACL_LOG = command('ACL', 'LOG', '20');
const SAMPLE = [INFO, ROLE, REPLICA_CLIENTS];

/** Asks the server behind `dial`. Rejects with InspectError when nothing can be found out. */
export async function collect(dial: Dial, options: CollectOptions): Promise<Facts> {
  const probe = await Probe.open(dial, options);
  try {
    const first = await probe.begin();
    if (options.intervalMs <= 0) return probe.facts(first, first);
    await pause(options.clock, options.intervalMs);
    return probe.facts(first, await probe.sample());
  } finally {
    probe.close();
  }
}

/** The untouched reply of INFO replication. Rejects with InspectError. */
export async function collectRaw(dial: Dial, options: CollectOptions): Promise<Bytes> {
  const client = await InspectClient.open(dial, options.name, options);
  try {
    const [reply] = await client.calls([INFO_REPLICATION]);
    const text = bytesOf(reply);
    if (text === undefined) throw refused(options.name, 'INFO', reply);
    return text;
  } finally {
    client.close();
  }
}

/** Resolves after `ms`; keeps the process alive meanwhile. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve, true));
}

/** One server that is being looked at. */
export class Probe {
  private readonly missing = new Map<string, Missing>();
  private settings: Settings = {};
  private sentinels: readonly string[] | undefined;
  private cluster: ClusterFacts | undefined;
  private master: InspectClient | undefined;
  private clientsRefused = false;

  private constructor(
    private readonly client: InspectClient,
    private readonly options: CollectOptions,
  ) {}

  /** Connects and logs in. Rejects with InspectError. */
  static async open(dial: Dial, options: CollectOptions): Promise<Probe> {
    return new Probe(await InspectClient.open(dial, options.name, options), options);
  }

  /** The first sample, with all that does not change from one to the next. Call it once, before `sample`. */
  async begin(): Promise<Sample> {
    const config = SETTING_PATTERNS.map((pattern) => command('CONFIG', 'GET', pattern));
    const [info, role, list, subscribers, ...replies] = await this.client.calls([
      ...SAMPLE,
      SUBSCRIBERS,
      ...config,
    ]);
    const atUs = this.options.clock.monotonicUs();
    const sections = this.readInfo(info, role);
    const sample = this.lookAt(atUs, sections, role);
    this.settings = this.readSettings(replies);
    const clients = await this.readClients(list);
    this.sentinels = sentinelNames(subscribers);
    if (isClusterNode(sections)) await this.askCluster();
    return { ...sample, clients, ...(await this.askMaster(sample)) };
  }

  /** Another look. */
  async sample(): Promise<Sample> {
    // The master first: a replica that is asked afterwards is not ahead of what we know of it.
    const asked = this.lastLink ? await this.askMaster(this.lastLink) : {};
    const [info, role, list] = await this.client.calls(SAMPLE);
    const atUs = this.options.clock.monotonicUs();
    const sample = this.lookAt(atUs, this.readInfo(info, role), role);
    return { ...sample, clients: await this.readClients(list), ...asked };
  }

  /** What `report` makes a report of. */
  facts(first: Sample, last: Sample): Facts {
    const { name, clock, sentinel } = this.options;
    return {
      target: name,
      collectedAtMs: clock.nowMs(),
      first,
      last,
      settings: this.settings,
      sentinels: this.sentinels,
      cluster: this.cluster,
      sentinel,
      missing: [...this.missing.values()],
    };
  }

  close(): void {
    this.client.close();
    this.master?.close();
  }

  private lastLink: Sample | undefined;

  private lookAt(atUs: number, sections: readonly ParsedSection[], role: Reply): Sample {
    const section = findSection(sections, 'replication');
    if (!section) throw noReplication(this.options.name, sections);
    const replication = parseReplication(section);
    const sample = { atUs, sections, section, replication, linkState: linkState(role) };
    this.lastLink = replication.link ? sample : undefined;
    return sample;
  }

  private readInfo(info: Reply, role: Reply): ParsedSection[] {
    const text = textOf(info);
    if (text !== undefined) return parseInfo(text);
    const section = sectionFromRole(role);
    if (!section) throw refused(this.options.name, 'INFO', info);
    this.refusedBy(info, 'INFO', 'all but role, offset and the online replicas', '+info');
    return [section];
  }

  private readSettings(replies: readonly Reply[]): Settings {
    const pairs = new Map<string, string>();
    for (const reply of replies) for (const [name, value] of configPairs(reply) ?? []) pairs.set(name, value);
    const error = replies.find((reply) => reply.type === 'error');
    if (error) {
      const lacks = 'output buffer limits, timeouts and min-replicas, and the findings about them';
      this.refusedBy(error, 'CONFIG GET', lacks, '+config|get');
    }
    return readSettings(pairs);
  }

  private async readClients(list: Reply): Promise<ClientLine[] | undefined> {
    if (this.clientsRefused) return undefined;
    const old = list.type === 'error' && list.value.includes('client type');
    const reply = old ? (await this.client.calls([REPLICA_CLIENTS_OLD]))[0] : list;
    const text = textOf(reply);
    if (text !== undefined) return parseClientList(text);
    this.clientsRefused = !old;
    const lacks =
      'where replicas connect from, their output buffers, since when, and whether a Sentinel watches';
    this.refusedBy(reply, 'CLIENT LIST', lacks, '+client|list');
    return undefined;
  }

  private async askCluster(): Promise<void> {
    const replies = await this.client.calls(CLUSTER_COMMANDS);
    this.cluster = readCluster(replies);
    if (this.cluster) return;
    this.refusedBy(
      replies[0],
      'CLUSTER NODES',
      'the other shards of the cluster',
      '+cluster|nodes +cluster|info',
    );
  }

  /** The position of our master, when the target is a replica. Its silence is no error. */
  private async askMaster(sample: Sample): Promise<AskedMaster> {
    const { host, port } = sample.replication.link ?? {};
    if (host === undefined || port === undefined || this.options.dialMaster === undefined) return {};
    const { dial, name } = this.options.dialMaster(host, port);
    const lacks = "the master's own offset, so how far this replica is behind";
    const what = `INFO of ${name}`;
    const masterLogin = this.masterLogin();
    try {
      this.master ??= await this.openMaster(dial, name);
      const [reply] = await this.master.calls([INFO]);
      const text = textOf(reply);
      const sections = text === undefined ? [] : parseInfo(text);
      if (findSection(sections, 'replication')) {
        this.missing.delete(what);
        const refusedLogin =
          sample.replication.link?.up === false ? await this.askRefusedLogin(this.master) : undefined;
        return { masterLogin, upstream: upstreamOf(name, sections), ...(refusedLogin && { refusedLogin }) };
      }
      const why = described(reply);
      const kept =
        masterLogin === 'withheld'
          ? `asked without the login, which was given for ${this.options.name} alone (--share-login sends it there, too): `
          : '';
      this.missing.set(what, { command: what, why: kept + why, lacks });
      return { masterLogin, masterTrouble: { kind: why.includes('NOAUTH') ? 'no-login' : 'other', why } };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      this.master = undefined;
      this.missing.set(what, { command: what, why: error.message, lacks });
      return { masterLogin, masterTrouble: { kind: troubleKind(error), why: error.message } };
    }
  }

  private masterLogin(): MasterLogin {
    if (this.options.login?.pass === undefined) return 'none';
    return this.options.shareLogin ? 'shared' : 'withheld';
  }

  /** Whether our master refuses what the target logs in with. Needs the right to ACL LOG there; without it nothing is known. */
  private async askRefusedLogin(master: InspectClient): Promise<RefusedLogin | undefined> {
    const [reply] = await master.calls([ACL_LOG]);
    return refusedLoginFrom(this.client.peerHost, reply);
  }

  private openMaster(dial: Dial, name: string): Promise<InspectClient> {
    const { clock, timeoutMs, login, shareLogin } = this.options;
    return InspectClient.open(dial, name, {
      clock,
      timeoutMs: Math.min(timeoutMs, MASTER_TIMEOUT_MS),
      ...(shareLogin && { login }),
    });
  }

  private refusedBy(reply: Reply, what: string, lacks: string, rule?: string): void {
    this.missing.set(what, {
      command: what,
      why: described(reply),
      lacks,
      ...(rule !== undefined && { rule }),
    });
  }
}

/** What asking our master gave; neither when it was not asked. */
type AskedMaster = Pick<Sample, 'upstream' | 'masterTrouble' | 'masterLogin' | 'refusedLogin'>;

/** A replica tries again every second, and the server counts tries alike as one entry: an older one is history. */
const REFUSED_LOGIN_SECONDS = 10;

/** The newest entry of ACL LOG about a login that came from `host`. redis 7.2.6 acl.c:aclCommand, addACLLogEntry. */
function refusedLoginFrom(host: string, reply: Reply): RefusedLogin | undefined {
  for (const item of itemsOf(reply)) {
    const entry = pairsOf(item);
    const secondsAgo = Number(scalar(entry.get('age-seconds')));
    if (scalar(entry.get('reason')) !== 'auth' || !(secondsAgo <= REFUSED_LOGIN_SECONDS)) continue;
    const [client] = parseClientList(scalar(entry.get('client-info')));
    if (client && !addressesDiffer(client.ip, host))
      return { user: scalar(entry.get('username')), address: client.address, secondsAgo };
  }
  return undefined;
}

function troubleKind({ failure, message, code }: InspectError): MasterTrouble['kind'] {
  if (failure === 'unreachable' && code === 'ECONNREFUSED') return 'refused';
  if (failure === 'unreachable' || failure === 'timeout') return failure;
  return message.includes('NOAUTH') ? 'no-login' : 'other';
}

/** The master of a replica gets less patience: it is asked on the side. */
const MASTER_TIMEOUT_MS = 2000;

function upstreamOf(address: string, sections: readonly ParsedSection[]): Upstream {
  const section = findSection(sections, 'replication');
  const replication = parseReplication(section ?? { name: '', fields: [] });
  const { replid, replid2, secondOffset, offset, role, link, backlog } = replication;
  const master = link?.host === undefined ? undefined : hostPort(link.host, link.port ?? 0);
  const { product, version } = productOf(sections);
  return {
    address,
    replid,
    replid2,
    secondOffset,
    offset,
    ...(backlog.active && { backlogFirstOffset: backlog.firstByteOffset }),
    role,
    ...(version !== undefined && { product, version }),
    runId: findField(sections, 'run_id'),
    ...(master !== undefined && { master }),
    keys: keysIn(sections),
    maxmemoryBytes: infoInteger(findField(sections, 'maxmemory')),
  };
}

function isClusterNode(sections: readonly ParsedSection[]): boolean {
  const fields = fieldMap(sections);
  return fields.get('cluster_enabled') === '1' || fields.get('redis_mode') === 'cluster';
}

/** `sentinel-1a2b3c4d-pubsub`: 8 digits of the Sentinel's id. redis 7.2.6 sentinel.c:sentinelSetClientName. */
function sentinelNames(list: Reply): string[] | undefined {
  const text = textOf(list);
  if (text === undefined) return undefined;
  const names = parseClientList(text).flatMap(({ name }) =>
    name !== undefined && /^sentinel-.+-pubsub$/.test(name) ? [name.slice(0, -'-pubsub'.length)] : [],
  );
  return [...new Set(names)];
}

function noReplication(name: string, sections: readonly ParsedSection[]): InspectError {
  const sentinel = findField(sections, 'redis_mode') === 'sentinel';
  const message = sentinel
    ? `${name} is a Sentinel, which replicates nothing itself: name the master that it watches with --sentinel NAME`
    : `${name} reports no replication section in INFO`;
  return new InspectError('no-replication', message);
}
