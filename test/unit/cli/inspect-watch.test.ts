/** The watching view, its line for a pipe and the page of `--report`: what happened, what was accepted, what went wrong. */
import { describe, expect, it } from 'vitest';
import { renderInspectPage } from '../../../src/cli/html/inspect.js';
import {
  closingLine,
  eventsScroll,
  eventWords,
  renderWatch,
  sampleLine,
  type WatchView,
} from '../../../src/cli/render/inspect-watch.js';
import { eventsAtEnd } from '../../../src/cli/render/inspect-events.js';
import { EventLog } from '../../../src/core/inspect/event-log.js';
import { History } from '../../../src/core/inspect/history.js';
import { report, withFindings } from '../../../src/core/inspect/report.js';
import { facts, masterInfo, replicaInfo, tail, TROUBLED } from '../../support/inspect-facts.js';

const two = masterInfo(
  [
    'ip=10.0.0.6,port=6380,state=online,offset=900,lag=0',
    'ip=10.0.0.7,port=6380,state=online,offset=800,lag=0',
  ],
  tail(900),
);
const one = masterInfo(['ip=10.0.0.6,port=6380,state=online,offset=900,lag=0'], tail(900));

const view = (more: Partial<WatchView>): WatchView => ({
  report: report(facts({ info: two })),
  history: new History(),
  events: new EventLog(),
  width: 80,
  rows: 24,
  color: false,
  unicode: true,
  paused: false,
  selected: 0,
  intervalMs: 1000,
  time: '12:00:05',
  localTime: (at) => at.slice(11, 19),
  ...more,
});

/** A log in which the second replica has just gone. */
function gone() {
  const events = new EventLog();
  const before = report(facts({ info: two }));
  const now = report({ ...facts({ info: one }), collectedAtMs: Date.UTC(2024, 4, 1, 12, 0, 3) });
  const fresh = events.observe(before, now);
  return { events, fresh, report: withFindings(now, events.findings(now)) };
}

