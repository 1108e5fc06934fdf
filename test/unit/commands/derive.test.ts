import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { fixedKeysOf, hasKeys, keysOf, legacyRange, shownFlags } from '../../../src/core/commands/derive.js';
import {
  type Command,
  type CommandDefinition,
  keyAt,
  type KeySpec,
  keysFrom,
} from '../../../src/core/commands/spec.js';
import { CommandTable } from '../../../src/core/commands/table.js';

function command(given: Partial<CommandDefinition>): Command {
  const definition: CommandDefinition = {
    name: 'x',
    arity: -1,
    flags: ['write'],
    group: 'generic',
    since: '1.0.0',
    summary: '',
    ...given,
  };
  return new CommandTable([[definition]]).find('x' as Bytes)!;
}

function keys(given: Partial<CommandDefinition>, line: string, withFakeKeys = false): unknown[] {
  const argv = line.split(' ') as Bytes[];
  return keysOf(command(given), argv, withFakeKeys).map(({ index, flags }) => [argv[index], ...flags]);
}

const NUMKEYS: KeySpec = {
  flags: ['RO', 'access'],
  begin: { index: 1 },
  find: { keyNumIdx: 0, firstKey: 1, step: 1 },
};
const STREAMS: KeySpec = {
  flags: ['RO'],
  begin: { keyword: 'STREAMS', from: 1 },
  find: { lastKey: -1, step: 1, limit: 2 },
};
const LAST_KEYS: KeySpec = {
  flags: ['RW'],
  begin: { keyword: 'KEYS', from: -2 },
  find: { lastKey: -1, step: 1, limit: 0 },
};

describe('keysOf', () => {
  it('finds keys at an index, in ranges and in steps', () => {
    expect(keys({ keys: [keyAt(2, 'RO')] }, 'x sub k more')).toEqual([['k', 'RO']]);
    expect(keys({ keys: [keysFrom(1, -1, 2, 'OW')] }, 'x a 1 b 2')).toEqual([
      ['a', 'OW'],
      ['b', 'OW'],
    ]);
    expect(keys({ keys: [keysFrom(1, -2, 1, 'RO')] }, 'x a b 0')).toEqual([
      ['a', 'RO'],
      ['b', 'RO'],
    ]);
    expect(keys({ keys: [keyAt(1, 'RW'), keyAt(2, 'OW', 'update')] }, 'x a b')).toEqual([
      ['a', 'RW'],
      ['b', 'OW', 'update'],
    ]);
  });

  it('counts keys by an argument', () => {
    expect(keys({ keys: [NUMKEYS] }, 'x 2 a b c')).toEqual([
      ['a', 'RO', 'access'],
      ['b', 'RO', 'access'],
    ]);
    for (const line of ['x 0 a', 'x 3 a b', 'x -1 a', 'x y a', 'x'])
      expect(keys({ keys: [NUMKEYS] }, line)).toEqual([]);
  });

  it('finds keys behind a keyword, from the front and from the back', () => {
    expect(keys({ keys: [STREAMS] }, 'x COUNT 1 streams a b 0 0')).toEqual([
      ['a', 'RO'],
      ['b', 'RO'],
    ]);
    expect(keys({ keys: [STREAMS] }, 'x COUNT 1 a b')).toEqual([]);
    expect(keys({ keys: [LAST_KEYS] }, 'x h p KEYS a b')).toEqual([
      ['a', 'RW'],
      ['b', 'RW'],
    ]);
  });

  it('leaves what is no key out, unless asked for', () => {
    const channel = keyAt(1, 'not_key');
    expect(hasKeys(command({ keys: [channel] }))).toBe(false);
    expect(keys({ keys: [channel] }, 'x c')).toEqual([]);
    expect(keys({ keys: [channel, keyAt(2, 'RO')] }, 'x c k', true)).toEqual([
      ['c', 'not_key'],
      ['k', 'RO'],
    ]);
  });

  it('asks the command where the specifications are not enough', () => {
    const unknown: KeySpec = {
      flags: ['RO', 'incomplete'],
      begin: { unknown: true },
      find: { unknown: true },
    };
    const getKeys = () => [1, { index: 3, flags: ['OW'] as const }];
    expect(keys({ keys: [keyAt(1, 'RO'), unknown], getKeys }, 'x a by b')).toEqual([['a'], ['b', 'OW']]);
    expect(keys({ keys: [keyAt(1, 'RW', 'variable_flags')], getKeys }, 'x a by b')).toEqual([
      ['a'],
      ['b', 'OW'],
    ]);
    expect(keys({ keys: [keyAt(1, 'RO', 'incomplete')], getKeys }, 'x a by b')).toEqual([['a'], ['b', 'OW']]);
  });
});

