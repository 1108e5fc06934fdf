import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Bytes, ascii } from '../../../../src/core/base/bytes.js';
import { Config, ConfigError, Veto } from '../../../../src/core/services/config/config.js';
import { Refusal } from '../../../../src/core/services/config/directive.js';
import {
  DIRECTIVES,
  OWN_DIRECTIVES,
  WITHOUT_EFFECT,
  camelName,
} from '../../../../src/core/services/config/tables.js';
import { logTo } from '../../../../src/core/services/log.js';
import { projectRoot } from '../../../support/server-process.js';

const pairs = (...flat: string[]): [Bytes, Bytes][] =>
  flat.flatMap((name, i) => (i % 2 === 0 ? [[ascii(name), ascii(flat[i + 1])] as [Bytes, Bytes]] : []));

function refusal(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof Refusal) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('values', () => {
  it('start at the defaults of Redis, typed, under camel case names', () => {
    const { values } = new Config();
    expect(values.maxmemory).toBe(0);
    expect(values.maxmemoryPolicy).toBe('noeviction');
    expect(values.replicaReadOnly).toBe(true);
    expect(values.serverCpulist).toBe('');
    expect(values.unixsocketperm).toBe(0);
    expect(values.bind).toEqual(['*', '-::*']);
    expect(values.save).toEqual([
      { seconds: 3600, changes: 1 },
      { seconds: 300, changes: 100 },
      { seconds: 60, changes: 10000 },
    ]);
    expect(values.clientOutputBufferLimit.replica).toEqual({
      hardBytes: 268435456,
      softBytes: 67108864,
      softSeconds: 60,
    });
    expect(values.replicaof).toBeUndefined();
    expect(values.latencyTrackingInfoPercentiles).toEqual([50, 99, 99.9]);
    expect(values.shutdownOnSigterm).toEqual([]);
    expect(values.replCompatVersion).toBe('7.0');
  });

  it('show the defaults that cannot be compared with a running server', () => {
    const config = new Config();
    expect(config.text('bind')).toBe('* -::*');
    expect(config.text('save')).toBe('3600 1 300 100 60 10000');
    expect(config.text('port')).toBe('6379');
    expect(config.text('maxclients')).toBe('10000');
    expect(config.text('dir')).toBe('');
  });

  it('follow every change, also through the same object', () => {
    const config = new Config();
    const { values } = config;
    config.set(
      pairs('maxmemory', '1mb', 'save', '5 6', 'notify-keyspace-events', 'Kg', 'oom-score-adj', 'relative'),
    );
    expect(values.maxmemory).toBe(1048576);
    expect(values.save).toEqual([{ seconds: 5, changes: 6 }]);
    expect(values.notifyKeyspaceEvents).toBe(0b101);
    expect(values.oomScoreAdj).toBe('yes');
    expect(config.get('maxmemory')).toBe(1048576);
    config.set(pairs('maxmemory-clients', '3%', 'shutdown-on-sigint', 'force save'));
    expect(values.maxmemoryClients).toBe(-3);
    expect(values.shutdownOnSigint).toEqual(['save', 'force']);
  });

  it('belong to one server each', () => {
    const one = new Config();
    const two = new Config();
    one.set(pairs('hz', '99'));
    expect([one.values.hz, two.values.hz]).toEqual([99, 10]);
  });

  it('keep exact text where a number cannot', () => {
    const config = new Config();
    config.set(pairs('maxmemory', '9007199254740993'));
    expect(config.text('maxmemory')).toBe('9007199254740993');
    expect(config.values.maxmemory).toBe(9007199254740992);
    config.set(pairs('maxmemory', '18446744073709551615'));
    expect(config.values.maxmemory).toBe(2 ** 64);
  });

  it('keep bytes as they are, up to a NUL where C keeps a string', () => {
    const config = new Config();
    config.set(pairs('masterauth', 'a\0\xff', 'replica-announce-ip', 'ab\0cd'));
    expect(config.text('masterauth')).toBe('a\0\xff');
    expect(config.text('replica-announce-ip')).toBe('ab');
  });
});

