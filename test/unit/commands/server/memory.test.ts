/** MEMORY and INFO memory: names, order and forms are Redis's, the figures those of the accounting. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;

beforeEach(() => {
  t = createTestEngine({
    families: [CONNECTION_COMMANDS, GENERIC_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS],
  });
});

function call(...args: (string | number)[]): unknown {
  return plain(t.client.call(...args));
}

function stats(): Map<string, unknown> {
  call('HELLO', 3);
  return new Map(call('MEMORY', 'STATS') as [string, unknown][]);
}

function info(field: string): number {
  const text = call('INFO', 'memory') as string;
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(text)![1]);
}

describe('MEMORY STATS', () => {
  it('has the fields of Redis in their order', () => {
    call('SET', 'k', 'v', 'EX', 100);
    expect([...stats().keys()]).toEqual([
      'peak.allocated',
      'total.allocated',
      'startup.allocated',
      'replication.backlog',
      'clients.slaves',
      'clients.normal',
      'cluster.links',
      'aof.buffer',
      'lua.caches',
      'functions.caches',
      'db.0',
      'overhead.total',
      'keys.count',
      'keys.bytes-per-key',
      'dataset.bytes',
      'dataset.percentage',
      'peak.percentage',
      'allocator.allocated',
      'allocator.active',
      'allocator.resident',
      'allocator-fragmentation.ratio',
      'allocator-fragmentation.bytes',
      'allocator-rss.ratio',
      'allocator-rss.bytes',
      'rss-overhead.ratio',
      'rss-overhead.bytes',
      'fragmentation',
      'fragmentation.bytes',
    ]);
  });

  it('adds up: overhead and data set are all that is used', () => {
    call('SET', 'k', 'v', 'EX', 100);
    const s = stats();
    expect(s.get('keys.count')).toBe(1);
    expect(s.get('startup.allocated')).toBe(1024 * 1024);
    expect(Number(s.get('overhead.total')) + Number(s.get('dataset.bytes'))).toBe(s.get('total.allocated'));
    expect(s.get('dataset.bytes')).toBe(24 + 24);
    expect(s.get('db.0')).toEqual([
      ['overhead.hashtable.main', 40],
      ['overhead.hashtable.expires', 8],
      ['overhead.hashtable.slot-to-keys', 0],
    ]);
    expect([s.get('allocator.allocated'), s.get('allocator.active'), s.get('allocator.resident')]).toEqual([
      11_000_000, 13_000_000, 20_000_000,
    ]);
  });
});

describe('MEMORY DOCTOR', () => {
  it('does not judge an empty server', () => {
    expect(call('MEMORY', 'DOCTOR')).toBe('There is too little data in this server to judge its memory.\n');
  });

  it('finds nothing, a limit that is near, a peak, a large process', () => {
    call('SETRANGE', 'k', 9_999_999, 'x');
    expect(call('MEMORY', 'DOCTOR')).toBe('Nothing about memory stands out.\n');
    call('CONFIG', 'SET', 'maxmemory', 11_500_000);
    expect(call('MEMORY', 'DOCTOR')).toMatch(/^More than nine tenths of maxmemory are in use/);
    call('CONFIG', 'SET', 'maxmemory', 0);
    t.memory.rssBytes = 1e8;
    expect(call('MEMORY', 'DOCTOR')).toMatch(/^The process takes more than three times/);
    t.memory.rssBytes = 1e7;
    call('SETRANGE', 'l', 9_999_999, 'x');
    call('MEMORY', 'STATS');
    call('DEL', 'l');
    expect(call('MEMORY', 'DOCTOR')).toMatch(/^The peak was more than half again/);
  });

  it('finds clients that hold much', () => {
    call('SETRANGE', 'k', 5_999_999, 'x');
    t.client.connection.queuedBytes = 300_000;
    call('PING');
    expect(call('MEMORY', 'DOCTOR')).toMatch(/^Clients take more than 200 KB each/);
  });
});

it('MEMORY PURGE and MALLOC-STATS answer', () => {
  expect(call('MEMORY', 'PURGE')).toBe('OK');
  expect(call('MEMORY', 'MALLOC-STATS')).toBe('heap report');
});

describe('MEMORY USAGE', () => {
  it('grows with the value, and by the expiry', () => {
    call('SET', 'small', 'x');
    call('SET', 'large', 'x'.repeat(1000));
    // An entry of 40, the strings with 16 more than their bytes in words.
    expect(call('MEMORY', 'USAGE', 'small')).toBe(40 + 24 + 24);
    // In a slab: an object of 72, a slot of 1,024.
    expect(call('MEMORY', 'USAGE', 'large')).toBe(40 + 24 + 72 + 1024);
    call('SET', 'small', 'x', 'EX', 100);
    expect(call('MEMORY', 'USAGE', 'small')).toBe(40 + 24 + 24 + 8);
  });

  it('is exact for a collection, however many samples are asked for', () => {
    const set = new SetValue();
    for (let i = 0; i < 5; i++) set.add(ascii('a'.repeat(7) + i));
    for (let i = 10; i < 20; i++) set.add(ascii('b'.repeat(798) + i));
    t.engine.gate.load(t.engine.store.databases[0], ascii('s'), set, 0, undefined);
    const bytes = 40 + 24 + 240 + 120 + 15 * 8 + 5 * 24 + 10 * 816;
    expect(call('MEMORY', 'USAGE', 's')).toBe(bytes);
    expect(call('MEMORY', 'USAGE', 's', 'SAMPLES', 0)).toBe(bytes);
    expect(call('MEMORY', 'USAGE', 's', 'SAMPLES', -1)).toBe('-ERR syntax error');
    expect(call('MEMORY', 'USAGE', 's', 'SAMPLES')).toBe('-ERR syntax error');
    expect(call('MEMORY', 'USAGE', 'no')).toBe(null);
  });
});

describe('INFO memory', () => {
  it('shows what the data set costs, and that it is less when keys go', () => {
    const before = info('used_memory');
    for (let i = 0; i < 100; i++) call('SET', `key:${i}`, 'v'.repeat(50));
    expect(info('used_memory') - before).toBe(100 * (40 + 24 + 72));
    call('UNLINK', 'key:0', 'key:1');
    expect(info('used_memory') - before).toBe(98 * (40 + 24 + 72));
    call('FLUSHALL');
    expect(info('used_memory')).toBe(before);
    expect(info('used_memory_peak')).toBe(before + 100 * (40 + 24 + 72));
  });

  it('counts what clients hold', () => {
    const before = info('mem_clients_normal');
    const other = t.connect();
    other.send('*2\r\n$3\r\nGET\r\n$1000\r\n' + 'x'.repeat(500));
    // The session, and the buffer that the half of a command waits in; what of it was parsed counts twice.
    expect(info('mem_clients_normal') - before).toBe(4096 + 16_384 + 20);
    other.session.close('test');
    expect(info('mem_clients_normal')).toBe(before);
  });
});
