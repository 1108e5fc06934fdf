/**
 * The RDB format: magics, versions, opcodes, value types, and the error of whoever reads it.
 *
 *   "REDIS0011"                       magic and version, 9 bytes
 *   FA name value …                   aux fields
 *   F5 code …                         function libraries
 *   FE db  FB keys expires            a database and its size hints
 *   [FC ms | FD s] [F8 idle | F9 freq] type key value
 *   FF  crc64 (8 bytes, little endian, from version 5 on; zero: not computed)
 *
 * Type numbers are the magic's: what REDIS0012 adds above 21 is read, what VALKEY080 adds is named here, so that a refusal can say
 * what it was. Facts from redis 7.2.6 rdb.h and rdb.c, valkey 9 rdb.h, and files of a Redis 7.4.5.
 */
import { type Bytes, quote } from '../../base/bytes.js';

export type RdbMagic = 'REDIS' | 'VALKEY';

/** Versions that are read, type by type. */
export const READABLE_VERSIONS: Record<RdbMagic, { first: number; last: number }> = {
  REDIS: { first: 1, last: 12 },
  VALKEY: { first: 80, last: 80 },
};

/** Versions that are written: 9 for Redis 5 to 6.2, 10 for 7.0, 11 for 7.2, 12 for 7.4 (fields of hashes that expire). */
export type WritableVersion = 9 | 10 | 11 | 12;
/** The version that 7.2 writes, and the first that has fields that expire: written only where there are some. */
export const USUAL_VERSION = 11;
export const FIELD_EXPIRY_VERSION = 12;
/** The newest version of a DUMP payload that RESTORE takes. */
export const DUMP_VERSION_MAX = 12;

/** What replicas are sent, by repl-compat-version. */
export const COMPAT_VERSIONS: Readonly<Record<'6.2' | '7.0' | '7.2' | '7.4', WritableVersion>> = {
  '6.2': 9,
  '7.0': 10,
  '7.2': 11,
  '7.4': 12,
};

/** The first release that reads a version, newest version first. Each release reads all versions before its own. */
const READERS: Readonly<Record<RdbMagic, readonly (readonly [version: number, release: string])[]>> = {
  REDIS: [
    [12, 'Redis 7.4'],
    [11, 'Redis 7.2, Valkey 7.2'],
    [10, 'Redis 7.0'],
    [9, 'Redis 5.0'],
    [8, 'Redis 4.0'],
    [7, 'Redis 3.2'],
    [6, 'Redis 2.6'],
    [1, 'any Redis'],
  ],
  VALKEY: [[80, 'Valkey 9.0']],
};

/** Which servers can read an RDB of that version, in words; undefined for one that is newer than all we know. */
export function readableBy(magic: RdbMagic, version: number): string | undefined {
  const known = READERS[magic];
  if (version > known[0][0]) return undefined;
  const release = known.find(([since]) => version >= since)?.[1];
  if (release === undefined) return undefined;
  // Valkey left Redis at 11: what is later is foreign to it (valkey 9 rdb.h).
  const notBy = magic === 'REDIS' && version > 11 ? '; no Valkey' : '';
  return `${release} and later${notBy}`;
}

/** The first version that ends with a checksum. */
export const CHECKSUM_SINCE = 5;
export const HEADER_BYTES = 9;
export const TRAILER_BYTES = 8;

export const OPCODE = {
  SLOT_INFO: 244,
  FUNCTION2: 245,
  FUNCTION_PRE_GA: 246,
  MODULE_AUX: 247,
  IDLE: 248,
  FREQ: 249,
  AUX: 250,
  RESIZE_DB: 251,
  EXPIRE_MS: 252,
  EXPIRE_SECONDS: 253,
  SELECT_DB: 254,
  EOF: 255,
} as const;

/** The lowest opcode: everything from here on is no value type. */
export const FIRST_OPCODE = 240;

