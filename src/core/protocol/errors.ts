/**
 * Errors of the wire protocol: what came, what was expected, at which byte.
 *
 * `ProtocolError` ends a connection of the server side: its `message` is the text that Redis puts after `-ERR ` before it
 * closes, its `reason` the one that it logs (redis 7.2.6 networking.c:setProtocolError). `ReplyFormatError` is the client
 * side's. "Incomplete" is never an error: decoders return false or undefined.
 */
import { type Bytes } from '../base/bytes.js';

/** A peer broke the request protocol: answer `-ERR <message>`, or nothing when `message` is empty, then close. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  /**
   * @param message the text after `-ERR `, byte for byte as Redis sends it (a latin1 string); empty when Redis says
   *   nothing to the peer, which is a master that sends inline commands
   * @param reason the shorter text for the log
   * @param offset of the line that is wrong, counted from the first byte ever pushed into the parser
   * @param near up to 128 bytes of what came there, for the log
   */
  constructor(
    message: string,
    readonly reason: string,
    readonly offset: number,
    readonly near: Bytes,
  ) {
    super(message);
  }
}

/** A server sent something that is not RESP2 or RESP3. */
export class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError';

  /**
   * @param offset of the offending byte, counted from the first byte ever pushed into the decoder
   * @param expected what would have been right, in words
   * @param got what came, printable
   */
  constructor(
    readonly offset: number,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`expected ${expected}, got ${got} at byte ${offset}`);
  }
}
