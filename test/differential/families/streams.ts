/**
 * The stream family: `t_stream.c`, with explicit ids, groups and consumers. What deletes entries or makes consumers has keys of its
 * own, which nobody dumps: deleted entries and the times of consumers are in a dump. Idle times asked for are none or years.
 */
import { type Family, type Generator } from '../generator.js';

const STREAMS = ['stream:1', 'stream:2', 'stream:3'];
/** A stream that is seldom there, and one with few entries. */
const ABSENT = 'stream:absent';
const FEW = 'stream:few';
const GROUPS = ['g', 'h', 'g\xff'];
const CONSUMERS = ['Ann', 'Bob', 'c\x00d'];
const NAMES = ['name', 'age', 'f', '', '17'];
const EDGES = [
  '0-0',
  '0',
  '-',
  '+',
  '*',
  'x',
  '',
  '1-',
  '-1',
  '1-x',
  '1-2-3',
  '18446744073709551615',
  '18446744073709551615-18446744073709551615',
  '18446744073709551616',
  '9223372036854775807-9223372036854775808',
  '01-02',
  '5\x00-7',
];

/** Mostly a stream, at times any key. */
function stream(g: Generator): string {
  return g.chance(0.97) ? g.pick(STREAMS) : g.key();
}

function group(g: Generator): string {
  return g.chance(0.9) ? g.pick(GROUPS) : g.pick(['none', '', 'G']);
}

function id(g: Generator): string {
  const draw = g.int(20);
  if (draw < 12) return `${1 + g.int(300)}-${g.int(3)}`;
  return draw < 19 ? String(1 + g.int(300)) : g.pick(EDGES);
}

/** Most often above those that are there. */
function newId(g: Generator): string {
  const draw = g.int(20);
  if (draw < 12) return `${1 + g.int(300)}-*`;
  if (draw < 16) return `${200 + g.int(150)}-${g.int(4)}`;
  const any = id(g);
  // The clock of the one server may be a millisecond ahead.
  return any === '*' ? '300-*' : any;
}

function end(g: Generator, open: string): string {
  const draw = g.int(10);
  if (draw < 4) return open;
  return draw < 6 ? `(${id(g)}` : id(g);
}

function pairs(g: Generator): string[] {
  if (g.chance(0.6)) return ['name', g.value(), 'age', g.integer()];
  return g.some(1, 3, () => [g.pick(NAMES), g.value()]).flat();
}

function trimming(g: Generator): string[] {
  // Most streams of a case are short.
  const length = g.chance(0.9) ? String(g.int(g.chance(0.5) ? 5 : 40)) : g.integer();
  const limit = g.chance(0.8) ? String(g.int(300)) : g.integer();
  return [
    ...(g.chance(0.6)
      ? ['MAXLEN', ...g.options([0.6, () => [g.pick(['~', '='])]]), length]
      : ['MINID', ...g.options([0.6, () => [g.pick(['~', '='])]]), id(g)]),
    ...g.options([0.25, () => ['LIMIT', limit]]),
  ];
}

function count(g: Generator): string[] {
  return g.options([0.4, () => ['COUNT', g.chance(0.9) ? String(g.int(12)) : g.integer()]]);
}

/** Nothing has been idle for years, everything for no time. */
function idle(g: Generator): string {
  return g.chance(0.8) ? '0' : g.pick(['1000000000', '-1', 'x', '9223372036854775807']);
}

function reading(g: Generator, marks: readonly string[]): string[] {
  const keys = g.some(1, 2, () => stream(g));
  const ids = keys.map(() => (g.chance(0.6) ? g.pick(marks) : id(g)));
  if (g.chance(0.02)) ids.pop();
  return ['STREAMS', ...keys, ...ids];
}

function groupArgs(g: Generator): string[] {
  const name = g.pick([
    'CREATE',
    'CREATE',
    'CREATE',
    'SETID',
    'CREATECONSUMER',
    'DELCONSUMER',
    'DESTROY',
    'BOGUS',
  ]);
  const from = g.chance(0.3) ? '$' : g.chance(0.5) ? '0' : id(g);
  const read = g.options([0.3, () => ['ENTRIESREAD', g.chance(0.8) ? String(g.int(100)) : g.integer()]]);
  switch (name) {
    case 'CREATE':
      return [name, g.pick(STREAMS), group(g), from, ...g.options([0.3, () => ['MKSTREAM']]), ...read];
    case 'SETID':
      return [name, g.pick(STREAMS), group(g), from, ...read];
    case 'DESTROY':
      return [name, g.pick(STREAMS), g.chance(0.3) ? group(g) : 'h'];
    default:
      return [name, g.pick(STREAMS), group(g), g.pick(CONSUMERS)];
  }
}

