/**
 * PubSub: who is subscribed to what. Channels, patterns and shard channels, each with its subscribers.
 *
 * Pure bookkeeping over opaque subscribers (sessions): it writes no replies. Subscribers of a channel hear a message in the
 * order in which they subscribed, then those of matching patterns, one delivery per subscription. Rules: redis 7.2.6 pubsub.c.
 */
import { type Bytes } from '../base/bytes.js';
import { globMatch } from '../base/glob.js';

/** `shard` is SSUBSCRIBE's: a space of names of its own. */
export type SubscriptionKind = 'channel' | 'pattern' | 'shard';

/** Called for each delivery; `pattern` is the one that matched, undefined for a subscription to the channel itself. */
export type Deliver<S> = (subscriber: S, pattern: Bytes | undefined) => void;

type ByName<S> = Map<Bytes, Set<S>>;
type Names = Record<SubscriptionKind, Set<Bytes>>;

/** A subscription's place in both tables, roughly. */
const SUBSCRIPTION_BYTES = 128;

/** What a subscription costs, for the memory of its client. */
export function subscriptionBytes(name: Bytes): number {
  return name.length + SUBSCRIPTION_BYTES;
}

const NONE: ReadonlySet<Bytes> = new Set();

export class PubSub<S extends object> {
  private readonly subscribers: Record<SubscriptionKind, ByName<S>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };
  private readonly subscriptions = new Map<S, Names>();

  /** @returns false when it was subscribed already */
  subscribe(kind: SubscriptionKind, name: Bytes, subscriber: S): boolean {
    const names = this.subscriptions.get(subscriber) ?? this.enroll(subscriber);
    if (names[kind].has(name)) return false;
    names[kind].add(name);
    const set = this.subscribers[kind].get(name);
    if (set) set.add(subscriber);
    else this.subscribers[kind].set(name, new Set([subscriber]));
    return true;
  }

  /** @returns false when it was not subscribed */
  unsubscribe(kind: SubscriptionKind, name: Bytes, subscriber: S): boolean {
    const names = this.subscriptions.get(subscriber);
    if (!names?.[kind].delete(name)) return false;
    const set = this.subscribers[kind].get(name)!;
    set.delete(subscriber);
    if (set.size === 0) this.subscribers[kind].delete(name);
    if (this.count(subscriber) + this.shardCount(subscriber) === 0) this.subscriptions.delete(subscriber);
    return true;
  }

  /** The names that `subscriber` listens to, in the order of subscription. Live: copy it before unsubscribing. */
  names(kind: SubscriptionKind, subscriber: S): ReadonlySet<Bytes> {
    return this.subscriptions.get(subscriber)?.[kind] ?? NONE;
  }

  /** Ends all subscriptions, for a connection that closes. @returns what they cost */
  forget(subscriber: S): number {
    let bytes = 0;
    for (const kind of ['channel', 'pattern', 'shard'] as const) {
      for (const name of [...this.names(kind, subscriber)]) {
        this.unsubscribe(kind, name, subscriber);
        bytes += subscriptionBytes(name);
      }
    }
    return bytes;
  }

  /** Channels and patterns of one subscriber: the number in (P)SUBSCRIBE's replies. */
  count(subscriber: S): number {
    return this.names('channel', subscriber).size + this.names('pattern', subscriber).size;
  }

  /** Shard channels of one subscriber: the number in SSUBSCRIBE's replies. */
  shardCount(subscriber: S): number {
    return this.names('shard', subscriber).size;
  }

  /** Hands a message to all who listen. @returns the number of deliveries, PUBLISH's reply */
  publish(channel: Bytes, deliver: Deliver<S>): number {
    let receivers = this.deliverTo(this.subscribers.channel.get(channel), undefined, deliver);
    for (const [pattern, set] of this.subscribers.pattern) {
      if (globMatch(pattern, channel)) receivers += this.deliverTo(set, pattern, deliver);
    }
    return receivers;
  }

  /** SPUBLISH: shard channels know no patterns. */
  publishShard(channel: Bytes, deliver: Deliver<S>): number {
    return this.deliverTo(this.subscribers.shard.get(channel), undefined, deliver);
  }

  /** Whether a message on `channel` would be heard, without delivering it. */
  hasListeners(channel: Bytes): boolean {
    if (this.subscribers.channel.has(channel)) return true;
    for (const pattern of this.subscribers.pattern.keys()) {
      if (globMatch(pattern, channel)) return true;
    }
    return false;
  }

  /** PUBSUB CHANNELS and SHARDCHANNELS: those with a subscriber, that match `pattern` if there is one. */
  channels(kind: 'channel' | 'shard', pattern?: Bytes): Bytes[] {
    const all = [...this.subscribers[kind].keys()];
    return pattern === undefined ? all : all.filter((channel) => globMatch(pattern, channel));
  }

  /** PUBSUB NUMSUB and SHARDNUMSUB: subscribers of one channel, those of patterns not counted. */
  subscriberCount(kind: 'channel' | 'shard', channel: Bytes): number {
    return this.subscribers[kind].get(channel)?.size ?? 0;
  }

  /** PUBSUB NUMPAT: different patterns that somebody listens to. */
  get patternCount(): number {
    return this.subscribers.pattern.size;
  }

  /** Nobody listens to anything. */
  get isEmpty(): boolean {
    return this.subscriptions.size === 0;
  }

  /** Channels that somebody listens to: pubsub_channels and pubsubshard_channels of INFO. */
  channelCount(kind: 'channel' | 'shard'): number {
    return this.subscribers[kind].size;
  }

  private enroll(subscriber: S): Names {
    const names: Names = { channel: new Set(), pattern: new Set(), shard: new Set() };
    this.subscriptions.set(subscriber, names);
    return names;
  }

  private deliverTo(
    set: ReadonlySet<S> | undefined,
    pattern: Bytes | undefined,
    deliver: Deliver<S>,
  ): number {
    if (!set) return 0;
    let receivers = 0;
    for (const subscriber of set) {
      deliver(subscriber, pattern);
      receivers++;
    }
    return receivers;
  }
}
