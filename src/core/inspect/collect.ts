/**
 * Collects Facts over one client connection: INFO twice (for rates), ROLE, CONFIG GET of a few settings, CLIENT LIST TYPE
 * replica. Only reads. Each command may be refused by ACL: then the facts say what is missing, and only a server that tells
 * neither INFO nor ROLE is an error.
 *
 *   open, AUTH -> INFO, ROLE, CONFIG GET × 3 -> (interval) -> [the master's INFO] -> INFO replication, CLIENT LIST
 */
import { ascii, quote, toText, type Bytes } from '../base/bytes.js';
import { type Dial } from '../base/byte-channel.js';
import { type Clock } from '../base/clock.js';
import { findField, findSection, parseInfo, type ParsedField, type ParsedSection } from '../info/parse.js';
import { parseReplication } from '../info/replication.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { InspectClient, InspectError, type Login } from './client.js';
import { parseClientList, type ClientLine } from './client-list.js';
import { type Facts, type Missing, type Sample, type Upstream } from './facts.js';
import { configPairs, readSettings, SETTING_PATTERNS, type Settings } from './settings.js';

export interface CollectOptions {
  readonly clock: Clock;
  /** The target's address for people. */
  readonly name: string;
  readonly login?: Login;
  /** To connect, and for each group of replies. */
  readonly timeoutMs: number;
  /** Between the two samples. */
  readonly intervalMs: number;
  /**
   * How to reach the master that a replica names, or absent when it must not be asked. It is never sent a login: the
   * address comes from the server, and the login was given for the target alone.
   */
  readonly dialMaster?: (host: string, port: number) => { readonly dial: Dial; readonly name: string };
}

const command = (...words: string[]): Bytes[] => words.map(ascii);

const INFO = command('INFO');
const INFO_REPLICATION = command('INFO', 'replication');
const ROLE = command('ROLE');
const CLIENTS = command('CLIENT', 'LIST', 'TYPE', 'replica');
/** Its spelling before Redis 5. */
const CLIENTS_OLD = command('CLIENT', 'LIST', 'TYPE', 'slave');

/** Asks the server behind `dial`. Rejects with InspectError when nothing can be found out. */
export async function collect(dial: Dial, options: CollectOptions): Promise<Facts> {
  const client = await InspectClient.open(dial, options.name, options);
  try {
    return await new Collector(client, options).run();
  } finally {
    client.close();
  }
}

/** The untouched reply of INFO replication. Rejects with InspectError. */
export async function collectRaw(dial: Dial, options: CollectOptions): Promise<Bytes> {
  const client = await InspectClient.open(dial, options.name, options);
  try {
    const [reply] = await client.calls([INFO_REPLICATION]);
    const text = textOf(reply);
    if (text === undefined) throw refused(options.name, 'INFO', reply);
    return text;
  } finally {
    client.close();
  }
}

class Collector {
  private readonly missing: Missing[] = [];

  constructor(
    private readonly client: InspectClient,
    private readonly options: CollectOptions,
  ) {}

  async run(): Promise<Facts> {
    const { clock, name, intervalMs } = this.options;
    const [info, role, ...config] = await this.client.calls([
      INFO,
      ROLE,
      ...SETTING_PATTERNS.map((pattern) => command('CONFIG', 'GET', pattern)),
    ]);
    const sections = this.readInfo(info, role);
    const first = this.sample(sections);
    const settings = this.readSettings(config);
    await new Promise<void>((resolve) => clock.after(intervalMs, resolve, true));
    const upstream = await this.askMaster(first);
    const [again, list] = await this.client.calls([INFO_REPLICATION, CLIENTS]);
    const text = textOf(again);
    const last = text === undefined ? first : this.sample(parseInfo(toText(text)));
    return {
      target: name,
      collectedAtMs: clock.nowMs(),
      sections,
      first,
      last,
      linkState: linkState(role),
      clients: await this.readClients(list),
      settings,
      upstream,
      missing: this.missing,
    };
  }

  private sample(sections: readonly ParsedSection[]): Sample {
    const section = findSection(sections, 'replication');
    if (!section) throw noReplication(this.options.name, sections);
    return { atUs: this.options.clock.monotonicUs(), section, replication: parseReplication(section) };
  }

  private readInfo(info: Reply, role: Reply): ParsedSection[] {
    const text = textOf(info);
    if (text !== undefined) return parseInfo(toText(text));
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
    const old = list.type === 'error' && list.value.includes('client type');
    const reply = old ? (await this.client.calls([CLIENTS_OLD]))[0] : list;
    const text = textOf(reply);
    if (text !== undefined) return parseClientList(toText(text));
    this.refusedBy(
      reply,
      'CLIENT LIST',
      'where replicas connect from, their output buffers, since when',
      '+client|list',
    );
    return undefined;
  }

