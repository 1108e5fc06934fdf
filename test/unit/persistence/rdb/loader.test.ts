import { expect, it } from 'vitest';
import { ascii, type Bytes } from '../../../../src/core/base/bytes.js';
import { SeededRandom } from '../../../../src/core/base/random.js';
import { RdbLoader } from '../../../../src/core/persistence/rdb/loader.js';
import { typeInfo, TYPE } from '../../../../src/core/persistence/rdb/format.js';
import { Store } from '../../../../src/core/store/database.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { ZSetValue } from '../../../../src/core/store/types/zset-value.js';

const limits = {
  ...DEFAULT_LIMITS,
  setMaxListpackEntries: 2,
  hashMaxListpackEntries: 2,
  zsetMaxListpackEntries: 2,
};
const MEMBERS = ['a', 'b', 'c'] as Bytes[];

it.each([
  [
    'set',
    (of: Bytes[]) => {
      const set = new SetValue();
      of.forEach((m) => set.add(m));
      return set;
    },
    'hashtable',
  ],
  [
    'hash',
    (of: Bytes[]) => {
      const hash = new HashValue();
      of.forEach((m) => hash.set(m, m));
      return hash;
    },
    'hashtable',
  ],
  [
    'zset',
    (of: Bytes[]) => {
      const zset = new ZSetValue();
      of.forEach((m, i) => zset.set(m, i));
      return zset;
    },
    'skiplist',
  ],
] as const)('decides whether a %s is packed, by the limits, when it is loaded', (_kind, make, large) => {
  const loader = new RdbLoader(new Store(1, new SeededRandom(1)), { dropExpired: false, limits });
  const load = (name: string, of: Bytes[]) => {
    const value = make(of);
    loader.value(value, {
      db: 0,
      key: ascii(name),
      rdbType: TYPE.SET,
      info: typeInfo(TYPE.SET)!,
      offset: 0,
      expireAtMs: undefined,
      idleSeconds: undefined,
      freq: undefined,
    });
    return value.encoding;
  };
  expect(load('small', MEMBERS.slice(0, 2))).toBe('listpack');
  expect(load('large', MEMBERS)).toBe(large);
});
