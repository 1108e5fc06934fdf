/** Errors of the stream family alone, byte for byte (redis 7.2.6 t_stream.c). */
import { type Bytes } from '../../base/bytes.js';
import { ReplyError, printed } from '../errors.js';

export const StreamErrors = {
  badId: new ReplyError('ERR Invalid stream ID specified as stream command argument'),
  badStart: new ReplyError('ERR invalid start ID for the interval'),
  badEnd: new ReplyError('ERR invalid end ID for the interval'),
  idTooSmall: new ReplyError(
    'ERR The ID specified in XADD is equal or smaller than the target stream top item',
  ),
  idZero: new ReplyError('ERR The ID specified in XADD must be greater than 0-0'),
  idsExhausted: new ReplyError('ERR The stream has exhausted the last possible ID, unable to add more items'),
  tooLarge: new ReplyError('ERR Elements are too large to be stored'),
  twoStrategies: new ReplyError(
    'ERR syntax error, MAXLEN and MINID options at the same time are not compatible',
  ),
  negativeMaxlen: new ReplyError('ERR The MAXLEN argument must be >= 0.'),
  negativeLimit: new ReplyError('ERR The LIMIT argument must be >= 0.'),
  limitWithoutStrategy: new ReplyError(
    'ERR syntax error, LIMIT cannot be used without specifying a trimming strategy',
  ),
  limitExact: new ReplyError('ERR syntax error, LIMIT cannot be used without the special ~ option'),
  noStrategy: new ReplyError('ERR syntax error, XTRIM must be called with a trimming strategy'),
  groupOfXread: new ReplyError(
    'ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.',
  ),
  noackOfXread: new ReplyError(
    'ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.',
  ),
  missingGroup: new ReplyError('ERR Missing GROUP option for XREADGROUP'),
  dollarOfGroup: new ReplyError(
    'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.',
  ),
  newOfXread: new ReplyError(
    'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
  ),
  badEntriesRead: new ReplyError('ERR value for ENTRIESREAD must be positive or -1'),
  keyMustExist: new ReplyError(
    'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
  ),
  groupExists: new ReplyError('BUSYGROUP Consumer Group name already exists'),
  negativeEntriesAdded: new ReplyError('ERR entries_added must be positive'),
  setIdBeforeGivenDeleted: new ReplyError(
    'ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id',
  ),
  setIdBeforeDeleted: new ReplyError(
    'ERR The ID specified in XSETID is smaller than current max_deleted_entry_id',
  ),
  setIdBeforeTop: new ReplyError('ERR The ID specified in XSETID is smaller than the target stream top item'),
  entriesAddedBelowLength: new ReplyError(
    'ERR The entries_added specified in XSETID is smaller than the target stream length',
  ),
  claimMinIdle: new ReplyError('ERR Invalid min-idle-time argument for XCLAIM'),
  claimIdle: new ReplyError('ERR Invalid IDLE option argument for XCLAIM'),
  claimTime: new ReplyError('ERR Invalid TIME option argument for XCLAIM'),
  claimRetryCount: new ReplyError('ERR Invalid RETRYCOUNT option argument for XCLAIM'),
  autoclaimMinIdle: new ReplyError('ERR Invalid min-idle-time argument for XAUTOCLAIM'),
  autoclaimCount: new ReplyError('ERR COUNT must be > 0'),
  autoclaimMemory: new ReplyError(
    'ERR Insufficient memory, failed allocating transient memory, COUNT too high.',
  ),
};

/** XACK's relatives: the key or the group is not there. */
export function noKeyOrGroup(key: Bytes, group: Bytes, where = ''): ReplyError {
  return new ReplyError(
    `NOGROUP No such key '${printed(key)}' or consumer group '${printed(group)}'${where}`,
  );
}

/** XGROUP and XINFO: the key is there, the group is not. */
export function noGroup(key: Bytes, group: Bytes): ReplyError {
  return new ReplyError(`NOGROUP No such consumer group '${printed(group)}' for key name '${printed(key)}'`);
}

/** `command`: xread or xreadgroup; `mark`: what may stand in place of an id. */
export function unbalancedStreams(command: string, mark: string): ReplyError {
  return new ReplyError(
    `ERR Unbalanced '${command}' list of streams: for each stream key an ID or '${mark}' must be specified.`,
  );
}
