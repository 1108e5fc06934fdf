/**
 * What each write of the stream family sends to replicas and the AOF: the forms that a redis-server 7.2.6 writes to its AOF
 * for the same commands; besides, consumers that get nothing (docs/differences.md). The clock stands at 1,700,000,000,000 ms.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { STREAM_COMMANDS } from '../../src/core/commands/stream/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(...lines: string[]): void {
  for (const line of lines) t.client.call(...line.split(' '));
}

/** What a claimed or delivered entry becomes. */
const claimed = (consumer: string, id: string, count: number, lastId: string, time = 1700000000000) =>
  `XCLAIM s g ${consumer} 0 ${id} TIME ${time} RETRYCOUNT ${count} FORCE JUSTID LASTID ${lastId}`;

beforeEach(() => {
  t = createTestEngine({ families: [STREAM_COMMANDS, TRANSACTION_COMMANDS] });
  for (let i = 1; i <= 4; i++) run(`XADD s ${i}-0 n ${i}`);
  run('XGROUP CREATE s g 0');
  t.stream();
});

describe('as it came', () => {
  it.each([
    'XADD s 5-5 n 5',
    'XADD s MAXLEN 2 5-5 n 5',
    'XADD s MAXLEN = 2 5-5 n 5',
    'xadd new minid 2 5-5 n 5',
    'XDEL s 1-0 9-9',
    'XTRIM s MAXLEN 1',
    'XTRIM s MINID = 3',
    'XSETID s 9-0',
    'XGROUP CREATE s h $',
    'XGROUP CREATE new h $ MKSTREAM',
    'XGROUP SETID s g $',
    'XGROUP CREATECONSUMER s g c',
    'XGROUP DESTROY s g',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });

  it('XACK and XGROUP DELCONSUMER', () => {
    run('XREADGROUP GROUP g c STREAMS s >');
    t.stream();
    run('XACK s g 1-0 2-0 2-0', 'XACK s g 1-0', 'XGROUP DELCONSUMER s g c', 'XGROUP DELCONSUMER s g c');
    expect(t.stream()).toEqual(['XACK s g 1-0 2-0 2-0', 'XGROUP DELCONSUMER s g c']);
  });
});

describe('rewritten', () => {
  it.each([
    ['XADD s * n 5', 'XADD s 1700000000000-0 n 5'],
    ['XADD s 4-* n 5', 'XADD s 4-1 n 5'],
    ['XADD s NOMKSTREAM 7-* n 5', 'XADD s NOMKSTREAM 7-0 n 5'],
    ['XADD s MAXLEN ~ 2 5-0 n 5', 'XADD s MAXLEN = 5 5-0 n 5'],
    ['XADD s MAXLEN ~ 2 LIMIT 10 * n 5', 'XADD s MAXLEN = 5 LIMIT 10 1700000000000-0 n 5'],
    ['XADD s MINID ~ 3 5-0 n 5', 'XADD s MINID = 1-0 5-0 n 5'],
    ['XTRIM s MAXLEN ~ 0', 'XTRIM s MAXLEN = 0'],
    ['XTRIM s MINID ~ 9 LIMIT 100', 'XTRIM s MINID = 18446744073709551615-18446744073709551615 LIMIT 100'],
  ])('%s becomes %s', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual([sent]);
  });

  it('names the first id that is left, where whole nodes went', () => {
    for (let i = 5; i <= 250; i++) run(`XADD s ${i}-0 n ${i}`);
    t.stream();
    run('XTRIM s MINID ~ 150', 'XTRIM s MAXLEN ~ 120');
    expect(t.stream()).toEqual(['XTRIM s MINID = 101-0']);
    run('XTRIM s MAXLEN ~ 50');
    expect(t.stream()).toEqual(['XTRIM s MAXLEN = 50']);
  });

  it('names the id of the first node when its entry is deleted', () => {
    run('XDEL s 1-0');
    t.stream();
    run('XADD s MINID ~ 3 5-0 n 5');
    expect(t.stream()).toEqual(['XADD s MINID = 1-0 5-0 n 5']);
  });
});

