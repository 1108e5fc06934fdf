/** In a large data set short requests of several clients wait for one another, and for nothing else. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { TARGET_ALL } from '../../../src/core/engine/effects.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { keyEvent } from '../../../src/core/store/events.js';
import { LARGE_KEYSPACE, PREFETCH_KEYS } from '../../../src/core/store/prefetch.js';
import { stringBytes, type StringValue } from '../../../src/core/store/types/value.js';
import { createTestEngine, type TestClient, type TestEngine } from '../../support/engine.js';
import { bytes } from '../../support/paused-snapshot.js';

const EVENT = keyEvent('generic', 'changed');
let test: TestEngine;

/** It stays large though some keys are deleted. */
const KEY_COUNT = LARGE_KEYSPACE + 100;

/** An engine with a large data set. `propagates`: somebody wants the bytes of commands. */
function large(propagates: boolean): TestEngine {
  const made = createTestEngine({ families: FAMILIES, propagates });
  const { gate, store } = made.engine;
  for (let i = 0; i < KEY_COUNT; i++) gate.put(store.databases[0], bytes(`key:${i}`), -1, valueOf(i), EVENT);
  return made;
}

/** Numbers, short and long strings. */
const valueOf = (i: number) => (i % 3 === 0 ? i : bytes(`value ${i} `.repeat(i % 3 === 1 ? 1 : 30)));
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const wire = (...args: (string | number)[]) => encodeCommand(args.map((arg) => bytes(String(arg))));

/** Sends without ending the turn. */
function read({ session }: TestClient, text: string): void {
  const chunk = Buffer.from(text, 'latin1');
  session.receive(chunk, 0, chunk.length);
  chunk.fill(0xee);
}

const value = (key: string) => {
  const [db] = test.engine.store.databases;
  const held = db.peek(bytes(key));
  return held === undefined ? 'nothing' : stringBytes(held as StringValue);
};
const written = ({ connection }: TestClient) => connection.take().toString('latin1');

describe.each([
  { propagates: false, how: 'read as they come' },
  { propagates: true, how: 'kept as they came, for a replication stream' },
])('short requests in a large data set, $how', ({ propagates }) => {
  beforeAll(() => {
    test = large(propagates);
  });

  it('are executed at the end of the turn, in the order in which they came', () => {
    const clients = Array.from({ length: 5 }, () => test.connect());
    for (const [i, client] of clients.entries()) read(client, wire('APPEND', 'order', i));
    expect(value('order')).toBe('nothing');
    test.clock.runTurn();
    expect(value('order')).toBe('01234');
    expect(clients.map(written)).toEqual(clients.map((_, i) => `:${i + 1}\r\n`));
  });

  it('are executed at once when there are enough of them', () => {
    const clients = Array.from({ length: PREFETCH_KEYS + 1 }, () => test.connect());
    for (const client of clients) read(client, wire('INCR', 'many'));
    expect(value('many')).toBe(String(PREFETCH_KEYS));
    test.clock.runTurn();
    expect(value('many')).toBe(String(PREFETCH_KEYS + 1));
  });

  it('are executed at once when more of the same client comes', () => {
    const client = test.connect();
    read(client, wire('SET', 'same', 'a'));
    read(client, wire('APPEND', 'same', 'b') + wire('APPEND', 'same', 'c').slice(0, 9));
    expect(value('same')).toBe('ab');
    read(client, wire('APPEND', 'same', 'c').slice(9));
    expect(value('same')).toBe('abc');
    test.clock.runTurn();
    expect(written(client)).toBe('+OK\r\n:2\r\n:3\r\n');
    expect(value('same')).toBe('abc');
  });

  it('may hold a long value, unless the client is known to pipeline', () => {
    const [single, pipelining] = [test.connect(), test.connect()];
    const long = 'v'.repeat(4000);
    read(single, wire('PING'));
    read(pipelining, wire('PING').repeat(3));
    test.clock.runTurn();
    read(single, wire('SET', 'waits', long));
    read(pipelining, wire('SET', 'at once', long));
    expect([value('waits'), value('at once')]).toEqual(['nothing', long]);
    test.clock.runTurn();
    expect(value('waits')).toBe(long);
  });

  it('count although the connection ends or breaks before the turn does', () => {
    const [ended, broken] = [test.connect(), test.connect()];
    read(ended, wire('SET', 'ended', '1'));
    read(broken, wire('SET', 'broken', '1'));
    ended.session.inputEnded();
    broken.session.disconnected();
    expect([value('ended'), value('broken')]).toEqual(['1', '1']);
    test.clock.runTurn();
    expect(written(ended)).toBe('+OK\r\n');
    expect([ended.session.closed, broken.session.closed]).toEqual([true, true]);
  });

  it('do not run for a client that another of the batch has closed', () => {
    const [killer, victim] = [test.connect(), test.connect()];
    read(killer, wire('CLIENT', 'KILL', 'ID', victim.session.id));
    read(victim, wire('SET', 'killed', '1'));
    test.clock.runTurn();
    expect(value('killed')).toBe('nothing');
  });

  it('of a client in another database, wrong ones and half ones change nothing for the others', () => {
    const [other, wrong, half, good] = Array.from({ length: 4 }, () => test.connect());
    other.call('SELECT', 1);
    read(wrong, '*x\r\n');
    read(half, '*2\r\n$3\r\nGET\r\n$5\r\nke');
    read(good, wire('GET', 'key:4'));
    read(other, wire('GET', 'key:4'));
    test.clock.runTurn();
    expect(written(wrong)).toMatch(/^-ERR Protocol error: invalid multibulk length/);
    expect(written(half)).toBe('');
    expect(written(good)).toBe(bulk(String(valueOf(4))));
    expect(written(other)).toBe('$-1\r\n');
    read(half, 'y:1\r\n');
    test.clock.runTurn();
    expect(written(half)).toBe(bulk(String(valueOf(1))));
  });

  it('reach a replication stream that begins between their coming and their execution', () => {
    const client = test.connect();
    read(client, wire('SET', 'late', '1') + wire('APPEND', 'late', '2'));
    const sent: string[] = [];
    const { effects } = test.engine;
    const before = effects.wanted;
    effects.wanted = TARGET_ALL;
    const { sink } = effects;
    effects.sink = {
      feed: (unit) => {
        for (const { wire, start, end, body } of unit)
          sent.push(wire ? Buffer.from(wire.subarray(start, end)).toString('latin1') : body!);
      },
    };
    test.clock.runTurn();
    Object.assign(effects, { wanted: before, sink });
    expect(sent.join('')).toBe(wire('SET', 'late', '1') + wire('APPEND', 'late', '2'));
  });

  it('a pipeline is answered in full, whatever it asks for', () => {
    const client = test.connect();
    const asked = Array.from({ length: 300 }, (_, i) => (i * 7919) % (KEY_COUNT + 3000));
    const text = asked.map((i) => wire('GET', `key:${i}`) + wire('PING') + wire('STRLEN', '')).join('');
    const expected = asked.map((i) => {
      const answer = i < KEY_COUNT ? bulk(String(valueOf(i))) : '$-1\r\n';
      return `${answer}+PONG\r\n:0\r\n`;
    });
    expect(client.send(text)).toBe(expected.join(''));
  });
});

