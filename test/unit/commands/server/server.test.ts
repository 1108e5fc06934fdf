import { beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../src/core/base/random.js';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { ReplyError } from '../../../../src/core/commands/errors.js';
import { drawHills } from '../../../../src/core/commands/server/lolwut.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const families = [CONNECTION_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS];
let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families });
});

describe('CONFIG', () => {
  it('SET reaches what the engine keeps for itself', () => {
    expect(call('CONFIG', 'SET', 'proto-max-bulk-len', '1mb', 'slowlog-log-slower-than', '-1')).toBe('OK');
    expect(t.engine.sessions.limits.maxBulkLength).toBe(1048576);
    expect(t.engine.dispatcher.slowUs).toBe(Infinity);
    call('CONFIG', 'SET', 'latency-monitor-threshold', 5);
    expect(t.engine.dispatcher.slowUs).toBe(5000);
  });

  it('a refused SET changes nothing', () => {
    const before = call('CONFIG', 'GET', 'timeout');
    expect(call('CONFIG', 'SET', 'timeout', 7, 'maxclients', 'many')).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't be parsed into an integer",
    );
    expect(call('CONFIG', 'GET', 'timeout')).toEqual(before);
  });

  it('RESETSTAT puts counters back to 0', () => {
    call('GET', 'none');
    call('nonsense');
    expect(t.engine.stats.totalErrors).toBe(1);
    expect(call('CONFIG', 'RESETSTAT')).toBe('OK');
    expect([t.engine.stats.totalErrors, t.engine.store.stats.misses]).toEqual([0, 0]);
  });
});

