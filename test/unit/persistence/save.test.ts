/** SAVE, BGSAVE, save points and loading over a disk in memory that can be made to fail. */
import { describe, expect, it } from 'vitest';
import { DiskError } from '../../../src/core/base/disk.js';
import { type DiskOperation } from '../../../src/core/persistence/disk-memory.js';
import { type LoadOutcome } from '../../../src/core/persistence/persistence.js';
import { memoryServer, type MemoryServer } from '../../support/memory-server.js';
import { dataSetIn, dataSetOf } from '../../support/paused-snapshot.js';

const FILE = '/data/dump.rdb';
const TEMPORARY = '/data/temp-4242-dump.rdb';

function start(directives: Readonly<Record<string, string>> = {}): MemoryServer {
  return memoryServer({ dir: '/data', ...directives });
}

const MISCONF =
  '-MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk. Commands that may modify ' +
  'the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails ' +
  '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.\r\n';

/** Makes one operation fail as a full disk does, until the result is called. */
function failing(server: MemoryServer, operation: DiskOperation): () => void {
  server.disk.fault = (asked, path) =>
    asked === operation ? new DiskError('ENOSPC', 'No space left on device', path) : undefined;
  return () => (server.disk.fault = () => undefined);
}

function saved(server: MemoryServer) {
  return dataSetIn(server.disk.files.get(FILE)!);
}

function load(server: MemoryServer): LoadOutcome {
  let outcome: LoadOutcome | undefined;
  server.server.persistence.load((result) => (outcome = result));
  server.clock.runTurn();
  if (outcome === undefined) throw new Error('still loading');
  return outcome;
}

describe('SAVE', () => {
  it('writes a file that holds everything', () => {
    const server = start();
    const client = server.connect();
    client.run('SET a 1');
    client.run('SET b text PX 5000');
    client.run('SELECT 3');
    client.run('SET c 3');
    expect(client.run('SAVE')).toBe('+OK\r\n');
    expect(saved(server)).toEqual(dataSetOf(server.engine));
    expect([...server.disk.files.keys()]).toEqual([FILE]);
    expect(server.info('rdb_changes_since_last_save')).toBe('0');
    expect(server.info('rdb_last_save_time')).toBe('1700000000');
    expect(server.info('rdb_saves')).toBe('1');
  });

  it.each(['create', 'write', 'fsync', 'close', 'rename'] as const)(
    'tells of a failing %s and keeps the old file',
    (operation) => {
      const server = start();
      const client = server.connect();
      client.run('SET old 1');
      client.run('SAVE');
      const before = server.disk.files.get(FILE);
      client.run('SET new 2');
      const mend = failing(server, operation);
      expect(client.run('SAVE')).toMatch(/^-ERR \S+: No space left on device\r\n$/);
      expect(server.disk.files.get(FILE)).toBe(before);
      expect(server.disk.files.has(TEMPORARY)).toBe(false);
      // Only background saves decide about MISCONF.
      expect(client.run('SET more 3')).toBe('+OK\r\n');
      mend();
      expect(client.run('SAVE')).toBe('+OK\r\n');
      expect([...saved(server).keys()].sort()).toEqual(['0:more', '0:new', '0:old']);
    },
  );

  it('is refused while a background save runs', () => {
    const server = start({ 'rdb-key-save-delay': '1000000' });
    const client = server.connect();
    client.run('SET a 1');
    client.run('BGSAVE');
    expect(client.run('SAVE')).toBe('-ERR Background save already in progress\r\n');
    expect(client.run('BGSAVE')).toBe('-ERR Background save already in progress\r\n');
  });
});

describe('BGSAVE', () => {
  it('saves the data set of its start', () => {
    const server = start({ 'rdb-key-save-delay': '1000' });
    const client = server.connect();
    for (let i = 0; i < 200; i++) client.run(`SET key:${i} ${i}`);
    const wanted = dataSetOf(server.engine);
    expect(client.run('BGSAVE')).toBe('+Background saving started\r\n');
    expect(server.info('rdb_bgsave_in_progress')).toBe('1');
    expect(server.info('current_save_keys_total')).toBe('200');
    client.run('SET key:0 changed');
    client.run('DEL key:1');
    server.seconds(1);
    expect(server.info('rdb_bgsave_in_progress')).toBe('0');
    expect(server.info('rdb_last_bgsave_status')).toBe('ok');
    expect(saved(server)).toEqual(wanted);
    // What changed while it ran is still to be saved.
    expect(server.info('rdb_changes_since_last_save')).toBe('2');
    expect(server.log).toContain('notice: Background saving terminated with success');
  });

  it('that is scheduled starts after the one that runs', () => {
    const server = start({ 'rdb-key-save-delay': '100000' });
    const client = server.connect();
    client.run('SET a 1');
    client.run('BGSAVE');
    expect(client.run('BGSAVE SCHEDULE')).toBe('+Background saving scheduled\r\n');
    client.run('SET b 2');
    server.seconds(2);
    expect(server.info('rdb_saves')).toBe('2');
    expect([...saved(server).keys()].sort()).toEqual(['0:a', '0:b']);
  });

  it('ended by FLUSHALL leaves no file behind and is no error', () => {
    const server = start({ 'rdb-key-save-delay': '1000000' });
    const client = server.connect();
    client.run('SET a 1');
    client.run('BGSAVE');
    expect(client.run('FLUSHALL')).toBe('+OK\r\n');
    expect(server.info('rdb_bgsave_in_progress')).toBe('0');
    expect(server.info('rdb_last_bgsave_status')).toBe('ok');
    server.seconds(3);
    expect([...server.disk.files.keys()]).toEqual([]);
  });
});

