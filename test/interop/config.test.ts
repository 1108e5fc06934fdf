/**
 * The configuration against a real 7.2.6: names and defaults, what CONFIG SET answers and leaves behind, CONFIG REWRITE, the
 * command line, and the text of a configuration that cannot be read.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bytes, ascii, fromBuffer, fromText } from '../../src/core/base/bytes.js';
import { aclCommands } from '../../src/core/commands/acl/call.js';
import { FAMILIES } from '../../src/core/commands/families.js';
import { CommandTable } from '../../src/core/commands/table.js';
import { ConfiguredUsers } from '../../src/core/services/acl/configured.js';
import { parseServerArgv } from '../../src/core/services/config/argv.js';
import {
  type ConfHandlers,
  ConfFileError,
  joinConf,
  loadConf,
} from '../../src/core/services/config/conf-file.js';
import { Config, ConfigError } from '../../src/core/services/config/config.js';
import { rewriteConf } from '../../src/core/services/config/rewrite.js';
import { OWN_DIRECTIVES } from '../../src/core/services/config/tables.js';
import { NO_LOG } from '../../src/core/services/log.js';
import { type RespConnection } from '../support/resp-connection.js';
import { type Reply } from '../support/resp-decoder.js';
import { type RunningServer, redisVersion, startServer } from '../support/server-process.js';

/** A redis-server 7.2: $REDIS_SERVER, those of $REAL_REDIS_SERVERS, or the one on the PATH. */
const bin = [
  process.env.REDIS_SERVER ?? '',
  ...(process.env.REAL_REDIS_SERVERS ?? '').split(delimiter),
  'redis-server',
].find((path) => path !== '' && redisVersion(path)?.slice(0, 2).join('.') === '7.2');

/** What the server under test is started with, or finds out about its machine. */
const GIVEN = new Set(['port', 'bind', 'dir', 'save', 'maxclients']);

const HIDDEN = [
  'use-exit-on-panic',
  'aof-disable-auto-gc',
  'rdb-key-save-delay',
  'key-load-delay',
  'watchdog-period',
  'cluster-ping-interval',
  'loading-process-events-interval-bytes',
];

const commands = aclCommands(new CommandTable(FAMILIES));
let users: ConfiguredUsers;
beforeEach(() => (users = new ConfiguredUsers({ commands, log: NO_LOG, allChannelsByDefault: () => false })));

const handlers: ConfHandlers = {
  include: () => ({ text: ascii('') }),
  user: (args) => users.append(args),
  renameCommand: () => undefined,
};

function text(reply: Reply): string {
  if ('text' in reply) return reply.text;
  throw new Error(`unexpected ${reply.type}`);
}

async function getAll(client: RespConnection, ...patterns: string[]): Promise<[string, string][]> {
  const reply = await client.send('CONFIG', 'GET', ...patterns);
  if (!('items' in reply)) throw new Error(`unexpected ${reply.type}`);
  const flat = reply.items.map(text);
  return flat.filter((_, i) => i % 2 === 0).map((name, i) => [name, flat[2 * i + 1]]);
}

const sorted = (pairs: readonly (readonly [string, string])[]) =>
  [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);

