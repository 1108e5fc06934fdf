/**
 * What each write of the keyspace family sends to replicas and the AOF (redis 7.2.6 expire.c, db.c, cluster.c), at the
 * clock of the test engine: 1,700,000,000,000 ms.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { TARGET_AOF, TARGET_REPLICAS } from '../../src/core/engine/effects.js';
import { createTestEngine, type TestEngine, type TestEngineOptions } from '../support/engine.js';

const families = [STRING_COMMANDS, GENERIC_COMMANDS, TRANSACTION_COMMANDS];

/** The value 10, as redis-server 7.2.6 dumps it. */
const TEN = '\x00\xc0\x0a\x0b\x00\x07@\xea6\xf31\x8a2';

let t: TestEngine;

function run(line: string): void {
  t.client.call(...line.split(' '));
}

function start(options: Partial<TestEngineOptions> = {}): void {
  t = createTestEngine({ families, config: { 'repl-compat-version': '7.2' }, ...options });
  for (const line of ['SET k v', 'SET n 10', 'SET ttl v PXAT 1700000100000']) run(line);
  t.stream();
}

beforeEach(() => start());

describe('as it came', () => {
  it.each([
    'DEL k none n',
    'UNLINK k',
    'RENAME k n',
    'RENAMENX k new',
    'MOVE k 1',
    'COPY k new',
    'COPY k n REPLACE',
    'COPY ttl n DB 3',
    'PERSIST ttl',
    'PEXPIREAT k 1700000005000',
    'pexpireat k 1700000005000 nx',
    'SWAPDB 0 1',
    'SWAPDB 2 2',
    'FLUSHDB',
    'FLUSHALL ASYNC',
    `RESTORE new 0 ${TEN}`,
    `RESTORE k 1700000005000 ${TEN} REPLACE ABSTTL`,
    `RESTORE new 0 ${TEN} IDLETIME 5`,
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });

  it('RESTORE to replicas of an older version, in a payload that they take', () => {
    start({ config: { 'repl-compat-version': '7.0' } });
    t.engine.effects.wanted = TARGET_REPLICAS;
    run(`RESTORE new 5000 ${TEN}`);
    // As redis-server 7.0.15 dumps it.
    const older = '\x00\xc0\n\n\x00n\x9fWE\x0e\xaec\xbb';
    expect(t.stream()).toEqual([`RESTORE new 1700000005000 ${older} ABSTTL`]);
    t.engine.effects.wanted = TARGET_AOF;
    run(`RESTORE aof 0 ${TEN}`);
    expect(t.stream()).toEqual([`RESTORE aof 0 ${TEN}`]);
  });

  it('FLUSHDB and FLUSHALL of nothing', () => {
    run('FLUSHALL');
    t.stream();
    run('FLUSHDB');
    run('FLUSHALL');
    expect(t.stream()).toEqual(['FLUSHDB', 'FLUSHALL']);
  });
});

describe('rewritten', () => {
  it.each([
    ['EXPIRE k 10', 'PEXPIREAT k 1700000010000'],
    ['PEXPIRE k 10', 'PEXPIREAT k 1700000000010'],
    ['EXPIREAT k 1700000010', 'PEXPIREAT k 1700000010000'],
    ['expire ttl 10 lt xx', 'PEXPIREAT ttl 1700000010000 lt xx'],
    ['EXPIRE k 0', 'DEL k'],
    ['EXPIRE k -1 NX', 'DEL k'],
    ['PEXPIREAT k 1700000000000', 'DEL k'],
    ['PEXPIREAT k 1', 'DEL k'],
    [`RESTORE new 5000 ${TEN}`, `RESTORE new 1700000005000 ${TEN} ABSTTL`],
    [`restore k 5000 ${TEN} replace freq 3`, `restore k 1700000005000 ${TEN} replace freq 3 ABSTTL`],
    [`RESTORE k 1 ${TEN} REPLACE ABSTTL`, 'DEL k'],
  ])('%s becomes %s', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual([sent]);
  });

  it('unlinks where freeing is lazy', () => {
    start({ config: { 'lazyfree-lazy-expire': 'yes', 'lazyfree-lazy-server-del': 'yes' } });
    run('EXPIRE k -1');
    run(`RESTORE n 1 ${TEN} REPLACE ABSTTL`);
    run('DEL ttl');
    expect(t.stream()).toEqual(['UNLINK k', 'UNLINK n', 'DEL ttl']);
  });

  it('on a replica a time that is over is only noted', () => {
    start({ replication: { isReplica: true } });
    run('EXPIREAT k 1');
    expect(t.stream()).toEqual(['PEXPIREAT k 1000']);
  });
});

