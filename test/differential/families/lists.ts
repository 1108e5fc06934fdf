/** The list family: every command of `t_list.c`; the blocking ones inside MULTI, where they answer at once, or on a list that is there. */
import { type Family, type Generator } from '../generator.js';

const ENDS = ['LEFT', 'RIGHT'] as const;

function end(g: Generator): string {
  return g.chance(0.97) ? g.spelling(g.pick(ENDS)) : g.pick(['MIDDLE', '', 'LEFTRIGHT']);
}

/** A small count of elements, sometimes none that can be. */
function count(g: Generator): string {
  return g.chance(0.85) ? String(g.int(6)) : g.integer();
}

function numberedKeys(g: Generator): string[] {
  const keys = g.some(1, 3, () => g.key());
  return [g.chance(0.93) ? String(keys.length) : g.integer(), ...keys];
}

/** Elements repeat, so that what looks for one finds it. */
function element(g: Generator): string {
  return g.chance(0.6) ? String(g.int(8)) : g.value();
}

export const lists: Family = {
  name: 'lists',
  weight: 10,
  rows: [
    { command: 'LPUSH', weight: 6, args: (g) => [g.key(), ...g.some(1, 5, () => element(g))] },
    { command: 'RPUSH', weight: 8, args: (g) => [g.key(), ...g.some(1, 8, () => element(g))] },
    { command: 'LPUSHX', weight: 2, args: (g) => [g.key(), ...g.some(1, 3, () => element(g))] },
    { command: 'RPUSHX', weight: 2, args: (g) => [g.key(), ...g.some(1, 3, () => element(g))] },
    { command: 'LPOP', weight: 3, args: (g) => [g.key(), ...g.options([0.5, () => [count(g)]])] },
    { command: 'RPOP', weight: 3, args: (g) => [g.key(), ...g.options([0.5, () => [count(g)]])] },
    { command: 'LLEN', weight: 2, args: (g) => [g.key()] },
    { command: 'LINDEX', weight: 3, args: (g) => [g.key(), g.index()] },
    { command: 'LRANGE', weight: 4, args: (g) => [g.key(), g.index(), g.index()] },
    { command: 'LSET', weight: 3, args: (g) => [g.key(), g.index(), element(g)] },
    {
      command: 'LINSERT',
      weight: 4,
      args: (g) => [
        g.key(),
        g.chance(0.97) ? g.spelling(g.pick(['BEFORE', 'AFTER'])) : 'BESIDE',
        element(g),
        element(g),
      ],
    },
    { command: 'LREM', weight: 3, args: (g) => [g.key(), g.index(), element(g)] },
    { command: 'LREM', weight: 2, args: (g) => [g.key(), g.pick(['1', '2', '-1']), String(g.int(8))] },
    { command: 'LTRIM', weight: 2, args: (g) => [g.key(), g.index(), g.index()] },
    {
      command: 'LPOS',
      weight: 4,
      args: (g) => [
        g.key(),
        element(g),
        ...g.options(
          [0.4, () => ['RANK', g.index()]],
          [0.5, () => ['COUNT', count(g)]],
          [0.3, () => ['MAXLEN', count(g)]],
          [0.03, () => ['BOGUS']],
        ),
      ],
    },
    { command: 'LMOVE', weight: 4, args: (g) => [g.key(), g.key(), end(g), end(g)] },
    { command: 'RPOPLPUSH', weight: 3, args: (g) => [g.key(), g.key()] },
    {
      command: 'LMPOP',
      weight: 4,
      args: (g) => [
        ...numberedKeys(g),
        end(g),
        ...g.options([0.4, () => ['COUNT', count(g)]], [0.03, () => ['BOGUS']]),
      ],
    },
    // A timeout of a millisecond: what blocks is answered soon.
    {
      command: 'BLPOP',
      weight: 1,
      args: (g) => [...g.some(1, 3, () => g.key()), timeout(g)],
      endsInTimeout: true,
    },
    {
      command: 'BRPOP',
      weight: 1,
      args: (g) => [...g.some(1, 3, () => g.key()), timeout(g)],
      endsInTimeout: true,
    },
    // Redis 7.0 adds the time of day, which overflows, and waits for ever.
    { command: 'BLPOP', weight: 0.2, since: [7, 2], args: (g) => [g.key(), '9223372036854775'] },
    { command: 'BLMOVE', weight: 1, args: (g) => [g.key(), g.key(), end(g), end(g), timeout(g)] },
    { command: 'BRPOPLPUSH', weight: 1, args: (g) => [g.key(), g.key(), timeout(g)] },
    {
      command: 'BLMPOP',
      weight: 1,
      args: (g) => [timeout(g), ...numberedKeys(g), end(g), ...g.options([0.4, () => ['COUNT', count(g)]])],
    },
  ],
};

function timeout(g: Generator): string {
  return g.chance(0.8)
    ? '0.001'
    : g.pick(['-1', 'x', '', 'nan', '1e400', '0x7FFFFFFFFFFFFF', '-0.1', 'inf', '-inf', '1 ']);
}