export const streams: Family = {
  name: 'streams',
  weight: 10,
  rows: [
    {
      command: 'XADD',
      weight: 30,
      args: (g) => [
        g.pick(STREAMS),
        ...g.options([0.05, () => ['NOMKSTREAM']], [0.15, () => trimming(g)], [0.01, () => ['BOGUS']]),
        newId(g),
        ...pairs(g),
        ...g.options([0.01, () => ['odd']]),
      ],
    },
    { command: 'XADD', weight: 1, args: (g) => [g.key(), newId(g), ...pairs(g)] },
    { command: 'XTRIM', weight: 3, args: (g) => [g.pick(STREAMS), ...trimming(g)] },
    { command: 'XTRIM', weight: 1, args: (g) => [g.key(), 'MAXLEN', '1000000'] },
    { command: 'XDEL', weight: 6, args: (g) => [g.pick(STREAMS), ...g.some(1, 4, () => id(g))] },
    { command: 'XDEL', weight: 1, args: (g) => [g.key(), '1000000-7'] },
    { command: 'XLEN', weight: 3, args: (g) => [stream(g)] },
    { command: 'XRANGE', weight: 5, args: (g) => [stream(g), end(g, '-'), end(g, '+'), ...count(g)] },
    { command: 'XREVRANGE', weight: 5, args: (g) => [stream(g), end(g, '+'), end(g, '-'), ...count(g)] },
    { command: 'XREAD', weight: 5, args: (g) => [...count(g), ...reading(g, ['0', '$', '200'])] },
    {
      command: 'XREADGROUP',
      weight: 14,
      args: (g) => [
        'GROUP',
        g.chance(0.97) ? g.pick(GROUPS) : 'none',
        g.pick(CONSUMERS),
        ...g.options(
          [0.5, () => ['COUNT', String(g.int(6))]],
          [0.15, () => ['NOACK']],
          [0.01, () => ['BOGUS']],
        ),
        ...(g.chance(0.8)
          ? ['STREAMS', g.pick(STREAMS), g.chance(0.8) ? '>' : id(g)]
          : ['STREAMS', g.pick(STREAMS), g.pick(STREAMS), '>', g.pick(['>', '0'])]),
      ],
    },
    { command: 'XGROUP', weight: 9, args: groupArgs },
    { command: 'XGROUP', weight: 1, args: () => ['HELP'] },
    { command: 'XACK', weight: 5, args: (g) => [stream(g), group(g), ...g.some(1, 4, () => id(g))] },
    {
      command: 'XPENDING',
      weight: 6,
      args: (g) => [
        stream(g),
        group(g),
        ...g.options([
          0.7,
          () => [
            ...(g.chance(0.3) ? ['IDLE', idle(g)] : []),
            end(g, '-'),
            end(g, '+'),
            g.chance(0.9) ? String(g.int(20)) : g.integer(),
            ...(g.chance(0.3) ? [g.pick(CONSUMERS)] : []),
          ],
        ]),
      ],
    },
    {
      command: 'XCLAIM',
      weight: 6,
      args: (g) => [
        g.pick(STREAMS),
        group(g),
        g.pick(CONSUMERS),
        idle(g),
        ...g.some(1, 4, () => id(g)),
        ...g.options(
          [0.15, () => ['TIME', g.chance(0.8) ? '1600000000000' : g.integer()]],
          [0.15, () => ['RETRYCOUNT', g.integer()]],
          [0.3, () => ['FORCE']],
          [0.3, () => ['JUSTID']],
          [0.15, () => ['LASTID', id(g)]],
          [0.02, () => ['BOGUS']],
        ),
      ],
    },
    {
      command: 'XAUTOCLAIM',
      weight: 5,
      args: (g) => [
        g.pick(STREAMS),
        group(g),
        g.pick(CONSUMERS),
        idle(g),
        end(g, '0'),
        ...g.options(
          [0.5, () => ['COUNT', g.chance(0.9) ? String(g.int(5)) : g.pick(['x', '-1'])]],
          [0.3, () => ['JUSTID']],
          [0.02, () => ['BOGUS']],
        ),
      ],
    },
    {
      command: 'XSETID',
      weight: 2,
      args: (g) => [
        g.pick(STREAMS),
        `${250 + g.int(100)}-${g.int(3)}`,
        ...g.options(
          [0.5, () => ['ENTRIESADDED', g.chance(0.8) ? String(g.int(400)) : g.integer()]],
          [0.4, () => ['MAXDELETEDID', id(g)]],
        ),
      ],
    },
    { command: 'XINFO', weight: 3, args: (g) => ['STREAM', stream(g), ...g.options([0.1, () => ['BOGUS']])] },
    {
      command: 'XINFO',
      weight: 2,
      args: (g) => ['STREAM', stream(g), 'FULL', ...g.options([0.4, () => ['COUNT', String(g.int(12))]])],
    },
    { command: 'XINFO', weight: 4, args: (g) => ['GROUPS', stream(g)] },
    { command: 'XINFO', weight: 3, args: (g) => ['CONSUMERS', stream(g), group(g)] },
    { command: 'XINFO', weight: 1, args: (g) => [g.pick(['HELP', 'BOGUS', 'STREAM'])] },
    // A stream whose ids are known: 5-0, 5-1 and so on.
    { command: 'XADD', weight: 6, args: () => [FEW, '5-*', 'name', 'value'] },
    {
      command: 'XGROUP',
      weight: 2,
      args: (g) => [
        'CREATE',
        g.pick([FEW, ABSENT]),
        g.pick(GROUPS),
        '0',
        ...g.options([0.7, () => ['MKSTREAM']]),
      ],
    },
    {
      command: 'XREADGROUP',
      weight: 6,
      args: (g) => ['GROUP', g.pick(GROUPS), g.pick(CONSUMERS), 'COUNT', '3', 'STREAMS', FEW, '>'],
    },
    {
      command: 'XCLAIM',
      weight: 6,
      args: (g) => [
        FEW,
        g.pick(GROUPS),
        g.pick(CONSUMERS),
        '0',
        ...g.some(1, 3, () => `5-${g.int(12)}`),
        ...g.options([0.3, () => ['FORCE']], [0.4, () => ['JUSTID']]),
      ],
    },
    { command: 'XACK', weight: 2, args: (g) => [FEW, g.pick(GROUPS), `5-${g.int(12)}`, `5-${g.int(12)}`] },
    { command: 'DEL', weight: 1, args: (g) => [g.pick([FEW, ABSENT, ABSENT, ABSENT, g.pick(STREAMS)])] },
  ],
};
