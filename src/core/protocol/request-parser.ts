/** Requests. */
import { type Bytes } from '../base/bytes.js';

/** Shared and mutable: CONFIG SET proto-max-bulk-len takes effect at the next bulk. */
export interface RequestLimits {
  /** `proto-max-bulk-len` in bytes. */
  maxBulkLength: number;
}

export class RequestParser {
  /** The arguments of the last complete command: a fresh array per command. */
  argv: Bytes[] = [];
  /** False: the unauthenticated limits hold. */
  authenticated = true;
  /** True: the peer is our master (no inline commands, no limit on a bulk). */
  fromMaster = false;
  /** Bytes of the stream that the last command accounts for: its own and those skipped before it. */
  wireLength = 0;
  /** The buffer that holds the last command's bytes in [wireStart, wireEnd); valid until the next push or detach. */
  wire: Buffer = Buffer.alloc(0);
  wireStart = 0;
  wireEnd = 0;
  /** True when the last command came inline. */
  inline = false;

  constructor(readonly limits: RequestLimits) {}

  /** Gives `chunk[start, end)` to the parser. It may be a shared read buffer: it is used until detach(), never later. */
  push(chunk: Buffer, start: number, end: number): void {
    throw new Error('not written yet ' + chunk.length + start + end);
  }
  /** True: one complete command is in the fields. False: more bytes are needed. Throws ProtocolError. */
  next(): boolean {
    throw new Error('not written yet');
  }
  /** Copies what is left unparsed, so that the chunk may be reused. */
  detach(): void {
    throw new Error('not written yet');
  }
  /** Bytes held and not yet returned as part of a command. */
  get pendingBytes(): number {
    throw new Error('not written yet');
  }
}
