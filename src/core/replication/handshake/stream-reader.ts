/**
 * Reads the command stream that follows a snapshot or a `+CONTINUE`, and counts: every byte belongs to the offset
 * (redis 7.2.6 networking.c:commandProcessed). Used by the visit; the replica proper applies what this only shows.
 */
import { ascii, EMPTY, fromBuffer, isWord, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { ProtocolError } from '../../protocol/errors.js';
import { RequestParser } from '../../protocol/request-parser.js';
import { MAX_STRING_BYTES } from '../../protocol/limits.js';
import { MAX_EVIDENCE_BYTES, type TransferTraceEvent, type Untold } from './observer.js';

/** Arguments beyond these are not shown: a trace is for reading. */
export const MAX_SHOWN_ARGS = 32;
export const MAX_SHOWN_ARG_BYTES = 256;

export type StreamEnd = 'count' | 'time' | 'stopped' | 'closed' | 'fault';

const STAR = 42;

export class StreamReader {
  commands = 0;
  /** Bytes of whole commands and of noise before them. */
  bytesRead = 0;
  offset: number | undefined;
  /** Bytes of the stream that arrived, whole commands or not. */
  bytesSeen = 0;
  private db: number | undefined;
  private noiseTold = false;
  /** What came before the first command and belongs to none, as long as it may go on. */
  private lead: Bytes = EMPTY;
  private readonly parser = new RequestParser({ maxBulkLength: MAX_STRING_BYTES });

  /**
   * @param offset before the first byte; undefined when the master told none
   * @param count stop after that many commands
   */
  constructor(
    offset: number | undefined,
    private readonly count: number | undefined,
    private readonly tell: (event: Untold<TransferTraceEvent>) => void,
  ) {
    this.offset = offset;
    this.parser.fromMaster = true;
  }

  /** Reads a chunk of the stream; answers why to stop, when there is a reason. */
  read(chunk: Buffer): StreamEnd | undefined {
    this.bytesSeen += chunk.length;
    this.noise(chunk);
    this.parser.push(chunk, 0, chunk.length);
    try {
      while (this.parser.next()) {
        this.command();
        if (this.count !== undefined && this.commands >= this.count) return 'count';
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.finish();
      this.tell({ kind: 'stream-fault', step: 'stream', message: error.reason, bytes: error.near });
      return 'fault';
    }
    this.parser.detach();
    return undefined;
  }

  /** Nothing more is expected soon: what came before the first command belongs to none. */
  finish(): void {
    if (this.lead !== EMPTY) this.tellNoise(this.lead);
  }

  /** A replica skips empty lines but counts them, and is ahead of its master for ever. */
  private noise(chunk: Buffer): void {
    if (this.noiseTold || this.commands > 0) return;
    if (this.lead === EMPTY && (this.parser.pendingBytes > 0 || chunk[0] === STAR)) return;
    const end = chunk.indexOf(STAR);
    const room = MAX_EVIDENCE_BYTES - this.lead.length;
    const before = chunk.subarray(0, Math.min(end < 0 ? chunk.length : end, room));
    this.lead = ascii(this.lead + fromBuffer(before));
    if (end >= 0 || this.lead.length >= MAX_EVIDENCE_BYTES) this.tellNoise(this.lead);
  }

  private tellNoise(bytes: Bytes): void {
    this.noiseTold = true;
    this.lead = EMPTY;
    this.tell({ kind: 'stream-noise', step: 'stream', bytes });
  }

  /** Empty lines between commands: the parser skips and counts them, as a replica does. */
  private strayBytes(): void {
    const { wire, wireStart, wireEnd, wireLength } = this.parser;
    const from = wireEnd - wireLength;
    if (from === wireStart || this.noiseTold) return;
    this.tellNoise(fromBuffer(wire.subarray(from, Math.min(wireStart, from + MAX_EVIDENCE_BYTES))));
  }

  private command(): void {
    const { argv, wireLength } = this.parser;
    if (this.commands > 0) this.strayBytes();
    this.commands++;
    this.bytesRead += wireLength;
    if (this.offset !== undefined) this.offset += wireLength;
    if (argv.length === 2 && isWord(argv[0], 'select')) this.db = parseSafeInt(argv[1]) ?? this.db;
    this.tell({
      kind: 'command',
      step: 'stream',
      wireLength,
      args: argv.slice(0, MAX_SHOWN_ARGS).map(cut),
      argc: argv.length,
      ...(this.offset === undefined ? {} : { offset: this.offset }),
      ...(this.db === undefined ? {} : { db: this.db }),
    });
  }
}

function cut(arg: Bytes): Bytes {
  return arg.length <= MAX_SHOWN_ARG_BYTES ? arg : ascii(arg.slice(0, MAX_SHOWN_ARG_BYTES) + '...');
}
