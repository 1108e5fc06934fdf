/**
 * Utf8Count: how many bytes more than characters a stream has, for whoever decodes it as UTF-8 and counts what comes out. Fed by
 * StreamWalk (stream-walk.ts) with the values of the stream, in pieces that may be cut anywhere.
 *
 * What is no UTF-8 comes out as one U+FFFD for each longest beginning of a sequence, as decoders do it (Unicode 15, section 3.9).
 */
const LEAST_CONTINUATION = 0x80;
const LAST_CONTINUATION = 0xbf;

export class Utf8Count {
  /** Bytes less code points. */
  overPoints = 0;
  /** Bytes less UTF-16 units, which is what `length` of a string counts in JavaScript, Java and C#. */
  overUnits = 0;
  /** Continuation bytes that are still due, and the range of the next one. */
  private due = 0;
  private low = LEAST_CONTINUATION;
  private high = LAST_CONTINUATION;
  /** The sequence has four bytes: two units when it is whole. */
  private four = false;

  push(buf: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = buf[at];
      if (byte < LEAST_CONTINUATION) this.due = 0;
      else if (this.due > 0 && byte >= this.low && byte <= this.high) this.goOn();
      else this.begin(byte);
    }
  }

  private goOn(): void {
    this.due--;
    this.low = LEAST_CONTINUATION;
    this.high = LAST_CONTINUATION;
    this.overPoints++;
    if (this.due > 0 || !this.four) this.overUnits++;
  }

  private begin(lead: number): void {
    this.due = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    this.four = this.due === 3;
    this.low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : LEAST_CONTINUATION;
    this.high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : LAST_CONTINUATION;
  }
}