describe('INFO', () => {
  it('is a bulk string of sections in RESP2 and a verbatim text in RESP3', () => {
    const text = call('INFO', 'server', 'clients') as string;
    expect(text.startsWith('# Server\r\nredis_version:7.2.6\r\n')).toBe(true);
    expect(text).toMatch(/\r\n\r\n# Clients\r\nconnected_clients:1\r\n/);
    call('HELLO', 3);
    expect(t.client.send('INFO cluster\r\n')).toBe('=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n');
  });
});

describe('TIME and LASTSAVE', () => {
  it('answer seconds', () => {
    t.clock.advance(1.5);
    expect(call('TIME')).toEqual(['1700000000', '1500']);
    expect(call('LASTSAVE')).toBe(1_700_000_000);
  });
});

describe('SAVE and BGSAVE', () => {
  it('ask persistence and pass its refusals on', () => {
    const asked: string[] = [];
    t = createTestEngine({
      families,
      persistence: {
        save: () => {
          throw new ReplyError('ERR Background save already in progress');
        },
        backgroundSave: (schedule) => {
          asked.push(`schedule ${schedule}`);
          return schedule ? 'Background saving scheduled' : 'Background saving started';
        },
      },
    });
    expect(call('SAVE')).toBe('-ERR Background save already in progress');
    expect(call('BGSAVE')).toBe('Background saving started');
    expect(call('BGSAVE', 'schedule')).toBe('Background saving scheduled');
    expect(asked).toEqual(['schedule false', 'schedule true']);
  });
});

describe('SHUTDOWN', () => {
  it('is not answered when it goes through', () => {
    expect(t.client.send('SHUTDOWN NOSAVE NOW FORCE\r\n')).toBe('');
    expect(t.client.send('shutdown save\r\n')).toBe('');
    expect(t.client.send('SHUTDOWN\r\n')).toBe('');
    expect(t.shutdowns).toEqual([
      { save: 'nosave', now: true, force: true, abort: false },
      { save: 'save', now: false, force: false, abort: false },
      { save: undefined, now: false, force: false, abort: false },
    ]);
  });

  it('ABORT is answered', () => {
    expect(call('SHUTDOWN', 'ABORT')).toBe('-ERR No shutdown in progress.');
    t.engine.hooks = { ...t.engine.hooks, abortShutdown: () => true };
    expect(call('SHUTDOWN', 'ABORT')).toBe('OK');
    expect(t.shutdowns).toEqual([]);
  });
});

describe('SLOWLOG', () => {
  it('GET shows the newest entries with their clients', () => {
    call('CLIENT', 'SETNAME', 'me');
    call('CONFIG', 'SET', 'slowlog-log-slower-than', 0);
    call('SET', 'k', 'v');
    call('GET', 'k');
    expect(call('SLOWLOG', 'GET', 2)).toEqual([
      [2, 1_700_000_000, 0, ['GET', 'k'], '127.0.0.1:50000', 'me'],
      [1, 1_700_000_000, 0, ['SET', 'k', 'v'], '127.0.0.1:50000', 'me'],
    ]);
    expect(call('SLOWLOG', 'LEN')).toBe(4);
  });
});

describe('SLOWLOG of a transaction', () => {
  it('names what was executed, not EXEC', () => {
    t = createTestEngine({
      families: [...families, TRANSACTION_COMMANDS],
      config: { 'enable-debug-command': 'yes', 'slowlog-log-slower-than': '10000' },
    });
    call('MULTI');
    call('DEBUG', 'SLEEP', '0.02');
    call('DEBUG', 'SLEEP', '0.001');
    call('EXEC');
    expect(call('SLOWLOG', 'GET')).toEqual([
      [0, 1_700_000_000, 20_000, ['DEBUG', 'SLEEP', '0.02'], '127.0.0.1:50000', ''],
    ]);
    expect(call('INFO', 'commandstats')).toContain(
      'cmdstat_debug:calls=2,usec=21000,usec_per_call=10500.00,rejected_calls=0,failed_calls=0\r\n',
    );
  });
});

describe('LATENCY', () => {
  const sleep = (seconds: string) => call('DEBUG', 'SLEEP', seconds);
  beforeEach(() => {
    t = createTestEngine({
      families,
      config: { 'enable-debug-command': 'yes', 'latency-monitor-threshold': '100' },
    });
    for (const seconds of ['0.1', '0.3', '0.099', '0.2']) {
      sleep(seconds);
      t.clock.advance(60_000);
      t.engine.dispatcher.syncWallClock();
    }
  });

  it('keeps what took as long as the threshold', () => {
    expect(call('LATENCY', 'LATEST')).toEqual([['command', 1_700_000_180, 200, 300]]);
    expect(call('LATENCY', 'HISTORY', 'command')).toEqual([
      [1_700_000_000, 100],
      [1_700_000_060, 300],
      [1_700_000_180, 200],
    ]);
    expect(call('LATENCY', 'HISTORY', 'other')).toEqual([]);
  });

  it('GRAPH draws a column for each sample', () => {
    expect(call('LATENCY', 'GRAPH', 'command')).toBe(
      'command - high 300 ms, low 100 ms (all time high 300 ms)\n' +
        `${'-'.repeat(80)}\n` +
        ' # \n |_\n ||\n_||\n   \n431\nmmm\n',
    );
  });

  it('DOCTOR names the event', () => {
    expect(call('LATENCY', 'DOCTOR')).toMatch(
      /^1\. command: 3 latency spikes \(average 200ms, mean deviation 66ms, period 80\.\d\d sec\)\. Worst all time event 300ms\./,
    );
  });

  it('RESET forgets', () => {
    expect(call('LATENCY', 'RESET', 'other')).toBe(0);
    expect(call('LATENCY', 'RESET', 'COMMAND')).toBe(1);
    expect(call('LATENCY', 'LATEST')).toEqual([]);
    expect(call('LATENCY', 'DOCTOR')).toMatch(/^Nothing took 100 ms/);
  });
});

describe('LATENCY HISTOGRAM and INFO latencystats', () => {
  beforeEach(() => {
    t = createTestEngine({ families, config: { 'enable-debug-command': 'yes' } });
  });

  it('count the calls of commands and subcommands', () => {
    call('SET', 'k', 'v');
    call('CLIENT', 'ID');
    call('CLIENT', 'GETNAME');
    call('CLIENT', 'GETNAME');
    const one = ['calls', 1, 'histogram_usec', [1, 1]];
    expect(call('LATENCY', 'HISTOGRAM', 'none', 'SET', 'get')).toEqual(['set', one]);
    expect(call('LATENCY', 'HISTOGRAM', 'client')).toEqual([
      'client|getname',
      ['calls', 2, 'histogram_usec', [1, 2]],
      'client|id',
      one,
    ]);
    expect(call('LATENCY', 'HISTOGRAM', 'client|id')).toEqual(['client|id', one]);
    expect(call('LATENCY', 'HISTOGRAM')).toContain('latency|histogram');
    call('CONFIG', 'RESETSTAT');
    expect(call('LATENCY', 'HISTOGRAM', 'client')).toEqual([]);
  });

  it('follow the durations', () => {
    call('DEBUG', 'SLEEP', '0.6');
    call('DEBUG', 'SLEEP', '0.001');
    expect(call('LATENCY', 'HISTOGRAM', 'debug')).toEqual([
      'debug',
      ['calls', 2, 'histogram_usec', [1056, 1, 1073741, 2]],
    ]);
    expect(call('INFO', 'latencystats')).toContain(
      'latency_percentiles_usec_debug:p50=1003.519,p99=603979.775,p99.9=603979.775\r\n',
    );
  });

  it('stop with latency-tracking', () => {
    call('CONFIG', 'SET', 'latency-tracking', 'no');
    call('GET', 'k');
    expect(call('LATENCY', 'HISTOGRAM', 'get')).toEqual([]);
  });
});

describe('LOLWUT', () => {
  it('draws a picture of the size asked for', () => {
    const lines = (call('LOLWUT', 'VERSION', 5, 20, 4) as string).split('\n');
    expect(lines.slice(0, 4).map((line) => line.length)).toEqual([20, 20, 20, 20]);
    expect(lines.slice(4)).toEqual(['', 'Hills by night, never the same twice. Redis ver. 7.2.6', '']);
    expect(drawHills(1, 1, new SeededRandom(1))).toHaveLength(2);
  });
});
