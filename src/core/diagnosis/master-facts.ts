/**
 * What a master says about itself on a side connection, before and after the handshake: its position, whether a Sentinel
 * or min-replicas count its replicas, how it lists us. All of it may be missing: rights, clones and proxies differ.
 */
import { type ChannelError, type Dial } from '../base/byte-channel.js';
import { ascii, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { findField, infoInteger, parseInfo, type ParsedSection } from '../info/parse.js';
import { askAside, configValue, replyText } from '../replication/side-client.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { type InfoFacts } from './probe-results.js';

export interface SideDoor {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly user?: Bytes;
  readonly pass?: Bytes;
  readonly timeoutMs: number;
}

/** INFO, or why there is none: the end of a sentence that begins with "INFO". */
export type InfoAnswer =
  | { readonly info: readonly ParsedSection[]; readonly why?: never }
  | { readonly info?: never; readonly why: string };

export interface MasterFacts {
  /** INFO, as it was answered; undefined when it was not. */
  readonly info?: readonly ParsedSection[];
  /** Why there is no INFO. */
  readonly infoWhy?: string;
  readonly replid?: Bytes;
  readonly offset?: number;
  readonly backlogActive?: boolean;
  readonly minReplicasToWrite?: number;
  readonly sentinels: number;
  /** repl-diskless-sync-delay in seconds, when the master makes diskless snapshots. */
  readonly disklessDelaySeconds?: number;
  /** What CONFIG GET was refused with. */
  readonly configRefused?: Bytes;
}

/** Fields that the rules look at. */
const INFO_FIELDS: readonly string[] = [
  ...['redis_version', 'redis_mode', 'run_id', 'os', 'server_name', 'valkey_version'],
  ...['dragonfly_version', 'kvrocks_version', 'pika_version', 'garnet_version', 'upstash_version'],
  ...['loading', 'loading_eta_seconds', 'rdb_bgsave_in_progress', 'rdb_last_bgsave_status'],
  ...['aof_rewrite_in_progress', 'sync_full', 'client_output_buffer_limit_disconnections'],
  ...['role', 'master_host', 'master_port', 'master_link_status', 'connected_slaves'],
  ...['master_failover_state', 'master_replid', 'master_replid2', 'master_repl_offset'],
  ...['second_repl_offset', 'repl_backlog_active', 'repl_backlog_first_byte_offset', 'repl_backlog_histlen'],
];

/** Those fields of an INFO. */
export function infoFacts(info: readonly ParsedSection[]): InfoFacts {
  const found = INFO_FIELDS.map((name) => [name, findField(info, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as InfoFacts;
}

/** The databases that have keys. */
export function databasesOf(info: readonly ParsedSection[]): number[] {
  const names = info.flatMap(({ fields }) => fields.map(([name]) => name));
  return names.flatMap((name) => (/^db\d{1,9}$/.test(name) ? [Number(name.slice(2))] : []));
}

/** CLIENT LIST is left out above this: its answer is made in one go, a line per client. */
const MAX_CLIENTS_LISTED = 2000;

/** Commands to ask, one by one, and their replies. */
export function ask(door: SideDoor, commands: readonly string[]): Promise<readonly (Reply | undefined)[]> {
  return new Promise((done) => {
    askAside({ ...door, commands: commands.map((command) => command.split(' ').map(ascii)), done });
  });
}

/** INFO of the replication section and the rest of the default ones. */
export async function askInfo(door: SideDoor): Promise<readonly ParsedSection[] | undefined> {
  return (await askInfoOrWhy(door)).info;
}

/** INFO, or what came instead. */
export function askInfoOrWhy(door: SideDoor): Promise<InfoAnswer> {
  return new Promise((resolve) => {
    askAside({
      ...{ ...door, commands: [[ascii('INFO')]] },
      done: ([reply], unreachable) => {
        const text = replyText(reply);
        resolve(
          text === undefined ? { why: whyNoInfo(door, reply, unreachable) } : { info: parseInfo(text) },
        );
      },
    });
  });
}

function whyNoInfo(door: SideDoor, reply: Reply | undefined, unreachable: ChannelError | undefined): string {
  if (reply?.type === 'error') return `answered \`-${reply.value}\``;
  if (reply) return `was answered by no text, but by RESP's type ${reply.type}`;
  if (unreachable) return `could not be asked: ${unreachable.message}`;
  return `was not answered in ${door.timeoutMs / 1000} s`;
}

/** Everything worth knowing before PSYNC. */
export async function askFacts(door: SideDoor): Promise<MasterFacts> {
  const { info, why } = await askInfoOrWhy(door);
  if (info === undefined) return { sentinels: 0, ...defined('infoWhy', why) };
  const clients = infoInteger(findField(info, 'connected_clients')) ?? 0;
  const [minReplicas, diskless, delay, list] = await ask(door, [
    'CONFIG GET min-replicas-to-write',
    'CONFIG GET repl-diskless-sync',
    'CONFIG GET repl-diskless-sync-delay',
    ...(clients <= MAX_CLIENTS_LISTED ? ['CLIENT LIST'] : []),
  ]);
  const delaySeconds = infoInteger(configValue(delay, 'repl-diskless-sync-delay'));
  const isDiskless = configValue(diskless, 'repl-diskless-sync') === 'yes';
  return {
    info,
    ...positionOf(info),
    ...defined('minReplicasToWrite', infoInteger(configValue(minReplicas, 'min-replicas-to-write'))),
    sentinels: countSentinels(replyText(list) ?? ''),
    ...(minReplicas?.type === 'error' && { configRefused: minReplicas.value }),
    ...(isDiskless && delaySeconds !== undefined && { disklessDelaySeconds: delaySeconds }),
  };
}

/** Id, offset and backlog of an INFO. */
export function positionOf(
  info: readonly ParsedSection[],
): Pick<MasterFacts, 'replid' | 'offset' | 'backlogActive'> {
  const replid = findField(info, 'master_replid');
  const active = findField(info, 'repl_backlog_active');
  return {
    ...(replid !== undefined && { replid: ascii(replid) }),
    ...defined('offset', infoInteger(findField(info, 'master_repl_offset'))),
    ...(active !== undefined && { backlogActive: active === '1' }),
  };
}

/** Whether an INFO has the fields that no home-made server bothers to print. */
export function looksGenuine(info: readonly ParsedSection[] | undefined): boolean {
  if (info === undefined) return false;
  return ['redis_version', 'repl_backlog_active', 'second_repl_offset'].every(
    (name) => findField(info, name) !== undefined,
  );
}

/** The `slaveN` lines: all of them, and those that announce `port`. */
export function replicaLines(info: readonly ParsedSection[], port: number): { ours: string[]; all: number } {
  const lines = info.flatMap(({ fields }) => fields).filter(([name]) => /^slave\d+$/.test(name));
  const ours = lines.filter(([, value]) => new RegExp(`(^|,)port=${port}(,|$)`).test(value));
  return { ours: ours.map(([name, value]) => `${name}:${value}`), all: lines.length };
}

function countSentinels(clientList: string): number {
  const names = [...clientList.matchAll(/ name=sentinel-([0-9a-f]+)-cmd /g)].map((match) => match[1]);
  return new Set(names).size;
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [k in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [k in K]?: V };
}
