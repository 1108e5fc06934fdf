/**
 * DUMP and RESTORE payloads: one value as in an RDB, with a footer.
 *
 *   | type, value | RDB version, 2 bytes LE | CRC64 of all before, 8 bytes LE |        (redis 7.2.6 cluster.c:createDumpPayload)
 */
import { Crc64 } from '../../base/crc64.js';
import { DEFAULT_LIMITS, type EncodingLimits } from '../../store/types/encoding.js';
import { type Value } from '../../store/types/value.js';
import { BlockOutput } from './block-output.js';
import {
  DUMP_VERSION_MAX,
  FIELD_EXPIRY_VERSION,
  RdbError,
  TYPE,
  typeInfo,
  USUAL_VERSION,
  type WritableVersion,
} from './format.js';
import { readValue } from './read-value.js';
import { RdbSource } from './source.js';
import { rdbTypeOf, writeValue } from './write-value.js';

const FOOTER_BYTES = 10;
const CRC_BYTES = 8;

export interface DumpOptions {
  readonly limits?: EncodingLimits;
  /** rdbcompression (default true). */
  readonly compression?: boolean;
}

/** A payload that RESTORE refuses; the message is Redis's, without its `ERR`. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
  constructor(
    override readonly message: 'Bad data format' | 'DUMP payload version or checksum are wrong',
    options?: ErrorOptions,
    /** What the payload should have held, for the log. */
    readonly form?: string,
  ) {
    super(message, options);
  }
}

/** The version of a payload that loses nothing and that the most servers take. */
export function dumpVersionOf(value: Value): WritableVersion {
  const expires = typeof value === 'object' && value.kind === 'hash' && value.expiring > 0;
  return expires ? FIELD_EXPIRY_VERSION : USUAL_VERSION;
}

/** The version that a payload says it has. */
export function payloadVersion(payload: Buffer): number {
  return payload.readUInt16LE(payload.length - FOOTER_BYTES);
}

/** The payload of a value. */
export function dumpValue(
  value: Value,
  version: WritableVersion = USUAL_VERSION,
  options: DumpOptions = {},
): Buffer {
  const blocks: Buffer[] = [];
  const out = new BlockOutput((block) => blocks.push(block), false, options.compression ?? true);
  const form = { version, limits: options.limits ?? DEFAULT_LIMITS };
  out.u8(rdbTypeOf(value, form));
  const steps = writeValue(out, value, form);
  while (steps.next().done !== true);
  out.u8(version);
  out.u8(0);
  out.flush();
  const crc = new Crc64();
  for (const block of blocks) crc.update(block);
  blocks.push(crc.digestLE());
  return Buffer.concat(blocks);
}

/**
 * The value in a payload. Throws DumpError; the cause of `Bad data format` says what was wrong.
 * @param anyChecksum take it whatever its checksum is
 */
export function restoreValue(payload: Buffer, anyChecksum = false): Value {
  verifyFooter(payload, anyChecksum);
  const src = new RdbSource(false);
  src.feed(payload.subarray(0, payload.length - FOOTER_BYTES));
  try {
    const value = src.has(1) ? restoreFrom(src) : undefined;
    if (value !== undefined) return value;
  } catch (cause) {
    if (cause instanceof RdbError) throw new DumpError('Bad data format', { cause }, formOf(payload));
    throw cause;
  }
  throw new DumpError('Bad data format', undefined, formOf(payload));
}

/** Packed forms by their names in Redis's log (redis 7.2.6 rdb.c:rdbLoadObject). */
const FORMS: Readonly<Record<number, string>> = {
  [TYPE.HASH_ZIPMAP]: 'Zipmap',
  [TYPE.LIST_ZIPLIST]: 'List ziplist',
  [TYPE.SET_INTSET]: 'Intset',
  [TYPE.ZSET_ZIPLIST]: 'Zset ziplist',
  [TYPE.HASH_ZIPLIST]: 'Hash ziplist',
  [TYPE.LIST_QUICKLIST]: 'Ziplist',
  [TYPE.STREAM_LISTPACKS]: 'Stream listpack',
  [TYPE.HASH_LISTPACK]: 'Hash listpack',
  [TYPE.ZSET_LISTPACK]: 'Zset listpack',
  [TYPE.LIST_QUICKLIST_2]: 'Listpack',
  [TYPE.STREAM_LISTPACKS_2]: 'Stream listpack',
  [TYPE.SET_LISTPACK]: 'Set listpack',
  [TYPE.STREAM_LISTPACKS_3]: 'Stream listpack',
};

function formOf(payload: Buffer): string {
  return FORMS[payload[0]] ?? 'value';
}

function verifyFooter(payload: Buffer, anyChecksum: boolean): void {
  const crcAt = payload.length - CRC_BYTES;
  const good =
    payload.length >= FOOTER_BYTES &&
    payloadVersion(payload) <= DUMP_VERSION_MAX &&
    (anyChecksum || new Crc64().update(payload, 0, crcAt).digestLE().equals(payload.subarray(crcAt)));
  if (!good) throw new DumpError('DUMP payload version or checksum are wrong');
}

/** The value, or undefined for an empty collection and for a value whose end is missing. */
function restoreFrom(src: RdbSource): Value | undefined {
  const rdbType = src.u8();
  const info = typeInfo(rdbType);
  if (info === undefined || info.type === 'module') return undefined;
  const step = readValue(src, rdbType).next();
  return step.done === true ? step.value : undefined;
}
