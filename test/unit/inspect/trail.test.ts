/** How old the data of a replica is: measured while watching, and what is said of it when only a rate is known. */
import { describe, expect, it } from 'vitest';
import { report } from '../../../src/core/inspect/report.js';
import { Trail } from '../../../src/core/inspect/trail.js';
import { renderReport } from '../../../src/cli/render/inspect.js';
import { facts, masterInfo, tail, type FactsInput } from '../../support/inspect-facts.js';

const MB = 1024 * 1024;

describe('Trail', () => {
  const trail = (...marks: [seconds: number, offset: number][]) => {
    const made = new Trail();
    for (const [seconds, offset] of marks) made.add(seconds * 1e6, offset);
    return made;
  };

  it('is the time since the offset was the newest, evenly spread between two looks', () => {
    const seen = trail([0, 100], [1, 200], [2, 200], [9, 400]);
    expect([400, 200, 150, 300, 100].map((offset) => seen.age(offset))).toEqual([0, 7, 8.5, 3.5, 9]);
  });

  it('does not know what was before the first look, nor before another history', () => {
    expect(trail().age(5)).toBeUndefined();
    expect(trail([0, 100]).age(99)).toBeUndefined();
    expect(trail([0, 1000], [1, 100], [2, 150]).age(1000)).toBe(0);
    expect(trail([0, 1000], [1, 100], [2, 150]).age(50)).toBeUndefined();
  });
});

describe('a replica behind an idle stream', () => {
  const stopped = (lag: number, before: number, rest: FactsInput['rest'] = {}): FactsInput => ({
    before: masterInfo([], tail(before)),
    info: masterInfo([`ip=10.0.0.6,port=6380,state=online,offset=500,lag=${lag}`], tail(2 * MB)),
    rest,
  });
  const of = (input: FactsInput) => report(facts(input));

  it('is as old as its last ACK, not as bytes at 14 B/s', () => {
    const idle = of(stopped(8, 2 * MB - 14));
    expect(idle.replicas[0].behindSeconds).toBe(8);
    expect(idle.findings.map(({ id }) => id)).not.toContain('replica-lagging');
    expect(of(stopped(1, 2 * MB - 14)).replicas[0].behindSeconds).toBeUndefined();
    expect(of(stopped(0, 2 * MB - 100_000)).replicas[0].behindSeconds).toBeCloseTo(20.97, 1);
  });

  it('is measured where the master was seen at that offset', () => {
    const trail = new Trail();
    for (const [seconds, offset] of [
      [0, 500],
      [1, 500],
      [2, 2 * MB],
      [9, 2 * MB],
    ])
      trail.add(seconds * 1e6, offset);
    const seen = of(stopped(1, 2 * MB - 14, { trail }));
    expect(seen.replicas[0].behindSeconds).toBe(8);
    expect(seen.findings.find(({ id }) => id === 'replica-lagging')?.text).toBe(
      'replica 0 (10.0.0.6:6380) is 2.0 MB behind, about 8 s.',
    );
  });

  it('gets no cover in days from an idle rate, and the block of a small backlog is explained', () => {
    const backlog = { active: 1, size: 16_384, first: 2 * MB - 36_863, histlen: 36_864 };
    const line = 'ip=10.0.0.6,port=6380,state=online,offset=500,lag=1';
    const result = of({
      before: masterInfo([], tail(2 * MB - 14)),
      info: masterInfo([line], tail(2 * MB, backlog)),
    });
    const small = result.findings.find(({ id }) => id === 'backlog-too-small')!;
    expect(small.advice).toBe('Raise repl-backlog-size to at least 4 MB:');
    expect(small.text).toContain('the backlog holds 36 KB (16 KB set; it is freed in blocks): if');
    const text = renderReport(result, { color: false, unicode: true, width: 160 });
    expect(text).toContain('BACKLOG   16 KB set and 36 KB held (it is freed in blocks), holds 2,060,289');
  });
});
