import { beforeEach, describe, expect, it } from 'vitest';
import { HASH_COMMANDS } from '../../../../src/core/commands/hash/table.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { createTestEngine, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let events: () => string[];

function run(line: string): string[] {
  t.client.call(...line.split(' '));
  return events();
}

beforeEach(() => {
  t = createTestEngine({ families: [HASH_COMMANDS] });
  for (const line of [
    'HSET h a 1 b 2',
    'HSET one f v',
    'HPEXPIRE h 10 FIELDS 1 a',
    'HPEXPIRE one 10 FIELDS 1 f',
  ])
    t.client.call(...line.split(' '));
  events = recordEvents(t);
  t.engine.gate.notifyClasses &= ~NotifyClass.new;
});

describe('keyspace events of the hash family', () => {
  it.each([
    ['HSET h a 9 c 3', ['hset h']],
    ['HMSET h a 9 c 3', ['hset h']],
    ['HSETNX h c 1', ['hset h']],
    ['HSETNX h a 1', []],
    ['HINCRBY h a 1', ['hincrby h']],
    ['HINCRBYFLOAT h a 1', ['hincrbyfloat h']],
    ['HDEL h a x', ['hdel h']],
    ['HDEL h a b', ['hdel h', 'del h']],
    ['HDEL h x', []],
    ['HEXPIRE h 10 FIELDS 2 a b', ['hexpire h']],
    ['HEXPIRE h 10 XX FIELDS 1 b', []],
    ['HEXPIRE h 0 FIELDS 1 a', ['hdel h']],
    ['HEXPIRE h 0 FIELDS 2 a b', ['hdel h', 'del h']],
    ['HPERSIST h FIELDS 2 a b', ['hpersist h']],
    ['HPERSIST h FIELDS 1 b', []],
  ])('%s: %j', (line, expected) => {
    expect(run(line)).toEqual(expected);
  });

  it('tells of fields whose time is over, and of the hash that has no others', () => {
    t.clock.advance(11);
    expect(run('HGET h b')).toEqual(['hexpired h']);
    expect(run('HGET h b')).toEqual([]);
    expect(run('HSET one g w')).toEqual(['hexpired one', 'del one', 'hset one']);
  });

  it('are of the class of hashes', () => {
    t.engine.gate.notifyClasses = NotifyClass.hash;
    expect(run('HPERSIST h FIELDS 1 a')).toEqual(['hpersist h']);
    t.clock.advance(11);
    expect(run('HLEN one')).toEqual(['hexpired one']);
    t.engine.gate.notifyClasses = NotifyClass.expired;
    expect(run('HEXPIRE h 10 FIELDS 1 b')).toEqual([]);
  });
});
