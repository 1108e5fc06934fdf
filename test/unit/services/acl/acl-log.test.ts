import { describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { AclLog, type DeniedAccess } from '../../../../src/core/services/acl/acl-log.js';

const denied = (object: string, more: Partial<DeniedAccess> = {}): DeniedAccess => ({
  reason: 'key',
  context: 'toplevel',
  object: ascii(object),
  user: ascii('alice'),
  clientInfo: 'id=1',
  ...more,
});
const shown = (log: AclLog) => log.latest(100).map(({ id, object, count }) => [id, object, count]);

describe('AclLog', () => {
  it('counts what happens again within a minute of the last time, and shows it first', () => {
    const log = new AclLog();
    log.add(denied('a'), 1000, 10);
    log.add(denied('b'), 2000, 10);
    log.add(denied('a', { clientInfo: 'id=2' }), 61_000, 10);
    expect(shown(log)).toEqual([
      [0, 'a', 2],
      [1, 'b', 1],
    ]);
    expect(log.latest(1)[0]).toMatchObject({ clientInfo: 'id=2', createdMs: 1000, updatedMs: 61_000 });
    log.add(denied('a'), 121_001, 10);
    expect(shown(log)).toEqual([
      [2, 'a', 1],
      [0, 'a', 2],
      [1, 'b', 1],
    ]);
  });

  it('tells apart whom, what, why and where', () => {
    const log = new AclLog();
    log.add(denied('a'), 0, 10);
    log.add(denied('a', { user: ascii('bob') }), 0, 10);
    log.add(denied('a', { reason: 'channel' }), 0, 10);
    log.add(denied('a', { context: 'multi' }), 0, 10);
    log.add(denied('b'), 0, 10);
    expect(shown(log).map(([id]) => id)).toEqual([4, 3, 2, 1, 0]);
  });

  it('looks for one alike among the ten newest only', () => {
    const log = new AclLog();
    for (let i = 0; i < 11; i++) log.add(denied(`k${i}`), 0, 100);
    log.add(denied('k1'), 0, 100);
    log.add(denied('k0'), 0, 100);
    expect(shown(log).slice(0, 2)).toEqual([
      [11, 'k0', 1],
      [1, 'k1', 2],
    ]);
  });

  it('drops the oldest beyond its limit, when one is added', () => {
    const log = new AclLog();
    for (let i = 0; i < 5; i++) log.add(denied(`k${i}`), 0, 3);
    expect(shown(log).map(([, object]) => object)).toEqual(['k4', 'k3', 'k2']);
    log.add(denied('k9'), 0, 0);
    expect(log.latest(10)).toEqual([]);
    expect(log.latest(0)).toEqual([]);
  });

  it('goes on counting after a reset', () => {
    const log = new AclLog();
    log.add(denied('a'), 0, 3);
    log.reset();
    expect(log.latest(3)).toEqual([]);
    log.add(denied('a'), 0, 3);
    expect(shown(log)).toEqual([[1, 'a', 1]]);
  });
});
