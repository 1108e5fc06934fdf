/** The promise of SCAN, over the wire: keys that are there from the first call to the last are returned. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { HASH_COMMANDS } from '../../src/core/commands/hash/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine, plain } from '../support/engine.js';

const change = fc.record({
  key: fc.nat(80),
  how: fc.constantFrom('set' as const, 'del' as const, 'expire' as const),
});

it('SCAN loses no key that was there throughout', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.array(change, { maxLength: 15 }), { maxLength: 40 }),
      (size, count, turns) => {
        const t = createTestEngine({ families: [STRING_COMMANDS, GENERIC_COMMANDS] });
        const throughout = new Set<string>();
        for (let i = 0; i < size; i++) {
          t.client.call('SET', `key:${i}`, 'v');
          throughout.add(`key:${i}`);
        }
        const seen = new Set<string>();
        let cursor = '0';
        for (let turn = 0; turn === 0 || cursor !== '0'; turn++) {
          const reply = plain(t.client.call('SCAN', cursor, 'COUNT', count)) as [string, string[]];
          cursor = reply[0];
          for (const key of reply[1]) seen.add(key);
          for (const { key, how } of turns[turn] ?? []) {
            const name = `key:${key}`;
            if (how === 'set') t.client.call('SET', name, 'w');
            else {
              throughout.delete(name);
              if (how === 'del') t.client.call('DEL', name);
              else t.client.call('PEXPIRE', name, 1);
            }
          }
          t.clock.advance(1);
        }
        expect([...throughout].filter((key) => !seen.has(key))).toEqual([]);
      },
    ),
  );
});

/** How a large keyspace and a large hash are filled, emptied and walked. */
const LARGE = [
  {
    what: 'keyspace',
    add: (names: string[]) => ['MSET', ...names.flatMap((name) => [name, 'v'])],
    remove: (names: string[]) => ['DEL', ...names],
    scan: (cursor: string) => ['SCAN', cursor, 'COUNT', '50'],
    step: 1,
  },
  {
    what: 'hash',
    add: (names: string[]) => ['HSET', 'h', ...names.flatMap((name) => [name, 'v'])],
    remove: (names: string[]) => ['HDEL', 'h', ...names],
    scan: (cursor: string) => ['HSCAN', 'h', cursor, 'COUNT', '50'],
    step: 2,
  },
] as const;

it.each(LARGE)('a large $what that shrinks and grows loses nothing that was there throughout', (large) => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), fc.integer({ min: 0, max: 400 }), (numbers, removals) => {
      const t = createTestEngine({ families: [STRING_COMMANDS, GENERIC_COMMANDS, HASH_COMMANDS] });
      const throughout = new Set(Array.from({ length: 9000 }, (_, i) => `name:${i}`));
      t.client.call(...large.add([...throughout]));
      const draw = (count: number, below: number) =>
        Array.from({ length: count }, () => `name:${numbers.next().value! % below}`);
      const seen = new Set<string>();
      let cursor = '0';
      let calls = 0;
      do {
        const [next, found] = plain(t.client.call(...large.scan(cursor))) as [string, string[]];
        for (let i = 0; i < found.length; i += large.step) seen.add(found[i]);
        cursor = next;
        const removed = draw(removals + 1, 9000);
        for (const name of removed) throughout.delete(name);
        t.client.call(...large.remove(removed));
        t.client.call(...large.add(draw(100, 20_000)));
        calls++;
      } while (cursor !== '0' && calls < 2000);
      expect(calls).toBeLessThan(2000);
      expect([...throughout].filter((name) => !seen.has(name))).toEqual([]);
    }),
    { numRuns: 4 },
  );
});
