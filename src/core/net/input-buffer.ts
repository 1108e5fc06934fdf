/**
 * InputBuffer: what a connection reads into. While its peer is active that is a buffer of its own, so that a slow or a greedy
 * peer is seen in what its client costs (CLIENT LIST, maxmemory-clients); of a silent peer it is the listener's shared one.
 *
 *             first bytes                 a read fills it
 *   shared ──────────────► own, 16 KB ───────────────────► own, 64 KB
 *     ▲                     │    ▲                            │   │
 *     └──── 2 s of silence ─┘    └─ reads have become short ──┘   │
 *     └──────────────────────────── 2 s of silence ──────────────┘
 *
 * Rules: redis 7.2.6 server.c:clientsCronResizeQueryBuffer. Bytes are only there during `onBytes`: a session copies what it keeps.
 */
import { BufferPool } from '../base/buffer-pool.js';
import { type InputRoom } from '../engine/connection.js';
import { type ReadTarget, type StreamHandle } from './fast-path.js';

/** redis 7.2.6 server.h: PROTO_IOBUF_LEN */
const SMALL = new BufferPool(16 * 1024, 64);
/** A pipeline is read in fewer pieces. */
const LARGE = new BufferPool(64 * 1024, 16);

const SILENCE_MS = 2000;
/**
 * Each change back to the shared buffer leaves some 50 bytes with Node's handle until the connection ends. So a connection that falls
 * silent again and again has to be silent for longer each time: in a year it leaves a megabyte at most.
 */
const MORE_SILENCE_MS = 125;

export class InputBuffer implements ReadTarget, InputRoom {
  /** What the next read goes into. */
  buffer: Buffer;
  /** The most that a read has brought since the last `trim`. */
  private peak = 0;
  /** How often its own buffer was given up. */
  private silences = 0;
  private shrinks = false;
  private closed = false;

  /**
   * @param shared read into while the peer is silent; longer than nothing, and everybody's
   * @param onBytes takes what was read: `buffer[0, bytes)`, valid during the call
   */
  constructor(
    private readonly handle: Pick<StreamHandle, 'useUserBuffer'>,
    private readonly shared: Buffer,
    private readonly onBytes: (buffer: Buffer, bytes: number) => void,
  ) {
    this.buffer = shared;
  }

  /** Bytes of its own buffer; 0: it has none. */
  get bytes(): number {
    return this.buffer === this.shared ? 0 : this.buffer.length;
  }

  read(bytes: number): Buffer | undefined {
    const { buffer } = this;
    if (bytes > this.peak) this.peak = bytes;
    this.onBytes(buffer, bytes);
    if (this.closed) return undefined;
    if (buffer === this.shared) return this.change(SMALL);
    if (bytes === buffer.length && buffer.length < LARGE.bytes) return this.change(LARGE);
    return this.shrinks ? this.change(SMALL) : undefined;
  }

  trim(silentMs: number): void {
    const { handle, peak } = this;
    this.peak = 0;
    this.shrinks = this.bytes > SMALL.bytes && peak < SMALL.bytes;
    if (this.bytes === 0 || this.closed || handle.useUserBuffer === undefined) return;
    if (silentMs < Math.max(SILENCE_MS, this.silences * MORE_SILENCE_MS)) return;
    this.silences++;
    handle.useUserBuffer(this.shared);
    this.giveBack();
    this.buffer = this.shared;
  }

  /** The connection is over: nothing is read any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.giveBack();
    this.buffer = this.shared;
  }

  private change(pool: BufferPool): Buffer {
    this.giveBack();
    this.shrinks = false;
    return (this.buffer = pool.take());
  }

  private giveBack(): void {
    const { buffer } = this;
    if (buffer === this.shared) return;
    SMALL.give(buffer);
    LARGE.give(buffer);
  }
}
