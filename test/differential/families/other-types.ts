/** Makes keys of the other types, so that the families above meet values they must refuse. */
import { type Family } from '../generator.js';

export const otherTypes: Family = {
  name: 'other-types',
  weight: 1,
  optional: true,
  rows: [
    { command: 'RPUSH', weight: 1, args: (g) => [g.key(), ...g.some(1, 3, () => g.value())] },
    { command: 'SADD', weight: 1, args: (g) => [g.key(), ...g.some(1, 3, () => g.value())] },
    { command: 'HSET', weight: 1, args: (g) => [g.key(), g.value(), g.value()] },
    { command: 'ZADD', weight: 1, args: (g) => [g.key(), String(g.int(100)), g.value()] },
    { command: 'XADD', weight: 1, args: (g) => [g.key(), `${1 + g.int(1000)}-1`, 'field', g.value()] },
  ],
};
