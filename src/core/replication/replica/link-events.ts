/**
 * LinkEvents: what the follower tells whoever watches the link, in the order in which it happened.
 *
 * One event is known late: why a full sync was necessary is asked on a second connection while the snapshot comes already. `hold`
 * keeps what follows back until it is complete. Kept events are bounded: of the progress of a snapshot only the
 * last one counts.
 */
import { type HandshakeEvent } from '../handshake/observer.js';
import { type LinkEvent, type LinkObserver } from '../ports.js';

export class LinkEvents {
  observer: LinkObserver = () => undefined;
  private held: { missing: LinkEvent; readonly later: LinkEvent[] } | undefined;
  private steps: string[] = [];

  tell(event: LinkEvent): void {
    if (this.held === undefined) {
      this.observer(event);
      return;
    }
    const { later } = this.held;
    const repeated = event.kind === 'snapshot' && later.at(-1)?.kind === 'snapshot';
    if (repeated) later[later.length - 1] = event;
    else later.push(event);
  }

  /**
   * Keeps what follows back until the event that comes first is complete.
   * @param draft what is told in its place when that never happens
   * @returns to be called with the complete event
   */
  hold(draft: LinkEvent): (complete: LinkEvent) => void {
    this.release();
    const mine = (this.held = { missing: draft, later: [] as LinkEvent[] });
    return (complete) => {
      if (this.held !== mine) return;
      mine.missing = complete;
      this.release();
    };
  }

  /** Waits no longer. */
  release(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    this.observer(held.missing);
    for (const event of held.later) this.observer(event);
  }

  /** A handshake begins. */
  connecting(host: string, port: number): void {
    this.steps = [];
    this.tell({ kind: 'connecting', host, port });
  }

  /** The command of the handshake that was sent last: its name alone. */
  get lastSent(): string | undefined {
    return this.steps.at(-1)?.split(' ', 1)[0];
  }

  /** What the handshake's own machine reports; secrets are masked in it. */
  handshakeEvent(event: HandshakeEvent): void {
    if (event.kind === 'connect') this.tell({ kind: 'connected', address: event.remote, us: event.atUs });
    else if (event.kind === 'send') this.steps.push(event.args.join(' '));
    else if (event.kind === 'outcome' && SUCCEEDED.has(event.outcome.kind)) {
      this.tell({ kind: 'handshake', steps: this.steps, us: event.atUs });
    }
  }
}

const SUCCEEDED: ReadonlySet<string> = new Set(['full', 'continue', 'sync']);
