/**
 * Reading RDBs in tests: the events of one as plain data that can be compared, from a Buffer given whole or in pieces.
 */
import { type Bytes } from '../../src/core/base/bytes.js';
import { RdbReader, type RdbReaderOptions } from '../../src/core/persistence/rdb/reader.js';
import { type HashValue } from '../../src/core/store/types/hash-value.js';
import { formatStreamId, MAX_STREAM_ID, MIN_STREAM_ID } from '../../src/core/store/types/stream-id.js';
import { stringBytes, type Value } from '../../src/core/store/types/value.js';

/** One event: its name and its data. */
export type RdbEvent = [name: string, ...data: unknown[]];

/** All events of an RDB that comes in these pieces; throws what the reader throws. */
export function rdbEvents(
  pieces: Buffer[],
  options: RdbReaderOptions = {},
): { events: RdbEvent[]; rest: Buffer } {
  const events: RdbEvent[] = [];
  const reader = new RdbReader(
    {
      header: (magic, version) => events.push(['header', magic, version]),
      aux: (name, value) => events.push(['aux', name, value]),
      selectDb: (db) => events.push(['selectDb', db]),
      resizeDb: (keys, expires) => events.push(['resizeDb', keys, expires]),
      key: ({ db, key, rdbType, expireAtMs, idleSeconds, freq }) =>
        events.push(['key', db, key, rdbType, expireAtMs, idleSeconds, freq]),
      value: (value) => events.push(['value', plain(value)]),
      measured: ({ elements, bytes }) => events.push(['measured', elements, bytes]),
      emptyKey: ({ key }) => events.push(['emptyKey', key]),
      functionLibrary: (code) => events.push(['function', code]),
      moduleAux: (module) => events.push(['moduleAux', module]),
      end: (checksum) => events.push(['end', checksum]),
    },
    options,
  );
  for (const piece of pieces) {
    // the reader must not hold on to a chunk: poison it, as a shared read buffer would be
    const chunk = Buffer.from(piece);
    reader.push(chunk);
    chunk.fill(0xaa);
  }
  reader.finish();
  return { events, rest: reader.rest() };
}

/** `buf` in pieces of `size` bytes. */
export function cut(buf: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < buf.length; at += size) pieces.push(buf.subarray(at, at + size));
  return pieces;
}

/** A value as plain data; members of sets and fields of hashes in sorted order. */
export function plain(value: Value): unknown {
  if (typeof value !== 'object' || value.kind === 'string') return stringBytes(value);
  switch (value.kind) {
    case 'list':
      return { list: value.range(0, value.length) };
    case 'set':
      return { set: value.toArray().sort() };
    case 'hash':
      return {
        hash: pairs(value.size, (slot) => [value.fieldAt(slot), value.valueAt(slot)]),
        ...(value.expiring > 0 && { expires: expiries(value) }),
      };
    case 'zset':
      return { zset: value.range(0, value.size).map(({ member, score }) => [member, score]) };
    case 'stream':
      return {
        entries: value
          .range(MIN_STREAM_ID, MAX_STREAM_ID)
          .map(({ id, fields }) => [formatStreamId(id), ...fields]),
        lastId: formatStreamId(value.lastId),
        firstId: formatStreamId(value.firstId),
        maxDeletedId: formatStreamId(value.maxDeletedId),
        entriesAdded: value.entriesAdded,
        groups: value.groupsByName().map((group) => ({
          name: group.name,
          lastId: formatStreamId(group.lastId),
          entriesRead: group.entriesRead,
          pending: group.pel
            .slice(0, group.pel.size)
            .map((entry) => [
              formatStreamId(entry.id),
              entry.consumer.name,
              entry.deliveryTime,
              entry.deliveryCount,
            ]),
          consumers: group
            .consumersByName()
            .map(({ name, seenTime, activeTime, pel }) => [name, seenTime, activeTime, pel.size])
            .sort(),
        })),
      };
  }
}

function pairs(count: number, at: (slot: number) => [Bytes, Bytes]): [Bytes, Bytes][] {
  return Array.from({ length: count }, (_, slot) => at(slot)).sort();
}

/** When the fields of a hash are due, those that are. */
function expiries(hash: HashValue): Record<string, number> {
  const times: [string, number][] = [];
  for (let slot = 0; slot < hash.size; slot++) times.push([hash.fieldAt(slot), hash.expiryAt(slot)]);
  return Object.fromEntries(times.filter(([, dueMs]) => dueMs !== Infinity).sort());
}
