import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { PubSub } from '../../../src/core/services/pubsub.js';

interface Client {
  name: string;
}
const [a, b, c]: Client[] = ['a', 'b', 'c'].map((name) => ({ name }));

function heard(pubsub: PubSub<Client>, channel: string): string[] {
  const out: string[] = [];
  const count = pubsub.publish(ascii(channel), ({ name }, pattern) =>
    out.push(pattern === undefined ? name : `${name}:${pattern}`),
  );
  expect(count).toBe(out.length);
  return out;
}

describe('PubSub', () => {
  it('delivers to a channel in the order of subscription, then to patterns', () => {
    const pubsub = new PubSub<Client>();
    pubsub.subscribe('pattern', ascii('n*'), c);
    pubsub.subscribe('pattern', ascii('*'), a);
    pubsub.subscribe('channel', ascii('news'), b);
    pubsub.subscribe('channel', ascii('news'), a);
    pubsub.subscribe('pattern', ascii('n*'), a);
    expect(heard(pubsub, 'news')).toEqual(['b', 'a', 'c:n*', 'a:n*', 'a:*']);
    expect(heard(pubsub, 'other')).toEqual(['a:*']);
    expect(heard(new PubSub(), 'news')).toEqual([]);
  });

  it('says whether something changed', () => {
    const pubsub = new PubSub<Client>();
    expect(pubsub.subscribe('channel', ascii('x'), a)).toBe(true);
    expect(pubsub.subscribe('channel', ascii('x'), a)).toBe(false);
    expect(pubsub.unsubscribe('channel', ascii('x'), b)).toBe(false);
    expect(pubsub.unsubscribe('pattern', ascii('x'), a)).toBe(false);
    expect(pubsub.unsubscribe('channel', ascii('x'), a)).toBe(true);
    expect(pubsub.unsubscribe('channel', ascii('x'), a)).toBe(false);
    expect(heard(pubsub, 'x')).toEqual([]);
  });

  it('counts subscriptions of a client, shard channels apart', () => {
    const pubsub = new PubSub<Client>();
    pubsub.subscribe('channel', ascii('x'), a);
    pubsub.subscribe('pattern', ascii('x'), a);
    pubsub.subscribe('shard', ascii('x'), a);
    expect([pubsub.count(a), pubsub.shardCount(a), pubsub.count(b)]).toEqual([2, 1, 0]);
    expect([...pubsub.names('pattern', a)]).toEqual(['x']);
    expect([...pubsub.names('pattern', b)]).toEqual([]);
  });

  it('keeps shard channels away from channels and patterns', () => {
    const pubsub = new PubSub<Client>();
    pubsub.subscribe('shard', ascii('x'), a);
    pubsub.subscribe('pattern', ascii('*'), b);
    const out: string[] = [];
    expect(pubsub.publishShard(ascii('x'), ({ name }) => out.push(name))).toBe(1);
    expect(out).toEqual(['a']);
    expect(heard(pubsub, 'x')).toEqual(['b:*']);
    expect(pubsub.channels('shard')).toEqual(['x']);
    expect(pubsub.channels('channel')).toEqual([]);
  });

  it('lists and counts what is listened to', () => {
    const pubsub = new PubSub<Client>();
    for (const client of [a, b]) pubsub.subscribe('channel', ascii('news.art'), client);
    pubsub.subscribe('channel', ascii('other'), a);
    pubsub.subscribe('pattern', ascii('n*'), a);
    pubsub.subscribe('pattern', ascii('n*'), b);
    expect(pubsub.channels('channel')).toEqual(['news.art', 'other']);
    expect(pubsub.channels('channel', ascii('news.*'))).toEqual(['news.art']);
    expect(pubsub.subscriberCount('channel', ascii('news.art'))).toBe(2);
    expect(pubsub.subscriberCount('channel', ascii('nobody'))).toBe(0);
    expect([pubsub.patternCount, pubsub.channelCount('channel'), pubsub.channelCount('shard')]).toEqual([
      1, 2, 0,
    ]);
    expect([pubsub.hasListeners(ascii('nX')), pubsub.hasListeners(ascii('x'))]).toEqual([true, false]);
    expect(pubsub.hasListeners(ascii('other'))).toBe(true);
  });

  it('forgets a client in all its places', () => {
    const pubsub = new PubSub<Client>();
    pubsub.subscribe('channel', ascii('x'), a);
    pubsub.subscribe('channel', ascii('x'), b);
    pubsub.subscribe('pattern', ascii('*'), a);
    pubsub.subscribe('shard', ascii('s'), a);
    pubsub.forget(a);
    expect(heard(pubsub, 'x')).toEqual(['b']);
    expect([pubsub.patternCount, pubsub.channels('shard').length, pubsub.count(a)]).toEqual([0, 0, 0]);
    pubsub.forget(c);
    expect(pubsub.subscribe('channel', ascii('x'), a)).toBe(true);
  });
});
