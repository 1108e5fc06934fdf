/** The set family: every command of `t_set.c`. Members repeat between sets, so that they have some in common. */
import { type Family, type Generator } from '../generator.js';

function member(g: Generator): string {
  return g.chance(0.7) ? String(g.int(30) - 10) : g.value();
}

function keys(g: Generator): string[] {
  return g.some(1, 4, () => g.key());
}

/** As many members as there may be in any set here, so that all of them are asked for; or none, or what cannot be. */
function allOrNone(g: Generator): string {
  return g.chance(0.8) ? '1000' : g.pick(['0', 'x', '-9223372036854775808', '', '9223372036854775808']);
}

export const sets: Family = {
  name: 'sets',
  weight: 10,
  rows: [
    { command: 'SADD', weight: 12, args: (g) => [g.key(), ...g.some(1, 8, () => member(g))] },
    // Enough to leave the packed encodings.
    {
      command: 'SADD',
      weight: 1,
      args: (g) => [g.key(), ...Array.from({ length: 100 + g.int(500) }, (_, i) => String(i * 7))],
    },
    { command: 'SREM', weight: 4, args: (g) => [g.key(), ...g.some(1, 5, () => member(g))] },
    { command: 'SMOVE', weight: 4, args: (g) => [g.key(), g.key(), member(g)] },
    { command: 'SISMEMBER', weight: 3, args: (g) => [g.key(), member(g)] },
    { command: 'SMISMEMBER', weight: 3, args: (g) => [g.key(), ...g.some(1, 5, () => member(g))] },
    { command: 'SCARD', weight: 2, args: (g) => [g.key()] },
    { command: 'SMEMBERS', weight: 3, args: (g) => [g.key()] },
    { command: 'SPOP', weight: 2, args: (g) => [g.key(), allOrNone(g)], needsAll: true },
    { command: 'SRANDMEMBER', weight: 2, args: (g) => [g.key(), allOrNone(g)], needsAll: true },
    { command: 'SINTER', weight: 4, args: (g) => keys(g) },
    {
      command: 'SINTERCARD',
      weight: 4,
      args: (g) => {
        const asked = keys(g);
        return [
          g.chance(0.93) ? String(asked.length) : g.integer(),
          ...asked,
          ...g.options([0.4, () => ['LIMIT', g.index()]], [0.03, () => ['BOGUS']]),
        ];
      },
    },
    { command: 'SINTERSTORE', weight: 4, args: (g) => [g.key(), ...keys(g)] },
    { command: 'SUNION', weight: 4, args: (g) => keys(g) },
    { command: 'SUNIONSTORE', weight: 4, args: (g) => [g.key(), ...keys(g)] },
    { command: 'SDIFF', weight: 4, args: (g) => keys(g) },
    { command: 'SDIFFSTORE', weight: 4, args: (g) => [g.key(), ...keys(g)] },
    {
      command: 'SSCAN',
      weight: 3,
      args: (g) => [
        g.key(),
        g.chance(0.93) ? '0' : g.pick(['x', '-1', '', '1 ']),
        ...g.options(
          [0.4, () => ['MATCH', g.pattern()]],
          [0.4, () => ['COUNT', g.chance(0.85) ? String(1 + g.int(20)) : g.integer()]],
          [0.03, () => ['TYPE', 'set']],
        ),
      ],
    },
  ],
};
