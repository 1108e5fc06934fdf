/** BufferPool: buffers of one size that go from user to user. Whoever gives one back must not touch it again. */
export class BufferPool {
  private readonly spare: Buffer[] = [];

  /**
   * @param bytes the size of each
   * @param most how many are kept while nobody uses them
   */
  constructor(
    readonly bytes: number,
    private readonly most: number,
  ) {}

  /** A buffer with anything in it. */
  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(this.bytes);
  }

  /** Takes back a buffer that `take` gave; one of another size is left to the collector. */
  give(buf: Buffer): void {
    if (buf.length === this.bytes && this.spare.length < this.most) this.spare.push(buf);
  }
}
