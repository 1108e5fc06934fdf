/**
 * Who does what a variant tries, for those that present-day replicas do not need: said where one of them fails, so that its author
 * can tell whether it matters. The table of docs/handshake.md says it of all.
 */
const NOBODY = 'no replica: a server should survive it';
const REDIS_CLI = 'redis-cli --rdb and --functions-rdb';

/** By the variant's name. */
export const NEEDED_BY: Readonly<Record<string, string>> = {
  'lower-case': 'tools and home-made replicas',
  'upper-case': 'tools and home-made replicas',
  'no-listening-port': 'tools, such as redis-cli --replica',
  'psync2-only': 'home-made replicas',
  'no-capa': 'Redis 2.8',
  'unknown-option': 'Valkey 8, which passes over any answer',
  'odd-options': NOBODY,
  'bad-offset': NOBODY,
  'second-psync': NOBODY,
  getack: 'whoever uses WAIT or FAILOVER',
  'closed-replica': 'WAIT, min-replicas-to-write, Sentinel, and whoever reads INFO',
  'rdb-only': REDIS_CLI,
  'rdb-filter-only': REDIS_CLI,
  'filter-without-eof': REDIS_CLI,
  sync: 'Redis up to 2.6, and a replica whose PSYNC was refused',
};
