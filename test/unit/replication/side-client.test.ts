import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { type Reply } from '../../../src/core/protocol/reply-decoder.js';
import { askAside, configValue, replyText } from '../../../src/core/replication/side-client.js';
import { FakeWire } from '../../support/fake-channel.js';

const PING = '*1\r\n$4\r\nPING\r\n';
const ROLE = '*1\r\n$4\r\nROLE\r\n';

function ask(login: { user?: string; pass?: string } = {}) {
  const clock = new ManualClock();
  const wire = new FakeWire(clock);
  const answers: (readonly (Reply | undefined)[])[] = [];
  askAside({
    dial: wire.dial,
    clock,
    ...(login.user !== undefined && { user: ascii(login.user) }),
    ...(login.pass !== undefined && { pass: ascii(login.pass) }),
    commands: [[ascii('PING')], [ascii('ROLE')]],
    timeoutMs: 1000,
    done: (replies) => answers.push(replies),
  });
  return { clock, wire, answers };
}

describe('askAside', () => {
  it('asks one command at a time and closes', () => {
    const { wire, answers } = ask();
    wire.open();
    expect(wire.sent).toEqual([PING]);
    wire.data('+PO');
    wire.data('NG\r\n');
    expect(wire.sent).toEqual([PING, ROLE]);
    wire.data(':7\r\n');
    expect(answers).toEqual([
      [
        { type: 'simple', value: 'PONG' },
        { type: 'integer', value: 7 },
      ],
    ]);
    expect(wire.closed).toBe(true);
  });

  it('logs in first, and goes on when that is refused', () => {
    const { wire, answers } = ask({ user: 'bob', pass: 's3' });
    wire.open();
    expect(wire.sent).toEqual(['*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\ns3\r\n']);
    wire.data('-WRONGPASS x\r\n');
    wire.data('-NOAUTH x\r\n');
    wire.data('-NOAUTH x\r\n');
    expect(answers[0].map((reply) => reply?.type)).toEqual(['error', 'error']);
  });

  it.each(['silence', 'close', 'garbage', 'refusal'])('answers what it has after %s, once', (how) => {
    const { wire, clock, answers } = ask();
    if (how === 'refusal') wire.fail({ code: 'ECONNREFUSED', message: 'x', layer: 'connect' });
    else {
      wire.open();
      wire.data('+PONG\r\n');
      if (how === 'close') wire.end();
      if (how === 'garbage') wire.data('HTTP/1.1 400\r\n');
    }
    clock.advance(2000);
    expect(answers).toEqual([
      how === 'refusal' ? [undefined, undefined] : [{ type: 'simple', value: 'PONG' }, undefined],
    ]);
  });
});

describe('reading replies', () => {
  const text = (value: string): Reply => ({ type: 'bulk', value: ascii(value) });

  it('finds a value of CONFIG GET in both protocols', () => {
    const array: Reply = { type: 'array', items: [text('a'), text('1'), text('b'), text('a')] };
    const map: Reply = { type: 'map', entries: [[text('b'), text('2')]] };
    expect(configValue(array, 'b')).toBe('a');
    expect(configValue(map, 'b')).toBe('2');
    expect(configValue(array, '1')).toBeUndefined();
    expect(configValue({ type: 'error', value: ascii('x') }, 'a')).toBeUndefined();
  });

  it('takes no text from an error', () => {
    expect(replyText({ type: 'error', value: ascii('x') })).toBeUndefined();
    expect(replyText(undefined)).toBeUndefined();
  });
});
