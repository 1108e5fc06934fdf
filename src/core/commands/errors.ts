/**
 * ReplyError and the error texts of Redis, byte for byte, in one place.
 *
 * Handlers throw a ReplyError before they change anything; the dispatcher writes its line. Texts that carry a value are
 * functions. Source: redis 7.2.6 server.c:createSharedObjects and the files named beside them.
 */
import { upper, type Bytes } from '../base/bytes.js';
import { type Denial } from '../services/acl/environment.js';

/** An error reply: `line` is what follows the '-' on the wire. */
export class ReplyError extends Error {
  constructor(readonly line: string) {
    super(line);
    this.name = 'ReplyError';
  }
}

/** Declares a constant error. A fresh object per throw would cost a stack trace; these are thrown as they are. */
function constant(line: string): ReplyError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new ReplyError(line);
  Error.stackTraceLimit = limit;
  return error;
}

export const Errors = {
  syntax: constant('ERR syntax error'),
  wrongType: constant('WRONGTYPE Operation against a key holding the wrong kind of value'),
  noKey: constant('ERR no such key'),
  notInteger: constant('ERR value is not an integer or out of range'),
  notFloat: constant('ERR value is not a valid float'),
  outOfRange: constant('ERR index out of range'),
  valueOutOfRange: constant('ERR value is out of range'),
  overflow: constant('ERR increment or decrement would overflow'),
  decrementOverflow: constant('ERR decrement would overflow'),
  offsetOutOfRange: constant('ERR offset is out of range'),
  stringTooLong: constant('ERR string exceeds maximum allowed size (proto-max-bulk-len)'),
  bitOffset: constant('ERR bit offset is not an integer or out of range'),
  bitValue: constant('ERR bit is not an integer or out of range'),
  bitArgument: constant('ERR The bit argument must be 1 or 0.'),
  bitopNot: constant('ERR BITOP NOT must be called with a single source key.'),
  bitfieldType: constant(
    'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
  ),
  bitfieldOverflow: constant('ERR Invalid OVERFLOW type specified'),
  bitfieldReadOnly: constant('ERR BITFIELD_RO only supports the GET subcommand'),
  notHyperLogLog: constant('WRONGTYPE Key is not a valid HyperLogLog string value.'),
  corruptHyperLogLog: constant('INVALIDOBJ Corrupted HLL object detected'),
  migrateKeys: constant(
    'ERR When using MIGRATE KEYS option, the key argument must be set to the empty string',
  ),
  migrateConnect: constant('IOERR error or timeout connecting to the client'),
  migrateInTransaction: constant('ERR MIGRATE is not supported inside a transaction or a script'),
  nanOrInfinity: constant('ERR increment would produce NaN or Infinity'),
  hashNotInteger: constant('ERR hash value is not an integer'),
  hashNotFloat: constant('ERR hash value is not a float'),
  valueNanOrInfinity: constant('ERR value is NaN or Infinity'),
  fieldsMissing: constant('ERR Mandatory argument FIELDS is missing or not at the right position'),
  numFieldsTooSmall: constant('ERR Parameter `numFields` should be greater than 0'),
  numFieldsNotPositive: constant('ERR Number of fields must be a positive integer'),
  numFieldsMismatch: constant('ERR The `numfields` parameter must match the number of arguments'),
  negativeExpire: constant('ERR invalid expire time, must be >= 0'),
  lcsNotStrings: constant('ERR The specified keys must contain string values'),
  lcsLenAndIdx: constant('ERR If you want both the length and indexes, please just use IDX.'),
  lcsTooLarge: constant('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len'),
  lcsNoMemory: constant('ERR Insufficient memory, failed allocating transient memory for LCS'),
  sameObject: constant('ERR source and destination objects are the same'),
  dbOutOfRange: constant('ERR DB index is out of range'),
  invalidCursor: constant('ERR invalid cursor'),
  mustBePositive: constant('ERR value is out of range, must be positive'),
  noAuth: constant('NOAUTH Authentication required.'),
  wrongPass: constant('WRONGPASS invalid username-password pair or user is disabled.'),
  authWithoutPassword: constant(
    'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
  ),
  loading: constant('LOADING Redis is loading the dataset in memory'),
  masterDown: constant("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
  readOnly: constant("READONLY You can't write against a read only replica."),
  noReplicas: constant('NOREPLICAS Not enough good replicas to write.'),
  outOfMemory: constant("OOM command not allowed when used memory > 'maxmemory'."),
  misconfRdb: constant(
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.',
  ),
  busyScript: constant(
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  ),
  busyKey: constant('BUSYKEY Target key name already exists.'),
  replicaKeyspace: constant("ERR Replica can't interact with the keyspace"),
  execWithoutMulti: constant('ERR EXEC without MULTI'),
  discardWithoutMulti: constant('ERR DISCARD without MULTI'),
  nestedMulti: constant('ERR MULTI calls can not be nested'),
  watchInMulti: constant('ERR WATCH inside MULTI is not allowed'),
  execAbort: constant('EXECABORT Transaction discarded because of previous errors.'),
  notInTransaction: constant('ERR Command not allowed inside a transaction'),
  noProto: constant('NOPROTO unsupported protocol version'),
  noAclFile: constant(
    'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
  ),
  aclSave: constant(
    'ERR There was an error trying to save the ACLs. Please check the server logs for more information',
  ),
  saveInProgress: constant('ERR Background save already in progress'),
};

/** `name` is the full name of the command (`client|list`), lower case. */
export function wrongArity(name: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${name}' command`);
}

/** As much of an argument as C's `%.*s` prints: up to `max` bytes, and up to a NUL. */
export function printed(text: Bytes, max = Infinity): string {
  const end = text.indexOf('\0');
  return text.slice(0, end < 0 ? max : Math.min(end, max));
}

/** redis 7.2.6 networking.c:addReplySubcommandSyntaxError. */
export function unknownSubcommand(given: Bytes, container: string): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand '${printed(given, 128)}'. Try ${container.toUpperCase()} HELP.`,
  );
}

/** The arguments fit no form of the subcommand `argv[1]` (redis 7.2.6 networking.c:addReplySubcommandSyntaxError). */
export function subcommandSyntax(argv: readonly Bytes[]): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand or wrong number of arguments for '${printed(argv[1], 128)}'. Try ${upper(argv[0])} HELP.`,
  );
}

/** redis 7.2.6 server.c:commandCheckExistence. */
export function unknownCommand(argv: readonly Bytes[]): ReplyError {
  let args = '';
  for (let i = 1; i < argv.length && args.length < 128; i++)
    args += `'${printed(argv[i], 128 - args.length)}' `;
  return new ReplyError(`ERR unknown command '${printed(argv[0], 128)}', with args beginning with: ${args}`);
}

/** redis 7.2.6 expire.c: `invalid expire time in 'set' command`. */
export function invalidExpire(command: string): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${command}' command`);
}

/**
 * What a user lacks, without its code (redis 7.2.6 acl.c:getAclErrorMessage). `object`: the key or the channel, where it may be told.
 */
export function denialText(
  { reason }: Denial,
  user: Bytes,
  command: { readonly fullName: string },
  object?: Bytes,
): string {
  if (reason === 'command') return `User ${user} has no permissions to run the '${command.fullName}' command`;
  if (object === undefined) return `No permissions to access a ${reason}`;
  return `User ${user} has no permissions to access the '${object}' ${reason}`;
}
