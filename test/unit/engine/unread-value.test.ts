/** A long value of SET is copied from where it was read: nobody can tell that it was never an argument. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { LONGEST_LONG_STRING_BYTES } from '../../../src/core/store/long-strings.js';
import { createTestEngine, type TestClient, type TestEngine } from '../../support/engine.js';
import { bytes } from '../../support/paused-snapshot.js';

const wire = (...args: string[]) => encodeCommand(args.map(bytes));
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
/** Every byte, and no two alike in a row. */
const valueOf = (length: number, seed = 0) =>
  Array.from({ length }, (_, i) => String.fromCharCode((i * 37 + seed) & 255)).join('');

const LENGTHS = [63, 64, 65, 200, 4096, 70_000, LONGEST_LONG_STRING_BYTES, LONGEST_LONG_STRING_BYTES + 1];

let test: TestEngine;
let client: TestClient;

beforeEach(() => {
  test = createTestEngine({ families: FAMILIES, propagates: false });
  client = test.connect();
});

/** As a socket does: what was read is gone when the call is over. */
function send({ session }: TestClient, text: string): void {
  const chunk = Buffer.from(text, 'latin1');
  session.receive(chunk, 0, chunk.length);
  chunk.fill(0xee);
}

const answers = (to = client) => {
  test.clock.runTurn();
  return to.connection.take().toString('latin1');
};

describe('a long value of SET', () => {
  it.each(LENGTHS)('of %i bytes is stored, and replaces what was there', (length) => {
    for (const old of ['short', valueOf(length), valueOf(length - 1), valueOf(5000), '17']) {
      send(client, wire('SET', 'k', old));
      send(client, wire('SET', 'k', valueOf(length, 5)) + wire('GET', 'k') + wire('STRLEN', 'k'));
      expect(answers()).toBe(`+OK\r\n+OK\r\n${bulk(valueOf(length, 5))}:${length}\r\n`);
    }
  });

  it('takes away the time that the key had, and the type', () => {
    const value = valueOf(100);
    send(client, wire('RPUSH', 'k', 'x') + wire('EXPIRE', 'k', '100') + wire('SET', 'k', value));
    send(client, wire('TTL', 'k') + wire('GET', 'k'));
    expect(answers()).toBe(`:1\r\n:1\r\n+OK\r\n:-1\r\n${bulk(value)}`);
  });

  it('is an argument for those that ask for arguments: SLOWLOG, MONITOR, MULTI, an ACL', () => {
    const value = 'v'.repeat(100);
    client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
    send(client, wire('SET', 'slow', value) + wire('SLOWLOG', 'GET', '1'));
    expect(answers()).toContain(`*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n${bulk(value)}`);
    client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1');

    const monitor = test.connect();
    monitor.call('MONITOR');
    send(client, wire('SET', 'seen', value));
    expect(answers(monitor)).toContain(`"SET" "seen" "${value}"`);
    monitor.session.close('seen enough');

    send(client, wire('MULTI') + wire('SET', 'queued', value) + wire('GET', 'queued') + wire('EXEC'));
    expect(answers()).toContain(`*2\r\n+OK\r\n${bulk(value)}`);

    client.call('ACL', 'SETUSER', 'limited', 'on', 'nopass', '~a*', '+set', '+get');
    const limited = test.connect();
    limited.call('AUTH', 'limited', 'x');
    send(limited, wire('SET', 'a', value) + wire('SET', 'b', value) + wire('GET', 'a'));
    expect(answers(limited)).toMatch(
      new RegExp(`^\\+OK\r\n-NOPERM [^\r]*\r\n${bulk(value).replace('$', '\\$')}$`),
    );
  });

  it('ends the transactions that watch its key', () => {
    const [before, after] = [valueOf(300), valueOf(300, 9)];
    send(client, wire('SET', 'k', before) + wire('WATCH', 'k'));
    const other = test.connect();
    send(other, wire('SET', 'k', after));
    send(client, wire('MULTI') + wire('GET', 'k') + wire('EXEC'));
    expect(answers()).toBe('+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n');
  });

  it('goes to replicas as it came, and where options or arguments are wrong nothing is stored', () => {
    const streaming = createTestEngine({ families: FAMILIES });
    const to = streaming.connect();
    const value = 'v'.repeat(100);
    to.send(wire('SET', 'k', value) + wire('SET', 'k', value, 'XX', value) + wire('SET', 'k'));
    expect(streaming.stream()).toEqual(['SELECT 0', `SET k ${value}`]);
  });

  it('is the same however it is split, alone and in a pipeline', () => {
    const lengths = fc.array(fc.constantFrom(3, 63, 64, 300, 5000, 40_000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        lengths,
        fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 12 }),
        (sizes, cuts) => {
          const one = createTestEngine({ families: FAMILIES, propagates: false });
          const to = one.connect();
          const text = sizes
            .map((n, i) => wire('SET', `k${i}`, valueOf(n, i)) + wire('GET', `k${i % 2}`))
            .join('');
          let at = 0;
          for (const cut of [...cuts, text.length]) {
            send(to, text.slice(at, at + cut));
            at += cut;
          }
          one.clock.runTurn();
          const stored = sizes.map((n, i) => valueOf(n, i));
          const expected = sizes.map((_, i) => `+OK\r\n${i % 2 <= i ? bulk(stored[i % 2]) : '$-1\r\n'}`);
          expect(to.connection.take().toString('latin1')).toBe(expected.join(''));
        },
      ),
      { numRuns: 60 },
    );
  });
});
