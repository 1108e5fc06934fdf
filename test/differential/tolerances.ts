/**
 * How equal two replies must be, command by command: the one place where the comparison is loosened.
 *
 * `exact` is equality of type and bytes, error texts included. Every looser row says why. A command that is drawn and is
 * not listed here is an error, so nothing is tolerated by accident.
 */

export type Tolerance =
  | { readonly kind: 'exact' }
  /** Arrays with the same elements in any order. */
  | { readonly kind: 'set'; readonly why: string }
  /** Both an error with the same first word. */
  | { readonly kind: 'error-class'; readonly why: string }
  /** Integers at most `delta` apart; negative ones (no key, no expiry) must be equal. */
  | { readonly kind: 'approx'; readonly delta: number; readonly why: string }
  /** The same type of reply; errors must still be equal. */
  | { readonly kind: 'shape'; readonly why: string }
  /** Equal; of a set or hash that is not packed, the same bytes in any order. */
  | { readonly kind: 'dump'; readonly why: string }
  /** The same pairs in any order: a map, or an array of names and values by turns. */
  | { readonly kind: 'pairs'; readonly why: string }
  /** The same type of reply with as many elements; errors must still be equal. */
  | { readonly kind: 'length'; readonly why: string }
  /** The whole iteration is run on both sides and what it returned is compared as a set. */
  | { readonly kind: 'full-scan'; readonly why: string }
  /** Equal, or one of the listed pairs: two bulk strings, or two errors. */
  | { readonly kind: 'either'; readonly pairs: readonly (readonly [string, string])[]; readonly why: string }
  /** As the other tolerance says, but the peer may refuse with this error. */
  | { readonly kind: 'refused'; readonly error: string; readonly otherwise: Tolerance; readonly why: string }
  /** Equal, at once or when asked again for a while; inside EXEC only the type of the reply. */
  | { readonly kind: 'settles'; readonly why: string }
  /** Times in ms may be apart by a few seconds: those since 1970, and those at these places of the innermost arrays and maps. */
  | { readonly kind: 'clocked'; readonly at: readonly number[]; readonly why: string }
  /** Run and not compared. */
  | { readonly kind: 'skipped'; readonly why: string };

export interface ToleranceRow {
  readonly against: Tolerance;
  /** What holds against a peer older than 7.2, when that differs. */
  readonly before72?: Tolerance;
}

const exact: ToleranceRow = { against: { kind: 'exact' } };
const HASH_ORDER = 'the order of a hash table is not promised';
const anyOrder: ToleranceRow = { against: { kind: 'set', why: HASH_ORDER } };
const timed: ToleranceRow = {
  against: { kind: 'exact' },
  before72: {
    kind: 'either',
    pairs: [['ERR timeout is out of range', 'ERR timeout is negative']],
    why: 'before 7.2 what is too long was called negative',
  },
};
const help: ToleranceRow = {
  against: { kind: 'exact' },
  before72: { kind: 'skipped', why: 'the texts changed in 7.2' },
};
const sorted = (otherwise: ToleranceRow): ToleranceRow => ({
  against: {
    kind: 'refused',
    error: "ERR One or more scores can't be converted into double",
    otherwise: otherwise.against,
    why: 'a number out of range, met by whatever command, leaves Redis refusing good ones (docs/differences.md)',
  },
});
const CURSORS = 'cursors are the server’s own; what the iteration returns is not';
const CLOCK = 'the two servers read their clocks at different moments';

