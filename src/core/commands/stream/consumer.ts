/** Consumers that commands make by naming them (redis 7.2.6 t_stream.c:streamCreateConsumer). */
import { type Bytes } from '../../base/bytes.js';
import { type StreamConsumer, type StreamGroup } from '../../store/types/stream-groups.js';
import { type CommandContext } from '../context.js';
import { EVENT_CREATE_CONSUMER } from './events.js';

/** Makes the consumer, which must not be there. */
export function createConsumer(
  ctx: CommandContext,
  key: Bytes,
  group: StreamGroup,
  name: Bytes,
): StreamConsumer {
  const consumer = group.consumer(name, ctx.store.nowMs);
  ctx.gate.changedAside(ctx.db, key, EVENT_CREATE_CONSUMER);
  return consumer;
}

/** The consumer that a command acts for, made when it is missing: it was seen now. */
export function actingConsumer(
  ctx: CommandContext,
  key: Bytes,
  group: StreamGroup,
  name: Bytes,
): StreamConsumer {
  const consumer = group.consumers.get(name) ?? createConsumer(ctx, key, group, name);
  consumer.seenTime = ctx.store.nowMs;
  return consumer;
}