describe('a background save that fails', () => {
  it.each(['create', 'write', 'fsync', 'close', 'rename'] as const)(
    'at %s stops writes until one succeeds',
    (operation) => {
      const server = start({ save: '3600 1' });
      const client = server.connect();
      client.run('SET a 1');
      const mend = failing(server, operation);
      client.run('BGSAVE');
      server.seconds(1);
      expect(server.info('rdb_last_bgsave_status')).toBe('err');
      expect(client.run('SET b 2')).toBe(MISCONF);
      expect(client.run('PING')).toBe(MISCONF);
      expect(client.run('GET a')).toBe('$1\r\n1\r\n');
      expect([...server.disk.files.keys()]).toEqual([]);
      mend();
      expect(client.run('BGSAVE')).toBe('+Background saving started\r\n');
      server.seconds(1);
      expect(server.info('rdb_last_bgsave_status')).toBe('ok');
      expect(client.run('SET b 2')).toBe('+OK\r\n');
    },
  );

  it('stops nothing with stop-writes-on-bgsave-error no, or without save points', () => {
    const server = start({ save: '3600 1' });
    const client = server.connect();
    failing(server, 'write');
    client.run('BGSAVE');
    server.seconds(1);
    expect(client.run('SET a 1')).toBe(MISCONF);
    expect(client.run('CONFIG SET stop-writes-on-bgsave-error no')).toBe('+OK\r\n');
    expect(client.run('SET a 1')).toBe('+OK\r\n');
    client.run('CONFIG SET stop-writes-on-bgsave-error yes');
    expect(client.run('SET a 1')).toBe(MISCONF);
    client.call('CONFIG', 'SET', 'save', '');
    expect(client.run('SET a 1')).toBe('+OK\r\n');
  });

  it('is tried again by a save point, five seconds later at the earliest', () => {
    const server = start({ save: '1 1' });
    server.connect().run('SET a 1');
    const mend = failing(server, 'create');
    server.seconds(3);
    const tries = () =>
      server.log.filter((line) => line.startsWith('warning: Background saving error')).length;
    expect(tries()).toBe(1);
    server.seconds(3);
    expect(tries()).toBe(1);
    server.seconds(2);
    expect(tries()).toBe(2);
    mend();
    server.seconds(6);
    expect([...saved(server).keys()]).toEqual(['0:a']);
  });
});

describe('save points', () => {
  it('are met by time and changes together', () => {
    const server = start({ save: '60 3 300 1' });
    const client = server.connect();
    client.run('SET a 1');
    server.seconds(100);
    expect(server.info('rdb_saves')).toBe('0');
    client.run('SET b 1');
    client.run('SET c 1');
    server.seconds(1);
    expect(server.info('rdb_saves')).toBe('1');
    expect(server.log).toContain('notice: 3 changes in 60 seconds. Saving...');
    client.run('SET a 2');
    server.seconds(299);
    expect(server.info('rdb_saves')).toBe('1');
    server.seconds(3);
    expect(server.info('rdb_saves')).toBe('2');
    server.seconds(1000);
    expect(server.info('rdb_saves')).toBe('2');
  });

  it('may be changed at run time', () => {
    const server = start();
    const client = server.connect();
    client.run('SET a 1');
    server.seconds(4000);
    expect(server.info('rdb_saves')).toBe('0');
    client.call('CONFIG', 'SET', 'save', '10 1');
    server.seconds(1);
    expect(server.info('rdb_saves')).toBe('1');
  });
});

