import { expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { formatKeyspaceEvents, parseKeyspaceEvents } from '../../../src/core/services/keyspace-events.js';

it.each<[string, number, string]>([
  ['', 0, ''],
  ['K', 1, 'K'],
  ['E', 2, 'E'],
  ['g', 4, 'g'],
  ['$', 8, '$'],
  ['l', 16, 'l'],
  ['s', 32, 's'],
  ['h', 64, 'h'],
  ['z', 128, 'z'],
  ['x', 256, 'x'],
  ['e', 512, 'e'],
  ['t', 1024, 't'],
  ['m', 2048, 'm'],
  ['d', 8192, 'd'],
  ['n', 16384, 'n'],
  ['A', 10236, 'A'],
  ['g$lshzxetd', 10236, 'A'],
  ['mEKA', 12287, 'AKEm'],
  ['An', 26620, 'A'],
  ['nEg', 16390, 'gnE'],
])('%j is %i and prints as %j', (letters, bits, printed) => {
  expect(parseKeyspaceEvents(ascii(letters))).toBe(bits);
  expect(formatKeyspaceEvents(bits)).toBe(printed);
});

it('refuses unknown letters', () => {
  expect(parseKeyspaceEvents(ascii('Kq'))).toBeUndefined();
});
