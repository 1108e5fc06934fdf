/** In a large data set short requests of several clients wait for one another, and for nothing else. */
import { beforeAll, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { keyEvent } from '../../../src/core/store/events.js';
import { LARGE_KEYSPACE, PREFETCH_KEYS } from '../../../src/core/store/prefetch.js';
import { stringBytes, type StringValue } from '../../../src/core/store/types/value.js';
import { createTestEngine, type TestClient, type TestEngine } from '../../support/engine.js';
import { bytes } from '../../support/paused-snapshot.js';

const EVENT = keyEvent('generic', 'changed');
let test: TestEngine;

beforeAll(() => {
  test = createTestEngine({ families: FAMILIES });
  const { engine } = test;
  const [db] = engine.store.databases;
  for (let i = 0; i < LARGE_KEYSPACE; i++) engine.gate.put(db, bytes(`key:${i}`), -1, valueOf(i), EVENT);
});

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

describe('short requests in a large data set', () => {
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

  it('a pipeline is answered in full, whatever it asks for', () => {
    const client = test.connect();
    const asked = Array.from({ length: 300 }, (_, i) => (i * 7919) % (LARGE_KEYSPACE + 3000));
    const text = asked.map((i) => wire('GET', `key:${i}`) + wire('PING') + wire('STRLEN', '')).join('');
    const expected = asked.map((i) => {
      const answer = i < LARGE_KEYSPACE ? bulk(String(valueOf(i))) : '$-1\r\n';
      return `${answer}+PONG\r\n:0\r\n`;
    });
    expect(client.send(text)).toBe(expected.join(''));
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