describe('renderWatch', () => {
  it('lists what happened, and what of it stands', () => {
    expect(renderWatch(view(gone())).filter((line) => line !== '')).toMatchInlineSnapshot(`
      [
        "⚠ 10.0.0.5:6379  redis 7.2.4  master  up 12 d                every 1 s, 12:00:05",
        "stream  0 B/s    peak 0 B/s, offset 900",
        "backlog 1.0 MB",
        "REPLICAS  1",
        "   #  replica        state   behind  ack  out-buf  lag",
        ">  0  10.0.0.6:6380  online  0 B     0 s  -",
        "EVENTS  1",
        "12:00:03  ⚠ replica 10.0.0.7:6380 is gone: last seen online, offset 800, 100 B",
        "            behind, last ACK 0 s before",
        "FINDINGS  1",
        "⚠ replica-gone  replica 10.0.0.7:6380 is not attached any more, for 3 s: last",
        "                seen online, offset 800, 100 B behind, last ACK 0 s before. The",
        "                backlog still has what it lacks. (since 12:00:00)",
        "                Its own view, if it runs:",
        "                  redis-ts inspect 10.0.0.7:6380",
        "q quit  p pause  e events  ↑↓ PgUp/PgDn select a replica",
      ]
    `);
  });

  it('shows why the server cannot be asked, whole, and for how long', () => {
    const message = 'cannot connect to redis-7.internal.example:6379: connect ETIMEDOUT 10.250.13.77:6379';
    const lines = renderWatch(view({ trouble: { message, attempts: 12, awaySeconds: 64 } }));
    expect(lines.slice(1, 5)).toEqual([
      '✖ cannot connect to redis-7.internal.example:6379: connect ETIMEDOUT',
      '  10.250.13.77:6379',
      '  attempt 12, away for 64 s; what is shown is from before',
      'stream  not seen    peak 0 B/s, offset 900',
    ]);
    expect(renderWatch(view({ waitingSeconds: 3 }))[1]).toBe('⚠ no answer for 3 s');
  });

  it('cuts nothing off at 80 columns, commands included, and says what there is no room for', () => {
    const troubled = report(facts(TROUBLED));
    const lines = renderWatch(view({ report: troubled, rows: 60 }));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).toContain('CONFIG SET repl-backlog-size 128mb');
    expect(lines.slice(-1)).toEqual(['q quit  p pause  ↑↓ PgUp/PgDn select a replica']);
    const low = renderWatch(view({ report: troubled, rows: 14 }));
    expect(low).toHaveLength(14);
    expect(low[12]).toBe('… 1 more: announced-not-peer');
  });

  it('says since when a master whose link is up was not heard', () => {
    const silent = report(facts({ info: replicaInfo(900, { master_last_io_seconds_ago: 14 }) }));
    expect(renderWatch(view({ report: silent })).join('\n')).toMatch(
      /^master {2}10\.0\.0\.5:6379 {2}up, last heard 14 s ago/m,
    );
  });

  it('tells the last event whole, also one that is only info', () => {
    const { events } = gone();
    const text = `replica h:1 is back after 9 s: ${'it went on where it had stopped and '.repeat(5)}THE END`;
    const all = () => [
      {
        id: 'replica-back' as const,
        severity: 'info' as const,
        at: '2024-05-01T12:00:04.000Z',
        firstAt: '',
        times: 1,
        text,
      },
      ...events.all(),
    ];
    expect(renderWatch(view({ events: { all } })).join('\n')).toContain('THE END');
  });

  describe('with more events than there is room for', () => {
    const at = (n: number): string => new Date(Date.UTC(2024, 4, 1, 12, 0, n)).toISOString();
    const many = (count: number): WatchView['events'] => ({
      all: () =>
        Array.from({ length: count }, (_, n) => ({
          ...{ id: 'replica-attached' as const, severity: 'info' as const, times: 1, firstAt: '' },
          ...{ at: at(count - n), text: `event ${count - n}` },
        })),
    });

    it('says which key shows them', () => {
      const lines = renderWatch(view({ events: many(20) }));
      expect(lines).toContain('EVENTS  20, the last 6 shown, e shows all');
      expect(lines.at(-1)).toBe('q quit  p pause  e events  ↑↓ PgUp/PgDn select a replica');
      // Where nothing has happened there is nothing to show.
      expect(renderWatch(view({})).at(-1)).toBe('q quit  p pause  ↑↓ PgUp/PgDn select a replica');
    });

    it('shows all of them on a page that scrolls', () => {
      const page = (scroll: number) => renderWatch(view({ events: many(40), rows: 24, scroll }));
      const first = page(0);
      expect(first).toHaveLength(24);
      expect(first.slice(1, 4)).toEqual([
        '',
        'EVENTS  40, the last first, 20 lines below',
        '12:00:40  ℹ event 40',
      ]);
      expect(first.at(-1)).toBe('q quit  p pause  e back  ↑↓ PgUp/PgDn scroll');
      expect(page(7)[2]).toBe('EVENTS  40, the last first, 7 lines above, 13 lines below');
      // Not beyond the end.
      const last = page(1000);
      expect(last[2]).toBe('EVENTS  40, the last first, 20 lines above');
      expect(last.at(-2)).toBe('12:00:01  ℹ event 1');
      expect(eventsScroll(view({ events: many(40) }), 1000)).toBe(20);
      expect(eventsScroll(view({ events: many(40) }), -5)).toBe(0);
      expect(page(-5)).toEqual(first);
    });

    it('has a page also while nothing has happened, and while the server is away', () => {
      expect(renderWatch(view({ scroll: 3 }))[2]).toBe('EVENTS  none yet');
      const trouble = { message: 'cannot connect', attempts: 2, awaySeconds: 3 };
      const lines = renderWatch(view({ events: many(40), scroll: 0, trouble }));
      expect(lines).toHaveLength(24);
      expect(lines[1]).toBe('✖ cannot connect');
      expect(lines.at(-1)).toMatch(/e back/);
    });

    it('leaves all of them on the terminal, in the order in which they happened', () => {
      const { localTime } = view({});
      const plain = { color: false, unicode: true };
      const lines = eventsAtEnd({ events: many(40), width: 80, localTime }, plain);
      expect([lines.length, lines[0], lines[39]]).toEqual([
        40,
        '12:00:01  ℹ event 1',
        '12:00:40  ℹ event 40',
      ]);
      expect(eventsAtEnd({ events: new EventLog(), width: 80, localTime }, plain)).toEqual([]);
      const wide = eventsAtEnd({ ...gone(), width: 80, localTime }, plain);
      expect(wide).toEqual([
        '12:00:03  ⚠ replica 10.0.0.7:6380 is gone: last seen online, offset 800, 100 B',
        '            behind, last ACK 0 s before',
      ]);
    });
  });

  it('shows what was accepted, apart', () => {
    const accepted = report(facts(TROUBLED), { accept: ['announced-not-peer', 'backlog-too-small'] });
    expect(renderWatch(view({ report: accepted })).join('\n')).toContain(
      'FINDINGS  nothing is wrong\naccepted  2: backlog-too-small, announced-not-peer\n',
    );
    expect(sampleLine(accepted)).toMatch(/ status=ok accepted=backlog-too-small,announced-not-peer$/);
  });
});

