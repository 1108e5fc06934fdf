/**
 * What each write of the sorted set and geo families sends to replicas and the AOF: the forms that a redis-server 7.2.6 writes
 * to its AOF for the same commands.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { GEO_COMMANDS } from '../../src/core/commands/geo/table.js';
import { SORTED_SET_COMMANDS } from '../../src/core/commands/sorted-set/table.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string, client = t.client): void {
  client.call(...line.split(' '));
}

beforeEach(() => {
  t = createTestEngine({ families: [SORTED_SET_COMMANDS, GEO_COMMANDS] });
  run('ZADD z 1 a 2 b 3 c');
  run('GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania');
  t.stream();
});

describe('as it came', () => {
  it.each([
    'ZADD z 4 d',
    'ZADD z NX CH 9 a 4 d',
    'zadd z INCR 1 a',
    'ZINCRBY z 1.5 a',
    'ZREM z a nobody',
    'ZREM z a b c',
    'ZREMRANGEBYRANK z 0 0',
    'ZREMRANGEBYSCORE z 1 2',
    'ZREMRANGEBYLEX z - +',
    'ZRANGESTORE dst z 0 1',
    'ZRANGESTORE z none 0 1',
    'ZUNIONSTORE dst 1 z',
    'ZINTERSTORE dst 1 z WEIGHTS 2',
    'ZDIFFSTORE dst 1 z',
    'ZDIFFSTORE z 1 none',
    'ZPOPMIN z',
    'ZPOPMAX z 100',
    'GEOSEARCHSTORE dst g FROMLONLAT 15 37 BYRADIUS 200 km',
    'GEORADIUS g 15 37 200 km STORE dst',
    'GEORADIUS none 15 37 200 km STOREDIST g',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('rewritten', () => {
  it.each([
    ['ZMPOP 2 none z MIN', 'ZPOPMIN z 1'],
    ['ZMPOP 1 z MAX COUNT 2', 'ZPOPMAX z 2'],
    ['ZMPOP 1 z MAX COUNT 100', 'ZPOPMAX z 3'],
    ['BZMPOP 0 2 none z MIN COUNT 2', 'ZPOPMIN z 2'],
    ['BZPOPMIN none z 0', 'ZPOPMIN z'],
    ['BZPOPMAX z 0', 'ZPOPMAX z'],
    ['GEOADD h CH 13.361389 38.115556 Palermo', 'zadd h CH 3479099956230698 Palermo'],
    ['GEOADD g XX 0 0 Palermo 0 0 nobody', 'zadd g XX 3377699720527872 Palermo 3377699720527872 nobody'],
    ['GEOADD h 180 85.05112878 ne', 'zadd h 13510798882111488 ne'],
  ])('%s becomes %s', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual([sent]);
  });

  it('distances that are stored become what they are: the last bit is the mathematical library’s', () => {
    run('GEOSEARCHSTORE new g FROMMEMBER Palermo BYRADIUS 200 km STOREDIST');
    expect(t.stream()).toEqual([expect.stringMatching(/^ZADD new 0 Palermo 166\.27415156\d+ Catania$/)]);
    run('GEORADIUS g 13.361389 38.115556 100 km STOREDIST g');
    expect(t.stream()).toEqual(['MULTI', 'DEL g', expect.stringMatching(/^ZADD g \S+ Palermo$/), 'EXEC']);
  });

  it('many distances that are stored become several commands', () => {
    const places = Array.from({ length: 600 }, (_, i) => `1 ${i / 1000} m${i}`);
    run(`GEOADD many ${places.join(' ')}`);
    t.stream();
    run('GEOSEARCHSTORE many many FROMLONLAT 1 0 BYRADIUS 1000 km STOREDIST');
    const sent = t.stream();
    expect(sent.map((line) => line.split(' ').length)).toEqual([1, 2, 1026, 178, 1]);
    expect(sent.map((line) => line.split(' ', 1)[0])).toEqual(['MULTI', 'DEL', 'ZADD', 'ZADD', 'EXEC']);
  });

  it('one that waited becomes what it took, after what it waited for', () => {
    const waiting = t.connect();
    run('BZPOPMIN none later 0', waiting);
    run('BZMPOP 0 1 later MAX COUNT 9', t.connect());
    run('ZADD later 1 a 2 b');
    expect(t.stream()).toEqual(['ZADD later 1 a 2 b', 'ZPOPMIN later', 'ZPOPMAX later 1']);
  });
});

describe('not at all', () => {
  it.each([
    'ZADD z 1 a',
    'ZADD z NX 5 a',
    'ZADD z GT 0 a',
    'ZADD z XX 1 nobody',
    'ZADD none XX 1 a',
    'ZADD z INCR x a',
    'ZINCRBY z 0 a',
    'ZREM z nobody',
    'ZREMRANGEBYSCORE z 9 10',
    'ZREMRANGEBYRANK none 0 -1',
    'ZRANGESTORE none z 5 6',
    'ZINTERSTORE dst 2 z none',
    'ZPOPMIN z 0',
    'ZPOPMIN none',
    'ZMPOP 1 none MIN',
    'BZPOPMIN none 1',
    'ZRANGE z 0 -1',
    'GEOADD g 13.361389 38.115556 Palermo',
    'GEOADD g NX 0 0 Palermo',
    'GEOADD g 181 0 a',
    'GEOSEARCHSTORE none g FROMLONLAT 0 0 BYRADIUS 1 m',
    'GEORADIUS g 15 37 200 km',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});
