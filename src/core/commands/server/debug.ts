/**
 * DEBUG: what tests of a server need and nobody else should use (redis 7.2.6 debug.c:debugCommand).
 *
 * The subcommands are no commands of their own: COMMAND does not know them, and a wrong number of arguments is the error of
 * an unknown subcommand. Those that crash the server, or look into an allocator or a C structure, are not here.
 */
import { ascii, EMPTY, isWord, lower, type Bytes } from '../../base/bytes.js';
import { parseDoubleLoose, parseSafeInt } from '../../base/numbers.js';
import { dumpValue, dumpVersionOf } from '../../persistence/rdb/dump.js';
import { parseMemory } from '../../services/config/units.js';
import { type Keyspace } from '../../store/keyspace.js';
import { encodingName } from '../../store/types/encoding.js';
import { makeString } from '../../store/types/value.js';
import { indexArg, positiveArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError, subcommandSyntax } from '../errors.js';
import { replyHelp } from '../help.js';
import { replySample } from './debug-protocol.js';
import { datasetDigest, valueDigest } from './digest.js';

/** Bytes of a DUMP payload that are no value: type, version, checksum. */
const DUMP_FRAME_BYTES = 11;
const LRU_BITS = 0xffffff;
const MAX_PACKED_THRESHOLD = 2n ** 32n;

const BAD_THRESHOLD = new ReplyError(
  'ERR argument must be a memory value bigger than 1 and smaller than 4gb',
);
const BAD_RELOAD = new ReplyError('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.');
const NO_SUCH_DATABASE = new ReplyError('ERR Out of range database');

/** Keys of DEBUG POPULATE are announced as new, and as nothing else. */
const POPULATED = { class: 0, name: EMPTY };

interface DebugCommand {
  /** Arguments behind the subcommand: at least, at most. */
  readonly args: readonly [min: number, max: number];
  readonly help: readonly string[];
  /** `args` are those behind the subcommand. */
  run(ctx: CommandContext, args: Bytes[]): void;
}

