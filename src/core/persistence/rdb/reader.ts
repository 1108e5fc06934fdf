/**
 * RdbReader: an RDB as a stream of events, from chunks of any size.
 *
 *   magic -> (aux | function | module aux | select db | size hints | [expiry] [idle | freq] key value)* -> end [checksum]
 *
 * The loader builds values from it (`mode: 'build'`); the snapshot report counts (`mode: 'measure'`) in constant memory. It never
 * reads past the trailer: what follows is `rest()`. Input that is no RDB ends in an RdbError that names offset, expectation and
 * key; after it every call throws that error again. It does not judge: expired keys and duplicates are the loader's concern.
 */
import { type Bytes, quote, sliceBytes } from '../../base/bytes.js';
import { type Value } from '../../store/types/value.js';
import {
  CHECKSUM_SINCE,
  FIRST_OPCODE,
  HEADER_BYTES,
  laterTypeName,
  moduleName,
  MODULE_OPCODE,
  OPCODE,
  RdbError,
  type RdbMagic,
  type RdbTypeInfo,
  READABLE_VERSIONS,
  TRAILER_BYTES,
  TYPE,
  typeInfo,
} from './format.js';
import { measureValue, skipModuleData } from './measure.js';
import { decodeBlobValue, isBlobType, readValue } from './read-value.js';
import { RdbSource } from './source.js';
import { awaitLength, awaitLength64, awaitString, type Step } from './steps.js';

/** A key as it is announced, before its value. */
export interface RdbKey {
  readonly db: number;
  readonly key: Bytes;
  /** The number of the value type, and what it stands for. */
  readonly rdbType: number;
  readonly info: RdbTypeInfo;
  /** Offset of the type byte. */
  readonly offset: number;
  readonly expireAtMs: number | undefined;
  readonly idleSeconds: number | undefined;
  /** The LFU counter, 0 to 255. */
  readonly freq: number | undefined;
}

/** What measuring a value found. */
export interface RdbMeasure {
  /** Elements, 1 for a string; undefined where the packed form does not say. */
  readonly elements: number | undefined;
  /** Bytes of the value as it is serialised. */
  readonly bytes: number;
  /** Bytes of the whole record: type, key, value. */
  readonly recordBytes: number;
}

/**
 * `ok`: computed and equal. `absent`: eight zero bytes, the writer computed none. `none`: a version that has none.
 * `unverified`: not looked at, as the options asked.
 */
export type ChecksumVerdict = 'ok' | 'absent' | 'none' | 'unverified';

/** Where the events go. What a sink throws passes through `push`. */
export interface RdbSink {
  header?(magic: RdbMagic, version: number): void;
  aux?(name: Bytes, value: Bytes): void;
  selectDb?(db: number): void;
  /** Size hints of the selected database. */
  resizeDb?(keys: number, expires: number): void;
  /** A key, before its value is read. */
  key?(key: RdbKey): void;
  /** Mode `build`: the value of the last key. */
  value?(value: Value, key: RdbKey): void;
  /** Mode `measure`: the size of the value of the last key. */
  measured?(measure: RdbMeasure, key: RdbKey): void;
  /** A collection without elements, which Redis skips. */
  emptyKey?(key: RdbKey): void;
  /** The code of a function library. */
  functionLibrary?(code: Bytes): void;
  /** Data of a module outside the keyspace, skipped. */
  moduleAux?(module: string): void;
  end?(checksum: ChecksumVerdict): void;
  /** The end opcode was read: what the checksum behind it must be, where it is computed. */
  trailer?(computed: Buffer): void;
}

export interface RdbReaderOptions {
  /** Default `build`. */
  readonly mode?: 'build' | 'measure';
  /** Compute the checksum and refuse a wrong one (default true). */
  readonly verifyChecksum?: boolean;
}

export class RdbReader {
  private readonly src: RdbSource;
  private readonly steps: Step<void>;
  private readonly measure: boolean;
  private readonly after: Buffer[] = [];
  private failure: { error: unknown } | undefined;
  private finished = false;
  private magic: RdbMagic = 'REDIS';
  private version = 0;
  private db = 0;
  private expireAtMs: number | undefined;
  private idleSeconds: number | undefined;
  private freq: number | undefined;
  private current: RdbKey | undefined;
  /** What comes next, for an end that comes too early. */
  private what = 'magic and version';

  constructor(
    private readonly sink: RdbSink,
    options: RdbReaderOptions = {},
  ) {
    this.src = new RdbSource(options.verifyChecksum ?? true);
    this.measure = options.mode === 'measure';
    this.steps = this.read();
  }

  /** Bytes of the RDB read so far, the trailer included. */
  get bytesRead(): number {
    return this.src.offset;
  }

