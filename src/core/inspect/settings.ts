/**
 * The few settings that say what a lag means, and what happens when a server restarts: read with CONFIG GET, under their names
 * of before and after Redis 5 ("slave" and "replica"). Each may be missing: CONFIG needs rights that INFO does not, and
 * managed services have no CONFIG at all. Nothing secret is asked for.
 */
import { type Bytes } from '../base/bytes.js';
import { infoInteger } from '../info/parse.js';
import { type Reply } from '../protocol/reply-decoder.js';

export interface OutputLimit {
  /** 0: no limit. */
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

export interface Settings {
  readonly replTimeoutSeconds?: number;
  readonly replPingPeriodSeconds?: number;
  readonly backlogTtlSeconds?: number;
  readonly disklessSync?: boolean;
  readonly disklessSyncDelaySeconds?: number;
  readonly minReplicasToWrite?: number;
  readonly minReplicasMaxLagSeconds?: number;
  /** `client-output-buffer-limit` of replicas. */
  readonly replicaOutputLimit?: OutputLimit;
  readonly serveStaleData?: boolean;
  /** `save`: empty when no snapshot is ever made on its own. */
  readonly save?: string;
  readonly appendonly?: boolean;
  readonly stopWritesOnBgsaveError?: boolean;
  readonly maxmemoryBytes?: number;
  readonly replicaIgnoresMaxmemory?: boolean;
}

/** What is asked: one pattern per CONFIG GET, since several at once came with Redis 7. The old names are aliases of the new. */
export const SETTING_PATTERNS = [
  'repl-*',
  'min-*',
  'client-output-buffer-limit',
  'slave-*',
  'replica-*',
  'save',
  'appendonly',
  'stop-writes-*',
  'maxmemory',
] as const;

/** Settings from the pairs of CONFIG GET replies. */
export function readSettings(pairs: ReadonlyMap<string, string>): Settings {
  const int = (...names: string[]) =>
    names.map((name) => infoInteger(pairs.get(name))).find((n) => n !== undefined);
  const yes = (...names: string[]) => {
    const value = names.map((name) => pairs.get(name)).find((word) => word === 'yes' || word === 'no');
    return value === undefined ? undefined : value === 'yes';
  };
  return {
    replTimeoutSeconds: int('repl-timeout'),
    replPingPeriodSeconds: int('repl-ping-replica-period', 'repl-ping-slave-period'),
    backlogTtlSeconds: int('repl-backlog-ttl'),
    disklessSync: yes('repl-diskless-sync'),
    disklessSyncDelaySeconds: int('repl-diskless-sync-delay'),
    minReplicasToWrite: int('min-replicas-to-write', 'min-slaves-to-write'),
    minReplicasMaxLagSeconds: int('min-replicas-max-lag', 'min-slaves-max-lag'),
    replicaOutputLimit: readOutputLimit(pairs.get('client-output-buffer-limit')),
    serveStaleData: yes('replica-serve-stale-data', 'slave-serve-stale-data'),
    save: pairs.get('save'),
    appendonly: yes('appendonly'),
    stopWritesOnBgsaveError: yes('stop-writes-on-bgsave-error'),
    maxmemoryBytes: int('maxmemory'),
    replicaIgnoresMaxmemory: yes('replica-ignore-maxmemory', 'slave-ignore-maxmemory'),
  };
}

/** The pairs of a CONFIG GET reply (an array in RESP2, a map in RESP3); undefined when it is no such reply. */
export function configPairs(reply: Reply): [string, string][] | undefined {
  if (reply.type === 'map') return reply.entries.map(([name, value]) => [bulk(name), bulk(value)]);
  if (reply.type !== 'array' || reply.items.length % 2 !== 0) return undefined;
  const pairs: [string, string][] = [];
  for (let i = 0; i < reply.items.length; i += 2)
    pairs.push([bulk(reply.items[i]), bulk(reply.items[i + 1])]);
  return pairs;
}

function bulk(reply: Reply): Bytes {
  return reply.type === 'bulk' || reply.type === 'simple' ? reply.value : ('' as Bytes);
}

/** `normal 0 0 0 slave 268435456 67108864 60 pubsub …`: groups of four words. */
function readOutputLimit(text: string | undefined): OutputLimit | undefined {
  const words = (text ?? '').split(' ');
  for (let i = 0; i + 3 < words.length; i += 4) {
    if (words[i] !== 'slave' && words[i] !== 'replica') continue;
    const [hardBytes, softBytes, softSeconds] = words.slice(i + 1, i + 4).map(infoInteger);
    if (hardBytes === undefined || softBytes === undefined || softSeconds === undefined) return undefined;
    return { hardBytes, softBytes, softSeconds };
  }
  return undefined;
}
