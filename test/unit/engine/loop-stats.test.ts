import { expect, it } from 'vitest';
import { LoopStats } from '../../../src/core/engine/stats.js';

it('sums up cycles, and keeps the longest and the fullest', () => {
  const loop = new LoopStats();
  loop.spent(30);
  loop.commands = 2;
  loop.spent(20);
  loop.cycleOver();
  loop.commands = 5;
  loop.spent(10);
  loop.cycleOver();
  expect(loop).toMatchObject({ cycles: 2, totalUs: 60, maxUs: 50, maxCommands: 5, commands: 0 });
  loop.reset();
  expect(loop).toEqual(new LoopStats());
});
