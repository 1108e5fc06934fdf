/** The sorted set family: every command of `t_zset.c` that answers at once, with all its options. */
import { type Family, type Generator } from '../generator.js';

const MEMBERS = [
  'a',
  'b',
  'c',
  'd',
  'e',
  'f',
  'aa',
  'ab',
  'foo',
  '',
  '10',
  '-3',
  '9007199254740993',
  'm\x00\xff',
];
const SCORES = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e20',
  '1e-9',
  'inf',
  '-inf',
  '+inf',
  '3.3',
  '0x10',
  '4294967296',
];
const BOUNDS = [
  '-inf',
  '+inf',
  'inf',
  '(1',
  '(0',
  '(-inf',
  '(3.3',
  '(inf',
  ' 1',
  '',
  '(',
  'x',
  '(x',
  'nan',
  '1e400',
];
const LEX = [
  '-',
  '+',
  '[a',
  '(a',
  '[b',
  '(d',
  '[',
  '(',
  '[zz',
  '(ab',
  'a',
  '',
  '++',
  '-\x00',
  '[m\x00\xff',
  '[10',
];

function member(g: Generator): string {
  if (g.chance(0.7)) return g.pick(MEMBERS);
  return g.chance(0.9) ? `m${g.int(40)}` : g.value();
}

function score(g: Generator): string {
  const draw = g.int(20);
  if (draw < 12) return String(g.int(21) - 10);
  return draw < 17 ? g.pick(SCORES) : g.float();
}

function bound(g: Generator): string {
  const draw = g.int(20);
  if (draw < 9) return String(g.int(25) - 12);
  if (draw < 13) return `(${g.int(25) - 12}`;
  return draw < 18 ? g.pick(['-inf', '+inf']) : g.pick(BOUNDS);
}

function lex(g: Generator): string {
  return g.chance(0.4)
    ? g.pick(['-', '+'])
    : g.chance(0.5)
      ? `${g.pick(['[', '('])}${member(g)}`
      : g.pick(LEX);
}

function pairs(g: Generator, max: number): string[] {
  return g.some(1, max, () => [score(g), member(g)]).flat();
}

/** Sorted sets in which all scores are 0: ranges of members have a meaning nowhere else (Redis calls them unspecified). */
const LEX_KEYS = ['lex:1', 'lex:2', 'lex:3', 'lex:none'];

function lexKey(g: Generator): string {
  return g.pick(LEX_KEYS);
}

function lexPairs(g: Generator): string[] {
  const draw = g.int(12);
  if (draw === 0) return Array.from({ length: 120 + g.int(30) }, (_, i) => ['0', `m${i}`]).flat();
  if (draw === 1) return ['0', 'long'.repeat(15 + g.int(4))];
  return g.some(1, 8, () => ['0', member(g)]).flat();
}

function lexRange(g: Generator): string[] {
  return [
    lex(g),
    lex(g),
    'BYLEX',
    ...g.options([0.4, () => ['REV']], [0.5, () => limit(g)], [0.02, () => ['WITHSCORES']], bogus(g)),
  ];
}

function limit(g: Generator): readonly string[] {
  return [
    'LIMIT',
    g.chance(0.9) ? String(g.int(6)) : g.integer(),
    g.chance(0.9) ? String(g.int(8) - 1) : g.integer(),
  ];
}

function bogus(g: Generator): readonly [number, () => readonly string[]] {
  return [0.02, () => [g.pick(['BOGUS', 'LIMIT', 'WEIGHTS', 'COUNT', 'WITHSCORES', 'WITHSCORE', ''])]];
}

/** The key, the bounds and options of ZRANGE and ZRANGESTORE, mostly such that fit each other. */
function anyRange(g: Generator, withScores: boolean): string[] {
  const scores = (): [number, () => readonly string[]] => [withScores ? 0.4 : 0.02, () => ['WITHSCORES']];
  const rev = (): [number, () => readonly string[]] => [0.4, () => ['REV']];
  switch (g.int(3)) {
    case 0:
      return [g.index(), g.index(), ...g.options(rev(), scores(), [0.04, () => limit(g)], bogus(g))];
    default:
      return [
        bound(g),
        bound(g),
        ...g.options([0.97, () => ['BYSCORE']], rev(), scores(), [0.4, () => limit(g)], bogus(g)),
      ];
  }
}

function keys(g: Generator): string[] {
  const names = g.some(1, 4, () => g.key());
  const count = g.chance(0.95) ? String(names.length) : g.pick(['0', '-1', '9', 'x', '']);
  return [count, ...names];
}

