/** Client tracking among several clients; what one client sees by itself is in test/wire/transcripts/tracking.txt. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let writer: TestClient;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const write = (...args: (string | number)[]) => void writer.call(...args);
const heard = (client: TestClient = t.client) => client.replies().map(plain);
const invalidate = (...keys: string[]) => ['invalidate', keys];

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  writer = t.connect();
  t.client.call('HELLO', 3);
});

function tracked(...options: (string | number)[]): void {
  expect(call('CLIENT', 'TRACKING', 'on', ...options)).toBe('OK');
}

describe('what a client has read', () => {
  it('is told once when it changes', () => {
    tracked();
    for (const key of ['a', 'b']) call('GET', key);
    write('SET', 'a', 1);
    write('SET', 'a', 2);
    write('SET', 'c', 1);
    expect(heard()).toEqual([invalidate('a')]);
    write('DEL', 'a', 'b');
    expect(heard()).toEqual([]);
    call('GET', 'b');
    write('MSET', 'b', 1, 'c', 1);
    expect(heard()).toEqual([invalidate('b')]);
  });

  it('is told to each client that holds it', () => {
    const third = t.connect();
    third.call('HELLO', 3);
    tracked();
    third.call('CLIENT', 'TRACKING', 'on');
    for (const client of [t.client, third]) client.call('GET', 'a');
    expect(t.engine.info([]).flatMap(({ fields }) => fields)).toEqual(
      expect.arrayContaining([
        ['tracking_clients', 2],
        ['tracking_total_keys', 1],
        ['tracking_total_items', 2],
        ['tracking_total_prefixes', 0],
      ]),
    );
    write('SET', 'a', 1);
    expect([heard(), heard(third)]).toEqual([[invalidate('a')], [invalidate('a')]]);
  });

  it('is the same key in every database', () => {
    tracked();
    call('GET', 'a');
    writer.call('SELECT', 5);
    write('SET', 'a', 1);
    expect(heard()).toEqual([invalidate('a')]);
  });

  it('is told when its time is over, by whoever finds out', () => {
    tracked();
    write('SET', 'a', 1, 'PX', 5);
    call('GET', 'a');
    t.clock.advance(10);
    write('GET', 'a');
    expect(heard()).toEqual([invalidate('a')]);
  });

  it('is told when everything goes, once for all databases', () => {
    tracked();
    call('GET', 'a');
    write('FLUSHALL');
    expect(heard()).toEqual([['invalidate', null]]);
    write('FLUSHDB');
    expect(heard()).toEqual([['invalidate', null]]);
    write('SET', 'a', 1);
    expect(heard()).toEqual([]);
  });

  it('is not told by a client that is gone, and costs nothing once the table is empty', () => {
    tracked();
    call('GET', 'a');
    t.client.session.disconnected();
    expect(t.engine.gate.armed).not.toBe(0);
    write('SET', 'a', 1);
    expect(t.engine.gate.armed).toBe(0);
    expect(t.engine.dispatcher.observers).toBe(0);
  });

  it('is forgotten by tracking off, but not by the table, as in Redis', () => {
    tracked();
    call('GET', 'a');
    call('CLIENT', 'TRACKING', 'off');
    write('SET', 'b', 1);
    tracked();
    write('SET', 'a', 1);
    expect(heard()).toEqual([invalidate('a')]);
  });
});

describe('a redirection', () => {
  let target: TestClient;
  beforeEach(() => {
    target = t.connect();
  });

  it('tells a RESP2 subscriber by a message of the channel', () => {
    target.send('SUBSCRIBE __redis__:invalidate\r\n');
    tracked('REDIRECT', 3);
    call('GET', 'a');
    write('SET', 'a', 1);
    expect(target.connection.take().toString('latin1')).toBe(
      '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\na\r\n',
    );
    expect(heard()).toEqual([]);
    expect(call('CLIENT', 'GETREDIR')).toBe(3);
    expect(call('CLIENT', 'LIST', 'ID', 1)).toContain(' flags=t ');
    expect(call('CLIENT', 'LIST', 'ID', 1)).toContain(' redir=3 ');
  });

  it('tells a RESP3 client by a push, and a RESP2 client that is no subscriber nothing', () => {
    tracked('REDIRECT', 3);
    call('GET', 'a');
    write('SET', 'a', 1);
    expect(heard(target)).toEqual([]);
    target.call('HELLO', 3);
    call('GET', 'a');
    write('SET', 'a', 1);
    expect(heard(target)).toEqual([invalidate('a')]);
  });

  it('that leads nowhere is told to the client itself', () => {
    tracked('REDIRECT', 3);
    call('GET', 'a');
    target.session.disconnected();
    write('SET', 'a', 1);
    expect(heard()).toEqual([['tracking-redir-broken', 3]]);
    expect(call('CLIENT', 'LIST', 'ID', 1)).toContain(' flags=tR ');
    tracked();
    expect(call('CLIENT', 'LIST', 'ID', 1)).toContain(' flags=t ');
  });
});

describe('broadcast mode', () => {
  it('tells of all keys under the prefixes, together, in order, at the end of the turn', () => {
    tracked('BCAST', 'PREFIX', 'b:', 'PREFIX', 'a');
    writer.send('SET b:2 x\r\nSET b:1 x\r\nSET c x\r\nSET a x\r\nSET b:2 y\r\n');
    expect(heard()).toEqual([invalidate('a'), invalidate('b:1', 'b:2')]);
    expect(call('CLIENT', 'LIST', 'ID', 1)).toContain(' flags=tB ');
  });

  it('tells of every key without a prefix, also of one that the server removes', () => {
    tracked('BCAST');
    write('SET', 'k', 1, 'PX', 5);
    expect(heard()).toEqual([invalidate('k')]);
    t.clock.advance(10);
    write('GET', 'k');
    expect(heard()).toEqual([invalidate('k')]);
  });

  it('with NOLOOP leaves out what the client itself changed last', () => {
    tracked('BCAST', 'NOLOOP');
    call('SET', 'mine', 1);
    expect(heard()).toEqual([]);
    write('SET', 'other', 1);
    expect(heard()).toEqual([invalidate('other')]);
    call('SET', 'mine', 1, 'PX', 5);
    t.clock.advance(10);
    write('GET', 'mine');
    expect(heard()).toEqual([invalidate('mine')]);
  });

  it('with many keys sends them all', () => {
    tracked('BCAST');
    const keys = Array.from({ length: 900 }, (_, i) => `key:${i}`);
    // In one command: a pipeline of so many is more than one turn, and each turn tells of its own.
    writer.send(`MSET ${keys.map((key) => `${key} x`).join(' ')}\r\n`);
    expect(heard()).toEqual([invalidate(...keys.sort())]);
  });

  it('refuses prefixes that overlap, wherever they stand, with one answer', () => {
    expect(call('CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'x', 'PREFIX', 'ab', 'PREFIX', 'a')).toBe(
      "-ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client must not overlap.",
    );
    expect(call('CLIENT', 'GETREDIR')).toBe(-1);
  });

  it('ends with the client', () => {
    tracked('BCAST', 'PREFIX', 'a');
    t.client.send('RESET\r\n');
    write('SET', 'a', 1);
    expect(heard()).toEqual([]);
    expect(t.engine.gate.armed).toBe(0);
  });
});

describe('the table', () => {
  const stats = () => t.engine.info([ascii('stats')])[0].fields;

  it('is kept to its limit before a command runs, and those who held a key hear of it', () => {
    tracked();
    for (let i = 0; i < 300; i++) call('GET', `key:${i}`);
    call('CONFIG', 'SET', 'tracking-table-max-keys', 50);
    t.client.send('PING\r\n');
    // One hundred at the first attempt, two hundred at the second.
    expect(stats()).toContainEqual(['tracking_total_keys', 200]);
    t.client.send('PING\r\n');
    expect(stats()).toContainEqual(['tracking_total_keys', 50]);
  });

  it('tells before the answer of the command that made room', () => {
    tracked();
    call('MGET', 'a', 'b');
    call('CONFIG', 'SET', 'tracking-table-max-keys', 1);
    expect(t.client.send('PING\r\n')).toMatch(
      /^>2\r\n\$10\r\ninvalidate\r\n\*1\r\n\$1\r\n[ab]\r\n\+PONG\r\n$/,
    );
  });

  it('is kept to its limit by the cron', () => {
    tracked();
    call('MGET', 'a', 'b', 'c');
    call('CONFIG', 'SET', 'tracking-table-max-keys', 1);
    t.engine.start();
    t.clock.advance(1000);
    t.clock.runTurn();
    expect(heard()).toHaveLength(2);
  });
});

describe('what a command changes for its own client', () => {
  it('is told after EXEC as a whole, after the messages that it published', () => {
    tracked();
    call('SUBSCRIBE', 'c');
    call('MGET', 'a', 'b');
    t.client.send('MULTI\r\nSET a 1\r\nPUBLISH c x\r\nSET b 1\r\n');
    expect(t.client.send('EXEC\r\n')).toBe(
      '*3\r\n+OK\r\n:1\r\n+OK\r\n' +
        '>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n' +
        '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n' +
        '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nb\r\n',
    );
  });

  it('stands between the answers of a pipeline', () => {
    tracked();
    expect(t.client.send('GET a\r\nSET a 1\r\nPING\r\n')).toBe(
      '_\r\n+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n+PONG\r\n',
    );
  });
});
