/** The string family: every command of `t_string.c`, with all its options, valid and contradictory. */
import { type Family, type Generator } from '../generator.js';

/** The expiry options shared by SET and GETEX. */
function expiry(g: Generator): string[] {
  switch (g.int(4)) {
    case 0:
      return ['EX', g.seconds()];
    case 1:
      return ['PX', g.milliseconds()];
    case 2:
      return ['EXAT', g.unixSeconds()];
    default:
      return ['PXAT', g.unixMilliseconds()];
  }
}

function pairs(g: Generator): string[] {
  return g.some(1, 4, () => [g.key(), g.value()]).flat();
}

/** Offsets within a short string, past its end, negative, and past the largest string there can be. */
function offset(g: Generator): string {
  return g.chance(0.85) ? String(g.int(60)) : g.pick(['-1', '600', '536870912', '9223372036854775807', 'x']);
}

function related(g: Generator): string {
  return g.some(2, 5, () => g.pick(['ab', 'cde', 'x', 'fghij', 'ab'])).join('');
}

export const strings: Family = {
  name: 'strings',
  weight: 10,
  rows: [
    {
      command: 'SET',
      weight: 14,
      args: (g) => [
        g.key(),
        g.value(),
        ...g.options(
          [0.2, () => [g.pick(['NX', 'XX'])]],
          [0.05, () => [g.pick(['NX', 'XX'])]],
          [0.2, () => ['GET']],
          [0.25, () => expiry(g)],
          [0.03, () => expiry(g)],
          [0.1, () => ['KEEPTTL']],
          [0.03, () => [g.pick(['BOGUS', 'PERSIST', '', 'EX', 'GET'])]],
        ),
      ],
    },
    { command: 'SETEX', weight: 2, args: (g) => [g.key(), g.seconds(), g.value()] },
    { command: 'PSETEX', weight: 2, args: (g) => [g.key(), g.milliseconds(), g.value()] },
    { command: 'SETNX', weight: 3, args: (g) => [g.key(), g.value()] },
    { command: 'GET', weight: 8, args: (g) => [g.key()] },
    { command: 'GETSET', weight: 2, args: (g) => [g.key(), g.value()] },
    { command: 'GETDEL', weight: 2, args: (g) => [g.key()] },
    {
      command: 'GETEX',
      weight: 4,
      args: (g) => [
        g.key(),
        ...g.options(
          [0.5, () => expiry(g)],
          [0.03, () => expiry(g)],
          [0.2, () => ['PERSIST']],
          [0.03, () => [g.pick(['KEEPTTL', 'NX', 'GET', 'PX', ''])]],
        ),
      ],
    },
    { command: 'MGET', weight: 3, args: (g) => g.some(1, 5, () => g.key()) },
    { command: 'MSET', weight: 3, args: (g) => pairs(g) },
    { command: 'MSETNX', weight: 3, args: (g) => pairs(g) },
    { command: 'APPEND', weight: 5, args: (g) => [g.key(), g.value()] },
    { command: 'STRLEN', weight: 3, args: (g) => [g.key()] },
    { command: 'SETRANGE', weight: 5, args: (g) => [g.key(), offset(g), g.value()] },
    { command: 'GETRANGE', weight: 5, args: (g) => [g.key(), g.index(), g.index()] },
    { command: 'SUBSTR', weight: 2, args: (g) => [g.key(), g.index(), g.index()] },
    { command: 'INCR', weight: 4, args: (g) => [g.key()] },
    { command: 'DECR', weight: 4, args: (g) => [g.key()] },
    { command: 'INCRBY', weight: 4, args: (g) => [g.key(), g.integer()] },
    { command: 'DECRBY', weight: 4, args: (g) => [g.key(), g.integer()] },
    { command: 'INCRBYFLOAT', weight: 6, args: (g) => [g.key(), g.float()] },
    {
      command: 'LCS',
      weight: 3,
      args: (g) => [
        g.key(),
        g.key(),
        ...g.options(
          [0.2, () => ['LEN']],
          [0.4, () => ['IDX']],
          [0.3, () => ['WITHMATCHLEN']],
          [0.3, () => ['MINMATCHLEN', g.index()]],
          [0.03, () => ['BOGUS']],
        ),
      ],
    },
    // Strings that have something in common.
    { command: 'SET', weight: 3, args: (g) => [g.key(), related(g)] },
    {
      command: 'LCS',
      weight: 2,
      args: (g) => [g.key(), g.key(), 'IDX', 'MINMATCHLEN', String(g.int(6)), 'WITHMATCHLEN'],
    },
  ],
};