export const TYPE = {
  STRING: 0,
  LIST: 1,
  SET: 2,
  ZSET: 3,
  HASH: 4,
  ZSET_2: 5,
  MODULE_PRE_GA: 6,
  MODULE_2: 7,
  HASH_ZIPMAP: 9,
  LIST_ZIPLIST: 10,
  SET_INTSET: 11,
  ZSET_ZIPLIST: 12,
  HASH_ZIPLIST: 13,
  LIST_QUICKLIST: 14,
  STREAM_LISTPACKS: 15,
  HASH_LISTPACK: 16,
  ZSET_LISTPACK: 17,
  LIST_QUICKLIST_2: 18,
  STREAM_LISTPACKS_2: 19,
  SET_LISTPACK: 20,
  STREAM_LISTPACKS_3: 21,
  HASH_EXPIRY_PRE_GA: 22,
  HASH_LISTPACK_EXPIRY_PRE_GA: 23,
  HASH_EXPIRY: 24,
  HASH_LISTPACK_EXPIRY: 25,
} as const;

export type RdbTypeName = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | 'module';

export interface RdbTypeInfo {
  readonly type: RdbTypeName;
  /** The encoding's name, as the snapshot report shows it. */
  readonly encoding: string;
}

/** What both magics have in common. */
const TYPES: Readonly<Record<number, RdbTypeInfo>> = {
  [TYPE.STRING]: { type: 'string', encoding: 'string' },
  [TYPE.LIST]: { type: 'list', encoding: 'linkedlist' },
  [TYPE.SET]: { type: 'set', encoding: 'hashtable' },
  [TYPE.ZSET]: { type: 'zset', encoding: 'skiplist (text scores)' },
  [TYPE.HASH]: { type: 'hash', encoding: 'hashtable' },
  [TYPE.ZSET_2]: { type: 'zset', encoding: 'skiplist' },
  [TYPE.MODULE_PRE_GA]: { type: 'module', encoding: 'module (pre-release)' },
  [TYPE.MODULE_2]: { type: 'module', encoding: 'module' },
  [TYPE.HASH_ZIPMAP]: { type: 'hash', encoding: 'zipmap' },
  [TYPE.LIST_ZIPLIST]: { type: 'list', encoding: 'ziplist' },
  [TYPE.SET_INTSET]: { type: 'set', encoding: 'intset' },
  [TYPE.ZSET_ZIPLIST]: { type: 'zset', encoding: 'ziplist' },
  [TYPE.HASH_ZIPLIST]: { type: 'hash', encoding: 'ziplist' },
  [TYPE.LIST_QUICKLIST]: { type: 'list', encoding: 'quicklist of ziplists' },
  [TYPE.STREAM_LISTPACKS]: { type: 'stream', encoding: 'stream' },
  [TYPE.HASH_LISTPACK]: { type: 'hash', encoding: 'listpack' },
  [TYPE.ZSET_LISTPACK]: { type: 'zset', encoding: 'listpack' },
  [TYPE.LIST_QUICKLIST_2]: { type: 'list', encoding: 'quicklist' },
  [TYPE.STREAM_LISTPACKS_2]: { type: 'stream', encoding: 'stream 2' },
  [TYPE.SET_LISTPACK]: { type: 'set', encoding: 'listpack' },
  [TYPE.STREAM_LISTPACKS_3]: { type: 'stream', encoding: 'stream 3' },
};

/** What Redis 7.4 added: elsewhere the numbers stand for something else. */
const REDIS_TYPES: Readonly<Record<number, RdbTypeInfo>> = {
  [TYPE.HASH_EXPIRY_PRE_GA]: { type: 'hash', encoding: 'hashtable with field expiry (pre-release)' },
  [TYPE.HASH_LISTPACK_EXPIRY_PRE_GA]: { type: 'hash', encoding: 'listpack with field expiry (pre-release)' },
  [TYPE.HASH_EXPIRY]: { type: 'hash', encoding: 'hashtable with field expiry' },
  [TYPE.HASH_LISTPACK_EXPIRY]: { type: 'hash', encoding: 'listpack with field expiry' },
};

