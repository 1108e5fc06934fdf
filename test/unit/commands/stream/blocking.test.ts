/** XREAD and XREADGROUP that wait: who is served, in which order, and what ends the waiting. */
import { beforeEach, describe, expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { STREAM_COMMANDS } from '../../../../src/core/commands/stream/table.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

const NO_GROUP = (key: string, group: string) =>
  `-NOGROUP No such key '${key}' or consumer group '${group}' in XREADGROUP with GROUP option`;
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';

let t: TestEngine;
const run = (line: string) => plain(t.client.call(...line.split(' ')));
const answers = (client: TestClient) => client.replies().map(plain);

/** A client that sent the command and has got nothing yet. */
function waiting(line: string): TestClient {
  const client = t.connect();
  expect(client.call(...line.split(' '))).toBeUndefined();
  return client;
}

beforeEach(() => {
  t = createTestEngine({
    families: [GENERIC_COMMANDS, SERVER_COMMANDS, STREAM_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS],
  });
});

describe('XREAD BLOCK', () => {
  it('waits for what comes behind the last entry', () => {
    run('XADD s 1-0 a 1');
    const one = waiting('XREAD BLOCK 0 STREAMS s $');
    const two = waiting('XREAD COUNT 1 BLOCK 0 STREAMS none s 0 $');
    run('XADD s 2-0 a 2');
    expect(answers(one)).toEqual([[['s', [['2-0', ['a', '2']]]]]]);
    expect(answers(two)).toEqual([[['s', [['2-0', ['a', '2']]]]]]);
  });

  it('gets all of a transaction at once', () => {
    const client = waiting('XREAD BLOCK 0 STREAMS s $');
    for (const line of ['MULTI', 'XADD s 1-0 a 1', 'XADD s 2-0 a 2', 'EXEC']) run(line);
    const entries = [
      ['1-0', ['a', '1']],
      ['2-0', ['a', '2']],
    ];
    expect(answers(client)).toEqual([[['s', entries]]]);
  });

  it('answers null when its time is over, and does not wait in a transaction', () => {
    const client = waiting('XREAD BLOCK 100 STREAMS s $');
    t.clock.advance(101);
    expect(answers(client)).toEqual([null]);
    run('MULTI');
    run('XREAD BLOCK 0 STREAMS s $');
    expect(run('EXEC')).toEqual([null]);
  });

  it('waits on when the key becomes something else, or goes', () => {
    run('XADD s 1-0 a 1');
    const client = waiting('XREAD BLOCK 0 STREAMS s $');
    run('SET s text');
    run('DEL s');
    run('XADD other 9-0 a 9');
    expect(answers(client)).toEqual([]);
    run('RENAME other s');
    expect(answers(client)).toEqual([[['s', [['9-0', ['a', '9']]]]]]);
  });
});

describe('XREADGROUP BLOCK', () => {
  beforeEach(() => {
    run('XGROUP CREATE s g $ MKSTREAM');
    run('XGROUP CREATE s h $');
  });

  it('serves the consumers of a group in turn, and each group', () => {
    const ann = waiting('XREADGROUP GROUP g Ann BLOCK 0 COUNT 1 STREAMS s >');
    const bob = waiting('XREADGROUP GROUP g Bob BLOCK 0 COUNT 1 STREAMS s >');
    const cy = waiting('XREADGROUP GROUP h Cy BLOCK 0 COUNT 1 STREAMS s >');
    run('XADD s 1-0 a 1');
    expect([answers(ann), answers(bob), answers(cy)]).toEqual([
      [[['s', [['1-0', ['a', '1']]]]]],
      [],
      [[['s', [['1-0', ['a', '1']]]]]],
    ]);
    run('XADD s 2-0 a 2');
    expect(answers(bob)).toEqual([[['s', [['2-0', ['a', '2']]]]]]);
    expect(run('XPENDING s g')).toEqual([
      2,
      '1-0',
      '2-0',
      [
        ['Ann', '1'],
        ['Bob', '1'],
      ],
    ]);
  });

  it('does not wait for what is pending', () => {
    expect(run('XREADGROUP GROUP g Ann BLOCK 0 STREAMS s 0')).toEqual([['s', []]]);
  });

  it.each([
    ['XGROUP DESTROY s g', NO_GROUP('s', 'g')],
    ['DEL s', NO_GROUP('s', 'g')],
    ['FLUSHDB', NO_GROUP('s', 'g')],
    ['FLUSHALL', NO_GROUP('s', 'g')],
    ['SWAPDB 0 1', NO_GROUP('s', 'g')],
    ['RENAME s moved', NO_GROUP('s', 'g')],
    ['SET s text', WRONG_TYPE],
  ])('%s ends the waiting', (line, error) => {
    const client = waiting('XREADGROUP GROUP g Ann BLOCK 0 STREAMS s >');
    run(line);
    expect(answers(client)).toEqual([error]);
  });

  it('is ended by the expiry of the key', () => {
    const client = waiting('XREADGROUP GROUP g Ann BLOCK 0 STREAMS s >');
    run('PEXPIRE s 50');
    t.clock.advance(51);
    run('EXISTS s');
    expect(answers(client)).toEqual([NO_GROUP('s', 'g')]);
  });

  it('is not disturbed by deletions and trimming', () => {
    run('XADD s 1-0 a 1');
    run('XREADGROUP GROUP g Ann STREAMS s >');
    const client = waiting('XREADGROUP GROUP g Ann BLOCK 0 STREAMS s >');
    t.clock.advance(1000);
    run('XDEL s 1-0');
    run('XTRIM s MAXLEN 0');
    run('XSETID s 5-0');
    expect(answers(client)).toEqual([]);
    // It was not run again: the consumer was last seen when it began to wait.
    expect(run('XINFO CONSUMERS s g')).toEqual([
      ['name', 'Ann', 'pending', 1, 'idle', 1000, 'inactive', 1000],
    ]);
  });

  it('goes on with another group when one is destroyed', () => {
    const client = waiting('XREADGROUP GROUP h Cy BLOCK 0 STREAMS s >');
    run('XGROUP DESTROY s g');
    expect(answers(client)).toEqual([]);
    run('XADD s 1-0 a 1');
    expect(answers(client)).toEqual([[['s', [['1-0', ['a', '1']]]]]]);
  });

  it('shows in INFO among the keys whose end is waited for', () => {
    waiting('XREADGROUP GROUP g Ann BLOCK 0 STREAMS s >');
    waiting('XREAD BLOCK 0 STREAMS s other $ $');
    const clients = String(run('INFO clients'));
    expect(clients).toContain('total_blocking_keys:2\r\n');
    expect(clients).toContain('total_blocking_keys_on_nokey:1\r\n');
  });
});