function ours(config: Config, pairs: [string, string][]): string {
  try {
    config.set(pairs.map(([name, value]) => [fromText(name), fromText(value)]));
    return 'OK';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe.skipIf(bin === undefined)('configuration against redis 7.2.6', () => {
  let server: RunningServer;
  let real: RespConnection;
  let folder: string;
  beforeAll(async () => {
    server = await startServer([bin!]);
    real = await server.connect();
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'redis-ts-conf-')));
  });
  afterAll(async () => {
    real.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists the same names with the same values', async () => {
    const expected = (await getAll(real, '*')).filter(([name]) => !GIVEN.has(name));
    const own = new Set<string>(OWN_DIRECTIVES);
    const got = new Config().match([ascii('*')]).filter(([name]) => !GIVEN.has(name) && !own.has(name));
    expect(expected.length).toBeGreaterThan(180);
    expect(sorted(got)).toEqual(sorted(expected));
  });

  it('knows the hidden directives by their exact names', async () => {
    const got = new Config().match(HIDDEN.map(ascii));
    expect(sorted(got)).toEqual(sorted(await getAll(real, ...HIDDEN)));
    expect(got).toHaveLength(HIDDEN.length);
  });

  it.each([
    [['MAXMEMORY']],
    [['maxmemory', 'MaxMemory', 'maxmemory*']],
    [['*slave*']],
    [['set-max-[il]*-entries']],
    [['nothing-like-it', 'no*such*thing']],
    [['H?', 'hz']],
    [['hz', 'H?']],
  ])('CONFIG GET %j', async (patterns) => {
    const got = new Config().match(patterns.map(ascii));
    expect(sorted(got)).toEqual(sorted(await getAll(real, ...patterns)));
  });

  const cases: [string, string][][] = [
    [['maxmemory', '100mb']],
    [['maxmemory', '1Gb']],
    [['maxmemory', '1k']],
    [['maxmemory', '7b']],
    [['maxmemory', '']],
    [['maxmemory', 'mb']],
    [['maxmemory', '-1']],
    [['maxmemory', '1tb']],
    [['maxmemory', '1 mb']],
    [['maxmemory', '18446744073709551615']],
    [['maxmemory', '18446744073709551616']],
    [['maxmemory', '99999999999gb']],
    [['maxmemory', '9007199254740993']],
    [['maxmemory', '0']],
    [['repl-backlog-size', '9223372036854775808']],
    [['repl-backlog-size', '0']],
    [['repl-backlog-size', '16384']],
    [['maxmemory-clients', '5%']],
    [['maxmemory-clients', '101%']],
    [['maxmemory-clients', '-5%']],
    [['maxmemory-clients', '%']],
    [['maxmemory-clients', '5mb']],
    [['maxmemory-clients', 'x']],
    [['maxmemory-clients', '0%']],
    [['maxmemory-policy', 'ALLKEYS-LRU']],
    [['maxmemory-policy', 'lru']],
    [['maxmemory-policy', '']],
    [['maxmemory-samples', '0']],
    [['maxmemory-samples', '10']],
    [['maxmemory-samples', '010']],
    [['maxmemory-samples', '+10']],
    [['maxmemory-samples', ' 10']],
    [['maxmemory-samples', '1e1']],
    [['maxmemory-samples', '2147483648']],
    [['maxmemory-samples', '99999999999999999999']],
    [['list-max-ziplist-size', '-5']],
    [['list-max-listpack-size', '-2147483649']],
    [['hash-max-listpack-entries', '-1']],
    [['hash-max-ziplist-value', '1kb']],
    [['client-query-buffer-limit', '1mb']],
    [['client-query-buffer-limit', '1kb']],
    [['proto-max-bulk-len', '1023kb']],
    [['slowlog-log-slower-than', '-1']],
    [['slowlog-log-slower-than', '-2']],
    [['slowlog-max-len', '9223372036854775807']],
    [['lua-time-limit', '100']],
    [['appendfsync', 'Always']],
    [['appendfsync', 'everysec']],
    [['hz', '0']],
    [['hz', '1000']],
    [['hz', '10']],
    [['replica-read-only', 'maybe']],
    [['slave-read-only', 'NO']],
    [
      ['slave-read-only', 'no'],
      ['replica-read-only', 'yes'],
    ],
    [
      ['hz', '20'],
      ['HZ', '30'],
    ],
    [
      ['hz', '20'],
      ['maxmemory-samples', 'x'],
      ['timeout', '9'],
    ],
    [
      ['timeout', '9'],
      ['nonsense', '1'],
      ['port', 'x'],
    ],
    [
      ['databases', '9'],
      ['nonsense', '1'],
    ],
    [
      ['nonsense', '1'],
      ['databases', '9'],
    ],
    [['Databases', '9']],
    [['dbfilename', 'x.rdb']],
    [['enable-protected-configs', 'yes']],
    [['replicaof', 'localhost 6379']],
    [['unixsocketperm', '777']],
    [['save', '900 1 300 10']],
    [['save', '']],
    [['save', '900']],
    [['save', '0 1']],
    [['save', '900 -1']],
    [['save', '900  1']],
    [['save', '900 1x']],
    [['save', '+900 01']],
    [['save', '100 ']],
    [['save', '60 99999999999']],
    [['client-output-buffer-limit', 'normal 1mb 2kb 10']],
    [['client-output-buffer-limit', 'SLAVE 1 2 3 replica 4 5 6 pubsub 7 8 9']],
    [['client-output-buffer-limit', 'normal 1 2']],
    [['client-output-buffer-limit', 'master 1 2 3']],
    [['client-output-buffer-limit', 'wrong 1 2 3']],
    [['client-output-buffer-limit', 'normal 1x 2 3']],
    [['client-output-buffer-limit', 'normal 1 2 -3']],
    [['client-output-buffer-limit', 'normal 0 0 0 pubsub 0 0 x']],
    [['client-output-buffer-limit', '']],
    [['oom-score-adj-values', '1 2 3']],
    [['oom-score-adj-values', '1 2']],
    [['oom-score-adj-values', '1 2 2001']],
    [['oom-score-adj', 'wrong']],
    [['notify-keyspace-events', 'KEA']],
    [['notify-keyspace-events', 'An']],
    [['notify-keyspace-events', 'g$lshzxetdnKEm']],
    [['notify-keyspace-events', 'Kx']],
    [['notify-keyspace-events', 'q']],
    [['notify-keyspace-events', '']],
    [['latency-tracking-info-percentiles', '50 99.9 100.0 0.5']],
    [['latency-tracking-info-percentiles', '101']],
    [['latency-tracking-info-percentiles', '-0.1']],
    [['latency-tracking-info-percentiles', 'x']],
    [['latency-tracking-info-percentiles', '']],
    [['shutdown-on-sigterm', 'save now']],
    [['shutdown-on-sigterm', 'FORCE default']],
    [['shutdown-on-sigterm', 'save nosave']],
    [['shutdown-on-sigterm', 'later']],
    [['shutdown-on-sigterm', '']],
    [['shutdown-on-sigint', 'default']],
    [['sanitize-dump-payload', 'Clients']],
    [['cluster-announce-hostname', 'host-1.example']],
    [['cluster-announce-hostname', 'host_1']],
    [['cluster-announce-hostname', 'h'.repeat(256)]],
    [['cluster-announce-human-nodename', 'a b-c_"']],
    [['cluster-announce-human-nodename', 'a:b']],
    [['proc-title-template', '{title} {{']],
    [['proc-title-template', '{wrong}']],
    [['proc-title-template', '{title']],
    [['proc-title-template', '  ']],
    [['proc-title-template', '{title}']],
    [['proc-title-template', '{port}']],
    [['masterauth', 'a"b\\c d']],
    [['replica-announce-ip', '10.0.0.1']],
    [['replica-announce-port', '65536']],
    [['tls-protocols', 'TLSv1.2']],
    [['activerehashing', 'yEs']],
    [['lfu-decay-time', '']],
  ];

  it.each(cases.map((pairs) => [pairs]))('CONFIG SET %j', async (pairs) => {
    const config = new Config();
    const names = pairs.map(([name]) => name);
    // The values of before, on both sides, so that each case stands alone.
    const before = await getAll(real, ...names);
    for (const [name, value] of before) {
      const isMulti = config.hasFlag(fromText(name), 'multi');
      const primary = config.primaryName(fromText(name))!;
      if (config.hasFlag(fromText(name), 'immutable')) continue;
      config.assign(primary, ...((isMulti ? value.split(' ') : [value]) as Bytes[]));
    }
    const reply = text(await real.send('CONFIG', 'SET', ...pairs.flat()));
    expect(ours(config, pairs)).toBe(reply);
    expect(sorted(config.match(names.map(fromText)))).toEqual(sorted(await getAll(real, ...names)));
  });

  it('rewrites a file as Redis does', async () => {
    const file = join(folder, 'rewrite.conf');
    const old = [
      '# a comment',
      'maxmemory 100mb',
      '',
      '',
      'slave-read-only yes',
      'SAVE 900 1',
      'save 300 10',
      '  appendfsync   everysec  ',
      'timeout 0',
      'timeout 5',
      'loglevel verbose',
      'notify-keyspace-events ""',
      'client-output-buffer-limit normal 1mb 0 0',
      'rename-command DEBUG ""',
      'list-max-ziplist-entries 5',
      'masterauth "x y"',
      '# the end',
      '',
    ].join('\n');
    writeFileSync(file, old);
    const peer = await startServer([bin!, file]);
    try {
      const client = await peer.connect();
      const changes: [string, string][] = [
        ['maxmemory', '3gb'],
        ['hash-max-ziplist-value', '65'],
        ['masterauth', 'a "quoted" \\ word\n'],
        ['shutdown-on-sigterm', 'save force'],
        ['maxmemory-clients', '7%'],
        ['latency-tracking-info-percentiles', '12.5'],
        ['save', ''],
      ];
      expect(text(await client.send('CONFIG', 'SET', ...changes.flat()))).toBe('OK');
      expect(text(await client.send('CONFIG', 'REWRITE'))).toBe('OK');
      client.close();

      const config = new Config();
      const options = ['--port', String(peer.port), '--bind', '127.0.0.1', '--dir', peer.dir];
      const argv = parseServerArgv([...options, '--save', '', '--appendonly', 'no']);
      loadConf(config, joinConf(ascii(old), undefined, argv.text), handlers);
      config.set(changes.map(([name, value]) => [ascii(name), ascii(value)]));
      const users = [ascii('user default on nopass sanitize-payload ~* &* +@all')];
      // Lines that are appended come in the order of a hash table there.
      const [expectedHead, expectedTail] = split(fromBuffer(readFileSync(file)));
      const [head, tail] = split(rewriteConf(ascii(old), config, { users }));
      expect(head).toBe(expectedHead);
      expect(tail).toEqual(expectedTail);
      expect(tail.length).toBeGreaterThan(8);
    } finally {
      await peer.stop();
    }
  });

  it.each([
    ['maxmemory 1mb\nfoo bar\n'],
    ['maxmemory\n'],
    ['maxmemory 1 2'],
    ['\n\n  port "1\n'],
    ['maxmemory-policy wrong'],
    ['hz x'],
    ['save 1'],
    ['bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17'],
    ['replicaof localhost 70000'],
    ['replicaof localhost'],
    ['sentinel monitor x'],
    ['client-output-buffer-limit normal 1 2'],
    ['proc-title-template {x}'],
    ['rename-command GET'],
    ['unixsocketperm 9'],
    ['unixsocketperm 1000'],
    ['appendfilename a/b'],
    ['appendfilename ""'],
    ['appenddirname a/b'],
    ['dbfilename a/b'],
    ['include'],
    ['user'],
    ['user a on\nuser b on bogus'],
    ['user a on\nuser a on'],
    ['user a on +get %X~a'],
    ['user a on +nosuch #x'],
    ['user a (+get'],
    ['user a allkeys ~b'],
    ['user a +config|get|x'],
    ["save 900 1\nsave '"],
  ])('refuses the file %j in the same words', (conf) => {
    const file = join(folder, 'bad.conf');
    writeFileSync(file, conf);
    const { stderr, status } = spawnSync(bin!, [file, '--port', '0'], { encoding: 'latin1' });
    expect(status).toBe(1);
    let message = '';
    try {
      loadConf(new Config(), joinConf(ascii(conf), undefined, ascii('port "0" ')), handlers);
    } catch (error) {
      if (!(error instanceof ConfFileError)) throw error;
      message = error.message.replace(/^Did you mean .*\n/m, '');
    }
    expect(message.replace(/Redis [\d.]+/, 'Redis')).toBe(stderr.replace(/Redis [\d.]+/, 'Redis'));
  });

  it.each([
    [['--save', '900', '1', '--save', '300', '10']],
    [['--save', '900 1 300 10']],
    [['--save', '--maxmemory', '5mb']],
    [['--maxmemory 5mb', '--hz', '50', '--save']],
    [['--masteruser', '--secret', '--masterauth', '']],
    [['--client-output-buffer-limit', 'normal', '1', '2', '3', 'pubsub', '4', '5', '6']],
    [['--client-output-buffer-limit', 'normal 1 2 3 pubsub 4 5 6']],
    [['--LIST-MAX-ZIPLIST-SIZE', '-3', '--replicaof', 'localhost 1']],
    [['--masterauth', 'a "b" \\ \n', '--timeout', '7', '--timeout', '8']],
    [['--latency-tracking-info-percentiles', '', '--oom-score-adj-values', '1 2 3']],
  ])('reads the command line %j alike', async (args) => {
    const names = [
      'save',
      'maxmemory',
      'hz',
      'masterauth',
      'client-output-buffer-limit',
      'replicaof',
      'timeout',
    ];
    names.push('list-max-listpack-size', 'latency-tracking-info-percentiles', 'oom-score-adj-values');
    const peer = await startServer([bin!], args);
    try {
      const client = await peer.connect();
      const expected = await getAll(client, ...names, 'masteruser');
      client.close();
      const config = new Config();
      loadConf(
        config,
        joinConf(undefined, undefined, parseServerArgv(['--save', '', ...args]).text),
        handlers,
      );
      expect(sorted(config.match([...names, 'masteruser'].map(ascii)))).toEqual(sorted(expected));
    } finally {
      await peer.stop();
    }
  });
});

/** The text up to the signature, and the lines after it in a fixed order. */
function split(conf: Bytes): [string, string[]] {
  const [head, tail] = conf.split('# Generated by CONFIG REWRITE\n');
  return [head, tail.split('\n').sort()];
}