  /** Whether the trailer has been read. */
  get done(): boolean {
    return this.finished;
  }

  /** Reads a chunk, which is not kept. Throws RdbError, and whatever the sink throws. */
  push(chunk: Buffer): void {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.finished) {
      this.after.push(Buffer.from(chunk));
      return;
    }
    if (!this.src.feed(chunk)) return;
    try {
      if (this.steps.next().done === true) {
        this.finished = true;
        this.after.push(this.src.takeRest());
        return;
      }
    } catch (error) {
      throw this.failed(error);
    }
    this.src.settle();
  }

  /** The input is over: throws RdbError unless the RDB was complete. */
  finish(): void {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.finished) return;
    const { src, what } = this;
    const expected = `${src.need} bytes`;
    throw this.failed(
      src.error('Unexpected EOF reading RDB file', what, expected, `${src.held} and the end`),
    );
  }

  /** Takes out what came after the trailer. */
  rest(): Buffer {
    return Buffer.concat(this.after.splice(0));
  }

  private failed(error: unknown): unknown {
    const { current } = this;
    const known = error instanceof RdbError && current !== undefined;
    this.failure = { error: known ? error.inKey(current.key, current.rdbType) : error };
    return this.failure.error;
  }

  private *read(): Step<void> {
    const { src } = this;
    yield* this.readHeader();
    for (;;) {
      this.what = 'opcode or value type';
      while (!src.has(1)) yield;
      const code = src.u8();
      if (code === OPCODE.EOF) break;
      if (code >= FIRST_OPCODE) {
        yield* this.readOpcode(code);
        continue;
      }
      const info = typeInfo(code, this.magic) ?? (yield* this.refuseType(code));
      const offset = src.offset - 1;
      let key: Bytes | undefined;
      this.what = 'key';
      while ((key = src.tryString('key')) === undefined) yield;
      const announced = this.announce(key, code, info, offset);
      this.what = 'value';
      if (code === TYPE.MODULE_PRE_GA) throw src.error('Pre-release module format not supported', 'value');
      if (this.measure) yield* this.measureNext(announced);
      else if (code === TYPE.STRING) {
        let value: Value | undefined;
        while ((value = src.tryStringValue('string value')) === undefined) yield;
        this.sink.value?.(value, announced);
      } else if (isBlobType(code)) {
        const from = src.offset;
        let blob: Buffer | undefined;
        while ((blob = src.tryBlob('packed value')) === undefined) yield;
        this.deliver(decodeBlobValue(code, blob, from), announced);
      } else {
        yield* this.buildNext(announced);
      }
      this.current = undefined;
    }
    yield* this.readTrailer();
  }

  private *readHeader(): Step<void> {
    const { src } = this;
    while (!src.has(HEADER_BYTES)) yield;
    const text = sliceBytes(src.buf, src.pos, src.pos + HEADER_BYTES);
    const match = /^(?:(REDIS)(\d{4})|(VALKEY)(\d{3}))$/.exec(text);
    if (match === null) {
      const expected = 'REDIS and 4 digits, or VALKEY and 3';
      throw src.error('Wrong signature trying to load DB from file', this.what, expected, quote(text));
    }
    this.magic = match[3] === undefined ? 'REDIS' : 'VALKEY';
    this.version = Number(match[2] ?? match[4]);
    const { first, last } = READABLE_VERSIONS[this.magic];
    if (this.version < first || this.version > last) {
      const reason = `Can't handle RDB format version ${this.version}`;
      throw src.error(reason, this.what, `${first} to ${last} after ${this.magic}`, quote(text));
    }
    src.pos += HEADER_BYTES;
    this.sink.header?.(this.magic, this.version);
  }

  private announce(key: Bytes, rdbType: number, info: RdbTypeInfo, offset: number): RdbKey {
    const announced: RdbKey = {
      db: this.db,
      key,
      rdbType,
      info,
      offset,
      expireAtMs: this.expireAtMs,
      idleSeconds: this.idleSeconds,
      freq: this.freq,
    };
    this.expireAtMs = undefined;
    this.idleSeconds = undefined;
    this.freq = undefined;
    this.current = announced;
    this.sink.key?.(announced);
    return announced;
  }

  private *buildNext(key: RdbKey): Step<void> {
    if (key.rdbType === TYPE.MODULE_2) {
      const name = moduleName(yield* awaitLength64(this.src, 'module id'));
      const reason = `The RDB file contains module data I can't load: no matching module type '${name}'`;
      throw this.src.error(reason, 'value');
    }
    this.deliver(yield* readValue(this.src, key.rdbType), key);
  }

  private *measureNext(key: RdbKey): Step<void> {
    const from = this.src.offset;
    const elements = yield* measureValue(this.src, key.rdbType);
    const end = this.src.offset;
    const measure = { elements, bytes: end - from, recordBytes: end - key.offset };
    if (elements === 0 && key.info.type !== 'stream') this.sink.emptyKey?.(key);
    else this.sink.measured?.(measure, key);
  }

  private deliver(value: Value | undefined, key: RdbKey): void {
    if (value === undefined) this.sink.emptyKey?.(key);
    else this.sink.value?.(value, key);
  }

  // What is read is read before `sink.x?.(…)`: an optional call that is not made does not evaluate its arguments.
  private *readOpcode(opcode: number): Step<void> {
    const { src } = this;
    switch (opcode) {
      case OPCODE.SELECT_DB:
        this.db = yield* awaitLength(src, (this.what = 'database number'));
        return this.sink.selectDb?.(this.db);
      case OPCODE.RESIZE_DB: {
        const keys = yield* awaitLength(src, (this.what = 'size hints'));
        const expires = yield* awaitLength(src, 'size hints');
        return this.sink.resizeDb?.(keys, expires);
      }
      case OPCODE.AUX: {
        const name = yield* awaitString(src, (this.what = 'aux field'));
        const value = yield* awaitString(src, 'aux field');
        return this.sink.aux?.(name, value);
      }
      case OPCODE.EXPIRE_MS:
        this.what = 'expiry';
        while ((this.expireAtMs = src.tryInt64()) === undefined) yield;
        return;
      case OPCODE.EXPIRE_SECONDS:
        this.what = 'expiry';
        while (!src.has(4)) yield;
        this.expireAtMs = src.buf.readInt32LE(src.pos) * 1000;
        src.pos += 4;
        return;
      case OPCODE.IDLE:
        this.idleSeconds = yield* awaitLength(src, (this.what = 'idle time'));
        return;
      case OPCODE.FREQ:
        this.what = 'access frequency';
        while (!src.has(1)) yield;
        this.freq = src.u8();
        return;
      case OPCODE.FUNCTION2: {
        const code = yield* awaitString(src, (this.what = 'function library'));
        return this.sink.functionLibrary?.(code);
      }
      case OPCODE.FUNCTION_PRE_GA:
        throw src.error('Pre-release function format not supported.', 'opcode', undefined, String(opcode), 1);
      case OPCODE.MODULE_AUX:
        return yield* this.readModuleAux();
      case OPCODE.SLOT_INFO:
        this.what = 'slot sizes';
        for (let i = 0; i < 3; i++) yield* awaitLength64(src, 'slot sizes');
        return;
      default:
        yield* this.refuseType(opcode);
    }
  }

  private *readModuleAux(): Step<void> {
    const { src } = this;
    const name = moduleName(yield* awaitLength64(src, (this.what = 'module aux data')));
    const opcode = yield* awaitLength(src, 'module aux data');
    if (opcode !== MODULE_OPCODE.UINT) {
      throw src.error('bad when_opcode', 'module aux data', String(MODULE_OPCODE.UINT), String(opcode));
    }
    yield* awaitLength64(src, 'module aux data');
    yield* skipModuleData(src, name);
    this.sink.moduleAux?.(name);
  }

  /** A number that stands for nothing we can apply. Behind the type of a later server stands the key: it is named. */
  private *refuseType(code: number): Step<never> {
    const { src } = this;
    const later = laterTypeName(this.magic, code);
    const known = `a type or opcode of ${this.magic} version ${this.version}`;
    const got = later === undefined ? String(code) : `${code}: ${later}`;
    const error = src.error(`Unknown RDB encoding type ${code}`, 'opcode or value type', known, got, 1);
    throw later === undefined ? error : error.inKey(yield* awaitString(src, 'key'), code);
  }

  private *readTrailer(): Step<void> {
    const { src } = this;
    if (this.version < CHECKSUM_SINCE && this.magic === 'REDIS') return this.sink.end?.('none');
    src.sum();
    const computed = src.crc?.digestLE();
    if (computed !== undefined) this.sink.trailer?.(computed);
    this.what = 'checksum, the 8 bytes after the end opcode';
    while (!src.has(TRAILER_BYTES)) yield;
    const stored = Buffer.from(src.buf.subarray(src.pos, src.pos + TRAILER_BYTES));
    if (stored.every((byte) => byte === 0)) {
      src.pos += TRAILER_BYTES;
      return this.sink.end?.('absent');
    }
    if (computed !== undefined && !computed.equals(stored)) {
      const expected = `${computed.toString('hex')} (little endian)`;
      throw src.error('RDB CRC error', 'checksum', expected, stored.toString('hex'));
    }
    src.pos += TRAILER_BYTES;
    this.sink.end?.(computed === undefined ? 'unverified' : 'ok');
  }
}
