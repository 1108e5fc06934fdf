/**
 * Random commands that store, replace, hand over and drop long strings, in two databases and beside a snapshot, against a map:
 * every answer must be right when it is read, and no memory may be left over.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FAMILIES } from '../../src/core/commands/families.js';
import { SnapshotWalk } from '../../src/core/store/snapshot.js';
import { LongString } from '../../src/core/store/long-strings.js';
import { isStringValue, stringBytes } from '../../src/core/store/types/value.js';
import { createTestEngine, plain, type TestEngine } from '../support/engine.js';

const RUNS = 150;
const KEYS = 6;

type Step =
  | { do: 'set' | 'getset' | 'setget' | 'append' | 'setrange'; key: number; length: number }
  | { do: 'getdel' | 'del' | 'expire'; key: number }
  | { do: 'rename' | 'copy' | 'move'; key: number; to: number }
  | { do: 'mset'; key: number; to: number; length: number }
  | { do: 'flushdb' | 'flushall' | 'swapdb' | 'select' | 'snapshot' | 'slice' | 'multi' };

const key = fc.integer({ min: 0, max: KEYS - 1 });
const length = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(100, 1000, 5000) },
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 200, max: 6000 }),
  fc.constantFrom(63, 64, 65, 1024, 1025, 32_768, 131_072, 131_073),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('set', 'getset', 'setget', 'append', 'setrange'),
      key,
      length,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('getdel', 'del', 'expire'), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('rename', 'copy', 'move'), key, to: key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mset' as const), key, to: key, length }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('flushdb', 'flushall', 'swapdb', 'select', 'snapshot', 'slice', 'multi'),
    }),
  },
);

/** Two databases of a model and of an engine, and the snapshot that may be running. */
class Run {
  readonly test: TestEngine = createTestEngine({ families: FAMILIES });
  private model = [new Map<string, string>(), new Map<string, string>()];
  private db = 0;
  private serial = 0;
  private walk: SnapshotWalk | undefined;
  private wanted = new Map<string, string>();
  private written = new Map<string, string>();

  call(...args: (string | number)[]): unknown {
    return plain(this.test.client.call(...args));
  }

  /** A text of `length` bytes that no other step has used. */
  private text(length: number): string {
    const mark = `${++this.serial}:`;
    return mark.repeat(Math.ceil(length / mark.length)).slice(0, length);
  }

  perform(step: Step): void {
    const model = this.model[this.db];
    switch (step.do) {
      case 'set':
      case 'getset':
      case 'setget':
      case 'append':
      case 'setrange':
        return this.write(step.do, `k${step.key}`, this.text(step.length), model);
      case 'getdel':
        expect(this.call('GETDEL', `k${step.key}`)).toBe(model.get(`k${step.key}`) ?? null);
        model.delete(`k${step.key}`);
        return;
      case 'del':
        this.call('DEL', `k${step.key}`);
        model.delete(`k${step.key}`);
        return;
      case 'expire':
        this.call('PEXPIRE', `k${step.key}`, 1);
        this.test.clock.advance(2);
        expect(this.call('GET', `k${step.key}`)).toBeNull();
        model.delete(`k${step.key}`);
        return;
      case 'rename':
      case 'copy':
      case 'move':
        return this.handOver(step.do, `k${step.key}`, `k${step.to}`, model);
      case 'mset': {
        const [a, b] = [this.text(step.length), this.text(step.length)];
        this.call('MSET', `k${step.key}`, a, `k${step.to}`, b);
        model.set(`k${step.key}`, a).set(`k${step.to}`, b);
        return;
      }
      case 'multi':
        return this.transaction(model);
      case 'flushdb':
        this.call('FLUSHDB');
        model.clear();
        return;
      case 'flushall':
        this.call('FLUSHALL');
        for (const one of this.model) one.clear();
        return;
      case 'swapdb':
        this.call('SWAPDB', 0, 1);
        this.model.reverse();
        return;
      case 'select':
        this.db = 1 - this.db;
        this.call('SELECT', this.db);
        return;
      case 'snapshot':
        return this.snapshot();
      case 'slice':
        this.walk?.step(() => false);
        return;
    }
  }

