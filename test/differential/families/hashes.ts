/** Hashes: every command of `t_hash.c`. The expiry of fields, which came with 7.4, is asked of no older peer. */
import { type Family, type Generator } from '../generator.js';

const FIELDS = ['f', 'g', 'h', 'i', 'n', 'f\x00\xff', '', '7', '-12', 'a longer name of a field'];

function field(g: Generator): string {
  return g.chance(0.95) ? g.pick(FIELDS) : g.value();
}

function pairs(g: Generator): string[] {
  const most = g.chance(0.97) ? 5 : 600;
  return g.some(1, most, () => [most > 5 ? String(g.int(2000)) : field(g), g.value()]).flat();
}

/** The count of HRANDFIELD: never so large that the answer is. */
function count(g: Generator): string {
  return g.chance(0.9)
    ? String(g.int(24) - 12)
    : g.pick(['', 'x', '-9223372036854775808', '9223372036854775808', '600']);
}

function named(g: Generator): string[] {
  const fields = g.some(1, 4, () => field(g));
  const number = g.chance(0.95) ? String(fields.length) : g.pick(['0', '-1', 'x', '9']);
  return [g.chance(0.97) ? 'FIELDS' : 'BOGUS', number, ...fields];
}

function condition(g: Generator): string[] {
  return g.options([0.4, () => [g.pick(['NX', 'XX', 'GT', 'LT'])]], [0.02, () => ['BOGUS']]);
}

const SINCE_7_4 = [7, 4] as const;

export const hashes: Family = {
  name: 'hashes',
  weight: 9,
  rows: [
    { command: 'HSET', weight: 12, args: (g) => [g.key(), ...pairs(g)] },
    { command: 'HMSET', weight: 4, args: (g) => [g.key(), ...pairs(g)] },
    { command: 'HSETNX', weight: 4, args: (g) => [g.key(), field(g), g.value()] },
    { command: 'HGET', weight: 5, args: (g) => [g.key(), field(g)] },
    { command: 'HMGET', weight: 4, args: (g) => [g.key(), ...g.some(1, 5, () => field(g))] },
    { command: 'HGETALL', weight: 4, args: (g) => [g.key()] },
    { command: 'HKEYS', weight: 2, args: (g) => [g.key()] },
    { command: 'HVALS', weight: 2, args: (g) => [g.key()] },
    { command: 'HLEN', weight: 3, args: (g) => [g.key()] },
    { command: 'HSTRLEN', weight: 3, args: (g) => [g.key(), field(g)] },
    { command: 'HEXISTS', weight: 3, args: (g) => [g.key(), field(g)] },
    { command: 'HDEL', weight: 6, args: (g) => [g.key(), ...g.some(1, 4, () => field(g))] },
    { command: 'HINCRBY', weight: 6, args: (g) => [g.key(), field(g), g.integer()] },
    { command: 'HINCRBYFLOAT', weight: 6, args: (g) => [g.key(), field(g), g.float()] },
    {
      command: 'HRANDFIELD',
      weight: 4,
      args: (g) => [
        g.key(),
        ...g.options([
          0.8,
          () => [count(g), ...g.options([0.4, () => ['WITHVALUES']], [0.03, () => ['BOGUS']])],
        ]),
      ],
    },
    {
      command: 'HSCAN',
      weight: 4,
      args: (g) => [
        g.key(),
        g.chance(0.93) ? '0' : g.pick(['x', '-1', '', '1 ']),
        ...g.options(
          [0.4, () => ['MATCH', g.pattern()]],
          [0.4, () => ['COUNT', g.chance(0.85) ? String(1 + g.int(20)) : g.integer()]],
          [0.03, () => ['TYPE', 'hash']],
        ),
      ],
    },
    ...(['HEXPIRE', 'HPEXPIRE', 'HEXPIREAT', 'HPEXPIREAT'] as const).map((command) => ({
      command,
      weight: 2,
      since: SINCE_7_4,
      args: (g: Generator) => [g.key(), fieldTime(g, command), ...condition(g), ...named(g)],
    })),
    ...['HTTL', 'HPTTL', 'HEXPIRETIME', 'HPEXPIRETIME', 'HPERSIST'].map((command) => ({
      command,
      weight: 2,
      since: SINCE_7_4,
      args: (g: Generator) => [g.key(), ...named(g)],
    })),
  ],
};

function fieldTime(g: Generator, command: 'HEXPIRE' | 'HPEXPIRE' | 'HEXPIREAT' | 'HPEXPIREAT'): string {
  switch (command) {
    case 'HEXPIRE':
      return g.seconds();
    case 'HPEXPIRE':
      return g.milliseconds();
    case 'HEXPIREAT':
      return g.unixSeconds();
    case 'HPEXPIREAT':
      return g.unixMilliseconds();
  }
}
