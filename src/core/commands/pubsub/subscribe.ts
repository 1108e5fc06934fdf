/**
 * SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and what ends them (redis 7.2.6 pubsub.c).
 *
 * Each name is answered by a message of its own, in RESP3 a push. It goes to the client itself, past CLIENT REPLY, and stands
 * where the answer would stand, also inside EXEC.
 */
import { type Bytes } from '../../base/bytes.js';
import { subscriptionBytes, type SubscriptionKind } from '../../services/pubsub.js';
import { ClientFlag, type CommandContext, type Client } from '../context.js';
import { ReplyError } from '../errors.js';
import { type Handler } from '../spec.js';

interface Answers {
  readonly subscribed: string;
  readonly unsubscribed: string;
}

const ANSWERS: Readonly<Record<SubscriptionKind, Answers>> = {
  channel: { subscribed: 'subscribe', unsubscribed: 'unsubscribe' },
  pattern: { subscribed: 'psubscribe', unsubscribed: 'punsubscribe' },
  shard: { subscribed: 'ssubscribe', unsubscribed: 'sunsubscribe' },
};

/** SUBSCRIBE channel [channel ...] and its like. */
export function subscribe(kind: SubscriptionKind): Handler {
  const { subscribed } = ANSWERS[kind];
  const denied = new ReplyError(`ERR ${subscribed.toUpperCase()} isn't allowed for a DENY BLOCKING client`);
  return (ctx, argv) => {
    const { client, server } = ctx;
    if (!ctx.mayBlock && !maySubscribeInMulti(kind, client)) throw denied;
    for (let i = 1; i < argv.length; i++) {
      if (server.pubsub.subscribe(kind, argv[i], client))
        client.subscriptionBytes += subscriptionBytes(argv[i]);
      answer(ctx, kind, subscribed, argv[i]);
    }
    client.setFlag(ClientFlag.pubsub, true);
  };
}

/** Transactions could always subscribe; to shard channels they never could. */
const maySubscribeInMulti = (kind: SubscriptionKind, { flags }: Client) =>
  kind !== 'shard' && (flags & ClientFlag.multi) !== 0;

/** UNSUBSCRIBE [channel ...] and its like: without names all of this kind; when there was none, that is answered too. */
export function unsubscribe(kind: SubscriptionKind): Handler {
  const { unsubscribed } = ANSWERS[kind];
  return (ctx, argv) => {
    const { client, server } = ctx;
    const { pubsub } = server;
    const names = argv.length > 1 ? argv.slice(1) : [...pubsub.names(kind, client)];
    for (const name of names) {
      if (pubsub.unsubscribe(kind, name, client)) client.subscriptionBytes -= subscriptionBytes(name);
      answer(ctx, kind, unsubscribed, name);
    }
    if (names.length === 0) answer(ctx, kind, unsubscribed, undefined);
    if (pubsub.count(client) + pubsub.shardCount(client) === 0) client.setFlag(ClientFlag.pubsub, false);
  };
}

function answer(
  { client, server }: CommandContext,
  kind: SubscriptionKind,
  what: string,
  name: Bytes | undefined,
): void {
  const { reply } = client;
  reply.push(3);
  reply.bulkText(what);
  reply.bulkOrNull(name);
  reply.int(kind === 'shard' ? server.pubsub.shardCount(client) : server.pubsub.count(client));
}
