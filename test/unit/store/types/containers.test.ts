/** The value containers against naive models, and the promises that commands build on: stable scans, ranks, encodings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { parseSafeInt } from '../../../../src/core/base/numbers.js';
import { SeededRandom } from '../../../../src/core/base/random.js';
import { DEFAULT_LIMITS, encodingName, settleEncoding } from '../../../../src/core/store/types/encoding.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { ListValue } from '../../../../src/core/store/types/list-value.js';
import { RawString } from '../../../../src/core/store/types/raw-string.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { stringCost } from '../../../../src/core/store/types/string-cost.js';
import {
  copyValue,
  makeString,
  stringBytes,
  stringLength,
  toRawString,
  typeName,
} from '../../../../src/core/store/types/value.js';
import { ZSetValue } from '../../../../src/core/store/types/zset-value.js';

const b = (text: string | number) => String(text) as Bytes;

describe('strings', () => {
  it('are numbers when they are the text of a safe integer', () => {
    for (const text of ['0', '7', '-1', '123456789012345', '9007199254740991', '-9007199254740991']) {
      expect(makeString(b(text))).toBe(Number(text));
      expect(stringBytes(makeString(b(text)))).toBe(text);
      expect(stringLength(makeString(b(text)))).toBe(text.length);
    }
    for (const text of [
      '',
      '-',
      '-0',
      '00',
      '01',
      '+1',
      '1.0',
      '1 ',
      ' 1',
      '9007199254740992',
      'a',
      '\xb2',
    ]) {
      expect(makeString(b(text))).toBe(text);
    }
  });

  it('report int, embstr and raw', () => {
    const name = (text: string) => encodingName(makeString(b(text)), DEFAULT_LIMITS);
    expect(name('12')).toBe('int');
    expect(name('9223372036854775807')).toBe('int');
    expect(name('-9223372036854775808')).toBe('int');
    expect(name('9223372036854775808')).toBe('embstr');
    expect(name('')).toBe('embstr');
    expect(name('x'.repeat(44))).toBe('embstr');
    expect(name('x'.repeat(45))).toBe('raw');
    expect(encodingName(RawString.of(b('1')), DEFAULT_LIMITS)).toBe('raw');
    expect(typeName(1)).toBe('string');
    expect(typeName(new ZSetValue())).toBe('zset');
  });

  it('change in place as a plain buffer does', () => {
    const change = fc.oneof(
      fc.record({ at: fc.nat(80), bytes: fc.string({ maxLength: 20, unit: 'binary-ascii' }) }),
      fc.record({ append: fc.string({ maxLength: 20, unit: 'binary-ascii' }) }),
    );
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const value = RawString.of(b('start'));
        let model = 'start';
        for (const one of changes) {
          if ('append' in one) {
            value.append(b(one.append));
            model += one.append;
          } else {
            value.setRange(one.at, b(one.bytes));
            model = model.padEnd(one.at, '\0');
            model = model.slice(0, one.at) + one.bytes + model.slice(one.at + one.bytes.length);
          }
          expect(value.toBytes()).toBe(model);
          expect(value.length).toBe(model.length);
        }
        expect(value.slice(2, 900)).toBe(model.slice(2));
        expect(value.byteAt(0)).toBe(model.charCodeAt(0));
        expect(value.byteAt(model.length)).toBe(0);
      }),
    );
  });

  it('keep a frozen view and a copy as they were, whoever changes first', () => {
    const value = toRawString(b('hello'));
    const frozen = value.freeze();
    value.setByte(0, 0x4a);
    value.append(b('!'));
    expect([value.toBytes(), frozen.toBytes()]).toEqual(['Jello!', 'hello']);
    const copy = copyValue(value) as RawString;
    copy.setRange(1, b('u'));
    value.writable()[5] = 0x3f;
    expect([value.toBytes(), copy.toBytes(), frozen.toBytes()]).toEqual(['Jello?', 'Jullo!', 'hello']);
    frozen.grow(7);
    expect(frozen.toBytes()).toBe('hello\0\0');
  });
});

describe('lists', () => {
  it('do what an array does', () => {
    const item = fc.constantFrom('a', 'b', 'c', '1', 'ab', '', 'an element of some length');
    const packed = (value: string) => (value === '1' ? 2 : value.length + 2);
    const step = fc.oneof(
      fc.tuple(
        fc.constantFrom('pushBack' as const, 'pushFront' as const),
        fc.array(item, { maxLength: 400 }),
      ),
      fc.tuple(fc.constantFrom('popBack' as const, 'popFront' as const), fc.nat(20)),
      fc.tuple(fc.constantFrom('insert' as const, 'set' as const), fc.nat(), item),
      fc.tuple(fc.constant('remove' as const), fc.integer({ min: -5, max: 5 }), item),
      fc.tuple(fc.constantFrom('cut' as const, 'trim' as const), fc.nat(), fc.nat(50)),
    );
    fc.assert(
      // Looking at all of it puts what lies aside in its place: that is done now and then.
      fc.property(fc.array(fc.tuple(step, fc.nat(3)), { maxLength: 20 }), (steps) => {
        const list = new ListValue();
        const model: string[] = [];
        for (const [one, look] of steps) {
          apply(list, model, one);
          expect(list.length).toBe(model.length);
          expect(list.at(look)).toBe(model[look]);
          if (look === 0) expect(list.range(0, list.length)).toEqual(model);
        }
        expect([...list.values()]).toEqual(model);
        expect([...list.values(true)]).toEqual([...model].reverse());
        model.forEach((value, i) => expect(list.at(i)).toBe(value));
        expect(list.at(model.length)).toBeUndefined();
        expect(list.indexOf(b('b'))).toBe(model.indexOf('b'));
        expect(list.clone().range(0, model.length)).toEqual(model);
        expect(list.packedBytes).toBe(model.reduce((sum, value) => sum + packed(value), 0));
        list.removeRange(0, model.length);
        expect(list.stringBytes).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('pack what lies behind their ends, whatever is taken out and put back', () => {
    const list = new ListValue();
    const loose = stringCost(8) * 1000;
    for (let i = 0; i < 500; i++) list.pushBack(b(`back ${100 + i}`));
    for (let i = 0; i < 500; i++) list.pushFront(b(`frnt ${100 + i}`));
    expect(list.stringBytes).toBeLessThan(loose * 0.6);
    const model = list.range(0, 1000);
    for (let i = 0; i < 1000; i += 50) list.setAt(i, model[i]);
    expect(list.stringBytes).toBe(loose);
    expect(list.range(0, 1000)).toEqual(model);
  });

  it('stay as they are where packing would gain nothing', () => {
    const list = new ListValue();
    for (let i = 0; i < 1000; i++) list.pushBack(b('x'.repeat(100)));
    expect(list.stringBytes).toBe(stringCost(100) * 1000);
  });

  it('remove from the head, from the tail, or everywhere', () => {
    const make = () => {
      const list = new ListValue();
      for (const item of 'abcabcabc') list.pushBack(b(item));
      return list;
    };
    const after = (count: number) => {
      const list = make();
      return [list.removeMatching(b('b'), count), list.range(0, 99).join('')];
    };
    expect(after(2)).toEqual([2, 'acacabc']);
    expect(after(-2)).toEqual([2, 'abcacac']);
    expect(after(0)).toEqual([3, 'acacac']);
    expect(after(-9)).toEqual([3, 'acacac']);
  });
});

type Step =
  | ['pushBack' | 'pushFront', string[]]
  | ['popBack' | 'popFront', number]
  | ['insert' | 'set', number, string]
  | ['remove', number, string]
  | ['cut' | 'trim', number, number];

function apply(list: ListValue, model: string[], step: Step): void {
  switch (step[0]) {
    case 'pushBack':
      for (const item of step[1]) list.pushBack(b(item));
      model.push(...step[1]);
      return;
    case 'pushFront':
      for (const item of step[1]) list.pushFront(b(item));
      model.unshift(...[...step[1]].reverse());
      return;
    case 'popBack':
      for (let i = 0; i < step[1]; i++) expect(list.popBack()).toBe(model.pop());
      return;
    case 'popFront':
      for (let i = 0; i < step[1]; i++) expect(list.popFront()).toBe(model.shift());
      return;
    case 'insert': {
      const at = step[1] % (model.length + 1);
      list.insertAt(at, b(step[2]));
      model.splice(at, 0, step[2]);
      return;
    }
    case 'set': {
      if (model.length === 0) return;
      const at = step[1] % model.length;
      list.setAt(at, b(step[2]));
      model[at] = step[2];
      return;
    }
    case 'remove': {
      const [, count, item] = step;
      let expected = 0;
      while (expected < (count === 0 ? Infinity : Math.abs(count))) {
        const at = count < 0 ? model.lastIndexOf(item) : model.indexOf(item);
        if (at < 0) break;
        model.splice(at, 1);
        expected++;
      }
      expect(list.removeMatching(b(item), count)).toBe(expected);
      return;
    }
    case 'cut': {
      if (model.length === 0) return;
      const at = step[1] % model.length;
      const count = Math.min(step[2], model.length - at);
      list.removeRange(at, count);
      model.splice(at, count);
      return;
    }
    case 'trim': {
      const start = step[1] % (model.length + 1);
      const end = start + step[2];
      list.trim(start, end);
      model.splice(0, model.length, ...model.slice(start, end));
    }
  }
}

describe('sets and hashes', () => {
  const member = fc.nat(300).map(b);
  it('do what a Set and a Map do', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), member), { maxLength: 800 }), (steps) => {
        const set = new SetValue();
        const hash = new HashValue();
        const model = new Map<Bytes, Bytes>();
        for (const [what, key] of steps) {
          if (what === 0) {
            const had = model.delete(key);
            expect([set.delete(key), hash.delete(key)]).toEqual([had, had]);
          } else {
            const isNew = !model.has(key);
            expect([set.add(key), hash.set(key, b(what))]).toEqual([isNew, isNew]);
            model.set(key, b(what));
          }
        }
        expect([set.size, hash.size]).toEqual([model.size, model.size]);
        expect(new Set(set.toArray())).toEqual(new Set(model.keys()));
        expect([...set.values()]).toEqual(set.toArray());
        for (let i = 0; i < 300; i++) {
          expect(set.has(b(i))).toBe(model.has(b(i)));
          expect(hash.get(b(i))).toBe(model.get(b(i)));
        }
        for (let slot = 0; slot < hash.size; slot++) {
          expect(hash.valueAt(slot)).toBe(model.get(hash.fieldAt(slot)));
        }
        expect(new Set(set.clone().toArray())).toEqual(new Set(model.keys()));
      }),
      { numRuns: 60 },
    );
  });

  it('keep the order of insertion while they are small', () => {
    const hash = new HashValue();
    for (let i = 0; i < 100; i++) hash.set(b(i), b(i));
    for (let i = 0; i < 100; i += 3) hash.delete(b(i));
    const fields = Array.from({ length: hash.size }, (_, slot) => parseSafeInt(hash.fieldAt(slot))!);
    expect(fields).toEqual([...fields].sort((x, y) => x - y));
  });

  it('return all that stays during a scan, whatever else comes and goes', () => {
    const random = new SeededRandom(7);
    for (const size of [20, 100, 1000]) {
      const set = new SetValue();
      for (let i = 0; i < size; i++) set.add(b(i));
      const seen = new Set<Bytes>();
      let cursor = 0;
      do {
        cursor = set.scan(cursor, 7, (found) => seen.add(found));
        // even members stay; odd ones go, others come
        for (let i = 0; i < 5; i++) {
          set.delete(b(2 * random.below(size / 2) + 1));
          set.add(b(size + random.below(size)));
        }
      } while (cursor !== 0);
      for (let i = 0; i < size; i += 2) expect(seen.has(b(i)), `${i} of ${size}`).toBe(true);
    }
  });
});

describe('sorted sets', () => {
  it('do what a sorted array does', () => {
    const step = fc.tuple(fc.nat(200).map(b), fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), fc.integer({ min: -6, max: 6 }), (steps, bound) => {
        const zset = new ZSetValue();
        const model = new Map<Bytes, number>();
        for (const [member, score] of steps) {
          if (score === undefined) {
            expect(zset.delete(member)).toBe(model.delete(member));
          } else {
            const old = model.get(member);
            expect(zset.set(member, score)).toBe(
              old === undefined ? 'added' : old === score ? 'same' : 'moved',
            );
            model.set(member, score);
          }
        }
        const sorted = [...model].sort((x, y) => x[1] - y[1] || (x[0] < y[0] ? -1 : 1));
        expect(zset.range(0, zset.size).map(({ member, score }) => [member, score])).toEqual(sorted);
        sorted.forEach(([member, score], rank) => {
          expect(zset.rank(member)).toBe(rank);
          expect(zset.score(member)).toBe(score);
          expect(zset.at(rank).member).toBe(member);
        });
        expect(zset.countBelow(bound, false)).toBe(sorted.filter(([, score]) => score < bound).length);
        expect(zset.countBelow(bound, true)).toBe(sorted.filter(([, score]) => score <= bound).length);
        const removed = zset.clone().removeRange(3, 9);
        expect(removed.map(({ member }) => member)).toEqual(sorted.slice(3, 9).map(([member]) => member));
        expect(zset.size).toBe(model.size);
      }),
      { numRuns: 60 },
    );
  });

  it('count by member where all scores are one', () => {
    const zset = new ZSetValue();
    for (const member of 'fdbace') zset.set(b(member), 0);
    expect(zset.countBefore(b('c'), false)).toBe(2);
    expect(zset.countBefore(b('c'), true)).toBe(3);
    expect(zset.countBefore(b('zz'), false)).toBe(6);
  });

  it('remove ranges from both views', () => {
    const zset = new ZSetValue();
    for (let i = 0; i < 500; i++) zset.set(b(i), i);
    expect(zset.removeRange(100, 400).length).toBe(300);
    expect(zset.size).toBe(200);
    expect(zset.has(b(250))).toBe(false);
    expect(zset.rank(b(400))).toBe(100);
  });
});

describe('encodings', () => {
  const name = (value: Parameters<typeof encodingName>[0], limits = {}) =>
    encodingName(value, { ...DEFAULT_LIMITS, ...limits });

  it('of sets: integers, then packed, then a table, and never back', () => {
    const set = new SetValue();
    for (let i = 0; i < 512; i++) set.add(b(i));
    expect(name(set)).toBe('intset');
    set.add(b(512));
    expect(name(set)).toBe('hashtable');
    for (let i = 1; i <= 512; i++) set.delete(b(i));
    expect(name(set)).toBe('hashtable');
    const small = new SetValue();
    small.add(b(1));
    small.add(b('x'));
    expect(name(small)).toBe('listpack');
    small.delete(b('x'));
    expect(name(small)).toBe('listpack');
    small.add(b('y'.repeat(65)));
    expect(name(small)).toBe('hashtable');
  });

  it('of a set that was too large only between two looks', () => {
    const set = new SetValue();
    for (let i = 0; i < 129; i++) set.add(b(`m${i}`));
    set.delete(b('m0'));
    expect(name(set)).toBe('hashtable');
  });

  it('of hashes and sorted sets by number and length', () => {
    const hash = new HashValue();
    hash.set(b('f'), b('v'.repeat(64)));
    expect(name(hash)).toBe('listpack');
    hash.set(b('f'), b('v'.repeat(65)));
    expect(name(hash)).toBe('hashtable');
    const many = new HashValue();
    for (let i = 0; i < 512; i++) many.set(b(i), b(i));
    expect(name(many)).toBe('listpack');
    many.set(b('one more'), b(''));
    expect(name(many)).toBe('hashtable');
    const zset = new ZSetValue();
    for (let i = 0; i < 128; i++) zset.set(b(i), i);
    expect(name(zset)).toBe('listpack');
    zset.set(b('one more'), 1);
    expect(name(zset)).toBe('skiplist');
  });

  it('hold what was settled when the limits change', () => {
    const hash = new HashValue();
    hash.set(b('a'), b('1'));
    hash.set(b('b'), b('2'));
    settleEncoding(hash, DEFAULT_LIMITS);
    expect(name(hash, { hashMaxListpackEntries: 1 })).toBe('listpack');
    hash.set(b('c'), b('3'));
    expect(name(hash, { hashMaxListpackEntries: 1 })).toBe('hashtable');
    expect(name(hash)).toBe('hashtable');
    expect(name(copyValue(hash))).toBe('hashtable');
  });

  it('of lists by node size, and back when they shrink to half', () => {
    const list = new ListValue();
    for (let i = 0; i < 5; i++) list.pushBack(b('x'));
    expect(name(list, { listMaxListpackSize: 5 })).toBe('listpack');
    list.pushBack(b('x'));
    expect(name(list, { listMaxListpackSize: 5 })).toBe('quicklist');
    for (let i = 0; i < 3; i++) list.popBack();
    expect(name(list, { listMaxListpackSize: 5 })).toBe('quicklist');
    list.popBack();
    expect(name(list, { listMaxListpackSize: 5 })).toBe('listpack');
    const big = new ListValue();
    big.pushBack(b('x'.repeat(8000)));
    expect(name(big)).toBe('listpack');
    big.pushBack(b('x'.repeat(300)));
    expect(name(big)).toBe('quicklist');
  });
});
