/** The sequence diagram: order, scale, compressed waits, escaping. */
import { describe, expect, it } from 'vitest';
import { durationText, sequence, type Row } from '../../../../src/cli/html/sequence.js';

const to = (atUs: number, label: string): Row => ({ kind: 'message', to: 'right', atUs, label });

function draw(rows: readonly Row[]): string {
  return sequence({ left: 'us', right: 'them', rows, title: 'T' }).text;
}

/** Where the arrows lie, from the top. */
const arrows = (svg: string): number[] =>
  [...svg.matchAll(/class="arrow[^"]*"[^>]* y1="([\d.]+)"/g)].map(([, y]) => Number(y));

describe('sequence', () => {
  it('keeps distances to scale between what is spread and what is compressed', () => {
    const rows = [0, 1000, 2000, 3000, 4500].map((atUs) => to(atUs, `at ${atUs}`));
    const [a, b, c, d, e] = arrows(draw(rows));
    expect(b - a).toBeCloseTo(34);
    expect(c - b).toBeCloseTo(34);
    expect(d - c).toBeCloseTo(34);
    expect(e - d).toBeCloseTo(51);
  });

  it('spreads what lies closer than a line, compresses a long wait and says how long it was', () => {
    const svg = draw([to(0, 'a'), to(1000, 'b'), to(2000, 'c'), to(2010, 'd'), to(5_002_010, 'e')]);
    const [, , c, d, e] = arrows(svg);
    expect(d - c).toBe(26);
    expect(e - d).toBe(72);
    expect(svg).toMatch(/5\.00 s passed/);
    expect(svg.match(/class="pause"/g)).toHaveLength(2);
    expect(svg.match(/passed/g)).toHaveLength(1);
  });

  it('says its scale', () => {
    const svg = draw([to(0, 'a'), to(1000, 'b'), to(2000, 'c')]);
    expect(svg).toContain(
      '100 px are 2.94 ms; rows closer than 0.76 ms are spread, waits longer than 2.12 ms compressed',
    );
  });

  it('draws spans, notes and marks, and an empty one', () => {
    const svg = draw([
      to(0, 'a'),
      { kind: 'span', atUs: 1000, untilUs: 3000, label: 'snapshot' },
      { kind: 'note', atUs: 4000, label: 'closed', tone: 'bad' },
      { kind: 'message', to: 'left', atUs: 5000, label: 'b', tone: 'good', mark: 'ok' },
    ]);
    expect(svg).toMatch(/class="span"[^]*snapshot/);
    expect(svg).toMatch(/class="t-bad"[^>]*>\s*closed/);
    expect(svg).toMatch(/class="t-good"[^>]*>\s*ok/);
    expect(draw([])).toContain('<svg');
  });

  it('cuts long labels, keeps them whole for a pointer, and escapes both', () => {
    const label = `<b>${'x'.repeat(200)}`;
    const svg = draw([to(0, label)]);
    expect(svg).not.toContain('<b>');
    expect(svg).toContain(`&lt;b&gt;${'x'.repeat(76)}…`);
    expect(svg).toContain(`<title>&lt;b&gt;${'x'.repeat(200)}</title>`);
  });

  it('writes durations in the unit that fits', () => {
    expect([0, 211, 356_000, 5_390_000].map(durationText)).toEqual([
      '0.00 ms',
      '0.21 ms',
      '356 ms',
      '5.39 s',
    ]);
  });
});
