import { describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../../src/core/base/bytes.js';
import { EffectCollector, TARGET_ALL, type Effect } from '../../../src/core/engine/effects.js';

interface Fed {
  readonly effects: Effect[];
  readonly transaction: boolean;
}

function collector(): { effects: EffectCollector; fed: Fed[] } {
  const effects = new EffectCollector();
  const fed: Fed[] = [];
  effects.wanted = TARGET_ALL;
  effects.sink = { feed: (unit, transaction) => fed.push({ effects: [...unit], transaction }) };
  return { effects, fed };
}

describe('an effect with a long argument', () => {
  const long = '\xff\r\n\0'.repeat(300_000) as Bytes;
  const args = [ascii('SET'), ascii('k'), long];
  const text = `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1200000\r\n${long}\r\n`;

  it.each([
    ['added', (effects: EffectCollector) => effects.also(3, args)],
    [
      'put in the place of the command',
      (effects: EffectCollector) => {
        effects.replace(...args);
        effects.end(3, [ascii('GETSET')], true, undefined);
      },
    ],
    ['as it was called', (effects: EffectCollector) => effects.end(3, args, true, undefined)],
  ])('%s, is handed on as bytes', (_how, act) => {
    const { effects, fed } = collector();
    effects.enter();
    effects.begin();
    act(effects);
    effects.leave();
    expect(fed).toHaveLength(1);
    const [effect] = fed[0].effects;
    expect(effect).toMatchObject({ dbId: 3, targets: TARGET_ALL, body: undefined });
    expect(effect.wire!.subarray(effect.start, effect.end).equals(Buffer.from(text, 'latin1'))).toBe(true);
  });
});

describe('a unit that must not be wrapped', () => {
  it('says nothing about the next one, even when it had no effects', () => {
    const { effects, fed } = collector();
    effects.enter();
    effects.unwrapped();
    effects.leave();
    effects.enter();
    effects.also(0, [ascii('DEL'), ascii('a')]);
    effects.also(0, [ascii('DEL'), ascii('b')]);
    effects.leave();
    expect(fed.map(({ transaction }) => transaction)).toEqual([true]);
  });
});
