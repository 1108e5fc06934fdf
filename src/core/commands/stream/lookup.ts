/** How stream commands find their stream and their group. Every function throws WRONGTYPE for a key of another type. */
import { type Bytes } from '../../base/bytes.js';
import { type StreamGroup } from '../../store/types/stream-groups.js';
import { StreamValue } from '../../store/types/stream-value.js';
import { type Value } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { noKeyOrGroup } from './errors.js';

export function streamOrThrow(value: Value): StreamValue {
  if (!(value instanceof StreamValue)) throw Errors.wrongType;
  return value;
}

/** For a command that reads, or that Redis lets look up as one: a hit or a miss is counted. undefined: no such key. */
export function readStream(ctx: CommandContext, key: Bytes): StreamValue | undefined {
  const value = ctx.db.lookupRead(key);
  return value === undefined ? undefined : streamOrThrow(value);
}

/** The slot of a stream that is to be written, or -1. */
export function streamSlot(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookupWrite(key);
  if (slot >= 0) streamOrThrow(ctx.db.keyspace.valueAt(slot));
  return slot;
}

/** The stream in a slot, to be changed. */
export function openStream(ctx: CommandContext, slot: number): StreamValue {
  return ctx.gate.open(ctx.db, slot) as StreamValue;
}

/** The stream at a key that is known to be there, to be changed. */
export function openStreamAt(ctx: CommandContext, key: Bytes): StreamValue {
  return openStream(ctx, ctx.db.lookup(key));
}

/** A stream and its group, only to look at. Throws NOGROUP. */
export function groupOrThrow(
  ctx: CommandContext,
  key: Bytes,
  name: Bytes,
): { stream: StreamValue; group: StreamGroup } {
  const stream = readStream(ctx, key);
  const group = stream?.groups.get(name);
  if (stream === undefined || group === undefined) throw noKeyOrGroup(key, name);
  return { stream, group };
}
