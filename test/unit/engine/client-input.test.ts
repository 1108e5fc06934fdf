/** What a client's input takes, and when it is given up (redis 7.2.6 server.c:clientsCronResizeQueryBuffer). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { createTestEngine, type TestClient, type TestEngine } from '../../support/engine.js';

let t: TestEngine;

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES, config: { hz: '10', 'enable-debug-command': 'yes' } });
  t.engine.cron.start();
});

afterEach(() => t.engine.cron.stop());

function field(client: TestClient, name: string): number {
  return Number(new RegExp(`\\b${name}=(\\d+)`).exec(client.session.infoLine())![1]);
}

/** A client whose connection has a buffer of its own, and for how long it was silent whenever that was asked. */
function withInput(bytes: number): { client: TestClient; trims: number[] } {
  const client = t.connect();
  const trims: number[] = [];
  Object.assign(client.connection, { input: { bytes, trim: (silentMs: number) => trims.push(silentMs) } });
  return { client, trims };
}

describe('the buffer that input is read into', () => {
  it('is part of what a client takes', () => {
    const without = t.connect();
    const { client } = withInput(20_000);
    for (const one of [without, client]) one.call('PING');
    expect(field(client, 'tot-mem') - field(without, 'tot-mem')).toBe(20_000);
    expect([field(without, 'qbuf-free'), field(client, 'qbuf-free')]).toEqual([0, 20_000]);
    const before = t.engine.clients.memory.normal;
    client.session.close('over');
    expect(before - t.engine.clients.memory.normal).toBe(field(without, 'tot-mem') + 20_000);
  });

  it('is looked after once a second, and of a few clients in each tick', () => {
    const { client, trims } = withInput(16_384);
    client.call('PING');
    t.clock.advance(500);
    expect(trims).toEqual([100, 200, 300, 400, 500]);
    const others = Array.from({ length: 98 }, () => withInput(1));
    trims.length = 0;
    t.clock.advance(3000);
    for (const other of [{ trims }, ...others]) {
      expect(other.trims.length).toBeGreaterThanOrEqual(2);
      expect(other.trims.length).toBeLessThanOrEqual(4);
    }
    t.client.call('DEBUG', 'PAUSE-CRON', '1');
    trims.length = 0;
    t.clock.advance(3000);
    expect(trims).toEqual([]);
  });

  it('is no longer silent when a part of a command comes', () => {
    const { client, trims } = withInput(16_384);
    t.clock.advance(1950);
    client.send('*2\r\n$4\r\nECHO\r\n$9\r\n12');
    t.clock.advance(100);
    expect([trims.at(-1), field(client, 'idle')]).toEqual([50, 0]);
  });
});

describe('room for a long argument', () => {
  const ANNOUNCED = 1_000_000;

  it('counts as soon as its length is known, and no longer when nothing has come for two seconds', () => {
    const client = t.connect();
    client.send(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${ANNOUNCED}\r\n`);
    const taken = () => field(client, 'qbuf') + field(client, 'qbuf-free');
    expect(taken()).toBeGreaterThanOrEqual(ANNOUNCED);
    t.clock.advance(1900);
    expect(taken()).toBeGreaterThanOrEqual(ANNOUNCED);
    t.clock.advance(200);
    expect(taken()).toBeLessThan(32_768);
    client.send('x');
    expect(taken()).toBeGreaterThanOrEqual(ANNOUNCED);
  });

  it('is given up beyond what has come, and what has come is kept', () => {
    const client = t.connect();
    const value = Array.from({ length: ANNOUNCED }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
    client.send(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${ANNOUNCED}\r\n${value.slice(0, 100_000)}`);
    expect(client.session.parser.bufferBytes).toBe(ANNOUNCED);
    t.clock.advance(2200);
    expect(client.session.parser.bufferBytes).toBeLessThan(110_000);
    expect(client.send(value.slice(100_000) + '\r\n')).toBe('+OK\r\n');
    expect(client.send('STRLEN k\r\nGETRANGE k 99998 100003\r\n')).toBe(
      `:${ANNOUNCED}\r\n$6\r\n${value.slice(99_998, 100_004)}\r\n`,
    );
  });
});
