/**
 * Rules for servers that are no Redis master: Sentinels, proxies, managed services, and software with a replication of its own.
 * They speak when PSYNC was refused, and go by what the server says of itself on a side connection.
 */
import { decidingLine, type Evidence } from '../evidence.js';
import { PROVIDERS, type Provider } from '../providers.js';
import { type Rule } from '../rule.js';
import { type DiagnosisId } from '../table.js';
import { UNKNOWN_COMMAND } from './words.js';

const refusedPsync = (e: Evidence): boolean =>
  e.fault?.step === 'psync' && e.fault.why === 'error-reply' && !/^-(NO|LOADING|BUSY)/.test(decidingLine(e));

/** The command itself is refused, whatever its arguments. */
const rejectedPsync = (e: Evidence): boolean =>
  refusedPsync(e) &&
  /unknown command|disallowed|not allowed|disabled|unsupported|not supported|wrong number of arguments/i.test(
    decidingLine(e),
  );

/** Software that prints a version of its own in INFO. */
function versionRule(id: DiagnosisId, field: string, name: string): Rule {
  return {
    id,
    when: (e) => {
      const version = e.probes.before?.[field];
      if (!refusedPsync(e) || version === undefined) return undefined;
      return {
        text: `The server is ${name} ${version}, which has a replication protocol of its own: PSYNC was answered \`${decidingLine(e)}\`.`,
      };
    },
  };
}

function recognisedBy(provider: Provider, e: Evidence): string | undefined {
  if (e.probes.service === provider.name) return 'by its address';
  const [field, value] = provider.info ?? [];
  const said = field === undefined ? undefined : e.probes.before?.[field];
  if (said !== undefined && value?.test(said)) return `INFO says ${field}:${said}`;
  if (provider.line?.test(decidingLine(e))) return 'by its words, though others may use the same';
  return undefined;
}

function providerRule(provider: Provider): Rule {
  return {
    id: 'managed-service',
    when: (e) => {
      if (!rejectedPsync(e)) return undefined;
      const by = recognisedBy(provider, e);
      if (by === undefined) return undefined;
      const line = decidingLine(e);
      return {
        text: `The server is of ${provider.name} (${by}), which offers no PSYNC: \`${line}\`. There: ${provider.advice}.`,
      };
    },
  };
}

/** A Redis by its INFO that has neither PSYNC nor CONFIG: somebody took them out. */
const NAMELESS_SERVICE: Rule = {
  id: 'managed-service',
  when: (e) => {
    const { before, configRefused } = e.probes;
    if (!refusedPsync(e) || !UNKNOWN_COMMAND.test(decidingLine(e))) return undefined;
    if (before?.redis_version === undefined || before.run_id === undefined) return undefined;
    if (configRefused === undefined || !/^ERR unknown command/i.test(configRefused)) return undefined;
    return {
      text: `INFO is a Redis's (redis_version:${before.redis_version}), but PSYNC is unknown to it and so is CONFIG: most likely a managed service that does not name itself, as Google Memorystore does not; a redis.conf that renames both looks the same.`,
    };
  },
};

export const SOFTWARE_RULES: readonly Rule[] = [
  {
    id: 'sentinel-port',
    when: (e) =>
      rejectedPsync(e) && e.probes.before?.redis_mode === 'sentinel'
        ? {
            text: `The server is a Sentinel (INFO says redis_mode:sentinel), which watches masters and is none: \`${decidingLine(e)}\`.`,
          }
        : undefined,
  },
  versionRule('dragonfly-protocol', 'dragonfly_version', 'Dragonfly'),
  versionRule('kvrocks-protocol', 'kvrocks_version', 'Kvrocks'),
  versionRule('pika-protocol', 'pika_version', 'Pika'),
  versionRule('garnet-protocol', 'garnet_version', 'Garnet'),
  ...PROVIDERS.map(providerRule),
  NAMELESS_SERVICE,
  {
    id: 'proxy-without-replication',
    when: (e) => {
      const replconf = e.answers.get('listening-port') ?? e.answers.get('capa');
      const both = UNKNOWN_COMMAND.test(decidingLine(e)) && UNKNOWN_COMMAND.test(replconf?.line ?? '');
      if (!refusedPsync(e) || !both) return undefined;
      const { before } = e.probes;
      if (before?.run_id !== undefined || before?.master_replid !== undefined) return undefined;
      if (before === undefined && e.probes.infoUnanswered !== true) return undefined;
      const info =
        before === undefined
          ? 'INFO is not answered either'
          : 'its INFO has neither run_id nor master_replid';
      return {
        text: `PING is answered, REPLCONF and PSYNC are both unknown, and ${info}: a proxy in front of the server, or a server without replication.`,
      };
    },
  },
];

/** A KeyDB with active replication: it may take a plain replica, and its stream cannot be applied. */
export const KEYDB_RULES: readonly Rule[] = [
  {
    id: 'keydb-active-replica',
    when: (e) =>
      e.stream?.foreign === undefined
        ? undefined
        : {
            text: `The stream contains \`${e.stream.foreign}\`, in which KeyDB's active replication wraps its commands: a plain replica cannot apply it.`,
          },
  },
  {
    id: 'keydb-active-replica',
    when: (e) =>
      e.probes.before?.role === 'active-replica' && e.sent.has('psync')
        ? {
            severity: 'warning',
            text: 'INFO says role:active-replica: a KeyDB that is master and replica at once. As soon as its peer writes, its stream contains RREPLAY, which a plain replica cannot apply.',
          }
        : undefined,
  },
];
