/**
 * REPLCONF: a table of options. What a replica says of itself before PSYNC is kept per connection (`Announced`); ACK and GETACK
 * are messages on an established link and get no answer. Rules: redis 7.2.6 replication.c:replconfCommand; options that stand
 * before a wrong one have been applied.
 */
import { isWord, lower, type Bytes } from '../../base/bytes.js';
import { type Int64, parseInt64 } from '../../base/numbers.js';
import { splitArgs } from '../../base/split-args.js';
import { indexArg, rangeArg } from '../../commands/args.js';
import { Errors, printed, ReplyError } from '../../commands/errors.js';
import { type Announced } from './replica-state.js';

/** Announced addresses are shorter (redis 7.2.6 NET_HOST_STR_LEN). */
const MAX_ADDRESS_BYTES = 256;

/** A message that is never answered. */
export type LinkMessage =
  /**
   * `aofOffset`: what the replica's AOF has made durable, where it says so (7.2). `cut`: that was no number, and the message counts
   * as an offset alone: as no sign of life, and not as the first ACK.
   */
  | {
      readonly kind: 'ack';
      readonly offset: Int64;
      readonly aofOffset: Int64 | undefined;
      readonly cut: boolean;
    }
  | { readonly kind: 'getack' };

export type Ack = Extract<LinkMessage, { kind: 'ack' }>;

/** An option that says something of the replica; throws ReplyError. */
type Option = (announced: Announced, value: Bytes) => void;

const OPTIONS: Readonly<Record<string, Option>> = {
  'listening-port': (announced, value) => void (announced.port = indexArg(value)),
  'ip-address': (announced, value) => {
    if (value.length >= MAX_ADDRESS_BYTES) {
      throw new ReplyError(
        `ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`,
      );
    }
    announced.address = value;
  },
  capa: (announced, value) => {
    if (isWord(value, 'eof')) announced.eof = true;
    else if (isWord(value, 'psync2')) announced.psync2 = true;
    // Others are those of newer servers: welcome, and not used.
  },
  'rdb-only': (announced, value) => void (announced.rdbOnly = rangeArg(value, 0, 1) === 1),
  'rdb-filter-only': filterOnly,
};

/**
 * Applies the options of one REPLCONF.
 * @returns the message that it is; undefined: options only, to be answered OK. Throws ReplyError.
 */
export function applyReplconf(
  argv: readonly Bytes[],
  announced: Announced,
): LinkMessage | 'ignored' | undefined {
  if (argv.length % 2 === 0) throw Errors.syntax;
  for (let i = 1; i < argv.length; i += 2) {
    const name = lower(argv[i]) as string;
    if (name === 'ack') return readAck(argv, i);
    if (name === 'getack') return { kind: 'getack' };
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new ReplyError(`ERR Unrecognized REPLCONF option: ${printed(argv[i])}`);
    }
    OPTIONS[name](announced, argv[i + 1]);
  }
  return undefined;
}

/** `ACK <offset> [FACK <offset>]`; what is no number is passed over in silence. */
function readAck(argv: readonly Bytes[], at: number): LinkMessage | 'ignored' {
  const offset = parseInt64(argv[at + 1]);
  if (offset === undefined) return 'ignored';
  const withAof = argv.length > at + 3 && isWord(argv[at + 2], 'fack');
  const aofOffset = withAof ? parseInt64(argv[at + 3]) : undefined;
  return { kind: 'ack', offset, aofOffset, cut: withAof && aofOffset === undefined };
}

/** `rdb-filter-only`: what to include; an empty list leaves out all data. */
function filterOnly(announced: Announced, value: Bytes): void {
  const words = splitArgs(value);
  if (words === undefined) throw new ReplyError('ERR Missing rdb-filter-only values');
  announced.include = { keys: false, functions: false };
  for (const word of words) {
    if (!isWord(word, 'functions')) {
      throw new ReplyError(`ERR Unsupported rdb-filter-only option: ${printed(word)}`);
    }
    announced.include = { keys: false, functions: true };
  }
}
