/** Connections through `--between` that go as an earlier one did, as text. */
import { describe, expect, it } from 'vitest';
import { foldingRenderer } from '../../../src/cli/render/handshake-fold.js';
import { ascii } from '../../../src/core/base/bytes.js';
import { type TraceEvent } from '../../../src/core/diagnosis/trace.js';

const SECOND = 1_000_000;

/** Draws to a list; times are given in seconds. */
class Page {
  text = '';
  private readonly render;
  private conn = 1;

  constructor(hex = false) {
    this.render = foldingRenderer({ terminal: { color: false, unicode: true, width: 100 }, hex });
    this.event(0, 1, { kind: 'target', target: '127.0.0.1:1', tls: false, between: '127.0.0.1:2' });
  }

  event(at: number, conn: number, event: object): void {
    const whole = { atUs: Math.round(at * SECOND), conn, step: 'examine', ...event };
    this.text += this.render(whole as unknown as TraceEvent);
  }

  until(at: number): void {
    this.text += this.render.until(at * 1000);
  }

  /** A replica that says PING and is told `line`; it stays until `leave`. */
  come(at: number, line: string): (after?: number) => void {
    const conn = this.conn++;
    this.event(at, conn, { kind: 'visit', role: 'watched', asked: {} });
    this.event(at, conn, { kind: 'attached', replica: `127.0.0.1:${4000 + conn}` });
    this.event(at, conn, { kind: 'send', step: 'ping', args: ['PING'], bytes: ascii('PING\r\n') });
    const bytes = ascii(`${line}\r\n`);
    this.event(at, conn, { kind: 'receive', step: 'ping', verdict: 'fault', line: ascii(line), bytes });
    return (after = 0.1) =>
      this.event(at + after, conn, { kind: 'detached', by: 'master', ms: after * 1000 });
  }

  /** What was drawn since the last call. */
  news(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}

const REFUSED = '-ERR Slave not registered: 127.0.0.1:4001';

describe('connections through --between', () => {
  it('are drawn once when they go the same way, then counted, and told at rising intervals', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    expect(page.news()).toMatch(
      /→ connection 1 from 127\.0\.0\.1:4001\n.*> PING .*\n.*not registered.*\n.*closed/,
    );
    const drawn: string[] = [];
    for (let n = 2; n <= 12; n++) {
      page.come(n, `-ERR Slave not registered: 127.0.0.1:400${n}`)();
      drawn.push(page.news().replace(/\n {3}(?=\S)/, ' '));
    }
    expect(drawn.filter((text) => text !== '')).toEqual([
      '→ connection 2 from 127.0.0.1:4002: as connection 1; closed by the master after 0.1 s\n',
      '→ connection 3 from 127.0.0.1:4003: as connection 1, 2 times by now; closed by the master after 0.1 s\n',
      '→ connection 6 from 127.0.0.1:4006: as connection 1, 5 times by now; closed by the master after 0.1 s\n',
      '→ connection 11 from 127.0.0.1:4011: as connection 1, 10 times by now; closed by the master after 0.1 s\n',
    ]);
    page.event(14, 12, { kind: 'end', verdict: 'passed', faults: [], warnings: [] });
    expect(page.news()).toMatch(/^→ connection 12: as connection 1, 11 times by now\n\n✔/);
  });

  it('are drawn whole from the first difference on, with what had been held back', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    for (const at of [2, 3, 4]) page.come(at, REFUSED)();
    page.news();
    page.come(5, '+PONG');
    expect(page.news()).toMatch(
      /^→ connection 4: as connection 1, 3 times by now\n\n→ connection 5 from 127\.0\.0\.1:4005\n.*> PING .*\n.*< \+PONG/,
    );
  });

  it('are drawn when they last longer than the one before', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    page.news();
    page.come(2, REFUSED);
    page.until(2.5);
    expect(page.news()).toBe('');
    page.until(2.7);
    expect(page.news()).toMatch(/→ connection 2 from .*\n.*> PING/);
  });

  it('are drawn at once when the one before lasted long', () => {
    const page = new Page();
    page.come(1, REFUSED)(60);
    page.news();
    page.come(62, REFUSED);
    expect(page.news()).toMatch(/→ connection 2 from/);
  });

  it('are drawn when something new is found on them', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    page.news();
    page.come(2, REFUSED);
    const finding = { id: 'psync-before-replies' };
    const noticed = { kind: 'noticed', side: 'replica', finding, severity: 'fault', means: 'm', fix: 'f' };
    page.event(2.05, 2, noticed);
    expect(page.news()).toMatch(/→ connection 2 from[^]*✖ psync-before-replies/);
  });

  it('are remembered as long as they repeat, however many others come', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    let at = 2;
    for (let n = 0; n < 20; n++) {
      page.come(at++, `-ERR another ${'x'.repeat(n + 1)}`)();
      page.news();
      page.come(at++, REFUSED)();
      expect(page.news(), String(n)).not.toContain('> PING');
    }
  });

  it('say how often they were repeated when they are forgotten for others', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    for (let n = 0; n < 5; n++) page.come(2 + n, REFUSED)();
    page.news();
    // Each stands while the others come, so that all are pages at once.
    const leave = Array.from({ length: 9 }, (_, n) =>
      page.come(7 + n / 100, `-ERR other ${'y'.repeat(n + 1)}`),
    );
    page.news();
    page.come(7.5, REFUSED)();
    for (const end of leave) end();
    const text = page.news();
    expect(text.match(/as connection 1, 6 times by now/g)).toHaveLength(1);
  });

  it('are told with the figures that have changed', () => {
    const page = new Page();
    const sync = (at: number, conn: number, offset: number): void => {
      page.event(at, conn, { kind: 'visit', role: 'watched', asked: {} });
      page.event(at, conn, { kind: 'attached', replica: 'r:1' });
      page.event(at, conn, { kind: 'outcome', outcome: { kind: 'full', offset, line: '' } });
      page.event(at, conn, {
        kind: 'stream-end',
        why: 'closed',
        commands: 1,
        bytesRead: 14,
        offset: offset + 14,
      });
      page.event(at + 0.2, conn, { kind: 'detached', by: 'master', ms: 200 });
    };
    sync(1, 1, 140);
    page.news();
    sync(2, 2, 1202);
    expect(page.news()).toBe(
      '→ connection 2 from r:1: as connection 1; closed by the master after 0.2 s; full sync at 1,202, was\n   140; offset 1,216, was 154\n',
    );
  });

  it('come under their heading again where a line of another stands between', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    page.come(2, '+PONG');
    page.news();
    page.come(3, REFUSED)();
    page.event(4, 2, { kind: 'receive', step: 'ping', verdict: 'ok', line: '+OK', bytes: '+OK\r\n' });
    expect(page.news()).toMatch(/^→ connection 3 .*as connection 1.*\n→ connection 2\n.*< \+OK/);
  });

  it('have no heading for the end of it all', () => {
    const page = new Page();
    page.come(1, REFUSED)();
    page.come(2, '+PONG');
    page.come(3, REFUSED)();
    page.news();
    page.event(4, 3, { kind: 'stopped' });
    expect(page.news()).toBe('');
  });

  it('are all drawn with --hex', () => {
    const page = new Page(true);
    for (const at of [1, 2]) page.come(at, REFUSED)();
    expect(page.news()).toMatch(/→ connection 2 from .*\n.*> PING/);
  });
});