  private write(how: string, name: string, text: string, model: Map<string, string>): void {
    const old = model.get(name);
    switch (how) {
      case 'set':
        expect(this.call('SET', name, text)).toBe('OK');
        break;
      case 'getset':
        expect(this.call('GETSET', name, text)).toBe(old ?? null);
        break;
      case 'setget':
        expect(this.call('SET', name, text, 'GET')).toBe(old ?? null);
        break;
      case 'append':
        this.call('APPEND', name, text);
        text = (old ?? '') + text;
        break;
      default:
        if (text === '') return;
        this.call('SETRANGE', name, 3, text);
        text = (old ?? '').slice(0, 3).padEnd(3, '\0') + text + (old ?? '').slice(3 + text.length);
    }
    model.set(name, text);
  }

  private handOver(how: string, from: string, to: string, model: Map<string, string>): void {
    const value = model.get(from);
    const other = this.model[1 - this.db];
    if (how === 'rename') {
      this.call('RENAME', from, to);
      if (value === undefined) return;
      model.delete(from);
      model.set(to, value);
    } else if (how === 'copy') {
      this.call('COPY', from, from, 'DB', 1 - this.db, 'REPLACE');
      if (value !== undefined) other.set(from, value);
    } else {
      this.call('MOVE', from, 1 - this.db);
      if (value === undefined || other.has(from)) return;
      model.delete(from);
      other.set(from, value);
    }
  }

  /** Old values are answered after their keys have new ones. */
  private transaction(model: Map<string, string>): void {
    this.call('MULTI');
    this.call('GET', 'k0');
    this.call('GETSET', 'k0', 'short');
    this.call('SET', 'k1', 'y'.repeat(300));
    this.call('GET', 'k1');
    const old = model.get('k0') ?? null;
    expect(this.call('EXEC')).toEqual([old, old, 'OK', 'y'.repeat(300)]);
    model.set('k0', 'short').set('k1', 'y'.repeat(300));
  }

  private snapshot(): void {
    if (this.walk !== undefined) return this.endSnapshot();
    this.wanted = new Map(this.model.flatMap((map, db) => [...map].map(([k, v]) => [`${db}/${k}`, v])));
    this.written = new Map();
    let selected = 0;
    this.walk = new SnapshotWalk(this.test.engine.store, this.test.engine.gate, {
      database: (id) => (selected = id),
      entry: (k, value) => {
        if (isStringValue(value)) this.written.set(`${selected}/${k}`, stringBytes(value));
        return undefined;
      },
    });
  }

  private endSnapshot(): void {
    if (this.walk?.step(() => true) !== true) return;
    expect(this.written).toEqual(this.wanted);
    this.walk = undefined;
  }

  finish(cutShort: boolean): void {
    if (cutShort) this.walk?.end();
    else this.endSnapshot();
    const { engine } = this.test;
    for (const [db, model] of this.model.entries()) {
      this.call('SELECT', db);
      for (let i = 0; i < KEYS; i++) expect(this.call('GET', `k${i}`)).toBe(model.get(`k${i}`) ?? null);
    }
    engine.store.deferredFrees.settle();
    for (const { keyspace } of engine.store.databases) {
      let held = 0;
      for (let slot = 0; slot < keyspace.table.top; slot++) {
        const value = keyspace.keyAt(slot) === undefined ? undefined : keyspace.valueAt(slot);
        if (value instanceof LongString) held += value.slotBytes;
      }
      expect(keyspace.usedStringBytes).toBe(held);
    }
  }
}

it('long strings are answered, kept and freed as they should be', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.boolean(), (steps, cutShort) => {
      const run = new Run();
      for (const one of steps) run.perform(one);
      run.finish(cutShort);
    }),
    { numRuns: RUNS },
  );
});
