import { expect, it } from 'vitest';
import { nearest } from '../../../../src/core/services/config/nearest.js';

it.each<[string, string[], string | undefined]>([
  ['maxmemroy', ['maxclients', 'maxmemory'], 'maxmemory'],
  ['MAXMEMOR', ['maxmemory'], 'maxmemory'],
  ['prot', ['port', 'pool'], 'port'],
  ['hz', ['hz', 'dir'], 'hz'],
  ['hx', ['hz', 'dir'], 'hz'],
  ['qq', ['hz', 'dir'], undefined],
  ['abcdefghijkl', ['abcdefxxxxxx'], undefined],
  ['', ['hz'], undefined],
  ['aa', ['ab', 'ac'], 'ab'],
])('nearest to %j among %j is %j', (word, names, expected) => {
  expect(nearest(word, names)).toBe(expected);
});
