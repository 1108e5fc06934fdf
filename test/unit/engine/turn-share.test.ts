/** What one connection may execute in a turn, so that the others do not wait for a deep pipeline. */
import { expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient } from '../../support/engine.js';

/** About what redis 7.2.6 executes of one client between two looks at the others: 16 KB of small commands. */
const SHARE = 200;

function receive({ session }: TestClient, text: string): void {
  const wire = Buffer.from(text);
  session.receive(wire, 0, wire.length);
}

it('a pipeline of thousands leaves room for others in each turn', () => {
  const t = createTestEngine({ families: FAMILIES });
  const deep = t.connect();
  const other = t.connect();
  receive(deep, 'INCR deep\r\n'.repeat(1000));
  expect(deep.connection.reading).toBe(false);
  receive(other, 'GET deep\r\n');
  expect(other.session.reply.takeShort()).toBe(`$3\r\n${SHARE}\r\n`);
  t.clock.runTurn();
  expect(plain(t.client.call('GET', 'deep'))).toBe('1000');
  expect(deep.connection.reading).toBe(true);
});
