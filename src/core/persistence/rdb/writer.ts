/**
 * RdbWriter: an RDB in blocks of about 64 KB, in the version that its reader can take.
 *
 * The caller drives it: `header`, `functionLibrary`, then per database `selectDb`, `resizeDb` and the keys, then `end`. `keyValue` is a
 * generator that yields between slices of a large value; keys with a small value run through at once. Called by BGSAVE, by the AOF's
 * base file and by replication, each with its own `out`.
 */
import { ascii, type Bytes, fromText } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { DEFAULT_LIMITS, type EncodingLimits } from '../../store/types/encoding.js';
import { type Value } from '../../store/types/value.js';
import { BlockOutput } from './block-output.js';
import { OPCODE, TRAILER_BYTES, TYPE, type WritableVersion } from './format.js';
import { LongString } from '../../store/long-strings.js';
import { rdbTypeOf, writePlainString, writeValue } from './write-value.js';

/** The first number that 64 bits do not hold. */
const INT64_END = 2 ** 63;

export interface RdbWriterOptions {
  /** Default 11. */
  readonly version?: WritableVersion;
  /** rdbchecksum (default true); eight zero bytes end the file when off. */
  readonly checksum?: boolean;
  /** rdbcompression (default true). */
  readonly compression?: boolean;
  /** What decides the packed encodings. */
  readonly limits?: EncodingLimits;
}

/** The fields that Redis writes, in its order; those left out are not written (redis 7.2.6 rdb.c:rdbSaveInfoAuxFields). */
export interface RdbAux {
  readonly redisVersion: string;
  /** Seconds since 1970. */
  readonly ctime: number;
  readonly usedMemory: number;
  readonly replication?: { readonly streamDb: number; readonly id: string; readonly offset: number };
  /** Whether this is the base file of an AOF. */
  readonly aofBase: boolean;
}

/** How a key was used, where the eviction policy keeps that: one or the other. */
export type KeyUsage = { readonly idleSeconds: number } | { readonly freq: number };

export class RdbWriter {
  private readonly out: BlockOutput;
  private readonly form: { version: WritableVersion; limits: EncodingLimits };
  private readonly sink: (block: Buffer) => void;

  /** @param out gets the blocks, in order; it may keep them */
  constructor(out: (block: Buffer) => void, options: RdbWriterOptions = {}) {
    this.sink = out;
    this.form = { version: options.version ?? 11, limits: options.limits ?? DEFAULT_LIMITS };
    this.out = new BlockOutput(out, options.checksum ?? true, options.compression ?? true);
  }

  /** Bytes written so far, those not handed out yet included. */
  get bytesWritten(): number {
    return this.out.bytesWritten;
  }

  /** Magic, version and the aux fields. */
  header(aux: RdbAux): void {
    this.out.bytes(ascii('REDIS' + String(this.form.version).padStart(4, '0')));
    this.aux(ascii('redis-ver'), fromText(aux.redisVersion));
    this.aux(ascii('redis-bits'), ascii('64'));
    this.aux(ascii('ctime'), ascii(String(aux.ctime)));
    this.aux(ascii('used-mem'), ascii(String(aux.usedMemory)));
    if (aux.replication !== undefined) {
      this.aux(ascii('repl-stream-db'), ascii(String(aux.replication.streamDb)));
      this.aux(ascii('repl-id'), ascii(aux.replication.id));
      this.aux(ascii('repl-offset'), ascii(String(aux.replication.offset)));
    }
    this.aux(ascii('aof-base'), ascii(aux.aofBase ? '1' : '0'));
  }

  /** One aux field. */
  aux(name: Bytes, value: Bytes): void {
    this.out.u8(OPCODE.AUX);
    this.out.string(name);
    this.out.string(value);
  }

  /** A function library; version 9 has no place for it and the caller must not call this then. */
  functionLibrary(code: Bytes): void {
    if (this.form.version < 10) throw new RangeError('RDB version 9 has no functions');
    this.out.u8(OPCODE.FUNCTION2);
    this.out.string(code);
  }

  selectDb(db: number): void {
    this.out.u8(OPCODE.SELECT_DB);
    this.out.length(db);
  }

  /** Size hints of the selected database. */
  resizeDb(keys: number, expires: number): void {
    this.out.u8(OPCODE.RESIZE_DB);
    this.out.length(keys);
    this.out.length(expires);
  }

  /**
   * One key. Yields about every 64 KB of output and every 1,024 elements; between two yields the value must not change.
   * @param expireAtMs absolute, undefined for none
   */
  *keyValue(key: Bytes, value: Value, expireAtMs?: number, usage?: KeyUsage): Generator<void, void, void> {
    if (!this.smallKeyValue(key, value, expireAtMs, usage)) yield* writeValue(this.out, value, this.form);
  }

  /**
   * The start of a key, and all of it when its value is a string that is written at once: true then. For walks over many small
   * keys, which need no generator for each.
   */
  smallKeyValue(key: Bytes, value: Value, expireAtMs?: number, usage?: KeyUsage): boolean {
    const { out } = this;
    if (expireAtMs !== undefined) {
      out.u8(OPCODE.EXPIRE_MS);
      // A time near the end of 64 bits is kept as a double, which may be the one behind it.
      out.int64(expireAtMs < INT64_END ? expireAtMs : INT64_MAX);
    }
    if (usage !== undefined) this.usage(usage);
    if (typeof value !== 'object' || value instanceof LongString) {
      out.u8(TYPE.STRING);
      out.string(key);
      writePlainString(out, value);
      return true;
    }
    out.u8(rdbTypeOf(value, this.form));
    out.string(key);
    return false;
  }

  /** What `smallKeyValue` left out when it said false. Yields as `keyValue` does. */
  restOfValue(value: Value): Generator<void, void, void> {
    return writeValue(this.out, value, this.form);
  }

  /** The end mark and the checksum; hands out what is left. */
  end(): void {
    this.out.u8(OPCODE.EOF);
    this.out.flush();
    this.sink(this.out.crc?.digestLE() ?? Buffer.alloc(TRAILER_BYTES));
  }

  /** Takes back a block that nobody reads any more. */
  recycle(block: Buffer): void {
    this.out.recycle(block);
  }

  /** Hands out what is gathered, before a pause. */
  flush(): void {
    this.out.flush();
  }

  private usage(usage: KeyUsage): void {
    if ('freq' in usage) {
      this.out.u8(OPCODE.FREQ);
      this.out.u8(usage.freq);
    } else {
      this.out.u8(OPCODE.IDLE);
      this.out.length(usage.idleSeconds);
    }
  }
}