  /** The position of our master, when the target is a replica whose link is up. Its silence is no error. */
  private async askMaster(sample: Sample): Promise<Upstream | undefined> {
    const { host, port } = sample.replication.link ?? {};
    if (host === undefined || port === undefined || this.options.dialMaster === undefined) return undefined;
    const { dial, name } = this.options.dialMaster(host, port);
    const lacks = "the master's own offset, so how far this replica is behind";
    if (this.options.login?.pass !== undefined) {
      const why = `not asked: the login was given for ${this.options.name}`;
      this.missing.push({ command: `INFO of ${name}`, why, lacks });
      return undefined;
    }
    try {
      const { clock, timeoutMs } = this.options;
      const client = await InspectClient.open(dial, name, {
        clock,
        timeoutMs: Math.min(timeoutMs, MASTER_TIMEOUT_MS),
      });
      const [reply] = await client.calls([INFO_REPLICATION]).finally(() => client.close());
      const text = textOf(reply);
      const section = text === undefined ? undefined : findSection(parseInfo(toText(text)), 'replication');
      if (section) {
        const { replid, offset } = parseReplication(section);
        return { address: name, replid, offset };
      }
      this.refusedBy(reply, `INFO of ${name}`, lacks);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      this.missing.push({ command: `INFO of ${name}`, why: error.message, lacks });
    }
    return undefined;
  }

  private refusedBy(reply: Reply, what: string, lacks: string, rule?: string): void {
    this.missing.push({ command: what, why: described(reply), lacks, ...(rule !== undefined && { rule }) });
  }
}

/** The master of a replica gets less patience: it is asked on the side. */
const MASTER_TIMEOUT_MS = 2000;

function textOf(reply: Reply): Bytes | undefined {
  return reply.type === 'bulk' || reply.type === 'verbatim' ? reply.value : undefined;
}

function described(reply: Reply): string {
  return reply.type === 'error'
    ? quote(reply.value, false)
    : `it answered with a reply of type ${reply.type}`;
}

function refused(name: string, what: string, reply: Reply): InspectError {
  const login =
    reply.type === 'error' && reply.value.startsWith('NOAUTH')
      ? ' (give --pass, and --user for an ACL user)'
      : '';
  return new InspectError('refused', `${name} refuses ${what}: ${described(reply)}${login}`);
}

function noReplication(name: string, sections: readonly ParsedSection[]): InspectError {
  const sentinel = findField(sections, 'redis_mode') === 'sentinel';
  const message = sentinel
    ? `${name} is a Sentinel, which replicates nothing itself: ask it for the data node with SENTINEL get-master-addr-by-name`
    : `${name} reports no replication section in INFO`;
  return new InspectError('no-replication', message);
}

/** What ROLE tells, as the fields of INFO replication. redis 7.2.6 replication.c:roleCommand. */
function sectionFromRole(role: Reply): ParsedSection | undefined {
  if (role.type !== 'array') return undefined;
  const items = role.items.map(scalar);
  const fields: ParsedField[] = [['role', items[0]]];
  if (items[0] === 'master') {
    const replicas = role.items[2]?.type === 'array' ? role.items[2].items : [];
    fields.push(['connected_slaves', String(replicas.length)]);
    for (const [n, replica] of replicas.entries()) {
      const [ip, port, offset] = replica.type === 'array' ? replica.items.map(scalar) : [];
      fields.push([`slave${n}`, `ip=${ip},port=${port},state=online,offset=${offset}`]);
    }
    fields.push(['master_repl_offset', items[1]]);
  } else if (items[0] === 'slave') {
    fields.push(['master_host', items[1]], ['master_port', items[2]]);
    fields.push(
      ['master_link_status', items[3] === 'connected' ? 'up' : 'down'],
      ['slave_repl_offset', items[4] ?? ''],
    );
  } else return undefined;
  return { name: 'Replication', fields };
}

function linkState(role: Reply): string | undefined {
  return role.type === 'array' && role.items.length >= 4 && scalar(role.items[0]) === 'slave'
    ? toText(scalar(role.items[3]))
    : undefined;
}

function scalar(reply: Reply): Bytes {
  switch (reply.type) {
    case 'bulk':
    case 'simple':
      return reply.value;
    case 'integer':
      return ascii(String(reply.value));
    default:
      return ascii('');
  }
}