function weights(g: Generator, count: number): string[] {
  return ['WEIGHTS', ...Array.from({ length: g.chance(0.95) ? count : count + 1 }, () => score(g))];
}

function combined(g: Generator, weighted: boolean, withScores: boolean): string[] {
  const named = keys(g);
  return [
    ...named,
    ...g.options(
      [weighted ? 0.4 : 0.02, () => weights(g, named.length - 1)],
      [weighted ? 0.4 : 0.02, () => ['AGGREGATE', g.pick(['SUM', 'MIN', 'MAX', 'min', 'BOGUS'])]],
      [withScores ? 0.5 : 0.02, () => ['WITHSCORES']],
      bogus(g),
    ),
  ];
}

function popped(g: Generator): string[] {
  return [
    ...keys(g),
    g.pick(['MIN', 'MAX', 'min', 'Max', 'MIN', 'MAX', 'MIN', 'BOGUS']),
    ...g.options([0.5, () => ['COUNT', g.chance(0.9) ? String(1 + g.int(4)) : g.integer()]], bogus(g)),
  ];
}

/** A timeout that is over at once where nothing can be popped, or none at all. */
function timeout(g: Generator): string {
  return g.chance(0.9) ? '0.001' : g.pick(['-1', 'x', '', '1e400', '9223372036854775807', '0x0.001', '-0.5']);
}