describe('reading through a group', () => {
  it('is a claim for each entry', () => {
    run('XREADGROUP GROUP g c COUNT 2 STREAMS s >');
    expect(t.stream()).toEqual([
      'MULTI',
      claimed('c', '1-0', 1, '1-0'),
      claimed('c', '2-0', 1, '2-0'),
      'EXEC',
    ]);
    run('XREADGROUP GROUP g c COUNT 1 STREAMS s >');
    expect(t.stream()).toEqual([claimed('c', '3-0', 1, '3-0')]);
  });

  it('without acknowledgement is the consumer and the position', () => {
    run('XREADGROUP GROUP g c NOACK COUNT 3 STREAMS s >');
    expect(t.stream()).toEqual([
      'MULTI',
      'XGROUP CREATECONSUMER s g c',
      'XGROUP SETID s g 3-0 ENTRIESREAD 3',
      'EXEC',
    ]);
    run('XREADGROUP GROUP g c NOACK STREAMS s >');
    expect(t.stream()).toEqual(['XGROUP SETID s g 4-0 ENTRIESREAD 4']);
  });

  it('says no number of entries read that a replica would refuse', () => {
    run('XGROUP SETID s g 0 ENTRIESREAD 9223372036854775807');
    t.stream();
    run('XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >');
    expect(t.stream()).toContain('XGROUP SETID s g 1-0 ENTRIESREAD -1');
  });

  it('is nothing where nothing is new, nor for what is read again', () => {
    run('XREADGROUP GROUP g c STREAMS s >');
    t.stream();
    run('XREADGROUP GROUP g c STREAMS s >', 'XREADGROUP GROUP g c STREAMS s 0');
    expect(t.stream()).toEqual([]);
  });

  it('is the consumer, where it is new and gets nothing', () => {
    run('XREADGROUP GROUP g c STREAMS s >');
    t.stream();
    run('XREADGROUP GROUP g d STREAMS s >', 'XREADGROUP GROUP g e STREAMS s 0');
    expect(t.stream()).toEqual(['XGROUP CREATECONSUMER s g d', 'XGROUP CREATECONSUMER s g e']);
  });

  it('is one claim for each entry that a blocked client gets, after the entry', () => {
    run('XREADGROUP GROUP g c NOACK STREAMS s >');
    const waiting = t.connect();
    waiting.call('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>');
    t.stream();
    run('XADD s 9-0 n 9');
    expect(t.stream()).toEqual(['XADD s 9-0 n 9', claimed('c', '9-0', 1, '9-0')]);
  });
});

describe('claiming', () => {
  beforeEach(() => {
    run('XREADGROUP GROUP g c COUNT 3 STREAMS s >');
    t.stream();
  });

  it('is a claim with what it came to', () => {
    run('XCLAIM s g d 0 1-0 IDLE 1000');
    expect(t.stream()).toEqual([claimed('d', '1-0', 2, '3-0', 1699999999000)]);
    run('XCLAIM s g d 0 2 RETRYCOUNT 9 JUSTID');
    expect(t.stream()).toEqual([claimed('d', '2', 9, '3-0')]);
    run('XCLAIM s g d 0 4-0 FORCE JUSTID LASTID 4-0');
    expect(t.stream()).toEqual([claimed('d', '4-0', 1, '4-0')]);
  });

  it('is the position when only that moved', () => {
    run('XCLAIM s g c 0 9-9 LASTID 4-0');
    expect(t.stream()).toEqual(['XGROUP SETID s g 4-0 ENTRIESREAD 3']);
  });

  it('is a claim for an entry that was deleted, too', () => {
    run('XDEL s 1-0 2-0');
    t.stream();
    run('XCLAIM s g d 0 1-0');
    expect(t.stream()).toEqual([
      'MULTI',
      claimed('c', '1-0', 1, '3-0'),
      'XGROUP CREATECONSUMER s g d',
      'EXEC',
    ]);
    run('XAUTOCLAIM s g d 0 0');
    expect(t.stream()).toEqual([
      'MULTI',
      claimed('c', '2-0', 1, '3-0'),
      claimed('d', '3-0', 2, '3-0'),
      'EXEC',
    ]);
  });

  it('is nothing when nothing was claimed', () => {
    run('XCLAIM s g c 100000 1-0', 'XCLAIM s g c 0 9-9', 'XAUTOCLAIM s g c 100000 0', 'XAUTOCLAIM s g c 0 9');
    expect(t.stream()).toEqual([]);
  });

  it('is the consumer, where it is new and nothing was claimed', () => {
    run('XCLAIM s g e 100000 1-0', 'XCLAIM s g f 0 9-9', 'XAUTOCLAIM s g h 100000 0');
    expect(t.stream()).toEqual(['e', 'f', 'h'].map((name) => `XGROUP CREATECONSUMER s g ${name}`));
  });
});

describe('not at all', () => {
  it.each([
    'XADD new NOMKSTREAM * n 1',
    'XADD s 1-0 n 1',
    'XDEL s 9-9',
    'XTRIM s MAXLEN 100',
    'XTRIM s MAXLEN ~ 2',
    'XGROUP CREATE s g 0',
    'XGROUP DESTROY s none',
    'XGROUP DELCONSUMER s g none',
    'XACK s g 1-0',
    'XRANGE s - +',
    'XREAD STREAMS s 0',
    'XPENDING s g',
    'XINFO STREAM s',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});

describe('from the master', () => {
  it('trims without a limit, as the master did', () => {
    for (let i = 5; i <= 250; i++) run(`XADD s ${i}-0 n ${i}`);
    t.stream();
    t.engine.store.expiryPolicy = 'keep';
    run('XTRIM s MAXLEN = 10 LIMIT 1');
    expect(t.stream()).toEqual(['XTRIM s MAXLEN = 10 LIMIT 1']);
    t.engine.updateExpiryPolicy();
    expect(t.client.call('XLEN', 's')).toEqual({ type: 'integer', value: 10 });
  });
});
