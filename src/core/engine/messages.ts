/**
 * Messages: PUBLISH, SPUBLISH and keyspace events, from the registry of subscribers (services/pubsub) to the sessions. Rules: redis
 * 7.2.6 pubsub.c:pubsubPublishMessageInternal, notify.c:notifyKeyspaceEvent.
 */
import { ascii, type Bytes } from '../base/bytes.js';
import { ClientFlag, type Client } from '../commands/context.js';
import { orderFields } from '../info/model.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { PubSub } from '../services/pubsub.js';
import { type Database } from '../store/database.js';
import { NotifyClass, type KeyEvent } from '../store/events.js';
import { type Engine } from './engine.js';
import { type Pushes } from './pushes.js';
import { type Session } from './session.js';

/** Up to this length a message is encoded once for all who hear it; a longer one is written as a bulk, which shares its bytes. */
const SHARED_BYTES = 8 * 1024;

export class Messages {
  readonly pubsub = new PubSub<Client>();

  constructor(
    engine: Engine,
    private readonly pushes: Pushes,
  ) {
    const { pubsub } = this;
    const { sessions, clients, infoReport } = engine;
    const forget = (session: Session) => {
      session.subscriptionBytes -= pubsub.forget(session);
      session.setFlag(ClientFlag.pubsub, false);
    };
    sessions.onEnd(forget);
    sessions.onReset(forget);
    clients.line.provide('sub', (session) => pubsub.names('channel', session).size);
    clients.line.provide('psub', (session) => pubsub.names('pattern', session).size);
    clients.line.provide('ssub', (session) => pubsub.names('shard', session).size);
    infoReport.provide('stats', () =>
      orderFields('stats', {
        pubsub_channels: pubsub.channelCount('channel'),
        pubsub_patterns: pubsub.patternCount,
        pubsubshard_channels: pubsub.channelCount('shard'),
      }),
    );
  }

  /** @returns to how many subscriptions it went */
  publish(kind: 'channel' | 'shard', channel: Bytes, message: Bytes): number {
    const { pubsub } = this;
    if (pubsub.isEmpty) return 0;
    let shared: string | undefined;
    let sharedFor: Bytes | undefined;
    const short = channel.length + message.length <= SHARED_BYTES;
    const deliver = (client: Client, pattern: Bytes | undefined) => {
      const session = client as Session;
      const writer = this.pushes.writerFor(session);
      if (writer === undefined) return;
      writer.push(pattern === undefined ? 3 : 4);
      if (!short) writeMessage(writer, kind, pattern, channel, message);
      else {
        if (shared === undefined || sharedFor !== pattern) {
          shared = encodeMessage(kind, pattern, channel, message);
          sharedFor = pattern;
        }
        writer.raw(shared);
      }
      this.pushes.written(session);
    };
    return kind === 'channel' ? pubsub.publish(channel, deliver) : pubsub.publishShard(channel, deliver);
  }

  /** A keyspace event, on the one channel, the other, or both; `classes` is notify-keyspace-events. */
  notify(db: Database, key: Bytes, event: KeyEvent, classes: number): void {
    if (this.pubsub.isEmpty) return;
    if (classes & NotifyClass.keyspace) {
      this.publish('channel', `__keyspace@${db.id}__:${key}` as Bytes, event.name);
    }
    if (classes & NotifyClass.keyevent) {
      this.publish('channel', `__keyevent@${db.id}__:${event.name}` as Bytes, key);
    }
  }
}

const KINDS = { channel: ascii('message'), shard: ascii('smessage') } as const;
const PMESSAGE = ascii('pmessage');

/** All but the header. */
function encodeMessage(
  kind: 'channel' | 'shard',
  pattern: Bytes | undefined,
  channel: Bytes,
  message: Bytes,
): string {
  const body = bulk(channel) + bulk(message);
  return pattern === undefined ? bulk(KINDS[kind]) + body : bulk(PMESSAGE) + bulk(pattern) + body;
}

const bulk = (bytes: Bytes) => `$${bytes.length}\r\n${bytes}\r\n`;

function writeMessage(
  writer: ReplyWriter,
  kind: 'channel' | 'shard',
  pattern: Bytes | undefined,
  channel: Bytes,
  message: Bytes,
): void {
  writer.bulk(pattern === undefined ? KINDS[kind] : PMESSAGE);
  if (pattern !== undefined) writer.bulk(pattern);
  writer.bulk(channel);
  writer.bulk(message);
}
