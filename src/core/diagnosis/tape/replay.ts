/**
 * A trace that is diagnosed again: its events go into a casebook as the live ones did, its findings and its verdict are made
 * anew from them. Recorded findings are dropped, but compared, so that one can say that another version saw it otherwise.
 */
import { Casebook } from '../casebook.js';
import { type TraceEvent, type Verdict } from '../trace.js';

export interface Replayed {
  readonly verdict: Verdict;
  /** Of the findings, faults first, as the `end` event lists them. */
  readonly ids: readonly string[];
  /** What the run that wrote the trace had found, when that is something else. */
  readonly recordedIds?: readonly string[];
}

/** Passes each event on as it comes, and at the end those that this version concludes. */
export class Replay {
  private readonly casebook = new Casebook();
  private readonly timesUs: number[] = [];
  private recordedIds: readonly string[] | undefined;
  private last = { atUs: 0, conn: 1 };

  constructor(private readonly observer: (event: TraceEvent) => void) {}

  /** Takes the next event of the trace. */
  take(event: TraceEvent): void {
    const { atUs, conn } = event;
    this.last = { atUs, conn };
    if (event.kind === 'finding' || event.kind === 'end') {
      this.timesUs.push(atUs);
      if (event.kind === 'end') this.recordedIds = [...event.faults, ...event.warnings];
      return;
    }
    this.casebook.see(event);
    this.observer(event);
  }

  /** The trace is over. */
  finish(): Replayed {
    let verdict: Verdict = 'stopped';
    let ids: readonly string[] = [];
    this.casebook.conclusion().forEach((event, i) => {
      if (event.kind === 'end') {
        ({ verdict } = event);
        ids = [...event.faults, ...event.warnings];
      }
      this.observer({ ...event, atUs: this.timesUs[i] ?? this.last.atUs, conn: this.last.conn });
    });
    const { recordedIds } = this;
    const differs = recordedIds !== undefined && recordedIds.join() !== ids.join();
    return { verdict, ids, ...(differs && { recordedIds }) };
  }
}