describe('the tables', () => {
  it('name each property once', () => {
    const names = Object.keys(DIRECTIVES);
    expect(new Set(names.map(camelName)).size).toBe(names.length);
    const spellings = [...names, ...Object.values(DIRECTIVES).flatMap(({ alias }) => alias ?? [])];
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  it('have all that 7.2.6 has, and ours', () => {
    expect(Object.keys(DIRECTIVES)).toHaveLength(183 + OWN_DIRECTIVES.length);
    expect(Object.values(DIRECTIVES).filter(({ alias }) => alias)).toHaveLength(19);
  });

  it('give a reason for each directive without effect', () => {
    for (const [name, reason] of WITHOUT_EFFECT) {
      expect(Object.keys(DIRECTIVES)).toContain(name);
      expect(reason).not.toBe('');
    }
  });

  it('without effect are named in docs/serve.md, all of them with the reason', () => {
    const page = readFileSync(path.join(projectRoot, 'docs/serve.md'), 'utf8').split('\n');
    for (const [name, reason] of WITHOUT_EFFECT) {
      const row = page.find((line) => line.startsWith('| `') && line.includes(`\`${name}\``));
      expect(row, name).toContain(`| ${reason} |`);
    }
  });

  it('mark what must not be shown', () => {
    const config = new Config();
    expect(config.hasFlag(ascii('REQUIREPASS'), 'sensitive')).toBe(true);
    expect(config.hasFlag(ascii('slaveof'), 'immutable')).toBe(true);
    expect(config.hasFlag(ascii('port'), 'sensitive')).toBe(false);
    expect(config.hasFlag(ascii('nothing'), 'sensitive')).toBe(false);
    expect(config.primaryName(ascii('SLAVEOF'))).toBe('replicaof');
  });
});

describe('set', () => {
  it('changes all or nothing', () => {
    const config = new Config();
    const reply = refusal(() =>
      config.set(pairs('hz', '50', 'save', '1 1', 'timeout', '-1', 'loglevel', 'debug')),
    );
    expect(reply).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive",
    );
    expect(config.values.hz).toBe(10);
    expect(config.text('save')).toBe('3600 1 300 100 60 10000');
    expect(config.values.loglevel).toBe('notice');
  });

  it('asks about the moment and the client', () => {
    const config = new Config();
    const set = (name: string, value: string, context = {}) =>
      refusal(() => config.set(pairs(name, value), context));
    expect(set('appendonly', 'yes', { loading: true })).toBe(
      'LOADING Redis is loading the dataset in memory',
    );
    expect(set('hz', '20', { loading: true })).toBe('accepted');
    const denied = "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config";
    expect(set('dir', '/x')).toBe(denied);
    config.load(ascii('enable-protected-configs'), [ascii('local')]);
    expect(set('dir', '/x')).toBe(denied);
    expect(set('dir', '/x', { local: true })).toBe('accepted');
    config.load(ascii('enable-protected-configs'), [ascii('yes')]);
    expect(set('dir', '/y')).toBe('accepted');
    expect(config.text('dir')).toBe('/y');
  });

  it('refuses what would not be true here', () => {
    const config = new Config();
    expect(refusal(() => config.set(pairs('activedefrag', 'yes')))).toContain(
      "'activedefrag') - Active defragmentation cannot be enabled",
    );
    expect(refusal(() => config.load(ascii('cluster-enabled'), [ascii('yes')]))).toBe(
      'cluster mode is not supported',
    );
    expect(refusal(() => config.load(ascii('tls-port'), [ascii('6390')]))).toBe(
      'TLS connections are not accepted here: tls-port must be 0',
    );
    config.load(ascii('tls-port'), [ascii('0')]);
    config.set(pairs('repl-compat-version', '6.2'));
    expect(config.values.replCompatVersion).toBe('6.2');
    expect(refusal(() => config.set(pairs('repl-compat-version', '5.0')))).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'repl-compat-version') - argument(s) must be one of the following: 6.2, 7.0, 7.2, 7.4",
    );
  });
});

