/**
 * The command line of `replica`: redis-server's own, with `--of` and a few options beside it. What `--of` and the short options
 * mean in terms of redis.conf is written behind the rest, so that they win; what `replica` only prefers (port 6380, no
 * snapshots of its own, the password of the environment) holds unless file or command line say otherwise.
 */
import { ascii, fromText, isWord, quote } from '../core/base/bytes.js';
import { hostPort, type TcpTarget } from '../core/net/target.js';
import {
  ArgvError,
  parseServerArgv,
  type OwnOptions,
  type ParsedArgv,
} from '../core/services/config/argv.js';
import { type BackupRequest, type DefaultDirective } from './server/messages.js';
import { parsePort, parseTarget } from './target.js';
import { UsageError } from './usage-error.js';

export const DEFAULT_REPLICA_PORT = 6380;

const OWN: OwnOptions = {
  of: 'value',
  'announce-ip': 'value',
  'announce-port': 'value',
  once: 'flag',
  rdb: 'value',
  force: 'flag',
  json: 'flag',
  'no-color': 'flag',
};

export interface ReplicaOptions {
  readonly argv: ParsedArgv;
  readonly defaults: readonly DefaultDirective[];
  readonly json: boolean;
  readonly noColor: boolean;
  /** Take one snapshot, leave it in a file, and end. */
  readonly backup?: BackupRequest;
}

/** Reads the arguments that follow `replica`. Throws UsageError. */
export function replicaOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReplicaOptions {
  const parsed = readArgv(args);
  const { of: address, 'announce-ip': announceIp, 'announce-port': announcePort } = parsed.own;
  if (typeof address !== 'string') throw new UsageError('--of host:port is missing: the master to follow');
  const target = masterTarget(address);
  const once = parsed.own.once === true;
  const file = parsed.own.rdb;
  if (file !== undefined && !once) throw new UsageError('--rdb says where --once leaves its file: give both');
  const force = parsed.own.force === true;
  if (force && !once) throw new UsageError('--force lets --once replace a file: give both');
  if (file === '') throw new UsageError('--rdb: empty name of a file');
  if (!once) refuseOurselves(target, parsed);
  const directives: string[][] = [['replicaof', target.host, String(target.port)]];
  if (target.user !== undefined) directives.push(['masteruser', target.user]);
  if (target.pass !== undefined) directives.push(['masterauth', target.pass]);
  if (typeof announceIp === 'string') directives.push(['replica-announce-ip', announceIp]);
  if (typeof announcePort === 'string') {
    directives.push(['replica-announce-port', String(parsePort(announcePort, '--announce-port'))]);
  }
  const lines = directives.map(([name, ...values]) =>
    [name, ...values.map((value) => quote(fromText(value)))].join(' '),
  );
  return {
    argv: { ...parsed, text: ascii([parsed.text, ...lines].join('\n')) },
    defaults: defaultsFor(target, once, env),
    ...(once && { backup: backupRequest(file, force, parsed) }),
    json: parsed.own.json === true,
    noColor: parsed.own['no-color'] === true,
  };
}

const PLACES = ['dir', 'dbfilename'];

function backupRequest(
  file: string | true | undefined,
  force: boolean,
  { directives }: ParsedArgv,
): BackupRequest {
  if (typeof file === 'string') return { file, force, named: true };
  return { file: '', force, named: directives.some(([name]) => PLACES.some((place) => isWord(name, place))) };
}

function readArgv(args: readonly string[]): ParsedArgv {
  try {
    return parseServerArgv(args, OWN);
  } catch (error) {
    if (error instanceof ArgvError) throw new UsageError(error.message);
    throw error;
  }
}

function masterTarget(address: string): TcpTarget {
  if (address === '') throw new UsageError('--of: empty address: write host:port');
  let target;
  try {
    target = parseTarget(address);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`--of: ${error.message}`);
    throw error;
  }
  if (target.kind === 'unix') {
    throw new UsageError(
      '--of: a replica reaches its master over TCP, not over a unix socket: write host:port',
    );
  }
  if (target.tls) {
    throw new UsageError(
      '--of: replication over TLS is not supported: write redis://host:port, through a tunnel if need be',
    );
  }
  if (target.db !== undefined) {
    throw new UsageError(`--of: a replica follows all databases: leave /${target.db} away`);
  }
  return target;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** A server that follows itself never gets anywhere, and says so in words that do not help. */
function refuseOurselves({ host, port }: TcpTarget, { directives, configFile, stdin }: ParsedArgv): void {
  const ports = directives.filter(([name]) => isWord(name, 'port'));
  const given = ports.at(-1)?.[1][0];
  // What a file says is not known here.
  if (given === undefined && (configFile !== undefined || stdin)) return;
  if (LOOPBACK.has(host) && String(given ?? DEFAULT_REPLICA_PORT) === String(port)) {
    throw new UsageError(
      `--of ${hostPort(host, port)} is this replica's own address: give it another one with --port`,
    );
  }
}

function defaultsFor(
  { pass }: TcpTarget,
  once: boolean,
  env: Readonly<Record<string, string | undefined>>,
): DefaultDirective[] {
  const defaults: DefaultDirective[] = [
    // A backup serves nobody: it needs no port.
    { name: 'port', value: String(once ? 0 : DEFAULT_REPLICA_PORT) },
    { name: 'save', value: '' },
  ];
  const fromEnv = env.REDISCLI_AUTH;
  if (pass === undefined && fromEnv) defaults.push({ name: 'masterauth', value: fromText(fromEnv) });
  return defaults;
}
