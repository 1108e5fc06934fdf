/** HyperLogLog. Values are compared byte for byte through GET and DUMP, so that what replicas exchange is the same. */
import { type Family, type Generator } from '../generator.js';

/** Sparse values that end too early, go too far, or are cut within an opcode; a dense one of the wrong length. */
const CORRUPT = [
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x84',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x05',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x40',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x84\x88\x7f',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f',
  'HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00',
  'HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff',
  'HYLX\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff',
  'HYLL',
];
/** Well formed: cached counts at the edges, runs of all kinds. */
const SOUND = [
  'HYLL\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x7f\xff',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfb\x87',
  'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x3f\x7f\x9f\x8f\x8f\x8f\x84\x05\x80\xfc\x1d',
];

function element(g: Generator): string {
  return g.chance(0.5) ? g.value() : `element:${g.int(5000)}`;
}

/**
 * Keys that nothing else sets. Several elements are only added to these: where an element meets the corrupt part of a value, Redis
 * keeps what the ones before it changed, and ours does not (docs/differences.md).
 */
function ownKey(g: Generator): string {
  return `hll:${g.int(3)}`;
}

function anyKey(g: Generator): string {
  return g.chance(0.5) ? g.key() : ownKey(g);
}

export const hyperloglogs: Family = {
  name: 'hyperloglogs',
  weight: 3,
  rows: [
    { command: 'PFADD', weight: 7, args: (g) => [g.key(), ...g.some(0, 1, () => element(g))] },
    { command: 'PFADD', weight: 5, args: (g) => [ownKey(g), ...g.some(0, 8, () => element(g))] },
    { command: 'PFADD', weight: 3, args: (g) => [ownKey(g), ...g.some(100, 900, () => element(g))] },
    { command: 'PFCOUNT', weight: 6, args: (g) => g.some(1, g.chance(0.6) ? 1 : 4, () => anyKey(g)) },
    { command: 'PFMERGE', weight: 4, args: (g) => [g.key(), ...g.some(0, 3, () => anyKey(g))] },
    {
      command: 'PFDEBUG',
      weight: 2,
      args: (g) => [g.spelling(g.pick(['DECODE', 'ENCODING', 'TODENSE', 'BOGUS', 'GETREG'])), anyKey(g)],
    },
    { command: 'SET', weight: 2, args: (g) => [g.key(), g.pick(g.chance(0.5) ? CORRUPT : SOUND)] },
    { command: 'GET', weight: 3, args: (g) => [anyKey(g)] },
    { command: 'OBJECT', weight: 1, args: (g) => ['ENCODING', anyKey(g)] },
  ],
};
