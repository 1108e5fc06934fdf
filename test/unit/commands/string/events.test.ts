import { beforeEach, describe, expect, it } from 'vitest';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { createTestEngine, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let events: () => string[];

function run(line: string): string[] {
  t.client.call(...line.split(' '));
  return events();
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS] });
  for (const line of ['SET k v', 'SET n 10', 'SET ttl v PXAT 1700000100000'])
    t.client.call(...line.split(' '));
  events = recordEvents(t);
  t.engine.gate.notifyClasses &= ~NotifyClass.new;
});

describe('keyspace events of the string family', () => {
  it.each([
    ['SET k w', ['set k']],
    ['SET k w EX 10', ['set k', 'expire k']],
    ['SET k w PXAT 1', ['set k', 'expire k']],
    ['SET k w KEEPTTL', ['set k']],
    ['SET k w NX', []],
    ['SETNX new w', ['set new']],
    ['SETEX k 10 w', ['set k', 'expire k']],
    ['PSETEX k 10 w', ['set k', 'expire k']],
    ['GETSET k w', ['set k']],
    ['GETDEL k', ['del k']],
    ['GETEX k EX 10', ['expire k']],
    ['GETEX k PXAT 1', ['del k']],
    ['GETEX ttl PERSIST', ['persist ttl']],
    ['GETEX k PERSIST', []],
    ['MSET k 1 j 2', ['set k', 'set j']],
    ['MSETNX i 1 j 2', ['set i', 'set j']],
    ['APPEND k w', ['append k']],
    ['SETRANGE k 3 w', ['setrange k']],
    ['SETRANGE k 3 ', []],
    ['INCR n', ['incrby n']],
    ['DECRBY n 2', ['incrby n']],
    ['INCRBYFLOAT n 1', ['incrbyfloat n']],
  ])('%s: %j', (line, expected) => {
    expect(run(line)).toEqual(expected);
  });

  it('announces a new key before what made it', () => {
    t.engine.gate.notifyClasses |= NotifyClass.new;
    expect(run('SET fresh v')).toEqual(['new fresh', 'set fresh']);
    expect(run('SET fresh w')).toEqual(['set fresh']);
  });

  it('announces misses of reads when somebody wants them', () => {
    t.engine.store.missEvents = true;
    expect(run('GET none')).toEqual(['keymiss none']);
    expect(run('SET none v GET')).toEqual(['keymiss none', 'set none']);
    expect(run('INCR other')).toEqual(['incrby other']);
  });
});
