import { describe, expect, it } from 'vitest';
import { renderVerification } from '../../../src/cli/render/inspect-verify.js';
import { ascii } from '../../../src/core/base/bytes.js';
import { type Verification } from '../../../src/core/inspect/verify.js';
import { detectable, picks, planSample } from '../../../src/core/inspect/verify-sample.js';

describe('planSample', () => {
  it('draws a few, scans for many, and compares all where that is less than was asked for', () => {
    expect(planSample({ keys: 1000 }, 120_000, 80_000)).toEqual({ by: 'draw', keys: 1000, share: 0.005 });
    expect(planSample({ keys: 12_000 }, 120_000, 80_000)).toEqual({ by: 'scan', keys: 12_000, share: 0.1 });
    expect(planSample({ share: 0.5 }, 9, 10)).toEqual({ by: 'scan', keys: 5, share: 0.5 });
    expect(planSample({ share: 0.0001 }, 500, 500)).toEqual({ by: 'draw', keys: 1, share: 0.001 });
    for (const size of [{ keys: 100 }, { share: 1 }]) {
      expect(planSample(size, 100, 99)).toEqual({ by: 'all', keys: 100, share: 1 });
    }
    expect(planSample({ keys: 5 }, 0, 0).by).toBe('all');
  });
});

describe('picks', () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => ascii(`user:${n}`));

  it('takes the share that it is told, another one in each run, and the same on both sides', () => {
    const chosen = (seed: number) => keys.filter((key) => picks(key, seed, 0.2));
    const [one, two] = [chosen(1), chosen(2)];
    for (const { length } of [one, two]) expect(Math.abs(length - 4000)).toBeLessThan(250);
    expect(chosen(1)).toEqual(one);
    const both = one.filter((key) => two.includes(key)).length;
    expect(Math.abs(both - 800)).toBeLessThan(150);
  });
});

describe('detectable', () => {
  it('is what 99 % certainty needs', () => {
    // 0.99 ** 459 is the first power below 0.01.
    expect(detectable(0.01)).toBe(459);
    expect(detectable(0.5)).toBe(7);
    expect(detectable(1)).toBe(1);
  });
});

describe('renderVerification', () => {
  const result = (more: Partial<Verification>): Verification => ({
    schema: 1,
    first: 'a:1',
    second: 'b:2',
    status: 'equal',
    sameHistory: true,
    checked: 1000,
    keys: { first: 120_000, second: 119_000 },
    different: 0,
    unsettled: 0,
    differences: [],
    unsettledKeys: [],
    ...more,
  });
  const shown = (more: Partial<Verification>) =>
    renderVerification(result(more), { color: false, unicode: true, width: 100 }).split('\n').slice(4);
  const sampled = { sample: 1000, detects: { keys: 1101, certainty: 0.99 } };

  it('says what a sample can tell', () => {
    expect(shown(sampled)).toEqual([
      '✔ equal: 1,000 of 120,000 keys compared, chosen at random',
      '  If 1,101 keys or more differed (0.92 %), it would have shown with 99 % certainty; fewer may have',
      '  been missed. Without --sample all are compared.',
      '',
    ]);
    expect(shown({ ...sampled, detects: { keys: 130_000, certainty: 0.99 } })[1]).toBe(
      '  So few keys tell little: a larger --sample, or none, does.',
    );
    expect(shown({ sample: 120_000 })[1]).toBe('  These are all: --sample asked for as many, or more.');
    expect(shown({})[1]).toBe('');
  });

  it('says how many differ in all, as far as a sample tells', () => {
    expect(shown({ ...sampled, status: 'different', different: 5 }).slice(0, 3)).toEqual([
      '✖ different: 5 keys of 1,000 compared',
      '  Of 120,000 keys that were not all looked at: about 600 differ, if the sample is like the rest.',
      '  Without --sample all are compared, and named.',
    ]);
  });
});