describe('listeners', () => {
  it('hear once of several changes, in the order of the pairs, and not of what stayed', () => {
    const config = new Config();
    const heard: string[] = [];
    const tls = () => heard.push('tls');
    config.onChange(['port', 'bind'], ({ port, bind }) => heard.push(`listen ${port} ${bind.join()}`));
    config.onChange('hz', ({ hz }) => heard.push(`hz ${hz}`));
    config.onChange(['tls-cert-file', 'tls-ciphers'], tls);
    config.set(pairs('hz', '20', 'bind', '::1', 'port', '1'));
    expect(heard).toEqual(['hz 20', 'listen 1 ::1']);
    config.set(pairs('hz', '20', 'port', '1'));
    expect(heard).toHaveLength(2);
    // The content of a certificate may have changed though its name has not.
    config.set(pairs('tls-cert-file', ''));
    config.set(pairs('tls-ciphers', ''));
    expect(heard.slice(2)).toEqual(['tls']);
  });

  it('hear of an alias, and an alias in a fault is named as it was given', () => {
    const config = new Config();
    let heard = 0;
    config.onChange('replica-read-only', () => heard++);
    config.set(pairs('slave-read-only', 'no'));
    expect(heard).toBe(1);
    expect(refusal(() => config.set(pairs('SLAVE-read-only', 'x')))).toContain("argument 'slave-read-only')");
  });

  it('can veto: all values are put back and all listeners hear of it', () => {
    const lines: string[] = [];
    const config = new Config(logTo((level, message) => lines.push(`${level}: ${message}`)));
    const seen: [string, number][] = [];
    config.onChange('hz', ({ hz }) => seen.push(['hz', hz]));
    config.onChange('port', ({ port }) => {
      seen.push(['port', port]);
      if (port === 1) throw new Veto('Unable to listen on this port. Check server logs.');
    });
    config.onChange('timeout', ({ timeout }) => seen.push(['timeout', timeout]));
    expect(refusal(() => config.set(pairs('hz', '20', 'port', '1', 'timeout', '5')))).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
    );
    expect([config.values.hz, config.values.port, config.values.timeout]).toEqual([10, 6379, 0]);
    expect(seen).toEqual([
      ['hz', 20],
      ['port', 1],
      ['hz', 10],
      ['port', 6379],
      ['timeout', 0],
    ]);
    expect(lines).toEqual([
      'warning: Failed applying new configuration. Possibly related to new port setting. Restoring previous settings.',
    ]);
  });

  it('that fail on the old values, too, are logged', () => {
    const lines: string[] = [];
    const config = new Config(logTo((_, message) => lines.push(message)));
    config.onChange('port', () => {
      throw new Veto('no luck');
    });
    expect(refusal(() => config.set(pairs('port', '1')))).toContain('- no luck');
    expect(lines[1]).toBe('Failed applying restored failed CONFIG SET command: no luck');
    expect(config.values.port).toBe(6379);
  });

  it('that break otherwise leave the old values and the error', () => {
    const config = new Config();
    config.onChange('port', () => {
      throw new TypeError('a bug');
    });
    expect(() => config.set(pairs('port', '1'))).toThrow(TypeError);
    expect(config.values.port).toBe(6379);
  });
});

describe('load and assign', () => {
  it('take a multi-valued directive as one argument or as several', () => {
    const config = new Config();
    config.load(ascii('client-output-buffer-limit'), [ascii('normal 1 2 3 slave 4 5 6')]);
    expect(config.text('client-output-buffer-limit')).toBe(
      'normal 1 2 3 slave 4 5 6 pubsub 33554432 8388608 60',
    );
    config.load(ascii('replicaof'), ['localhost', '7000'].map(ascii));
    expect(config.values.replicaof).toEqual({ host: 'localhost', port: 7000 });
    expect(config.text('replicaof')).toBe('localhost 7000');
    config.assign('replicaof', ascii('no'), ascii('one'));
    expect(config.values.replicaof).toBeUndefined();
  });

  it('let the first save of a file replace the defaults and the next ones add', () => {
    const config = new Config();
    config.load(ascii('save'), [ascii('900'), ascii('1')]);
    config.load(ascii('save'), [ascii('300 10')]);
    expect(config.text('save')).toBe('900 1 300 10');
    config.load(ascii('save'), [ascii('')]);
    expect(config.text('save')).toBe('');
    config.load(ascii('save'), [ascii('5'), ascii('5')]);
    expect(config.text('save')).toBe('5 5');
    config.set(pairs('save', '7 7'));
    expect(config.text('save')).toBe('7 7');
  });

  it('do not call listeners, and assign ignores flags', () => {
    const config = new Config();
    config.onChange(['port', 'dir'], () => expect.fail('called'));
    config.load(ascii('port'), [ascii('7')]);
    config.assign('port', ascii('8'));
    config.assign('dir', ascii('/data'));
    expect([config.values.port, config.values.dir]).toEqual([8, '/data']);
  });
});
