/** Bitmaps. Offsets stay below a few thousand bits, now and then one is at an edge, so that no string becomes huge. */
import { type Family, type Generator } from '../generator.js';

const UNITS = ['BIT', 'BYTE', 'bits', ''];

function bitOffset(g: Generator): string {
  if (g.chance(0.85)) return String(g.int(g.chance(0.5) ? 64 : 1500));
  return g.pick(['-1', 'x', '', '1.0', '4294967296', '9223372036854775807', '-9223372036854775808', '007']);
}

function bit(g: Generator): string {
  return g.chance(0.92) ? String(g.int(2)) : g.pick(['2', '-1', 'x', '', '4294967296']);
}

function range(g: Generator, count: number): string[] {
  return Array.from({ length: count }, () => g.index());
}

function fieldType(g: Generator): string {
  if (g.chance(0.9)) return `${g.pick(['i', 'u'])}${1 + g.int(63)}`;
  return g.pick(['i64', 'i64', 'u64', 'i0', 'u0', 'i65', 'u', 'x8', '', 'u8\x00x', 'i08', 'U8']);
}

function fieldOffset(g: Generator): string {
  if (g.chance(0.9)) return (g.chance(0.3) ? '#' : '') + String(g.int(g.chance(0.8) ? 40 : 200));
  return g.pick([
    '#',
    '-1',
    '#-1',
    'x',
    '#x',
    '##1',
    '#9223372036854775807',
    '4611686018427387904',
    '#288230376151711744',
  ]);
}

function operation(g: Generator): string[] {
  const draw = g.int(20);
  if (draw < 6) return [g.spelling('GET'), fieldType(g), fieldOffset(g)];
  if (draw < 11) return [g.spelling('SET'), fieldType(g), fieldOffset(g), g.integer()];
  if (draw < 16) return [g.spelling('INCRBY'), fieldType(g), fieldOffset(g), g.integer()];
  if (draw < 19) return ['OVERFLOW', g.spelling(g.pick(['WRAP', 'SAT', 'SAT', 'FAIL']))];
  return g.pick([['OVERFLOW', 'BOGUS'], ['OVERFLOW'], ['GET', 'u8'], ['SET', 'u8', '0'], ['BOGUS']]);
}

/** Integers at the edges of fields, so that increments overflow. */
function edgeOperation(g: Generator): string[] {
  const bits = 1 + g.int(63);
  const edge = String((1n << BigInt(bits - 1)) - BigInt(g.int(3)));
  const type = `${g.pick(['i', 'u'])}${bits}`;
  return [g.pick(['SET', 'INCRBY']), type, String(g.int(20)), g.chance(0.5) ? edge : `-${edge}`];
}

export const bitmaps: Family = {
  name: 'bitmaps',
  weight: 4,
  rows: [
    { command: 'SETBIT', weight: 6, args: (g) => [g.key(), bitOffset(g), bit(g)] },
    { command: 'GETBIT', weight: 4, args: (g) => [g.key(), bitOffset(g)] },
    {
      command: 'BITCOUNT',
      weight: 5,
      args: (g) => [
        g.key(),
        ...g.pick([[], range(g, 2), range(g, 2), range(g, 1), [...range(g, 2), g.spelling(g.pick(UNITS))]]),
      ],
    },
    {
      command: 'BITPOS',
      weight: 6,
      args: (g) => [
        g.key(),
        bit(g),
        ...g.pick([
          [],
          range(g, 1),
          range(g, 2),
          [...range(g, 2), g.spelling(g.pick(UNITS))],
          [...range(g, 2), g.spelling('BIT')],
          [...range(g, 2), 'BIT', 'x'],
        ]),
      ],
    },
    {
      command: 'BITOP',
      weight: 5,
      args: (g) => [
        g.spelling(g.pick(['AND', 'OR', 'XOR', 'NOT', 'NAND'])),
        g.key(),
        ...g.some(1, g.chance(0.5) ? 1 : 4, () => g.key()),
      ],
    },
    {
      command: 'BITFIELD',
      weight: 8,
      args: (g) => [
        g.key(),
        ...g.some(0, 1, () => ['OVERFLOW', g.pick(['WRAP', 'SAT', 'FAIL'])]).flat(),
        ...g.some(0, 4, () => (g.chance(0.7) ? operation(g) : edgeOperation(g))).flat(),
      ],
    },
    {
      command: 'BITFIELD_RO',
      weight: 3,
      args: (g) => [
        g.key(),
        ...g.some(0, 3, () => (g.chance(0.9) ? ['GET', fieldType(g), fieldOffset(g)] : operation(g))).flat(),
      ],
    },
  ],
};
