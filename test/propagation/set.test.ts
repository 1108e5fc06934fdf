/** What each write of the set family, and SORT, sends to replicas and the AOF: the forms of a redis-server 7.2.6. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../src/core/base/bytes.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { LIST_COMMANDS } from '../../src/core/commands/list/table.js';
import { SET_COMMANDS } from '../../src/core/commands/set/table.js';
import { createTestEngine, plain, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string): unknown {
  return plain(t.client.call(...line.split(' ')));
}

beforeEach(() => {
  t = createTestEngine({ families: [SET_COMMANDS, LIST_COMMANDS, GENERIC_COMMANDS] });
  for (const line of ['SADD s 1 2 3', 'SADD one x', 'SADD o 3 4', 'RPUSH l 3 1 2']) run(line);
  t.stream();
});

describe('as it came', () => {
  it.each([
    'SADD s 3 4',
    'SADD new a',
    'SREM s 1 9',
    'SMOVE s o 1',
    'SMOVE s o 3',
    'SINTERSTORE d s o',
    'SINTERSTORE s s none',
    'SUNIONSTORE d s o',
    'SDIFFSTORE s s s',
    'SORT l STORE sorted',
    'SORT none STORE s',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('SPOP', () => {
  it('is sent as the removal of what it took', () => {
    run('SPOP one');
    expect(t.stream()).toEqual(['SREM one x']);
    const member = run('SPOP s') as string;
    expect(t.stream()).toEqual([`SREM s ${member}`]);
  });

  it('with a count, as one removal of them all', () => {
    const members = run('SPOP s 2') as string[];
    expect(t.stream()).toEqual([`SREM s ${members.join(' ')}`]);
  });

  it('of everything, as a deletion', () => {
    run('SPOP s 3');
    expect(t.stream()).toEqual(['DEL s']);
    t.config.load(ascii('lazyfree-lazy-server-del'), [ascii('yes')]);
    run('SPOP o 10');
    expect(t.stream()).toEqual(['UNLINK o']);
  });

  it.each([
    ['many of many', 4000, 1500],
    ['nearly all', 4000, 3900],
  ])('of %s, as removals of 1,024 members each', (_title, size, count) => {
    run(`SADD big ${Array.from({ length: size }, (_, i) => `m${i}`).join(' ')}`);
    t.stream();
    const members = run(`SPOP big ${count}`) as string[];
    const sent = t.stream();
    expect(sent.shift()).toBe('MULTI');
    expect(sent.pop()).toBe('EXEC');
    expect(sent.map((line) => line.split(' ').length - 2)).toEqual(
      Array.from({ length: Math.ceil(count / 1024) }, (_, i) => Math.min(1024, count - i * 1024)),
    );
    expect(sent.flatMap((line) => line.split(' ').slice(2))).toEqual(members);
    expect(new Set(members).size).toBe(count);
    expect(run('SCARD big')).toBe(size - count);
  });
});

describe('not at all', () => {
  it.each([
    'SADD s 1',
    'SREM s 9',
    'SREM none 1',
    'SMOVE s o 9',
    'SMOVE s s 1',
    'SINTERSTORE none s nothing',
    'SPOP none',
    'SPOP s 0',
    'SRANDMEMBER s 2',
    'SORT l',
    'SORT none STORE nothing',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});
