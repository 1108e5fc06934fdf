import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { addressesDiffer, matchReplicas, parseClientList } from '../../../src/core/inspect/client-list.js';
import { configPairs, readSettings } from '../../../src/core/inspect/settings.js';
import { configMegabytes, formatBytes, formatCount, formatSeconds } from '../../../src/core/inspect/units.js';
import { type ParsedReplica } from '../../../src/core/info/replication.js';
import { clientLine } from '../../support/inspect-facts.js';

describe('parseClientList', () => {
  it('reads what it needs and skips lines without an address', () => {
    expect(parseClientList(clientLine(3, '10.0.0.6:51122', 12, 20504) + '\nid=4 name=x\n')).toEqual([
      {
        id: 3,
        address: '10.0.0.6:51122',
        ip: '10.0.0.6',
        ageSeconds: 12,
        idleSeconds: 0,
        outputBytes: 20504,
      },
    ]);
  });

  it('finds the ip in every form of address', () => {
    const ips = ['[::1]:5', '[::ffff:10.0.0.6]:5', '/run/redis.sock:0'].map(
      (addr) => parseClientList(`addr=${addr}`)[0].ip,
    );
    expect(ips).toEqual(['::1', '10.0.0.6', '/run/redis.sock']);
  });
});

describe('matchReplicas', () => {
  const join = (announced: string[], peers: string[]) => {
    const replicas = announced.map((ip, index): ParsedReplica => ({ index, ip, extra: [] }));
    const clients = parseClientList(peers.map((addr, id) => `id=${id} addr=${addr}\n`).join(''));
    const matched = matchReplicas(replicas, clients);
    return replicas.map((replica) => {
      const match = matched.get(replica);
      return match && `${match.client.address} ${match.by}`;
    });
  };

  it('by address where it is the only one', () => {
    expect(join(['10.0.0.6', '10.0.0.7'], ['10.0.0.7:2', '10.0.0.6:1'])).toEqual([
      '10.0.0.6:1 address',
      '10.0.0.7:2 address',
    ]);
  });

  it('by what is left', () => {
    expect(join(['10.0.0.6', '172.17.0.3'], ['10.0.0.7:2', '10.0.0.6:1'])).toEqual([
      '10.0.0.6:1 address',
      '10.0.0.7:2 rest',
    ]);
  });

  it('by order where several come from one address, or several are left', () => {
    expect(join(['127.0.0.1', '127.0.0.1'], ['127.0.0.1:1', '127.0.0.1:2'])).toEqual([
      '127.0.0.1:1 order',
      '127.0.0.1:2 order',
    ]);
    expect(join(['a', 'b'], ['10.0.0.7:2', '10.0.0.6:1'])).toEqual(['10.0.0.7:2 order', '10.0.0.6:1 order']);
  });

  it('by the order of the ids: the server rotates the list itself', () => {
    const replicas = [0, 1].map((index): ParsedReplica => ({ index, ip: '127.0.0.1', extra: [] }));
    const clients = parseClientList('id=9 addr=127.0.0.1:2\nid=5 addr=127.0.0.1:1\n');
    const matched = matchReplicas(replicas, clients);
    expect(replicas.map((replica) => matched.get(replica)?.client.address)).toEqual([
      '127.0.0.1:1',
      '127.0.0.1:2',
    ]);
  });

  it('not at all where the numbers do not fit', () => {
    expect(join(['172.17.0.3'], ['10.0.0.7:2', '10.0.0.6:1'])).toEqual([undefined]);
    expect(join(['10.0.0.6'], [])).toEqual([undefined]);
  });
});

describe('addressesDiffer', () => {
  it.each([
    ['172.17.0.3', '10.0.0.7', true],
    ['10.0.0.7', '10.0.0.7', false],
    ['10.0.0.7', '::ffff:10.0.0.7', false],
    ['127.0.0.1', '::1', false],
    ['::1', '10.0.0.7', true],
    ['replica.example.org', '10.0.0.7', false],
  ])('%s and %s: %s', (announced, peer, expected) => {
    expect(addressesDiffer(announced, peer)).toBe(expected);
  });
});

describe('readSettings', () => {
  it('knows the names of before and after Redis 5', () => {
    const limit = 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60';
    const old = [
      ['repl-timeout', '60'],
      ['repl-ping-slave-period', '10'],
      ['min-slaves-to-write', '1'],
      ['min-slaves-max-lag', '9'],
      ['client-output-buffer-limit', limit],
    ] as const;
    const expected = {
      replTimeoutSeconds: 60,
      replPingPeriodSeconds: 10,
      minReplicasToWrite: 1,
      minReplicasMaxLagSeconds: 9,
      replicaOutputLimit: { hardBytes: 268435456, softBytes: 67108864, softSeconds: 60 },
    };
    expect(readSettings(new Map(old))).toEqual(expected);
    const renamed = old.map(
      ([name, value]) => [name.replace('slave', 'replica'), value.replace('slave', 'replica')] as const,
    );
    expect(readSettings(new Map(renamed))).toEqual(expected);
    expect(readSettings(new Map()).replicaOutputLimit).toBeUndefined();
  });

  it('takes pairs from RESP2 arrays and RESP3 maps, and from nothing else', () => {
    const bulk = (value: string) => ({ type: 'bulk', value: ascii(value) }) as const;
    const pairs = [['repl-timeout', '60']];
    expect(configPairs({ type: 'array', items: [bulk('repl-timeout'), bulk('60')] })).toEqual(pairs);
    expect(configPairs({ type: 'map', entries: [[bulk('repl-timeout'), bulk('60')]] })).toEqual(pairs);
    expect(configPairs({ type: 'error', value: ascii('NOPERM no') })).toBeUndefined();
  });
});

describe('units', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [1153434, '1.1 MB'],
    [10_485_760, '10 MB'],
    [1_048_575, '1.0 MB'],
    [268_435_456, '256 MB'],
    [5e12, '4.5 TB'],
    [-2048, '-2.0 KB'],
  ])('formatBytes(%d) is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [0.42, '0.4 s'],
    [3, '3 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [60, '60 s'],
    [119.6, '2 m'],
    [200, '3 m'],
    [7200, '2 h'],
    [172_800, '2 d'],
    [1e9, '11,574 d'],
  ])('formatSeconds(%d) is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('groups digits and rounds sizes for redis.conf up', () => {
    expect([0, 999, 1000, 98211004].map(formatCount)).toEqual(['0', '999', '1,000', '98,211,004']);
    expect([1, 1048576, 1048577].map(configMegabytes)).toEqual(['1mb', '1mb', '2mb']);
  });
});