export const sortedSets: Family = {
  name: 'sorted-sets',
  weight: 10,
  rows: [
    {
      command: 'ZADD',
      weight: 16,
      args: (g) => [
        g.key(),
        ...g.options(
          [0.15, () => [g.pick(['NX', 'XX'])]],
          [0.15, () => [g.pick(['GT', 'LT'])]],
          [0.2, () => ['CH']],
          [0.05, () => [g.pick(['NX', 'XX', 'GT', 'LT', 'CH'])]],
        ),
        ...pairs(g, 6),
      ],
    },
    { command: 'ZADD', weight: 5, args: (g) => [g.pick(LEX_KEYS.slice(0, 3)), ...lexPairs(g)] },
    {
      command: 'ZADD',
      weight: 4,
      args: (g) => [
        g.key(),
        ...g.options([0.3, () => [g.pick(['NX', 'XX', 'GT', 'LT'])]], [1, () => ['INCR']]),
        ...pairs(g, g.chance(0.9) ? 1 : 2),
      ],
    },
    { command: 'ZADD', weight: 1, args: (g) => [g.key(), ...g.some(0, 3, () => g.value())] },
    { command: 'ZINCRBY', weight: 5, args: (g) => [g.key(), score(g), member(g)] },
    { command: 'ZREM', weight: 3, args: (g) => [g.key(), ...g.some(1, 4, () => member(g))] },
    { command: 'ZREMRANGEBYRANK', weight: 2, args: (g) => [g.key(), g.index(), g.index()] },
    { command: 'ZREMRANGEBYSCORE', weight: 1, args: (g) => [g.key(), bound(g), bound(g)] },
    {
      command: 'ZREMRANGEBYSCORE',
      weight: 2,
      args: (g) => [g.key(), String(g.int(12) - 10), `(${g.int(16) - 5}`],
    },
    { command: 'ZREMRANGEBYLEX', weight: 1, args: (g) => [lexKey(g), lex(g), lex(g)] },
    { command: 'ZCARD', weight: 2, args: (g) => [g.key()] },
    { command: 'ZSCORE', weight: 3, args: (g) => [g.key(), member(g)] },
    { command: 'ZMSCORE', weight: 2, args: (g) => [g.key(), ...g.some(1, 5, () => member(g))] },
    {
      command: 'ZRANK',
      weight: 3,
      args: (g) => [g.key(), member(g), ...g.options([0.3, () => ['WITHSCORE']], bogus(g))],
      since: [7, 2],
    },
    {
      command: 'ZREVRANK',
      weight: 3,
      args: (g) => [g.key(), member(g), ...g.options([0.3, () => ['WITHSCORE']], bogus(g))],
      since: [7, 2],
    },
    { command: 'ZCOUNT', weight: 3, args: (g) => [g.key(), bound(g), bound(g)] },
    { command: 'ZLEXCOUNT', weight: 3, args: (g) => [lexKey(g), lex(g), lex(g)] },
    { command: 'ZRANGE', weight: 12, args: (g) => [g.key(), ...anyRange(g, true)] },
    { command: 'ZRANGE', weight: 6, args: (g) => [lexKey(g), ...lexRange(g)] },
    { command: 'ZRANGESTORE', weight: 1, args: (g) => [lexKey(g), lexKey(g), ...lexRange(g)] },
    { command: 'ZREM', weight: 1, args: (g) => [lexKey(g), ...g.some(1, 4, () => member(g))] },
    { command: 'ZRANGESTORE', weight: 4, args: (g) => [g.key(), g.key(), ...anyRange(g, false)] },
    {
      command: 'ZREVRANGE',
      weight: 2,
      args: (g) => [g.key(), g.index(), g.index(), ...g.options([0.4, () => ['WITHSCORES']], bogus(g))],
    },
    {
      command: 'ZRANGEBYSCORE',
      weight: 3,
      args: (g) => [
        g.key(),
        bound(g),
        bound(g),
        ...g.options([0.4, () => ['WITHSCORES']], [0.4, () => limit(g)], bogus(g)),
      ],
    },
    {
      command: 'ZREVRANGEBYSCORE',
      weight: 3,
      args: (g) => [
        g.key(),
        bound(g),
        bound(g),
        ...g.options([0.4, () => ['WITHSCORES']], [0.4, () => limit(g)], bogus(g)),
      ],
    },
    {
      command: 'ZRANGEBYLEX',
      weight: 3,
      args: (g) => [lexKey(g), lex(g), lex(g), ...g.options([0.4, () => limit(g)], bogus(g))],
    },
    {
      command: 'ZREVRANGEBYLEX',
      weight: 3,
      args: (g) => [lexKey(g), lex(g), lex(g), ...g.options([0.4, () => limit(g)], bogus(g))],
    },
    { command: 'ZUNION', weight: 4, args: (g) => combined(g, true, true) },
    { command: 'ZINTER', weight: 4, args: (g) => combined(g, true, true) },
    { command: 'ZDIFF', weight: 4, args: (g) => combined(g, false, true) },
    { command: 'ZUNIONSTORE', weight: 3, args: (g) => [g.key(), ...combined(g, true, false)] },
    { command: 'ZINTERSTORE', weight: 3, args: (g) => [g.key(), ...combined(g, true, false)] },
    { command: 'ZDIFFSTORE', weight: 3, args: (g) => [g.key(), ...combined(g, false, false)] },
    {
      command: 'ZINTERCARD',
      weight: 3,
      args: (g) => [...keys(g), ...g.options([0.4, () => ['LIMIT', g.index()]], bogus(g))],
    },
    { command: 'ZPOPMIN', weight: 1, args: (g) => [g.key(), '2'] },
    { command: 'ZPOPMIN', weight: 2, args: (g) => [g.key(), ...g.some(0, 1, () => g.index())] },
    { command: 'ZPOPMAX', weight: 2, args: (g) => [g.key(), ...g.some(0, 1, () => g.index())] },
    { command: 'ZMPOP', weight: 3, args: (g) => popped(g) },
    { command: 'BZMPOP', weight: 1, args: (g) => [timeout(g), ...popped(g)] },
    {
      command: 'BZPOPMIN',
      weight: 1,
      args: (g) => [...g.some(1, 3, () => g.key()), timeout(g)],
      endsInTimeout: true,
    },
    {
      command: 'BZPOPMAX',
      weight: 1,
      args: (g) => [...g.some(1, 3, () => g.key()), timeout(g)],
      endsInTimeout: true,
    },
    {
      command: 'ZRANDMEMBER',
      weight: 3,
      args: (g) => [
        g.key(),
        ...g.options(
          [0.7, () => [g.chance(0.9) ? String(g.int(16) - 8) : g.pick(['x', '', '-9223372036854775808'])]],
          [0.3, () => ['WITHSCORES']],
        ),
      ],
    },
    {
      command: 'ZSCAN',
      weight: 4,
      args: (g) => [
        g.key(),
        g.chance(0.95) ? '0' : g.pick(['x', '-1', '', '1 ']),
        ...g.options(
          [0.4, () => ['MATCH', g.pattern()]],
          [0.4, () => ['COUNT', g.chance(0.85) ? String(1 + g.int(20)) : g.integer()]],
          [0.03, () => [g.pick(['TYPE', 'BOGUS'])]],
        ),
      ],
    },
    {
      // More members than are packed: the other encoding.
      command: 'ZADD',
      weight: 1,
      args: (g) => [
        g.key(),
        ...Array.from({ length: 120 + g.int(30) }, (_, i) => [score(g), `m${i}`]).flat(),
      ],
    },
    { command: 'ZADD', weight: 1, args: (g) => [g.key(), score(g), 'long'.repeat(15 + g.int(4))] },
  ],
};
