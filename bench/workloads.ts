/**
 * What is measured besides redis-benchmark's own SET, GET, INCR and MSET: one request for each type of collection.
 *
 * A workload names the request, in which redis-benchmark puts a random number for `__rand_int__`, and what the servers hold when a
 * measurement begins. Most begin with a collection of MEMBERS; one that takes away or adds without end is set up anew each time.
 */

/** Members of the collections that are read and changed. */
const MEMBERS = 100_000;
/** Elements of the list that LRANGE reads a part of. */
const LIST_LENGTH = 1_000;
const RANGE = 100;

export type Argv = readonly string[];

export interface Workload {
  /** As it is named in the table. */
  readonly title: string;
  request(value: string): Argv;
  /** What a server is sent before; `requests`: how many requests the measurement makes. */
  prepare(value: string, requests: number): Iterable<Argv>;
  /** Prepared before each measurement, not once. */
  readonly anew?: boolean;
}

const member = (i: number): string => `element:${String(i).padStart(12, '0')}`;
const RANDOM_MEMBER = 'element:__rand_int__';

function* each(count: number, make: (i: number) => Argv): Iterable<Argv> {
  for (let i = 0; i < count; i++) yield make(i);
}

export const workloads: Readonly<Record<string, Workload>> = {
  lpush: {
    title: 'LPUSH',
    request: (value) => ['LPUSH', 'bench:pushed', value],
    prepare: () => [['DEL', 'bench:pushed']],
    anew: true,
  },
  lrange: {
    title: `LRANGE ${RANGE}`,
    request: () => ['LRANGE', 'bench:list', '0', String(RANGE - 1)],
    prepare: (value) => each(LIST_LENGTH, () => ['RPUSH', 'bench:list', value]),
  },
  sadd: {
    title: 'SADD',
    request: () => ['SADD', 'bench:set', RANDOM_MEMBER],
    prepare: () => each(MEMBERS, (i) => ['SADD', 'bench:set', member(i)]),
  },
  hset: {
    title: 'HSET',
    request: (value) => ['HSET', 'bench:hash', RANDOM_MEMBER, value],
    prepare: (value) => each(MEMBERS, (i) => ['HSET', 'bench:hash', member(i), value]),
  },
  zadd: {
    title: 'ZADD',
    request: () => ['ZADD', 'bench:zset', '__rand_int__', RANDOM_MEMBER],
    prepare: () => each(MEMBERS, (i) => ['ZADD', 'bench:zset', String(i), member(i)]),
  },
  zrangebyscore: {
    title: `ZRANGEBYSCORE, LIMIT ${RANGE}`,
    request: () => ['ZRANGEBYSCORE', 'bench:zset', '__rand_int__', '+inf', 'LIMIT', '0', String(RANGE)],
    prepare: () => each(MEMBERS, (i) => ['ZADD', 'bench:zset', String(i), member(i)]),
  },
  xadd: {
    title: 'XADD',
    request: (value) => ['XADD', 'bench:stream', '*', 'field', value],
    prepare: () => [['DEL', 'bench:stream']],
    anew: true,
  },
  spop: {
    title: 'SPOP',
    request: () => ['SPOP', 'bench:popped'],
    prepare: (_, requests) => each(requests, (i) => ['SADD', 'bench:popped', member(i)]),
    anew: true,
  },
};

/** What `__rand_int__` is drawn from. */
export const WORKLOAD_RANGE = MEMBERS;
