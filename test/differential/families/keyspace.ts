/** The generic keyspace commands: `db.c`, `expire.c`, and the OBJECT command. */
import { type Family, type Generator } from '../generator.js';

function condition(g: Generator): string[] {
  return g.options(
    [0.35, () => [g.pick(['NX', 'XX', 'GT', 'LT'])]],
    [0.08, () => [g.pick(['NX', 'XX', 'GT', 'LT'])]],
    [0.02, () => ['BOGUS']],
  );
}

function scanOptions(g: Generator): string[] {
  return g.options(
    [0.4, () => ['MATCH', g.pattern()]],
    [0.4, () => ['COUNT', g.chance(0.85) ? String(1 + g.int(20)) : g.integer()]],
    [0.3, () => ['TYPE', g.pick(['string', 'list', 'set', 'zset', 'hash', 'stream', 'STRING'])]],
    [0.03, () => ['BOGUS']],
  );
}

/** Values as redis-server 7.0.15 dumps them (10, foo), and what is no value. */
const PAYLOADS = [
  '\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb',
  '\x00\x03foo\n\x00sI9\xdbM\xc1\xba\x97',
  '\x00\x03foo\n\x00sI9\xdbM\xc1\xba\x98',
  'not a payload',
  '',
];

export const keyspace: Family = {
  name: 'keyspace',
  weight: 8,
  rows: [
    { command: 'SET', weight: 8, args: (g) => [g.key(), g.value()] },
    { command: 'DEL', weight: 5, args: (g) => g.some(1, 3, () => g.key()) },
    { command: 'UNLINK', weight: 3, args: (g) => g.some(1, 3, () => g.key()) },
    { command: 'EXISTS', weight: 4, args: (g) => g.some(1, 4, () => g.key()) },
    { command: 'TYPE', weight: 4, args: (g) => [g.key()] },
    { command: 'TOUCH', weight: 2, args: (g) => g.some(1, 3, () => g.key()) },
    { command: 'RENAME', weight: 4, args: (g) => [g.key(), g.key()] },
    { command: 'RENAMENX', weight: 4, args: (g) => [g.key(), g.key()] },
    {
      command: 'COPY',
      weight: 5,
      args: (g) => [
        g.key(),
        g.key(),
        ...g.options([0.4, () => ['DB', g.database()]], [0.4, () => ['REPLACE']], [0.03, () => ['BOGUS']]),
      ],
    },
    { command: 'COPY', weight: 2, args: (g) => [g.key(), g.key(), 'REPLACE'] },
    { command: 'MOVE', weight: 4, args: (g) => [g.key(), g.database()] },
    { command: 'PERSIST', weight: 3, args: (g) => [g.key()] },
    { command: 'EXPIRE', weight: 5, args: (g) => [g.key(), g.seconds(), ...condition(g)] },
    { command: 'PEXPIRE', weight: 5, args: (g) => [g.key(), g.milliseconds(), ...condition(g)] },
    { command: 'EXPIREAT', weight: 5, args: (g) => [g.key(), g.unixSeconds(), ...condition(g)] },
    { command: 'PEXPIREAT', weight: 5, args: (g) => [g.key(), g.unixMilliseconds(), ...condition(g)] },
    { command: 'EXPIREAT', weight: 3, args: (g) => [g.key(), g.unixSeconds(), g.pick(['GT', 'LT'])] },
    { command: 'EXPIRE', weight: 3, args: (g) => [g.key(), g.seconds(), g.pick(['GT', 'LT'])] },
    { command: 'TTL', weight: 3, args: (g) => [g.key()] },
    { command: 'PTTL', weight: 3, args: (g) => [g.key()] },
    { command: 'EXPIRETIME', weight: 3, args: (g) => [g.key()] },
    { command: 'PEXPIRETIME', weight: 3, args: (g) => [g.key()] },
    { command: 'RANDOMKEY', weight: 1, args: () => [] },
    { command: 'KEYS', weight: 2, args: (g) => [g.pattern()] },
    {
      command: 'SCAN',
      weight: 4,
      args: (g) => [g.chance(0.93) ? '0' : g.pick(['x', '-1', '', '7', '1 ']), ...scanOptions(g)],
    },
    {
      command: 'OBJECT',
      weight: 5,
      args: (g) => [
        g.spelling(g.pick(['ENCODING', 'ENCODING', 'REFCOUNT', 'IDLETIME', 'FREQ', 'BOGUS'])),
        g.key(),
      ],
    },
    { command: 'OBJECT', weight: 1, args: () => ['HELP'] },
    { command: 'DUMP', weight: 3, args: (g) => [g.key()], since: [7, 2] },
    {
      command: 'RESTORE',
      weight: 4,
      args: (g) => [
        g.key(),
        g.pick(['0', '0', '5000000', '100000000000000', '-1', 'x', '9223372036854775807']),
        g.pick(PAYLOADS),
        ...g.options(
          [0.6, () => ['REPLACE']],
          [0.3, () => ['ABSTTL']],
          [0.15, () => ['IDLETIME', g.pick(['0', '100', '-1', 'x'])]],
          [0.15, () => ['FREQ', g.pick(['0', '255', '256', 'x'])]],
          [0.03, () => ['BOGUS']],
        ),
      ],
    },
    {
      // Never a key that is there: what a target answers is for test/interop/dump.test.ts.
      command: 'MIGRATE',
      weight: 1,
      args: (g) => [
        '127.0.0.1',
        '1',
        'no such key',
        g.database(),
        g.integer(),
        ...g.options(
          [0.3, () => ['COPY']],
          [0.3, () => ['REPLACE']],
          [0.1, () => ['AUTH', 'password']],
          [0.05, () => ['AUTH2', 'user']],
          [0.1, () => ['KEYS', 'nor this']],
          [0.03, () => ['BOGUS']],
        ),
      ],
    },
    { command: 'DBSIZE', weight: 2, args: () => [] },
    { command: 'SELECT', weight: 3, args: (g) => [g.database()] },
    { command: 'SWAPDB', weight: 1, args: (g) => [g.database(), g.database()] },
    {
      command: 'FLUSHDB',
      weight: 1,
      args: (g) => g.options([0.5, () => [g.pick(['ASYNC', 'SYNC', 'BOGUS'])]]),
    },
    {
      command: 'FLUSHALL',
      weight: 1,
      args: (g) => g.options([0.5, () => [g.pick(['ASYNC', 'SYNC', 'BOGUS'])]]),
    },
  ],
};