const SUBCOMMANDS: Readonly<Record<string, DebugCommand>> = {
  'change-repl-id': {
    args: [0, 0],
    help: [
      'CHANGE-REPL-ID',
      '    Change the replication IDs of the instance.',
      '    Dangerous: should be used only for testing the replication subsystem.',
    ],
    run: (ctx) => {
      ctx.server.log.notice('Changing replication IDs after receiving DEBUG change-repl-id');
      ctx.server.replication.changeId();
      ctx.reply.ok();
    },
  },
  'config-rewrite-force-all': {
    args: [0, 0],
    help: [
      'CONFIG-REWRITE-FORCE-ALL',
      '    Like CONFIG REWRITE but writes all configuration options, including',
      '    keywords not listed in original configuration file or default values.',
    ],
    run: (ctx) => {
      ctx.server.rewriteConfig(true);
      ctx.reply.ok();
    },
  },
  digest: {
    args: [0, 0],
    help: ['DIGEST', '    Output a hex signature representing the current DB content.'],
    run: (ctx) => ctx.reply.simple(datasetDigest(ctx.store)),
  },
  'digest-value': {
    args: [0, Infinity],
    help: [
      'DIGEST-VALUE <key> [<key> ...]',
      '    Output a hex signature of the values of all the specified keys.',
    ],
    run: (ctx, keys) => {
      ctx.reply.array(keys.length);
      for (const key of keys) ctx.reply.simple(valueDigest(ctx.db, key));
    },
  },
  error: {
    args: [1, 1],
    help: [
      'ERROR <string>',
      '    Return a Redis protocol error with <string> as message. Useful for clients',
      '    unit tests to simulate Redis errors.',
    ],
    run: (ctx, [line]) => ctx.reply.error(line),
  },
  htstats: {
    args: [1, Infinity],
    help: ['HTSTATS <dbid>', '    Return hash table statistics of the specified Redis database.'],
    run: debugHtstats,
  },
  log: {
    args: [1, 1],
    help: ['LOG <message>', '    Write <message> to the server log.'],
    run: (ctx, [message]) => {
      ctx.server.log.warning(`DEBUG LOG: ${message}`);
      ctx.reply.ok();
    },
  },
  object: {
    args: [1, 1],
    help: ['OBJECT <key>', '    Show low level info about `key` and associated value.'],
    run: debugObject,
  },
  'pause-cron': {
    args: [1, 1],
    help: ['PAUSE-CRON <0|1>', '    Stop periodic cron job processing.'],
    run: (ctx, [flag]) => {
      ctx.server.debug.pauseCron(isOn(flag));
      ctx.reply.ok();
    },
  },
  populate: {
    args: [1, 3],
    help: [
      'POPULATE <count> [<prefix>] [<size>]',
      '    Create <count> string keys named key:<num>. If <prefix> is specified then',
      "    it is used instead of the 'key' prefix. These are not propagated to",
      '    replicas. Cluster slots are not respected so keys not belonging to the',
      '    current node can be created in cluster mode.',
    ],
    run: debugPopulate,
  },
  protocol: {
    args: [1, 1],
    help: [
      'PROTOCOL <type>',
      '    Reply with a test value of the specified type. <type> can be: string,',
      '    integer, double, bignum, null, array, set, map, attrib, push, verbatim,',
      '    true, false.',
    ],
    run: (ctx, [name]) => replySample(ctx.reply, name),
  },
  'quicklist-packed-threshold': {
    args: [1, 1],
    help: [
      'QUICKLIST-PACKED-THRESHOLD <size>',
      '    Sets the threshold for elements to be inserted as plain vs packed nodes',
      '    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.',
    ],
    run: (ctx, [size]) => {
      const bytes = parseMemory(size);
      if (bytes === undefined || bytes > MAX_PACKED_THRESHOLD) throw BAD_THRESHOLD;
      // Lists here have no nodes of either kind; the tests set it to see that no such node shows.
      ctx.reply.ok();
    },
  },
  reload: {
    args: [0, Infinity],
    help: [
      'RELOAD [option ...]',
      '    Save the RDB on disk and reload it back to memory. Valid <option> values:',
      '    * MERGE: conflicting keys will be loaded from RDB.',
      '    * NOFLUSH: the existing database will not be removed before load.',
      '    * NOSAVE: the database will be loaded from an existing RDB file.',
    ],
    run: debugReload,
  },
  replicate: {
    args: [1, Infinity],
    help: ['REPLICATE <string>', '    Replicates the provided string to replicas, allowing data divergence.'],
    run: (ctx, argv) => {
      ctx.effects.also(ctx.db.id, argv, 'replicas');
      ctx.reply.ok();
    },
  },
  replybuffer: {
    args: [2, 2],
    help: [
      'REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>',
      '    Sets the time (in milliseconds) to wait between client reply buffer peak resets.',
      '    In case NEVER is provided the last observed peak will never be reset',
      '    In case RESET is provided the peak reset time will be restored to the default value',
      'REPLYBUFFER RESIZING <0|1>',
      '    Enable or disable the reply buffer resize cron job',
    ],
    run: (ctx, [what]) => {
      // Replies are lists of strings here: there is no buffer of a fixed size whose peak could be known.
      if (!isWord(what, 'resizing') && !isWord(what, 'peak-reset-time')) throw Errors.syntax;
      ctx.reply.ok();
    },
  },
  'set-active-expire': {
    args: [1, 1],
    help: [
      'SET-ACTIVE-EXPIRE <0|1>',
      '    Setting it to 0 disables expiring keys in background when they are not',
      '    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the',
      '    default.',
    ],
    run: (ctx, [flag]) => {
      ctx.server.debug.setActiveExpire(isOn(flag));
      ctx.reply.ok();
    },
  },
  'set-skip-checksum-validation': {
    args: [1, 1],
    help: [
      'SET-SKIP-CHECKSUM-VALIDATION <0|1>',
      "    Enables or disables checksum checks for RDB files and RESTORE's payload.",
    ],
    run: (ctx, [flag]) => {
      ctx.server.debug.skipChecksums = isOn(flag);
      ctx.reply.ok();
    },
  },
  sleep: {
    args: [1, 1],
    help: ['SLEEP <seconds>', '    Stop the server for <seconds>. Decimals allowed.'],
    run: (ctx, [seconds]) => {
      ctx.server.debug.sleep((parseDoubleLoose(seconds) ?? 0) * 1000);
      ctx.reply.ok();
    },
  },
};

