/** Replicas that come back and go as before, in the text of `serve --trace`. */
import { describe, expect, it } from 'vitest';
import { foldingReplicaTrace } from '../../../src/cli/render/replica-trace-fold.js';
import { type ReplicaEvent } from '../../../src/core/diagnosis/replica/events.js';
import { JudgeWire, resp } from '../../support/judge-wire.js';

/** Draws to a text; times are given in ms. */
class Page {
  private text = '';
  private last = 0;
  readonly render = foldingReplicaTrace({ color: false, unicode: true, width: 120 });

  /** A replica that comes at that time, and what happens on its connection, until `closed`. */
  come(atMs: number, events: readonly ReplicaEvent[]): number {
    const conn = ++this.last;
    this.text += this.render({ conn, event: { kind: 'attach', atMs, peer: `127.0.0.1:${4000 + conn}` } });
    const sinceMs = events[0].atMs;
    for (const event of events) {
      this.text += this.render({ conn, event: { ...event, atMs: atMs + event.atMs - sinceMs } });
    }
    return conn;
  }

  until(atMs: number): void {
    this.text += this.render.until(atMs);
  }

  finish(): void {
    this.text += this.render.finish();
  }

  /** What was drawn since the last call. */
  news(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}

/** One that answers what it is sent, and is thrown out after 200 ms. */
function thrownOut(offset = 77, end = true): readonly ReplicaEvent[] {
  const wire = new JudgeWire().full(offset).ack(offset);
  wire.wait(100).replica('+OK\r\n');
  wire.wait(100);
  if (end) wire.judge.closed(wire.nowMs, 'master');
  return wire.events;
}

describe('replicas of serve --trace', () => {
  it('are drawn once when they go the same way, then counted, and told at rising intervals', () => {
    const page = new Page();
    page.come(1000, thrownOut());
    expect(page.news()).toMatch(
      /^→ replica #1 from 127\.0\.0\.1:4001\n#1 .*< PING[^]*✖ replies-to-stream[^]*closed by us\n$/,
    );
    const drawn: string[] = [];
    for (let n = 2; n <= 12; n++) {
      page.come(n * 1000, thrownOut());
      drawn.push(page.news());
    }
    expect(drawn.filter((text) => text !== '')).toEqual([
      '→ replica #2 from 127.0.0.1:4002: as replica #1; closed by us after 0.2 s\n',
      '→ replica #3 from 127.0.0.1:4003: as replica #1, 2 times by now; closed by us after 0.2 s\n',
      '→ replica #6 from 127.0.0.1:4006: as replica #1, 5 times by now; closed by us after 0.2 s\n',
      '→ replica #11 from 127.0.0.1:4011: as replica #1, 10 times by now; closed by us after 0.2 s\n',
    ]);
    page.finish();
    expect(page.news()).toBe('→ replica #12: as replica #1, 11 times by now\n');
  });

  it('are told with the figures that have changed', () => {
    const page = new Page();
    page.come(1000, thrownOut(77));
    page.news();
    page.come(2000, thrownOut(1202));
    expect(page.news().replace(/\n {3}/, ' ')).toBe(
      '→ replica #2 from 127.0.0.1:4002: as replica #1; closed by us after 0.2 s; full sync at 1,202, was 77; offset 1,202, was 77\n',
    );
  });

  it('are drawn whole from the first difference on', () => {
    const page = new Page();
    for (const at of [1000, 2000]) page.come(at, thrownOut());
    page.news();
    const other = new JudgeWire()
      .introduce()
      .replica(resp('PSYNC', '?', '-1'))
      .master('-ERR no\r\n');
    page.come(3000, other.events);
    expect(page.news()).toMatch(/^→ replica #3 from 127\.0\.0\.1:4003\n#3 .*< PING\n[^]*#3 .*> -ERR no/);
  });

  it('are drawn when something new is found on them, and when they last', () => {
    const page = new Page();
    page.come(1000, thrownOut());
    page.news();
    page.come(2000, thrownOut(77, false));
    page.until(2500);
    expect(page.news()).toBe('');
    page.until(2800);
    expect(page.news()).toMatch(/^→ replica #2 from[^]*#2 .*\+OK/);
    const early = new JudgeWire().full(77).ack(114).ack(90);
    page.come(9000, early.events);
    expect(page.news()).toMatch(/→ replica #3 from[^]*✖ getack-counted-early/);
  });
});
