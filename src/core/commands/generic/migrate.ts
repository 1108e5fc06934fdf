/**
 * MIGRATE (redis 7.2.6 cluster.c:migrateCommand): keys are sent to another server as RESTORE commands, and removed here as far as it
 * has taken them. Replicas and the AOF get a DEL of those.
 *
 * Redis stops its event loop meanwhile. Here the client is parked and the data stands still (`BlockingPort.hold`): others may read, their
 * writes wait, and keys do not expire, so what is removed in the end is what was sent.
 */
import { ascii, fromBuffer, isWord, toText, type Bytes } from '../../base/bytes.js';
import { formatInt64 } from '../../base/numbers.js';
import { dumpValue, dumpVersionOf } from '../../persistence/rdb/dump.js';
import { encodeCommandBuffer } from '../../protocol/command-encoder.js';
import { EVENT_DEL } from '../../store/events.js';
import { int64Arg } from '../args.js';
import { type CommandContext, type MigrationOutcome } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { takeSecret } from '../redact.js';
import { type KeyReference } from '../spec.js';

const AUTH = ascii('AUTH');
const DEL = ascii('DEL');
const RESTORE = ascii('RESTORE');
const REPLACE = ascii('REPLACE');
const DEFAULT_TIMEOUT_MS = 1000;
const PORTS = 65_536;
const FIRST_OPTION = 6;

interface MigrateOptions {
  copy: boolean;
  replace: boolean;
  auth: Bytes[] | undefined;
  keys: readonly Bytes[];
}

/** MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key ...] */
export function migrate(ctx: CommandContext, argv: Bytes[]): void {
  const options = migrateOptions(argv);
  const timeout = int64Arg(argv[5]);
  const db = formatInt64(int64Arg(argv[4]));
  const keys = options.keys.filter((key) => ctx.db.lookupRead(key) !== undefined);
  if (keys.length === 0) {
    ctx.reply.simple('NOKEY');
    return;
  }
  if (!ctx.mayBlock) throw Errors.migrateInTransaction;
  const host = toText(argv[1]);
  const port = portOf(argv[2]);
  if (port < 0 || host === '') throw Errors.migrateConnect;
  if (port === 0) throw lostTarget('writing');
  const request = {
    host,
    port,
    db,
    timeoutMs: timeout <= 0 ? DEFAULT_TIMEOUT_MS : Number(timeout),
    auth: options.auth,
    commands: keys.map((key) => restoreCommand(ctx, key, options.replace)),
  };
  const conclude = ctx.server.blocking.hold(ctx.client);
  ctx.server.migration.send(request, (outcome) =>
    conclude((later) => finish(later, keys, options.copy, outcome)),
  );
}

/** What atoi and then a socket address of 16 bits make of the port; negative: a name that nobody has. */
function portOf(text: Bytes): number {
  const digits = /^[ \t-\r]*([+-]?[0-9]{1,15})/.exec(text);
  const port = digits === null ? 0 : Number.parseInt(digits[1], 10);
  return port < 0 ? port : port % PORTS;
}

function lostTarget(doing: 'writing' | 'reading'): ReplyError {
  return new ReplyError(`IOERR error or timeout ${doing} to target instance`);
}

function migrateOptions(argv: Bytes[]): MigrateOptions {
  const options: MigrateOptions = { copy: false, replace: false, auth: undefined, keys: [argv[3]] };
  for (let i = FIRST_OPTION; i < argv.length; i++) {
    const following = argv.length - i - 1;
    if (isWord(argv[i], 'copy')) options.copy = true;
    else if (isWord(argv[i], 'replace')) options.replace = true;
    else if (isWord(argv[i], 'auth') && following >= 1) options.auth = [AUTH, takeSecret(argv, ++i)];
    else if (isWord(argv[i], 'auth2') && following >= 2) {
      options.auth = [AUTH, takeSecret(argv, ++i), takeSecret(argv, ++i)];
    } else if (isWord(argv[i], 'keys')) {
      if (argv[3].length > 0) throw Errors.migrateKeys;
      options.keys = argv.slice(i + 1);
      break;
    } else throw Errors.syntax;
  }
  return options;
}

function restoreCommand(ctx: CommandContext, key: Bytes, replace: boolean): Buffer {
  const { db, server, store } = ctx;
  const slot = db.lookup(key);
  const expiryMs = db.expiryAt(slot);
  const ttl = expiryMs === 0 ? 0 : Math.max(1, expiryMs - store.nowMs);
  const { values } = server.config;
  const value = db.valueAt(slot);
  const payload = dumpValue(value, dumpVersionOf(value), {
    limits: values,
    compression: values.rdbcompression,
  });
  const args = [RESTORE, key, formatInt64(ttl), fromBuffer(payload)];
  return encodeCommandBuffer(replace ? [...args, REPLACE] : args);
}

/** What the target has taken is removed; only then is an error said, as in Redis. */
function finish(ctx: CommandContext, keys: readonly Bytes[], copy: boolean, outcome: MigrationOutcome): void {
  ctx.effects.prevent();
  const { isReplica } = ctx.server.replication;
  if (!copy && !isReplica) remove(ctx, keys, outcome.taken);
  if (outcome.targetError !== undefined) {
    throw new ReplyError(`ERR Target instance replied with error: ${outcome.targetError}`);
  }
  if (outcome.failure === 'connecting') throw Errors.migrateConnect;
  if (outcome.failure !== undefined) throw lostTarget(outcome.failure);
  // The data is another master's by now: it says what is removed.
  if (!copy && isReplica) throw Errors.readOnly;
  ctx.reply.ok();
}

function remove(ctx: CommandContext, keys: readonly Bytes[], taken: readonly boolean[]): void {
  const { db, gate } = ctx;
  const deletion = [DEL];
  for (let i = 0; i < keys.length; i++) {
    const slot = taken[i] ? db.keyspace.table.find(keys[i]) : -1;
    if (slot < 0) continue;
    gate.remove(db, keys[i], slot, EVENT_DEL);
    deletion.push(keys[i]);
  }
  if (deletion.length > 1) ctx.effects.also(db.id, deletion);
}

/** The key, or those behind KEYS (redis 7.2.6 db.c:migrateGetKeys). */
export function migrateKeys(argv: readonly Bytes[]): KeyReference[] {
  for (let i = FIRST_OPTION; i < argv.length; i++) {
    if (isWord(argv[i], 'auth')) i += 1;
    else if (isWord(argv[i], 'auth2')) i += 2;
    else if (isWord(argv[i], 'keys')) {
      if (argv[3].length > 0) return [];
      return Array.from({ length: argv.length - i - 1 }, (_, n) => movedKey(i + 1 + n));
    }
  }
  return [movedKey(3)];
}

function movedKey(index: number): KeyReference {
  return { index, flags: ['RW', 'access', 'delete'] };
}