/** DEBUG subcommand [argument ...] */
export function debug(ctx: CommandContext, argv: Bytes[]): void {
  const word = lower(argv[1]);
  const args = argv.slice(2);
  if (word === 'help' && args.length === 0) {
    replyHelp(
      ctx.reply,
      argv[0],
      Object.values(SUBCOMMANDS).flatMap(({ help }) => help),
    );
    return;
  }
  const command = Object.hasOwn(SUBCOMMANDS, word) ? SUBCOMMANDS[word] : undefined;
  if (command === undefined || args.length < command.args[0] || args.length > command.args[1]) {
    throw subcommandSyntax(argv);
  }
  command.run(ctx, args);
}

/** As C's atoi takes it, where anything but 0 is yes. */
function isOn(flag: Bytes): boolean {
  return (parseSafeInt(flag) ?? 0) !== 0;
}

/** The address is that of the entry: its slot, which stays while the entry does. */
function debugObject(ctx: CommandContext, [key]: Bytes[]): void {
  const { keyspace } = ctx.db;
  const slot = keyspace.table.find(key);
  if (slot < 0) throw Errors.noKey;
  const value = keyspace.valueAt(slot);
  const { values } = ctx.server.config;
  const bytes = dumpValue(value, dumpVersionOf(value), {
    limits: values,
    compression: values.rdbcompression,
  }).length;
  const access = keyspace.accessAt(slot);
  const idleSeconds =
    ctx.store.lfu === undefined ? Math.max(0, Math.floor(ctx.store.nowMs / 1000) - access) : 0;
  ctx.reply.simple(
    `Value at:0x${slot.toString(16).padStart(12, '0')} refcount:1 encoding:${encodingName(value, values)} ` +
      `serializedlength:${bytes - DUMP_FRAME_BYTES} lru:${access & LRU_BITS} lru_seconds_idle:${idleSeconds}`,
  );
}

function debugReload(ctx: CommandContext, options: Bytes[]): void {
  const words = new Set(options.map((option) => lower(option) as string));
  for (const word of words) if (!['merge', 'noflush', 'nosave'].includes(word)) throw BAD_RELOAD;
  ctx.server.persistence.reload({ save: !words.has('nosave'), flush: !words.has('noflush') });
  ctx.server.log.notice('DB reloaded by DEBUG RELOAD');
  ctx.reply.ok();
}

function debugPopulate(ctx: CommandContext, [countText, prefix = ascii('key'), sizeText]: Bytes[]): void {
  const count = positiveArg(countText);
  const size = sizeText === undefined ? 0 : positiveArg(sizeText);
  const { db, gate } = ctx;
  const { dirty } = gate;
  for (let i = 0; i < count; i++) {
    const key = ascii(`${prefix}:${i}`);
    if (db.lookupWrite(key) >= 0) continue;
    const text = `value:${i}`;
    gate.put(db, key, -1, makeString(ascii(size === 0 ? text : padded(text, size))), POPULATED);
  }
  gate.dirty = dirty;
  ctx.reply.ok();
}

/** `text` cut, or lengthened with zero bytes, to `size` bytes. */
function padded(text: string, size: number): string {
  return text.slice(0, size).padEnd(size, '\0');
}

function debugHtstats(ctx: CommandContext, [idText]: Bytes[]): void {
  const id = indexArg(idText);
  const { databases } = ctx.store;
  if (id < 0 || id >= databases.length) throw NO_SUCH_DATABASE;
  const { keyspace } = databases[id];
  ctx.reply.verbatim(ascii(`[Dictionary HT]\n${indexStats(keyspace)}[Expires HT]\n${expiryStats(keyspace)}`));
}

const NO_ELEMENTS = 'No stats available for empty dictionaries\n';

function indexStats({ table }: Keyspace): string {
  const [buckets, leaving] = table.buckets;
  const main =
    table.size === 0 ? NO_ELEMENTS : ` table size: ${buckets}\n number of elements: ${table.size}\n`;
  const old = table.rehashing ? `Hash table 1 stats (being left):\n table size: ${leaving}\n` : '';
  return `Hash table 0 stats (main hash table):\n${main}${old}`;
}

/** Expiries are a column of the same table. */
function expiryStats({ expiring }: Keyspace): string {
  const elements = expiring === 0 ? NO_ELEMENTS : ` number of elements: ${expiring}\n`;
  return `Hash table 0 stats (main hash table):\n${elements}`;
}
