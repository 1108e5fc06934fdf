/** What pub/sub sends to replicas: PUBLISH and SPUBLISH as they came (redis 7.2.6 pubsub.c:publishCommand), nothing else. */
import { beforeEach, expect, it } from 'vitest';
import { FAMILIES } from '../../src/core/commands/families.js';
import { TARGET_AOF, TARGET_REPLICAS } from '../../src/core/engine/effects.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';
import { attach, memoryServer, wireOf } from '../support/memory-server.js';

let t: TestEngine;

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  t.client.call('SET', 'k', 1);
  t.stream();
});

it.each(['PUBLISH c hello', 'SPUBLISH c hello'])('%s as it came, though nobody listens', (line) => {
  t.client.call(...line.split(' '));
  expect(t.stream()).toEqual([line]);
});

it('is wrapped with the writes of its transaction', () => {
  t.client.send('MULTI\r\nPUBLISH c 1\r\nSET k 2\r\nSPUBLISH c 2\r\nEXEC\r\n');
  expect(t.stream()).toEqual(['MULTI', 'PUBLISH c 1', 'SET k 2', 'SPUBLISH c 2', 'EXEC']);
  t.client.send('MULTI\r\nPUBLISH c 1\r\nEXEC\r\n');
  expect(t.stream()).toEqual(['PUBLISH c 1']);
});

it('subscriptions, keyspace events, tracking and MONITOR stay here', () => {
  t.client.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
  t.connect().send('SUBSCRIBE a\r\nPSUBSCRIBE *\r\nSSUBSCRIBE a\r\nUNSUBSCRIBE\r\n');
  t.connect().send('CLIENT TRACKING on\r\nGET k\r\nMONITOR\r\n');
  t.client.call('SET', 'k', 2);
  expect(t.stream()).toEqual(['SET k 2']);
});

it('is for replicas alone: the AOF has no use for it', () => {
  const targets: number[] = [];
  t.engine.effects.sink = { feed: (unit) => unit.forEach((effect) => targets.push(effect.targets)) };
  t.client.call('PUBLISH', 'c', 'x');
  t.engine.effects.wanted = TARGET_AOF;
  t.client.call('PUBLISH', 'c', 'x');
  expect(targets).toEqual([TARGET_REPLICAS]);
});

it('reaches the stream of a replica, with the database of the client that published', () => {
  const server = memoryServer();
  const replica = attach(server);
  server.connect().run('PUBLISH c hello');
  expect(replica.client.read()).toBe(wireOf('SELECT 0') + wireOf('PUBLISH c hello'));
});
