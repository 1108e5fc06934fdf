import { describe, expect, it } from 'vitest';
import { HybridClock } from '../../../src/core/base/clock-hybrid-system.js';

const START_MS = 1_700_000_000_000;

describe('HybridClock', () => {
  it('stands still until advance, in all its faces', () => {
    const clock = new HybridClock(START_MS);
    expect([clock.nowMs(), clock.nowUs(), clock.monotonicUs()]).toEqual([
      START_MS,
      START_MS * 1000,
      START_MS * 1000,
    ]);
    clock.advance(1500);
    expect([clock.nowMs(), clock.nowUs()]).toEqual([START_MS + 1500, (START_MS + 1500) * 1000]);
  });

  it('fires timers in order, each at its own moment, and those that they arm', () => {
    const clock = new HybridClock(START_MS);
    const fired: [string, number][] = [];
    const note = (name: string) => fired.push([name, clock.nowMs() - START_MS]);
    clock.after(30, () => note('late'));
    clock.after(10, () => {
      note('first');
      clock.after(5, () => note('armed by the first'));
      clock.after(500, () => note('never'));
    });
    clock.after(10, () => note('second'));
    const cancelled = clock.after(20, () => note('cancelled'));
    cancelled.cancel();
    clock.advance(9);
    expect(fired).toEqual([]);
    clock.advance(91);
    expect(fired).toEqual([
      ['first', 10],
      ['second', 10],
      ['armed by the first', 15],
      ['late', 30],
    ]);
    expect(clock.nowMs()).toBe(START_MS + 100);
  });

  it('ends turns between two timers, also those that are asked for meanwhile', () => {
    const clock = new HybridClock(START_MS);
    const order: string[] = [];
    clock.after(1, () => {
      order.push('timer 1');
      clock.endOfTurn(() => {
        order.push('turn');
        clock.endOfTurn(() => order.push('next turn'));
      });
    });
    clock.after(2, () => order.push('timer 2'));
    clock.advance(5);
    expect(order).toEqual(['timer 1', 'turn', 'next turn', 'timer 2']);
  });

  it('ends a turn with the event loop, without advance, once', async () => {
    const clock = new HybridClock(START_MS);
    let ends = 0;
    await new Promise<void>((done) => {
      clock.endOfTurn(() => ends++);
      clock.endOfTurn(done);
    });
    await new Promise((done) => setImmediate(done));
    expect(ends).toBe(1);
  });

  it('crosses a month in strides, with a timer that re-arms itself', () => {
    const clock = new HybridClock(START_MS);
    const month = 30 * 86_400_000;
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.after(100, tick);
    };
    tick();
    let due = 0;
    clock.after(month, () => (due = clock.nowMs()));
    clock.advance(month);
    expect(ticks).toBeGreaterThan(500);
    expect(ticks).toBeLessThan(700);
    expect(due).toBe(START_MS + month);
    expect(clock.nowMs()).toBe(START_MS + month);
  });

  it('leaves work that asks for ever more turns to the event loop', () => {
    const clock = new HybridClock(START_MS);
    let turns = 0;
    const again = () => {
      turns++;
      if (turns < 5000) clock.endOfTurn(again);
    };
    clock.endOfTurn(again);
    clock.advance(0);
    expect(turns).toBeGreaterThan(100);
    expect(turns).toBeLessThan(5000);
  });
});
