import { expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { lookAhead } from '../../../src/core/protocol/look-ahead.js';

const command = (...args: string[]) => encodeCommand(args as Bytes[]);

function keysIn(text: string, most = 16, position = 1): { keys: string[]; commands: number } {
  const buf = Buffer.from(`before${text}`, 'latin1');
  const keys: string[] = [];
  const sink = {
    get isFull() {
      return keys.length >= most;
    },
    add: (from: Uint8Array, start: number, end: number) =>
      void keys.push(Buffer.from(from.subarray(start, end)).latin1Slice()),
  };
  return { commands: lookAhead(buf, 6, buf.length, sink, position), keys };
}

const SOME = command('GET', 'a') + command('PING') + command('SET', 'bc', '*1\r\n') + command('DEL', '', 'x');

it('finds the second argument of each command', () => {
  expect(keysIn(SOME)).toEqual({ commands: 4, keys: ['a', 'bc'] });
});

it('finds another one where it is asked for that', () => {
  expect(keysIn(SOME, 16, 2)).toEqual({ commands: 4, keys: ['*1\r\n', 'x'] });
});

it('stops when the sink is full', () => {
  expect(keysIn(command('GET', 'k').repeat(10), 3)).toEqual({ commands: 3, keys: ['k', 'k', 'k'] });
});

it('stops at what is not complete, wherever it is cut', () => {
  const whole = keysIn(SOME).keys;
  for (let length = 0; length < SOME.length; length++) {
    const { keys } = keysIn(SOME.slice(0, length));
    expect(keys).toEqual(whole.slice(0, keys.length));
  }
});

it.each([
  'PING\r\n',
  '*-1\r\n',
  '*0\r\n',
  '*a\r\n',
  '*\r\n',
  '*1\r\n+x\r\n',
  '*1\r\n$-1\r\n',
  '*99999999999\r\n',
  '\r\n',
])('makes nothing of %j', (text) => {
  expect(keysIn(text + command('GET', 'k')).keys).toEqual([]);
});
