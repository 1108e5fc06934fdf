/** What the stream commands tell the rest of the server: keyspace events, WATCH, changes counted. */
import { beforeEach, describe, expect, it } from 'vitest';
import { STREAM_COMMANDS } from '../../../../src/core/commands/stream/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { createTestEngine, plain, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let events: () => string[];
const run = (line: string) => plain(t.client.call(...line.split(' ')));

beforeEach(() => {
  t = createTestEngine({ families: [STREAM_COMMANDS, TRANSACTION_COMMANDS] });
  run('XADD s 1-0 a 1');
  run('XADD s 2-0 a 2');
  run('XGROUP CREATE s g 0');
  events = recordEvents(t, NotifyClass.stream | NotifyClass.new);
});

describe('events and changes', () => {
  it.each([
    ['XADD s 3-0 a 3', ['xadd s'], 1],
    ['XADD new 3-0 a 3', ['new new', 'xadd new'], 1],
    ['XADD s MAXLEN 1 3-0 a 3', ['xadd s', 'xtrim s'], 1],
    ['XADD s MAXLEN 9 3-0 a 3', ['xadd s'], 1],
    ['XDEL s 1-0 2-0 3-0', ['xdel s'], 2],
    ['XDEL s 9-0', [], 0],
    ['XTRIM s MAXLEN 0', ['xtrim s'], 2],
    ['XTRIM s MAXLEN 9', [], 0],
    ['XSETID s 9-0', ['xsetid s'], 1],
    ['XGROUP CREATE s h 0', ['xgroup-create s'], 1],
    ['XGROUP CREATE new h 0 MKSTREAM', ['new new', 'xgroup-create new'], 1],
    ['XGROUP SETID s g 1', ['xgroup-setid s'], 1],
    ['XGROUP DESTROY s g', ['xgroup-destroy s'], 1],
    ['XGROUP DESTROY s none', [], 0],
    ['XGROUP CREATECONSUMER s g c', ['xgroup-createconsumer s'], 1],
    ['XREADGROUP GROUP g c STREAMS s >', ['xgroup-createconsumer s'], 2],
    ['XCLAIM s g c 0 1-0', ['xgroup-createconsumer s'], 1],
    ['XAUTOCLAIM s g c 0 0', ['xgroup-createconsumer s'], 1],
    ['XACK s g 1-0', [], 0],
  ])('%s', (line, expected, changes) => {
    const before = t.engine.gate.dirty;
    run(line);
    expect(events()).toEqual(expected);
    expect(t.engine.gate.dirty - before).toBe(changes);
  });

  it('a consumer that is deleted, and entries that are acknowledged', () => {
    run('XREADGROUP GROUP g c STREAMS s >');
    events();
    const before = t.engine.gate.dirty;
    run('XACK s g 1-0 2-0');
    expect(t.engine.gate.dirty - before).toBe(2);
    run('XGROUP DELCONSUMER s g c');
    expect(events()).toEqual(['xgroup-delconsumer s']);
  });
});

describe('WATCH', () => {
  it.each([
    ['XADD s 3-0 a 3', null],
    ['XDEL s 1-0', null],
    ['XTRIM s MAXLEN 0', null],
    ['XGROUP CREATE s h 0', [2]],
    ['XGROUP DESTROY s g', [2]],
    ['XREADGROUP GROUP g c STREAMS s >', [2]],
    ['XSETID s 9-0', [2]],
  ])('hears of entries, not of groups: %s', (line, result) => {
    const other = t.connect();
    for (const words of [['WATCH', 's'], ['MULTI'], ['XLEN', 's']]) other.call(...words);
    run(line);
    expect(plain(other.call('EXEC'))).toEqual(result);
  });
});