describe('what several clients send in the same turns', () => {
  const CLIENTS = [0, 1, 2, 3];
  const KEYS = ['key:@', 'key:1@', 'key:22@', 'new:@', 'other:@'];
  /** Each client has keys of its own: which of two is served first is not settled. */
  const key = fc.constantFrom(...KEYS);
  const request = fc.oneof(
    { weight: 4, arbitrary: key.map((k) => wire('GET', k)) },
    { weight: 3, arbitrary: fc.tuple(key, fc.nat(700)).map(([k, n]) => wire('SET', k, 'v'.repeat(n))) },
    { weight: 2, arbitrary: key.map((k) => wire('APPEND', k, 'x')) },
    { weight: 1, arbitrary: key.map((k) => wire('DEL', k)) },
    { weight: 1, arbitrary: key.map((k) => wire('LPUSH', k, 'a', 'b')) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        wire('PING'),
        'ping\r\n',
        '\r\n',
        '*0\r\n',
        wire('SELECT', 1),
        wire('SELECT', 0),
      ),
    },
    { weight: 1, arbitrary: key.map((k) => wire('MULTI') + wire('INCR', k) + wire('EXEC')) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('*x\r\n', '*1\r\n$-5\r\n', wire('NOSUCH'), wire('GET'), wire('QUIT')),
    },
  );
  /** A client sends so much of what it has to say; or the turn ends. */
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 60 })) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );

  const own = (text: string, client: number): string => text.replaceAll('@', String(client));

  it('is answered as if each had been alone in its turn', () => {
    const [together, alone] = [large(false), large(false)];
    const everything = fc.array(fc.array(request, { maxLength: 12 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(everything, fc.array(step, { maxLength: 80 }), (said, steps) => {
        const texts = said.map((requests, i) => own(requests.join(''), i));
        const run = (engine: TestEngine, endsTurns: boolean): string[] => {
          test = engine;
          const keys = CLIENTS.flatMap((i) => KEYS.map((name) => own(name, i)));
          for (const db of [1, 0]) {
            engine.client.call('SELECT', db);
            engine.client.call('DEL', ...keys);
          }
          const clients = texts.map(() => engine.connect());
          const at = texts.map(() => 0);
          const answers = texts.map(() => '');
          const endTurn = (): void => {
            engine.clock.runTurn();
            clients.forEach((client, i) => (answers[i] += written(client)));
          };
          const send = (i: number, bytesSent: number): void => {
            const part = texts[i].slice(at[i], (at[i] += bytesSent));
            if (part !== '') read(clients[i], part);
            if (endsTurns) endTurn();
          };
          for (const one of steps) {
            if (one === undefined) endTurn();
            else send(...one);
          }
          texts.forEach((text, i) => send(i, text.length));
          endTurn();
          for (const client of clients) client.session.disconnected();
          return answers;
        };
        expect(run(together, false)).toEqual(run(alone, true));
      }),
      { numRuns: 400 },
    );
  });
});

describe('a look at the clients', () => {
  it('sees what others had sent in the same turn, though it is read first, and however small the data set is', () => {
    const small = createTestEngine({ families: FAMILIES });
    const [looks, sends] = [small.connect(), small.connect()];
    sends.call('CLIENT', 'SETNAME', 'sender');
    read(looks, wire('cLiEnT', 'LIST'));
    read(sends, '*2\r\n$4\r\nECHO\r\n$50000\r\nxx');
    expect(written(looks)).toBe('');
    small.clock.runTurn();
    const line = written(looks)
      .split('\n')
      .find((one) => one.includes('name=sender'));
    expect(Number(/tot-mem=(\d+)/.exec(line ?? '')?.[1])).toBeGreaterThan(50_000);
  });
});
