/** DUMP and RESTORE (redis 7.2.6 cluster.c:dumpCommand, restoreCommand). */
import { ascii, fromBuffer, isWord, toBuffer, type Bytes } from '../../base/bytes.js';
import { formatInt64, INT64_MAX, normalizeInt64, type Int64 } from '../../base/numbers.js';
import {
  DumpError,
  dumpValue,
  dumpVersionOf,
  payloadVersion,
  restoreValue,
} from '../../persistence/rdb/dump.js';
import { COMPAT_VERSIONS, type WritableVersion } from '../../persistence/rdb/format.js';
import { lfuMinutes } from '../../store/database.js';
import { EVENT_DEL, EVENT_NEW, EVENT_RESTORE } from '../../store/events.js';
import { settleEncoding } from '../../store/types/encoding.js';
import { isStringValue, type Value } from '../../store/types/value.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { isOver, storedExpiry } from './expire.js';

const DEL = ascii('DEL');
const UNLINK = ascii('UNLINK');
const ABSTTL = ascii('ABSTTL');
const MAX_FREQ = 255;

/** DUMP key */
export function dump(ctx: CommandContext, argv: Bytes[]): void {
  const value = ctx.db.lookupRead(argv[1]);
  if (value === undefined) {
    ctx.reply.null();
    return;
  }
  ctx.reply.bulk(payloadOf(ctx, value, dumpVersionOf(value)));
}

function payloadOf(ctx: CommandContext, value: Value, version: WritableVersion): Bytes {
  const { values } = ctx.server.config;
  const options = { limits: values, compression: values.rdbcompression };
  return fromBuffer(dumpValue(value, version, options));
}

interface RestoreOptions {
  replace: boolean;
  absolute: boolean;
  /** Seconds since the last access. */
  idle: number | undefined;
  /** The LFU counter. */
  freq: number | undefined;
}

/** RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency] */
export function restore(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const options = restoreOptions(argv);
  if (!options.replace && ctx.db.lookupWrite(key) >= 0) throw Errors.busyKey;
  const ttl = int64Arg(argv[2]);
  if (ttl < 0) throw new ReplyError('ERR Invalid TTL value, must be >= 0');
  const payload = toBuffer(argv[3]);
  const value = valueOf(ctx, payload);
  // What REPLACE removes may be over its time: Redis looks at nothing here, and neither may we delete it twice.
  const slot = ctx.db.keyspace.table.find(key);
  const when = absoluteTime(ctx, ttl, options.absolute);
  if (when !== 0 && isOver(ctx, when)) {
    if (slot >= 0) {
      ctx.effects.replace(ctx.server.config.values.lazyfreeLazyServerDel ? UNLINK : DEL, key);
      ctx.gate.remove(ctx.db, key, slot, EVENT_DEL);
    }
    ctx.reply.ok();
    return;
  }
  // Redis deletes the old key, so what is restored is a new one.
  if (slot >= 0) ctx.gate.notify(ctx.db, key, EVENT_NEW);
  ctx.gate.put(ctx.db, key, slot, value, EVENT_RESTORE, when === 0 ? 0 : storedExpiry(when));
  setAccess(ctx, key, options);
  const sent = argv.slice();
  if (when !== 0 && !options.absolute) {
    sent[2] = formatInt64(when);
    sent.push(ABSTTL);
    ctx.effects.replace(...sent);
  }
  sendOlderPayload(ctx, sent, value, payloadVersion(payload));
  ctx.reply.ok();
}

/** Replicas of an older version get the value in a payload that they take, without what that version has no place for. */
function sendOlderPayload(ctx: CommandContext, argv: Bytes[], value: Value, version: number): void {
  const newest = COMPAT_VERSIONS[ctx.server.config.values.replCompatVersion];
  if (version <= newest || !ctx.effects.reaches('replicas')) return;
  const older = argv.slice();
  older[3] = payloadOf(ctx, value, newest);
  ctx.effects.prevent('replicas');
  ctx.effects.also(ctx.db.id, older, 'replicas');
}

function restoreOptions(argv: readonly Bytes[]): RestoreOptions {
  const options: RestoreOptions = { replace: false, absolute: false, idle: undefined, freq: undefined };
  for (let i = 4; i < argv.length; i++) {
    const more = i + 1 < argv.length;
    if (isWord(argv[i], 'replace')) options.replace = true;
    else if (isWord(argv[i], 'absttl')) options.absolute = true;
    else if (isWord(argv[i], 'idletime') && more && options.freq === undefined) {
      const idle = int64Arg(argv[++i]);
      if (idle < 0) throw new ReplyError('ERR Invalid IDLETIME value, must be >= 0');
      options.idle = Number(idle);
    } else if (isWord(argv[i], 'freq') && more && options.idle === undefined) {
      const freq = int64Arg(argv[++i]);
      if (freq < 0 || freq > MAX_FREQ)
        throw new ReplyError('ERR Invalid FREQ value, must be >= 0 and <= 255');
      options.freq = Number(freq);
    } else throw Errors.syntax;
  }
  return options;
}

function valueOf(ctx: CommandContext, payload: Buffer): Value {
  try {
    const value = restoreValue(payload, ctx.server.debug.skipChecksums);
    if (!isStringValue(value)) settleEncoding(value, ctx.server.config.values);
    return value;
  } catch (error) {
    if (!(error instanceof DumpError)) throw error;
    if (error.form !== undefined) {
      const reason =
        error.cause instanceof Error ? error.cause.message : 'it ends too early, or holds nothing';
      ctx.server.log.warning(`RESTORE: ${error.form} integrity check failed: ${reason}`);
    }
    throw new ReplyError(`ERR ${error.message}`);
  }
}

/** The absolute time of a TTL, 0 for none. A sum past 64 bits wraps, as it does in Redis: that time is long over. */
function absoluteTime(ctx: CommandContext, ttl: Int64, absolute: boolean): Int64 {
  if (ttl === 0 || absolute) return ttl;
  const when = BigInt(ttl) + BigInt(ctx.store.nowMs);
  return normalizeInt64(when > INT64_MAX ? BigInt.asIntN(64, when) : when);
}

/** IDLETIME counts under an LRU policy, FREQ under an LFU one; the other says nothing there. */
function setAccess(ctx: CommandContext, key: Bytes, { idle, freq }: RestoreOptions): void {
  const { store, db } = ctx;
  let word: number | undefined;
  if (store.lfu !== undefined) {
    if (freq !== undefined) word = ((lfuMinutes(store.nowMs) << 8) | freq) >>> 0;
  } else if (idle !== undefined) word = Math.max(0, Math.floor(store.nowMs / 1000) - idle);
  if (word !== undefined) db.keyspace.setAccessAt(db.keyspace.table.find(key), word);
}