describe('not at all', () => {
  it.each([
    'DEL none',
    'UNLINK none',
    'RENAME none k',
    'RENAME k k',
    'RENAMENX k n',
    'MOVE none 1',
    'MOVE k 0',
    'COPY none k',
    'COPY k n',
    'PERSIST k',
    'EXPIRE none 10',
    'EXPIRE ttl 10 NX',
    'EXPIRE k 10 XX',
    'EXPIRE ttl 1 GT',
    'EXPIRE k 10 BOGUS',
    'TOUCH k',
    'SWAPDB 0 99',
    'FLUSHDB BOGUS',
    `RESTORE k 0 ${TEN}`,
    `RESTORE new 1 ${TEN} ABSTTL`,
    'RESTORE new 0 garbage',
    'DUMP k',
    'SCAN 0',
    'KEYS *',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});

describe('a key whose time is over', () => {
  beforeEach(() => {
    run('PEXPIRE k 10');
    t.stream();
  });

  it('is there at its expiry, and gone after it', () => {
    t.clock.advance(10);
    run('EXISTS k');
    expect(t.stream()).toEqual([]);
    t.clock.advance(1);
    run('EXISTS k');
    expect(t.stream()).toEqual(['DEL k']);
  });

  it.each([
    'EXISTS k',
    'TYPE k',
    'TTL k',
    'OBJECT ENCODING k',
    'DEL k',
    'EXPIRE k 5',
    'PERSIST k',
    'MOVE k 1',
  ])('is deleted by %s', (line) => {
    t.clock.advance(11);
    run(line);
    expect(t.stream()).toEqual(['DEL k']);
  });

  it.each(['RENAME n k', 'RENAMENX n k', 'COPY n k'])('is deleted before %s, in one transaction', (line) => {
    t.clock.advance(11);
    run(line);
    expect(t.stream()).toEqual(['MULTI', 'DEL k', line, 'EXEC']);
  });

  it('is deleted by SCAN, each key by itself', () => {
    run('PEXPIRE n 10');
    t.stream();
    t.clock.advance(11);
    run('SCAN 0 COUNT 100');
    expect(t.stream().sort()).toEqual(['DEL k', 'DEL n']);
  });

  it('is deleted by SCAN in a transaction, within it', () => {
    t.clock.advance(11);
    for (const line of ['MULTI', 'SET a 1', 'SCAN 0 COUNT 100', 'SET b 2', 'EXEC']) run(line);
    expect(t.stream()).toEqual(['MULTI', 'SET a 1', 'DEL k', 'SET b 2', 'EXEC']);
  });

  it('is left alone by KEYS and DBSIZE', () => {
    t.clock.advance(11);
    run('KEYS *');
    run('DBSIZE');
    expect(t.stream()).toEqual([]);
  });
});

describe('a transaction', () => {
  it('of several writes is wrapped', () => {
    for (const line of ['MULTI', 'SET k 1', 'EXPIRE k 10', 'EXEC']) run(line);
    expect(t.stream()).toEqual(['MULTI', 'SET k 1', 'PEXPIREAT k 1700000010000', 'EXEC']);
  });

  it.each(['SCAN 0', 'RANDOMKEY'])('is wrapped after %s of anybody, which had nothing to send', (line) => {
    t.connect().call(...line.split(' '));
    for (const write of ['MULTI', 'SET k 1', 'SET n 2', 'EXEC']) run(write);
    expect(t.stream()).toEqual(['MULTI', 'SET k 1', 'SET n 2', 'EXEC']);
  });

  it('of one write is not, and of none sends nothing', () => {
    for (const line of ['MULTI', 'GET k', 'DEL k', 'EXEC', 'MULTI', 'GET k', 'EXEC']) run(line);
    expect(t.stream()).toEqual(['DEL k']);
  });

  it('that is discarded or fails sends nothing', () => {
    for (const line of ['MULTI', 'DEL k', 'DISCARD']) run(line);
    for (const line of ['WATCH k', 'SET k x']) run(line);
    expect(t.stream()).toEqual(['SET k x']);
    for (const line of ['MULTI', 'DEL k', 'EXEC']) run(line);
    expect(t.stream()).toEqual([]);
  });
});
