/**
 * Digests of keys and of the whole data set, equal to Redis's for equal data (redis 7.2.6 debug.c:computeDatasetDigest,
 * xorObjectDigest), so that two servers can be compared, ours with a real one too.
 *
 * A digest is 20 bytes. `mix` makes the order count (SHA1 of what there is after xoring), `toggle` does not (xor alone): the
 * elements of a list are mixed, the members of a set toggled.
 */
import { createHash } from 'node:crypto';
import { ascii, type Bytes, fromBuffer } from '../../base/bytes.js';
import { formatFpconv } from '../../base/numbers.js';
import { type Database, type Store } from '../../store/database.js';
import { idMs, idSeq, MAX_STREAM_ID, MIN_STREAM_ID } from '../../store/types/stream-id.js';
import { type CollectionValue, type Value, isStringValue, stringBytes } from '../../store/types/value.js';

const DIGEST_BYTES = 20;
/** Entries of a stream that are looked at in one go. */
const STREAM_BATCH = 1000;
const EXPIRE_MARK = ascii('!!expire!!');
/** Redis 7.4's mark of a field that expires. */
const FIELD_EXPIRE_MARK = ascii('!!hexpire!!');

/** The numbers of the types (redis 7.2.6 server.h OBJ_*). */
const TYPE_NUMBER = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 } as const;

class Digest {
  readonly bytes = Buffer.alloc(DIGEST_BYTES);

  toggle(data: Bytes): void {
    this.xor(createHash('sha1').update(data, 'latin1').digest());
  }

  toggleDigest(other: Digest): void {
    this.xor(createHash('sha1').update(other.bytes).digest());
  }

  mix(data: Bytes): void {
    this.toggle(data);
    createHash('sha1').update(this.bytes).digest().copy(this.bytes);
  }

  /** Mixes a number as 4 bytes, most significant first. */
  mixNumber(n: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(n);
    this.mix(fromBuffer(bytes));
  }

  private xor(hash: Buffer): void {
    for (let i = 0; i < DIGEST_BYTES; i++) this.bytes[i] ^= hash[i];
  }

  get hex(): string {
    return this.bytes.toString('hex');
  }
}

/** DEBUG DIGEST: 40 hexadecimal digits, all 0 for an empty server. Keys whose time is over and that are still there count. */
export function datasetDigest(store: Store): string {
  const digest = new Digest();
  for (const db of store.databases) {
    if (db.size === 0) continue;
    digest.mixNumber(db.id);
    const { table } = db.keyspace;
    table.scan(0, Infinity, Infinity, (slot) => {
      const entry = new Digest();
      entry.mix(table.keyAt(slot)!);
      addValue(entry, db.valueAt(slot), db.expiryAt(slot) !== 0);
      digest.toggleDigest(entry);
    });
  }
  return digest.hex;
}

/** DEBUG DIGEST-VALUE: 40 hexadecimal digits of a key's value and of whether it expires, all 0 when there is no such key. */
export function valueDigest(db: Database, key: Bytes): string {
  const digest = new Digest();
  const slot = db.keyspace.table.find(key);
  if (slot >= 0) addValue(digest, db.valueAt(slot), db.expiryAt(slot) !== 0);
  return digest.hex;
}

function addValue(digest: Digest, value: Value, expires: boolean): void {
  digest.mixNumber(TYPE_NUMBER[isStringValue(value) ? 'string' : value.kind]);
  if (isStringValue(value)) digest.mix(stringBytes(value));
  else addCollection(digest, value);
  if (expires) digest.toggle(EXPIRE_MARK);
}

function addCollection(digest: Digest, value: CollectionValue): void {
  switch (value.kind) {
    case 'list':
      for (const element of value.values()) digest.mix(element);
      return;
    case 'set':
      for (const member of value.values()) digest.toggle(member);
      return;
    case 'zset':
      for (let slot = 0; slot < value.size; slot++) {
        const { member, score } = value.entryAt(slot);
        addPair(digest, member, formatFpconv(score));
      }
      return;
    case 'hash':
      for (let slot = 0; slot < value.size; slot++) {
        const expires = value.expiryAt(slot) !== Infinity;
        addPair(digest, value.fieldAt(slot), value.valueAt(slot), expires);
      }
      return;
    case 'stream': {
      let batch = value.range(MIN_STREAM_ID, MAX_STREAM_ID, STREAM_BATCH);
      while (batch.length > 0) {
        for (const { id, fields } of batch) {
          digest.mix(ascii(`${idMs(id)}.${idSeq(id)}`));
          for (const field of fields) digest.mix(field);
        }
        const next = value.firstAfter(batch[batch.length - 1].id);
        batch = next === undefined ? [] : value.range(next.id, MAX_STREAM_ID, STREAM_BATCH);
      }
    }
  }
}

function addPair(digest: Digest, name: Bytes, value: Bytes, expires = false): void {
  const pair = new Digest();
  pair.mix(name);
  pair.mix(value);
  if (expires) pair.toggle(FIELD_EXPIRE_MARK);
  digest.toggleDigest(pair);
}