/** Keyed by command, or by command and subcommand. */
export const tolerances: Readonly<Record<string, ToleranceRow>> = {
  SET: exact,
  SETEX: exact,
  PSETEX: exact,
  SETNX: exact,
  GET: exact,
  GETSET: exact,
  GETDEL: exact,
  GETEX: exact,
  MGET: exact,
  MSET: exact,
  MSETNX: exact,
  APPEND: exact,
  STRLEN: exact,
  SETRANGE: exact,
  GETRANGE: exact,
  SUBSTR: exact,
  INCR: exact,
  DECR: exact,
  INCRBY: exact,
  DECRBY: exact,
  INCRBYFLOAT: exact,
  LCS: exact,

  // Lists
  LPUSH: exact,
  RPUSH: exact,
  LPUSHX: exact,
  RPUSHX: exact,
  LPOP: exact,
  RPOP: exact,
  LLEN: exact,
  LINDEX: exact,
  LRANGE: exact,
  LSET: exact,
  LINSERT: exact,
  LREM: exact,
  LTRIM: exact,
  LPOS: exact,
  LMOVE: exact,
  RPOPLPUSH: exact,
  LMPOP: exact,
  BLPOP: timed,
  BRPOP: timed,
  BLMOVE: timed,
  BRPOPLPUSH: timed,
  BLMPOP: timed,

  // Sets
  SADD: exact,
  SREM: exact,
  SMOVE: exact,
  SISMEMBER: exact,
  SMISMEMBER: exact,
  SCARD: exact,
  SINTERCARD: exact,
  SINTERSTORE: exact,
  SUNIONSTORE: exact,
  SDIFFSTORE: exact,
  SMEMBERS: anyOrder,
  SINTER: anyOrder,
  SUNION: anyOrder,
  SDIFF: anyOrder,
  SPOP: anyOrder,
  SRANDMEMBER: anyOrder,
  SSCAN: {
    against: { kind: 'full-scan', why: 'cursors are the server’s own; what the iteration returns is not' },
  },

  // SORT
  SORT: sorted(exact),
  SORT_RO: sorted(anyOrder),

  // Hashes
  HMSET: exact,
  HSETNX: exact,
  HGET: exact,
  HMGET: exact,
  HGETALL: { against: { kind: 'pairs', why: HASH_ORDER } },
  HKEYS: { against: { kind: 'set', why: HASH_ORDER } },
  HVALS: { against: { kind: 'set', why: HASH_ORDER } },
  HLEN: exact,
  HSTRLEN: exact,
  HEXISTS: exact,
  HDEL: exact,
  HINCRBY: exact,
  HINCRBYFLOAT: exact,
  HRANDFIELD: { against: { kind: 'length', why: 'any field is right' } },
  HSCAN: { against: { kind: 'full-scan', why: CURSORS } },
  HEXPIRE: exact,
  HPEXPIRE: exact,
  HEXPIREAT: exact,
  HPEXPIREAT: exact,
  HPERSIST: exact,
  HTTL: { against: { kind: 'shape', why: CLOCK } },
  HPTTL: { against: { kind: 'shape', why: CLOCK } },
  HEXPIRETIME: { against: { kind: 'shape', why: CLOCK } },
  HPEXPIRETIME: { against: { kind: 'shape', why: CLOCK } },

  // Sorted sets
  ZINCRBY: exact,
  ZREM: exact,
  ZREMRANGEBYRANK: exact,
  ZREMRANGEBYSCORE: exact,
  ZREMRANGEBYLEX: exact,
  ZCARD: exact,
  ZSCORE: exact,
  ZMSCORE: exact,
  ZRANK: exact,
  ZREVRANK: exact,
  ZCOUNT: exact,
  ZLEXCOUNT: exact,
  ZRANGE: exact,
  ZRANGESTORE: exact,
  ZREVRANGE: exact,
  ZRANGEBYSCORE: exact,
  ZREVRANGEBYSCORE: exact,
  ZRANGEBYLEX: exact,
  ZREVRANGEBYLEX: exact,
  ZUNION: exact,
  ZINTER: exact,
  ZDIFF: exact,
  ZUNIONSTORE: exact,
  ZINTERSTORE: exact,
  ZDIFFSTORE: exact,
  ZINTERCARD: exact,
  ZPOPMIN: exact,
  ZPOPMAX: exact,
  ZMPOP: exact,
  BZMPOP: timed,
  BZPOPMIN: timed,
  BZPOPMAX: timed,
  ZRANDMEMBER: { against: { kind: 'shape', why: 'any members are right' } },
  ZSCAN: {
    against: { kind: 'full-scan', why: 'cursors are the server’s own; what the iteration returns is not' },
  },

  // Streams
  XADD: exact,
  XTRIM: exact,
  XDEL: exact,
  XLEN: exact,
  XRANGE: exact,
  XREVRANGE: exact,
  XREAD: {
    against: { kind: 'exact' },
    before72: {
      kind: 'either',
      pairs: [
        [
          "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
          "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
        ],
      ],
      why: 'before 7.2 the error named the command otherwise',
    },
  },
  XREADGROUP: {
    against: { kind: 'exact' },
    before72: {
      kind: 'either',
      pairs: [
        [
          "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.",
          "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
        ],
      ],
      why: 'before 7.2 the error named XREAD',
    },
  },
  XSETID: exact,
  XGROUP: exact,
  'XGROUP HELP': help,
  XACK: exact,
  XPENDING: { against: { kind: 'clocked', at: [2], why: CLOCK } },
  XCLAIM: exact,
  XAUTOCLAIM: exact,
  XINFO: exact,
  'XINFO HELP': help,
  'XINFO STREAM': { against: { kind: 'clocked', at: [], why: CLOCK } },
  'XINFO CONSUMERS': {
    against: { kind: 'clocked', at: [5, 7], why: CLOCK },
    before72: { kind: 'skipped', why: '7.2 brought `inactive`, and another meaning of `idle`' },
  },

  // Bitmaps
  SETBIT: exact,
  GETBIT: exact,
  BITCOUNT: exact,
  BITPOS: exact,
  BITOP: exact,
  BITFIELD: exact,
  BITFIELD_RO: exact,

  // HyperLogLog
  PFADD: exact,
  PFCOUNT: exact,
  PFMERGE: exact,
  PFDEBUG: exact,

  // Geo
  GEOADD: exact,
  GEOPOS: exact,
  GEOHASH: exact,
  GEODIST: exact,
  GEOSEARCH: exact,
  GEOSEARCHSTORE: exact,
  GEORADIUS: exact,
  GEORADIUS_RO: exact,
  GEORADIUSBYMEMBER: exact,
  GEORADIUSBYMEMBER_RO: exact,

  // Pub/sub
  PUBLISH: exact,
  SPUBLISH: exact,
  PUBSUB: exact,
  'PUBSUB HELP': {
    against: { kind: 'exact' },
    before72: { kind: 'skipped', why: 'the text grew with the shard channels' },
  },

  DEL: exact,
  UNLINK: exact,
  EXISTS: exact,
  TYPE: exact,
  TOUCH: exact,
  RENAME: exact,
  RENAMENX: exact,
  COPY: exact,
  MOVE: exact,
  PERSIST: exact,
  EXPIRE: exact,
  PEXPIRE: exact,
  EXPIREAT: exact,
  PEXPIREAT: exact,
  TTL: { against: { kind: 'approx', delta: 3, why: CLOCK } },
  PTTL: { against: { kind: 'approx', delta: 3000, why: CLOCK } },
  EXPIRETIME: { against: { kind: 'approx', delta: 3, why: CLOCK } },
  PEXPIRETIME: { against: { kind: 'approx', delta: 3000, why: CLOCK } },
  RANDOMKEY: { against: { kind: 'shape', why: 'any key is right' } },
  KEYS: { against: { kind: 'set', why: 'the order of a hash table is not promised' } },
  SCAN: { against: { kind: 'full-scan', why: CURSORS } },
  OBJECT: exact,
  'OBJECT HELP': {
    against: { kind: 'exact' },
    before72: { kind: 'skipped', why: 'the text was corrected in 7.2' },
  },
  'OBJECT ENCODING': {
    against: { kind: 'exact' },
    before72: {
      kind: 'either',
      pairs: [
        ['listpack', 'quicklist'],
        ['listpack', 'hashtable'],
      ],
      why: '7.2 brought listpack to short lists and sets',
    },
  },
  'OBJECT REFCOUNT': {
    against: {
      kind: 'shape',
      why: 'inside EXEC the queued command still holds its value; a copied small integer is not shared',
    },
  },
  'OBJECT IDLETIME': {
    against: { kind: 'shape', why: 'Redis shares small integers between keys, their access time included' },
  },
  DBSIZE: {
    against: {
      kind: 'settles',
      why: 'a key set with an expiry in the past is counted until the cycle removes it',
    },
  },
  DUMP: { against: { kind: 'dump', why: HASH_ORDER } },
  MIGRATE: exact,
  RESTORE: exact,
  SELECT: exact,
  SWAPDB: exact,
  FLUSHDB: exact,
  FLUSHALL: exact,

  MULTI: exact,
  EXEC: exact,
  DISCARD: exact,
  WATCH: exact,
  UNWATCH: exact,

  PING: exact,
  ECHO: exact,
  CLUSTER: exact,
  READONLY: exact,
  READWRITE: exact,
  ASKING: exact,
  RESET: exact,
  HELLO: { against: { kind: 'shape', why: 'version and connection id differ' } },
  NOSUCHCOMMAND: exact,
  ACL: exact,
  AUTH: exact,
  CLIENT: exact,
  'CLIENT ID': { against: { kind: 'shape', why: 'ids are counted by each server' } },
  'CLIENT INFO': { against: { kind: 'shape', why: 'ports, ids and memory differ' } },

  HSET: exact,
  ZADD: exact,
};

/** The tolerance for a request, against a peer of this version. Throws for a command that is not in the table. */
export function toleranceFor(request: readonly string[], peer: readonly [number, number, number]): Tolerance {
  const command = request[0].toUpperCase();
  const row = tolerances[`${command} ${(request[1] ?? '').toUpperCase()}`] ?? tolerances[command];
  if (row === undefined) throw new Error(`${command} has no row in tolerances.ts`);
  const isOld = peer[0] < 7 || (peer[0] === 7 && peer[1] < 2);
  return (isOld ? row.before72 : undefined) ?? row.against;
}
