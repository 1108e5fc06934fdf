/** Replies, client side. */
import { type Bytes } from '../base/bytes.js';
import { ByteQueue } from '../base/byte-queue.js';

/** One reply of a server, RESP2 or RESP3. */
export type Reply =
  | { type: 'simple'; value: Bytes }
  | { type: 'error'; value: Bytes }
  | { type: 'integer'; value: number | bigint }
  | { type: 'bulk'; value: Bytes }
  | { type: 'null' }
  | { type: 'array'; items: Reply[] }
  | { type: 'map'; entries: [Reply, Reply][] }
  | { type: 'set'; items: Reply[] }
  | { type: 'push'; items: Reply[] }
  | { type: 'double'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'bignumber'; value: Bytes }
  | { type: 'verbatim'; format: Bytes; value: Bytes }
  | { type: 'attribute'; entries: [Reply, Reply][]; reply: Reply };

export class ReplyDecoder {
  /** Bytes of all replies returned so far, and of the part of the next one that was read. */
  bytesConsumed = 0;
  /** @param queue where the bytes wait; hand in another decoder's queue to go on where it stopped */
  constructor(readonly queue: ByteQueue = new ByteQueue()) {}
  /** Appends; keeps `buf` itself. */
  push(buf: Buffer): void {
    this.queue.push(buf);
  }
  /** The next complete reply, or undefined when more bytes are needed. Throws ReplyFormatError. */
  next(): Reply | undefined {
    throw new Error('not written yet');
  }
  /** Takes out what was not consumed. */
  rest(): Buffer {
    return this.queue.take(this.queue.length);
  }
}
