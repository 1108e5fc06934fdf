/**
 * Reads a snapshot as it comes and reports on it, in constant memory: what it is, what it holds, whether it is whole. A
 * broken snapshot does not stop the reading: its first problem is kept, its bytes are counted on, so that the transfer
 * itself can be judged, too.
 */
import { fromBuffer, toText, type Bytes } from '../base/bytes.js';
import { readableBy, RdbError, TRAILER_BYTES, type RdbMagic } from '../persistence/rdb/format.js';
import { RdbReader, type ChecksumVerdict } from '../persistence/rdb/reader.js';
import { LARGEST_KEYS, SnapshotCensus, type CensusReport } from './snapshot-census.js';

/** How much of both ends a report shows. */
export const EDGE_BYTES = 64;
/** Aux fields kept in a report. Redis writes ten at most. */
const MAX_AUX = 64;
/** Databases beyond these are not counted: a master has 16 unless it was told otherwise. */
const MAX_DATABASES = 65_536;

/** A checksum that was not computed. */
const NO_CHECKSUM = '\0'.repeat(TRAILER_BYTES);

/** `ok`: computed and equal. `zero`: the writer computed none. `unread`: the RDB did not get that far. */
export type ChecksumReport =
  | { readonly state: 'ok' | 'zero' | 'missing' | 'none' | 'unread' }
  | { readonly state: 'bad'; readonly stored: string; readonly computed: string };

export interface SnapshotReport {
  /** Of the payload, whatever it is. */
  readonly bytes: number;
  /** The first and the last bytes of it. */
  readonly head: Bytes;
  readonly tail: Bytes;
  readonly magic?: RdbMagic;
  readonly version?: number;
  /** Which servers can read it; missing when the version is not known to us. */
  readonly readableBy?: string;
  /** In the order they came; text as UTF-8. */
  readonly aux: readonly (readonly [name: string, value: string])[];
  readonly keys: number;
  readonly keysByType: Readonly<Record<string, number>>;
  readonly expires: number;
  readonly databases: number;
  readonly functions: number;
  /** What it holds, in detail. */
  readonly census: CensusReport;
  readonly checksum: ChecksumReport;
  /** Why it cannot be read to its end; absent when only the checksum is missing or wrong. */
  readonly problem?: { readonly atByte: number; readonly message: string };
  /** The payload ended before the RDB did. */
  readonly cutShort: boolean;
  /** Bytes of the checksum that came when not all did. */
  readonly trailerBytes: number;
  /** Bytes after the end of the RDB. */
  readonly extraBytes: number;
}

/** Bytes of the checksum that did not come, of a snapshot whose payload ends inside it. */
export function missingTrailerBytes(report: SnapshotReport): number {
  return TRAILER_BYTES - report.trailerBytes;
}

const CHECKSUM_STATES: Readonly<Record<ChecksumVerdict, 'ok' | 'zero' | 'none' | 'unread'>> = {
  ok: 'ok',
  absent: 'zero',
  none: 'none',
  unverified: 'unread',
};

export class SnapshotCheck {
  private bytes = 0;
  private head = Buffer.alloc(0);
  private tail = Buffer.alloc(0);
  private magic: RdbMagic | undefined;
  private version: number | undefined;
  private readonly aux: (readonly [string, string])[] = [];
  private readonly keysByType = new Map<string, number>();
  private readonly databases = new Set<number>();
  private keys = 0;
  private expires = 0;
  private functions = 0;
  private checksum: ChecksumReport = { state: 'unread' };
  /** What must stand behind the end opcode, and what of it came. */
  private computed: Buffer | undefined;
  private partTrailer = '';
  private error: RdbError | undefined;
  private extraBytes = 0;
  private readonly census: SnapshotCensus;
  private readonly reader = new RdbReader(
    {
      header: (magic, version) => {
        this.magic = magic;
        this.version = version;
      },
      aux: (name, value) => void (this.aux.length < MAX_AUX && this.aux.push([toText(name), toText(value)])),
      key: (key) => {
        this.keys++;
        this.keysByType.set(key.info.type, (this.keysByType.get(key.info.type) ?? 0) + 1);
        if (this.databases.size < MAX_DATABASES) this.databases.add(key.db);
        if (key.expireAtMs !== undefined) this.expires++;
      },
      measured: (measure, key) => this.census.key(key, measure),
      emptyKey: (key) =>
        this.census.key(key, { elements: 0, recordBytes: this.reader.bytesRead - key.offset }),
      functionLibrary: (code) => {
        this.functions++;
        this.census.functionLibrary(code);
      },
      moduleAux: (name) => this.census.moduleAux(name),
      trailer: (computed) => void (this.computed = computed),
      end: (verdict) => void (this.checksum = { state: CHECKSUM_STATES[verdict] }),
    },
    { mode: 'measure' },
  );