describe('FLUSHALL', () => {
  it('leaves an empty file where there are save points', () => {
    const server = start({ save: '3600 1' });
    const client = server.connect();
    client.run('SET a 1');
    client.run('SAVE');
    expect(client.run('FLUSHALL')).toBe('+OK\r\n');
    expect(saved(server).size).toBe(0);
  });

  it('touches no file where there are none', () => {
    const server = start();
    const client = server.connect();
    client.run('SET a 1');
    client.run('SAVE');
    client.run('FLUSHALL');
    expect([...saved(server).keys()]).toEqual(['0:a']);
  });

  it('goes through when it cannot save', () => {
    const server = start({ save: '3600 1' });
    const client = server.connect();
    client.run('SET a 1');
    failing(server, 'write');
    expect(client.run('FLUSHALL')).toBe('+OK\r\n');
    expect(client.run('DBSIZE')).toBe(':0\r\n');
    expect(server.log).toContain(`warning: Error saving DB on disk: ${TEMPORARY}: No space left on device`);
  });
});

describe('DEBUG RELOAD', () => {
  const directives = { 'enable-debug-command': 'yes' };

  it('brings everything back, with its expiries', () => {
    const server = start(directives);
    const client = server.connect();
    client.run('SET a 1');
    client.run('SET b 2 PX 50000');
    client.run('SETRANGE c 5 raw');
    const before = dataSetOf(server.engine);
    expect(client.run('DEBUG RELOAD')).toBe('+OK\r\n');
    expect(dataSetOf(server.engine)).toEqual(before);
    expect(client.run('GET c')).toBe('$8\r\n\0\0\0\0\0raw\r\n');
  });

  it('drops keys whose time is over', () => {
    const server = start(directives);
    const client = server.connect();
    client.run('DEBUG SET-ACTIVE-EXPIRE 0');
    client.run('SET a 1 PX 10');
    client.run('SET b 1');
    server.clock.advance(20);
    expect(client.run('DBSIZE')).toBe(':2\r\n');
    client.run('DEBUG RELOAD');
    expect(client.run('DBSIZE')).toBe(':1\r\n');
    expect(server.info('rdb_last_load_keys_expired')).toBe('1');
    expect(server.info('rdb_last_load_keys_loaded')).toBe('1');
  });

  it('makes a transaction that watches fail', () => {
    const server = start(directives);
    const [watcher, other] = [server.connect(), server.connect()];
    other.run('SET a 1');
    watcher.run('WATCH a');
    other.run('DEBUG RELOAD');
    watcher.run('MULTI');
    watcher.run('GET a');
    expect(watcher.run('EXEC')).toBe('*-1\r\n');
  });

  it('says why it cannot save, and keeps the data', () => {
    const server = start(directives);
    const client = server.connect();
    client.run('SET a 1');
    failing(server, 'write');
    expect(client.run('DEBUG RELOAD')).toMatch(/^-ERR /);
    expect(client.run('GET a')).toBe('$1\r\n1\r\n');
  });
});

