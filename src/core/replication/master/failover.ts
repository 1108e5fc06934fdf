/**
 * FAILOVER: its arguments and every refusal of redis 7.2.6 replication.c:failoverCommand, in its order. The hand-over itself is not
 * done by this server: what would begin one is refused with a text that says what to do instead (docs/differences.md).
 */
import { isWord, lower, type Bytes } from '../../base/bytes.js';
import { indexArg } from '../../commands/args.js';
import { Errors, ReplyError } from '../../commands/errors.js';
import { type Replica } from './replica-state.js';

interface Request {
  readonly timeoutMs: number;
  readonly force: boolean;
  readonly target: { readonly host: Bytes; readonly port: number } | undefined;
}

/** Refuses a FAILOVER. Throws ReplyError, always. */
export function refuseFailover(
  argv: readonly Bytes[],
  isReplica: boolean,
  replicas: ReadonlySet<Replica>,
): never {
  if (argv.length === 2 && isWord(argv[1], 'abort')) throw new ReplyError('ERR No failover in progress.');
  const { timeoutMs, force, target } = parse(argv);
  if (isReplica) throw new ReplyError('ERR FAILOVER is not valid when server is a replica.');
  if (replicas.size === 0) throw new ReplyError('ERR FAILOVER requires connected replicas.');
  if (force && (timeoutMs === 0 || target === undefined)) {
    throw new ReplyError('ERR FAILOVER with force option requires both a timeout and target HOST and IP.');
  }
  if (target !== undefined) checkTarget(target, replicas);
  throw new ReplyError(
    'ERR FAILOVER is not supported by this server: pause writes with CLIENT PAUSE, send REPLICAOF NO ONE to the replica, ' +
      'then REPLICAOF with its address to this server',
  );
}

function checkTarget({ host, port }: NonNullable<Request['target']>, replicas: ReadonlySet<Replica>): void {
  const replica = [...replicas].find(
    (one) => lower(one.shownAddress) === lower(host) && one.announced.port === port,
  );
  if (replica === undefined) throw new ReplyError('ERR FAILOVER target HOST and PORT is not a replica.');
  if (replica.phase !== 'online') throw new ReplyError('ERR FAILOVER target replica is not online.');
}

function parse(argv: readonly Bytes[]): Request {
  let timeoutMs = 0;
  let force = false;
  let target: Request['target'];
  for (let i = 1; i < argv.length; i++) {
    const left = argv.length - 1 - i;
    if (isWord(argv[i], 'timeout') && left >= 1 && timeoutMs === 0) {
      timeoutMs = indexArg(argv[++i]);
      if (timeoutMs <= 0) throw new ReplyError('ERR FAILOVER timeout must be greater than 0');
    } else if (isWord(argv[i], 'to') && left >= 2 && target === undefined) {
      target = { host: argv[i + 1], port: indexArg(argv[i + 2]) };
      i += 2;
    } else if (isWord(argv[i], 'force') && !force) force = true;
    else throw Errors.syntax;
  }
  return { timeoutMs, force, target };
}
