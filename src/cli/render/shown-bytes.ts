/**
 * Bytes that no answer was made of travel in several events: with what went wrong, and again with what was left over when the
 * connection ended. They are shown once.
 */
import { type Bytes } from '../../core/base/bytes.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';

/** Sees each event of a trace in order. */
export class ShownBytes {
  private readonly last = new Map<number, Bytes>();

  /** Whether the bytes of this event were part of an earlier one. */
  repeats(event: TraceEvent): boolean {
    switch (event.kind) {
      case 'fault':
      case 'close':
      case 'stream-noise':
      case 'stream-fault':
      case 'snapshot-fault': {
        const { conn, bytes } = event;
        if (bytes === '') return false;
        const before = this.last.get(conn);
        if (before?.startsWith(bytes) === true) return true;
        this.last.set(conn, bytes);
        return false;
      }
      default:
        return false;
    }
  }
}