/** Types that later servers write and that have no place in our data set. */
const LATER_TYPES: Record<RdbMagic, Readonly<Record<number, string>>> = {
  REDIS: { 26: 'stream 4 (Redis 8)' },
  VALKEY: { 22: 'hash with field expiry (Valkey 9)' },
};

/** Facts about a value type that is read; undefined for any other number. */
export function typeInfo(rdbType: number, magic: RdbMagic = 'REDIS'): RdbTypeInfo | undefined {
  return TYPES[rdbType] ?? (magic === 'REDIS' ? REDIS_TYPES[rdbType] : undefined);
}

/** What a type or opcode that is not read is called, for the error. */
export function laterTypeName(magic: RdbMagic, rdbType: number): string | undefined {
  return LATER_TYPES[magic][rdbType];
}

/** Sub-opcodes of a module's value. */
export const MODULE_OPCODE = { EOF: 0, SINT: 1, UINT: 2, FLOAT: 3, DOUBLE: 4, STRING: 5 } as const;

/** First byte of a length, and the encodings of strings that are no plain bytes. */
export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;
export const STRING_INT8 = 0xc0;
export const STRING_INT16 = 0xc1;
export const STRING_INT32 = 0xc2;
export const STRING_LZF = 0xc3;

/** Containers of a quicklist 2 node. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** Flags of an entry in a stream's listpack. */
export const ENTRY_DELETED = 1;
export const ENTRY_SAME_FIELDS = 2;

/** LZF never unpacks a byte to more than this: a reference of 3 bytes stands for at most 264. */
export const LZF_MAX_RATIO = 88;

const MODULE_NAME_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The nine-character name in a module type id, the low ten bits of which are a version (redis 7.2.6 module.c). */
export function moduleName(id: number | bigint): string {
  let name = '';
  for (let shift = 58n; shift >= 10n; shift -= 6n) {
    name += MODULE_NAME_CHARS[Number((BigInt(id) >> shift) & 63n)];
  }
  return name;
}

/** What an RdbError knows. */
export interface RdbErrorDetail {
  /** Offset of the byte from the start of the RDB, or of the payload. */
  readonly offset: number;
  /** The reason in words, Redis's own where it has one. */
  readonly reason: string;
  /** What was being read. */
  readonly what: string;
  readonly expected?: string;
  readonly got?: string;
  /** The key, once its name is known. */
  readonly key?: Bytes;
  /** The number of the value type, once known. */
  readonly rdbType?: number;
}

/** Bytes that are no RDB, or that cannot be applied here. */
export class RdbError extends Error {
  readonly offset: number;
  readonly reason: string;
  readonly what: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly key: Bytes | undefined;
  readonly rdbType: number | undefined;

  constructor(detail: RdbErrorDetail) {
    super(describe(detail));
    this.name = 'RdbError';
    this.offset = detail.offset;
    this.reason = detail.reason;
    this.what = detail.what;
    this.expected = detail.expected;
    this.got = detail.got;
    this.key = detail.key;
    this.rdbType = detail.rdbType;
  }

  /** Whether this is data that this version cannot hold at all, rather than damage: reading it again would end the same way. */
  get unsupported(): boolean {
    return (
      this.reason.startsWith("Can't handle RDB format version") ||
      (this.rdbType !== undefined && /^Unknown RDB encoding type|module/i.test(this.reason))
    );
  }

  /** The same error with the key in which it happened. */
  inKey(key: Bytes, rdbType: number): RdbError {
    if (this.key !== undefined) return this;
    const { offset, reason, what, expected, got } = this;
    return new RdbError({ offset, reason, what, expected, got, key, rdbType });
  }
}

function describe(detail: RdbErrorDetail): string {
  let text = `${detail.reason} (at offset ${detail.offset}, reading ${detail.what}`;
  if (detail.key !== undefined) text += ` of key ${quote(detail.key)}, type ${detail.rdbType}`;
  if (detail.expected !== undefined) text += `; expected ${detail.expected}`;
  if (detail.got !== undefined) text += `; got ${detail.got}`;
  return text + ')';
}