describe('closingLine', () => {
  const last = report(facts({ info: two }));

  it('is the last sample, with what the server was away in between', () => {
    expect(closingLine(last, undefined, { count: 0, seconds: 0 })).toBe(sampleLine(last));
    expect(closingLine(last, undefined, { count: 2, seconds: 12 })).toBe(
      `${sampleLine(last)} outages=2 away_before=12s`,
    );
  });

  it('is no sample when the server was away at the end', () => {
    const away = { message: 'cannot connect', attempts: 12, awaySeconds: 12.4 };
    expect(closingLine(last, away, { count: 0, seconds: 0 })).toBe(
      '10.0.0.5:6379 status=unknown away=12s attempts=12 error="cannot connect" last_seen=2024-05-01T12:00:00.000Z',
    );
  });
});

describe('eventWords', () => {
  it('is a quoted word each', () => {
    expect(eventWords(gone().fresh)).toEqual([
      'event="replica-gone: replica 10.0.0.7:6380 is gone: last seen online, offset 800, 100 B behind, last ACK 0 s before"',
    ]);
  });
});

describe('renderInspectPage', () => {
  it('has what happened and what was accepted', () => {
    const history = new History();
    const { events, report: now } = gone();
    const page = renderInspectPage({ report: now, history, events });
    expect(page).toContain('<h2>What happened</h2>');
    expect(page).toContain('replica 10.0.0.7:6380 is gone: last seen online');
    expect(page).toContain('2024-05-01 12:00:03');
    const accepted = report(facts(TROUBLED), { accept: ['announced-not-peer'] });
    const other = renderInspectPage({ report: accepted, history, events: new EventLog() });
    expect(other).toContain('<summary>1 accepted, not counted: announced-not-peer</summary>');
    expect(other).toContain('1 finding (1 more accepted)');
    expect(other).not.toContain('What happened');
  });

  it('a server that is away at the end is critical, whatever the last sample said', () => {
    const history = new History();
    const now = report(facts({ info: two }));
    const startMs = Date.parse(now.at);
    history.add(now, startMs);
    for (let n = 1; n <= 12; n++) history.addFailure(startMs + n * 1000);
    const events = new EventLog();
    const away = { message: 'cannot connect to h', attempts: 12, awaySeconds: 12 };
    const page = renderInspectPage({ report: now, history, events, away });
    expect(page).toContain('critical: away');
    expect(page).toContain(
      'At the end the server could not be asked, for 12 s already: cannot connect to h.',
    );
    expect(page).toContain('watched for 12 s in 1 sample, and 12 attempts that failed.');
    events.lost('gone', startMs + 1000, startMs + 1000);
    events.observe(now, { ...now, at: new Date(startMs + 5000).toISOString() });
    expect(renderInspectPage({ report: now, history, events })).toContain(
      'In between it was away once, for 4 s in all.',
    );
  });
});
