import { describe, expect, it } from 'vitest';
import { LatencyMonitor } from '../../../src/core/services/latency.js';

describe('LatencyMonitor', () => {
  it('keeps the worst of each second and the worst of all', () => {
    const monitor = new LatencyMonitor();
    monitor.add('command', 200, 10);
    monitor.add('command', 100, 10);
    monitor.add('command', 150, 11);
    monitor.add('command', 160, 11);
    monitor.add('fork', 5, 11);
    expect(monitor.history('command')).toEqual([
      { timeSeconds: 10, latencyMs: 200 },
      { timeSeconds: 11, latencyMs: 160 },
    ]);
    expect(monitor.latest()).toEqual([
      { event: 'command', timeSeconds: 11, latencyMs: 160, maxMs: 200 },
      { event: 'fork', timeSeconds: 11, latencyMs: 5, maxMs: 5 },
    ]);
    expect(monitor.history('nothing')).toEqual([]);
    expect([monitor.has('fork'), monitor.has('Fork')]).toEqual([true, false]);
  });

  it('keeps 160 samples, oldest first', () => {
    const monitor = new LatencyMonitor();
    for (let second = 1; second <= 200; second++) monitor.add('command', 1000 - second, second);
    const history = monitor.history('command');
    expect(history).toHaveLength(160);
    expect(history[0]).toEqual({ timeSeconds: 41, latencyMs: 959 });
    expect(history[159]).toEqual({ timeSeconds: 200, latencyMs: 800 });
    expect(monitor.latest()[0].maxMs).toBe(999);
  });

  it('forgets by name in any case, or all', () => {
    const monitor = new LatencyMonitor();
    for (const event of ['command', 'fork', 'expire-cycle']) monitor.add(event, 1, 1);
    expect(monitor.reset(['FORK', 'none'])).toBe(1);
    expect(monitor.latest().map(({ event }) => event)).toEqual(['command', 'expire-cycle']);
    expect(monitor.reset()).toBe(2);
    expect(monitor.reset()).toBe(0);
  });

  it('analyzes in whole numbers', () => {
    const monitor = new LatencyMonitor();
    monitor.add('command', 10, 100);
    monitor.add('command', 20, 110);
    monitor.add('command', 33, 120);
    expect(monitor.analyze('command', 130)).toEqual({
      samples: 3,
      minMs: 10,
      maxMs: 33,
      averageMs: 21,
      deviationMs: 8,
      periodSeconds: 30,
      allTimeHighMs: 33,
    });
    monitor.add('fork', 7, 130);
    expect(monitor.analyze('fork', 130).periodSeconds).toBe(1);
    expect(monitor.analyze('nothing', 130).samples).toBe(0);
  });
});
