/**
 * What a clean run of the handshake has not looked at: said in one line beneath its sum, so that "it went through" is not taken for
 * more than it is. Pure.
 */
import { type TraceEvent } from '../../core/diagnosis/trace.js';

const NOT_ASCII = /[\x80-\xff]/;

/** Sees the events of one examination. */
export class Unseen {
  private ours = false;
  private full = false;
  private reconnected = false;
  private streamed = false;
  private wide = false;

  see(event: TraceEvent): void {
    if (event.kind === 'visit') {
      this.ours ||= event.role === 'main';
      this.reconnected ||= event.role === 'reconnect';
    } else if (event.kind === 'outcome') this.full ||= event.outcome.kind === 'full';
    else if (event.kind === 'command') {
      this.streamed = true;
      this.wide ||= event.args.some((arg) => NOT_ASCII.test(arg));
    }
  }

  /** The line; nothing where no full sync of ours was made. */
  text(): string | undefined {
    if (!this.ours || !this.full) return undefined;
    const checked = ['whether ACKs are answered', 'WAIT', ...(this.reconnected ? [] : ['a reconnect'])];
    const stream = this.streamed
      ? this.wide
        ? ''
        : '; values that are not ASCII: none were streamed'
      : '; the stream and its offsets: nothing was streamed';
    return `not checked here: ${checked.join(', ')} (--conformance does)${stream}`;
  }
}