describe('legacyRange', () => {
  // GET, DEL, MSET, BITOP, RENAME, XREAD, ZUNIONSTORE, SORT, as redis-server 7.2.6 reports them.
  it.each<[string, readonly KeySpec[], [number, number, number, boolean]]>([
    ['none', [], [0, 0, 0, false]],
    ['one key', [keyAt(1)], [1, 1, 1, false]],
    ['all keys', [keysFrom(1, -1, 1)], [1, -1, 1, false]],
    ['pairs', [keysFrom(1, -1, 2)], [1, -1, 2, false]],
    ['one and then all', [keyAt(2), keysFrom(3, -1, 1)], [2, -1, 1, false]],
    ['two in a row', [keyAt(1), keyAt(2)], [1, 2, 1, false]],
    ['behind a keyword', [STREAMS], [0, 0, 0, true]],
    ['one and a count', [keyAt(1), { ...NUMKEYS, begin: { index: 2 } }], [1, 1, 1, true]],
    ['incomplete', [keyAt(1, 'incomplete')], [1, 1, 1, true]],
    ['with a gap', [keyAt(1), keyAt(3)], [1, 1, 1, true]],
  ])('%s', (_, specs, [first, last, step, movable]) => {
    expect(legacyRange(specs)).toEqual({ first, last, step, movable });
  });
});

describe('shownFlags', () => {
  it('keeps the order of Redis and hides internal flags', () => {
    const flags = [
      'fast',
      'write',
      'may_replicate',
      'touches_arbitrary_keys',
      'allow_busy',
      'sentinel',
    ] as const;
    expect(shownFlags(command({ flags, keys: [STREAMS] }))).toEqual([
      'write',
      'fast',
      'movablekeys',
      'allow_busy',
    ]);
  });
});

describe('keys that are always at the same places', () => {
  const fixed = (given: Partial<CommandDefinition>) =>
    fixedKeysOf({ ...command(given), ...given })?.map(({ index, flags }) => [index, ...flags]);

  it('are known without the arguments', () => {
    const two = [keyAt(1, 'RW', 'access'), keyAt(2, 'OW', 'update')];
    expect(fixed({ arity: 3, keys: two })).toEqual([
      [1, 'RW', 'access'],
      [2, 'OW', 'update'],
    ]);
    expect(fixed({ arity: -3, keys: two })).toHaveLength(2);
    expect(keys({ arity: 3, keys: two }, 'x a b')).toEqual([
      ['a', 'RW', 'access'],
      ['b', 'OW', 'update'],
    ]);
  });

  it.each<[string, Partial<CommandDefinition>]>([
    ['none at all', {}],
    ['beyond the fewest arguments', { arity: -2, keys: [keyAt(1, 'RO'), keyAt(2, 'RO')] }],
    ['as many as there are arguments', { arity: -2, keys: [keysFrom(1, -1, 1, 'RO')] }],
    ['behind a number or a word', { arity: -3, keys: [NUMKEYS, STREAMS] }],
    ['with flags that vary', { arity: 2, keys: [keyAt(1, 'RW', 'variable_flags')] }],
    ['that are none', { arity: 2, keys: [keyAt(1, 'not_key')] }],
    ['incomplete', { arity: 2, keys: [keyAt(1, 'RO', 'incomplete')] }],
    ['found by the command', { arity: 2, keys: [keyAt(1, 'RO')], getKeys: () => [1] }],
  ])('are not: %s', (_what, given) => {
    expect(fixed(given)).toBeUndefined();
  });
});