describe('loading', () => {
  function withFile(directives: Readonly<Record<string, string>> = {}): MemoryServer {
    const source = start();
    const client = source.connect();
    for (let i = 0; i < 500; i++) client.run(`SET key:${i} value:${i}`);
    client.run('SAVE');
    const server = start(directives);
    server.disk.files.set(FILE, source.disk.files.get(FILE)!);
    return server;
  }

  it('takes a file over, without anything to save', () => {
    const server = withFile();
    expect(load(server)).toMatchObject({ kind: 'loaded' });
    expect(server.connect().run('DBSIZE')).toBe(':500\r\n');
    expect(server.info('rdb_changes_since_last_save')).toBe('0');
    expect(server.info('rdb_last_load_keys_loaded')).toBe('500');
  });

  it('of a file that is not there leaves the server empty', () => {
    expect(load(start())).toEqual({ kind: 'absent' });
  });

  it('answers LOADING, and tells how far it is', () => {
    const server = withFile({ 'key-load-delay': '1000', 'loading-process-events-interval-bytes': '1024' });
    const client = server.connect();
    let outcome: LoadOutcome | undefined;
    server.server.persistence.load((result) => (outcome = result));
    server.clock.advance(100);
    expect(outcome).toBeUndefined();
    expect(client.run('GET key:1')).toBe('-LOADING Redis is loading the dataset in memory\r\n');
    expect(client.run('PING')).toBe('-LOADING Redis is loading the dataset in memory\r\n');
    const size = server.disk.files.get(FILE)!.length;
    expect(server.info('loading')).toBe('1');
    expect(server.info('loading_total_bytes')).toBe(String(size));
    const loaded = Number(server.info('loading_loaded_bytes'));
    expect(loaded).toBeGreaterThan(0);
    expect(loaded).toBeLessThan(size);
    expect(server.info('loading_loaded_perc')).toBe(((loaded / size) * 100).toFixed(2));
    server.seconds(1);
    expect(outcome).toMatchObject({ kind: 'loaded' });
    expect(server.info('loading')).toBe('0');
    expect(client.run('GET key:1')).toBe('$7\r\nvalue:1\r\n');
  });

  it('that is stopped takes nothing over', () => {
    const server = withFile({ 'key-load-delay': '1000', 'loading-process-events-interval-bytes': '1024' });
    let outcome: LoadOutcome | undefined;
    server.server.persistence.load((result) => (outcome = result));
    server.clock.advance(50);
    server.server.persistence.stopLoading();
    server.seconds(1);
    expect(outcome).toEqual({ kind: 'stopped' });
    expect(dataSetOf(server.engine).size).toBe(0);
  });

  it('never saves over the file meanwhile', () => {
    const server = withFile({
      save: '1 1',
      'key-load-delay': '1000',
      'loading-process-events-interval-bytes': '1024',
    });
    const file = server.disk.files.get(FILE);
    server.server.persistence.load(() => undefined);
    server.clock.advance(50);
    server.server.shutdown.signal({ save: 'save', now: false, force: false, abort: false });
    expect(server.ended()).toBe(true);
    expect(server.disk.files.get(FILE)).toBe(file);
  });

  it.each([
    ['is cut off', (file: Buffer) => file.subarray(0, 2000), /^\/data\/dump\.rdb: .*offset \d+/],
    [
      'is damaged',
      (file: Buffer) => Buffer.from(file).fill(0xf0, 3000, 3010),
      /^\/data\/dump\.rdb: .*offset \d+/,
    ],
    [
      'has a wrong checksum',
      (file: Buffer) => Buffer.from(file).fill(1, file.length - 4),
      /^\/data\/dump\.rdb: .*CRC.*offset \d+/,
    ],
    ['is no RDB', () => Buffer.from('# a text file'), /^\/data\/dump\.rdb: .*signature.*offset 0/],
    ['is empty', () => Buffer.alloc(0), /^\/data\/dump\.rdb: .*EOF.*offset 0/],
    [
      'is of a later version',
      (file: Buffer) => Buffer.from('REDIS9999' + file.subarray(9).toString('latin1'), 'latin1'),
      /9999.*offset 0/,
    ],
  ])('of a file that %s says where and why, and takes nothing over', (_name, damage, reason) => {
    const server = withFile();
    const file = damage(server.disk.files.get(FILE)!);
    server.disk.files.set(FILE, file);
    const outcome = load(server);
    expect(outcome.kind).toBe('failed');
    if (outcome.kind === 'failed') expect(outcome.reason).toMatch(reason);
    expect(dataSetOf(server.engine).size).toBe(0);
    expect(server.disk.files.get(FILE)).toBe(file);
    expect(server.info('loading')).toBe('0');
  });

  it('says what the disk said', () => {
    const server = withFile();
    failing(server, 'read');
    expect(load(server)).toEqual({ kind: 'failed', reason: '/data/dump.rdb: No space left on device' });
  });
});

describe('SHUTDOWN', () => {
  it('saves where there are save points, or when it is asked to', () => {
    for (const [directives, words, kept] of [
      [{ save: '3600 1' }, 'SHUTDOWN', true],
      [{ save: '3600 1' }, 'SHUTDOWN NOSAVE', false],
      [{}, 'SHUTDOWN', false],
      [{}, 'SHUTDOWN SAVE', true],
    ] as const) {
      const server = start(directives);
      const client = server.connect();
      client.run('SET a 1');
      expect(client.run(words)).toBe('');
      expect(server.disk.files.has(FILE), words).toBe(kept);
    }
  });

  it('is refused when the data cannot be saved, unless it is forced', () => {
    const server = start({ save: '3600 1' });
    const client = server.connect();
    client.run('SET a 1');
    failing(server, 'fsync');
    expect(client.run('SHUTDOWN')).toBe('-ERR Errors trying to SHUTDOWN. Check logs.\r\n');
    expect(client.run('GET a')).toBe('$1\r\n1\r\n');
    expect(server.log.at(-2)).toMatch(/^warning: Error trying to save the DB, can't exit: .*No space left/);
    expect(client.run('SHUTDOWN FORCE')).toBe('');
    expect(server.log.at(-1)).toMatch(
      /^warning: Error trying to save the DB, but exiting anyway: .*No space left/,
    );
  });

  it('ends a background save first', () => {
    const server = start({ save: '3600 1', 'rdb-key-save-delay': '1000000' });
    const client = server.connect();
    client.run('SET a 1');
    client.run('BGSAVE');
    client.run('SET b 2');
    client.run('SHUTDOWN');
    expect([...saved(server).keys()].sort()).toEqual(['0:a', '0:b']);
    expect([...server.disk.files.keys()]).toEqual([FILE]);
  });
});