  /**
   * @param nowMs the wall clock, for what has expired
   * @param largestKeys how many of the largest keys are named
   */
  constructor(nowMs: number, largestKeys = LARGEST_KEYS) {
    this.census = new SnapshotCensus(nowMs, largestKeys);
  }

  /** Keys read so far. */
  get keysRead(): number {
    return this.keys;
  }

  /**
   * Whether the RDB has come to its end, with or without all of its checksum. Of a checksum that is on its way only the end
   * opcode before it is seen, which another byte could look like: enough to end a wait, not to judge.
   */
  get endSeen(): boolean {
    if (this.reader.done) return true;
    const pending = this.bytes - this.reader.bytesRead;
    return pending < TRAILER_BYTES && this.tail[this.tail.length - 1 - pending] === 0xff;
  }

  /** Takes a piece of the payload; keeps nothing of it but the edges. */
  push(piece: Buffer): void {
    this.edges(piece);
    this.bytes += piece.length;
    if (this.error) return;
    if (this.reader.done) {
      this.extraBytes += piece.length;
      return;
    }
    this.guarded(() => this.reader.push(piece));
    if (this.reader.done) this.extraBytes += this.reader.rest().length;
  }

  /** The payload is over. */
  finish(): SnapshotReport {
    const arrived = this.error === undefined && !this.reader.done;
    const pending = this.bytes - this.reader.bytesRead;
    if (arrived) this.guarded(() => this.reader.finish());
    const atTrailer = this.error?.what.startsWith('checksum') === true;
    if (arrived && atTrailer) {
      this.checksum = { state: 'missing' };
      this.partTrailer = this.tail.toString('latin1', this.tail.length - pending);
    }
    const { bytes, magic, version, aux, keys, expires, functions, checksum, error, extraBytes } = this;
    return {
      ...{ bytes, aux, keys, expires, functions, checksum, extraBytes },
      head: fromBuffer(this.head),
      tail: fromBuffer(this.tail),
      ...(magic === undefined ? {} : { magic }),
      ...(version === undefined ? {} : { version }),
      ...readers(magic, version),
      keysByType: Object.fromEntries(this.keysByType),
      databases: this.databases.size,
      census: this.census.report(),
      ...(error && !atTrailer ? { problem: { atByte: error.offset, message: error.message } } : {}),
      cutShort: arrived,
      trailerBytes: arrived && atTrailer ? pending : 0,
    };
  }

  /**
   * Whether these bytes, which came behind a payload that lacks (part of) its checksum, are the rest of it: then the checksum
   * was sent, and the payload's length was too small. Only what verifies counts, or zeros to the end.
   */
  completedBy(behind: Bytes): boolean {
    if (this.checksum.state !== 'missing' || behind === '') return false;
    const joined = (this.partTrailer + behind).slice(0, TRAILER_BYTES);
    const computed = this.computed?.toString('latin1') ?? '';
    return joined === NO_CHECKSUM || computed.startsWith(joined);
  }

  private guarded(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      this.error = error;
      if (error.reason === 'RDB CRC error') {
        const [computed] = (error.expected ?? '').split(' ');
        this.checksum = { state: 'bad', stored: error.got ?? '', computed };
      }
    }
  }

  private edges(piece: Buffer): void {
    if (this.head.length < EDGE_BYTES) {
      this.head = Buffer.concat([this.head, piece.subarray(0, EDGE_BYTES - this.head.length)]);
    }
    const end = piece.subarray(Math.max(0, piece.length - EDGE_BYTES));
    this.tail = Buffer.concat([this.tail, end]).subarray(-EDGE_BYTES);
  }
}

function readers(magic: RdbMagic | undefined, version: number | undefined): { readableBy?: string } {
  const by = magic === undefined || version === undefined ? undefined : readableBy(magic, version);
  return by === undefined ? {} : { readableBy: by };
}

/** The line of a report that says what the checksum proved. */
export function checksumInWords(checksum: ChecksumReport): string {
  switch (checksum.state) {
    case 'ok':
      return 'ok';
    case 'zero':
      return 'switched off by the master (zero)';
    case 'missing':
      return 'missing';
    case 'none':
      return 'none in this version';
    case 'unread':
      return 'not reached';
    case 'bad':
      return `wrong: stored ${checksum.stored}, computed ${checksum.computed}`;
  }
}
