/** What a prefetch goes by. That it changes no answer is what the tests of the commands see. */
import { beforeEach, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { HashIndex } from '../../../src/core/store/hash-index.js';
import { MemberPrefetch, PREFETCH_KEYS } from '../../../src/core/store/prefetch.js';
import { lastLookup } from '../../../src/core/store/types/dense-map.js';
import { SetValue } from '../../../src/core/store/types/set-value.js';

const b = (text: string) => text as Bytes;
const argv = (...args: string[]) => args as Bytes[];
const LARGE = 25_000;

function setOf(size: number): SetValue {
  const set = new SetValue();
  for (let i = 0; i < size; i++) set.add(b(`member:${i}`));
  return set;
}

const large = setOf(LARGE);
const prefetch = new MemberPrefetch();

beforeEach(() => prefetch.forget());

it('finds the member in the arguments of the last command', () => {
  large.has(b('member:5'));
  expect(prefetch.begin(argv('SISMEMBER', 'key', 'member:5'))).toBe(2);
  large.has(b('x'));
  expect(prefetch.begin(argv('ZADD', 'key', '1', 'x', 'y'))).toBe(3);
});

it('does nothing after small collections, other arguments, or twice', () => {
  setOf(300).has(b('member:5'));
  expect(prefetch.begin(argv('SISMEMBER', 'key', 'member:5'))).toBe(-1);
  large.has(b('member:5'));
  expect(prefetch.begin(argv('SMISMEMBER', 'key', 'a', 'b', 'member:5'))).toBe(-1);
  expect(prefetch.begin(argv('SISMEMBER', 'key', 'member:5'))).toBe(-1);
  large.has(b('member:5'));
  prefetch.forget();
  expect(lastLookup.map).toBeUndefined();
});

it('reads members that are there and members that are not, of a set that has shrunk meanwhile, too', () => {
  const set = setOf(LARGE);
  const buf = Buffer.from('member:7nobody');
  const fill = () => {
    while (!prefetch.isFull) {
      prefetch.add(buf, 0, 8);
      if (!prefetch.isFull) prefetch.add(buf, 8, 14);
    }
  };
  for (const left of [LARGE, 1]) {
    set.has(b('member:7'));
    expect(prefetch.begin(argv('SADD', 'key', 'member:7'))).toBe(2);
    while (set.size > left) set.delete(set.memberAt(set.size - 1));
    fill();
    prefetch.run();
    expect(prefetch.isFull).toBe(false);
  }
  expect(PREFETCH_KEYS).toBeGreaterThan(1);
});

it('an index that has stopped growing is moved by look-ups alone', () => {
  const index = new HashIndex();
  let slot = 0;
  while (index.buckets[0] < 4096) index.add(slot * 7919, slot++);
  expect(index.rehashing).toBe(true);
  const slotOf = (hash: number, wanted: number) => {
    for (let found = index.first(hash); found >= 0; found = index.next(hash))
      if (found === wanted) return found;
    return -1;
  };
  for (let i = 0; i < slot; i++) expect(slotOf(i * 7919, i)).toBe(i);
  expect(index.rehashing).toBe(false);
});
