/** The live view of `replica`: what each message prints for good, and the line that moves, written out by hand. */
import { describe, expect, it } from 'vitest';
import { linkLogLine, noTally, summaryLine, tally } from '../../../src/cli/render/replica-facts.js';
import { advance, farewell, STARTING, type ViewMessage } from '../../../src/cli/render/replica.js';
import { type LinkSample } from '../../../src/cli/server/messages.js';
import { type Terminal } from '../../../src/cli/terminal.js';
import { type LinkEvent } from '../../../src/core/replication/ports.js';

const at = (width: number): Terminal => ({ live: true, color: false, unicode: true, width });
const ASCII: Terminal = { live: true, color: false, unicode: false, width: 80 };

const ID = '8c1f0b5e2d7a4c3b9e8f6a5d4c3b2a190817e2a9';
const STEPS = [
  'PING',
  'AUTH ***',
  'REPLCONF listening-port 6380',
  'REPLCONF capa eof capa psync2',
  'PSYNC ? -1',
];

function link(atMs: number, event: LinkEvent, more: { server?: string; offset?: number } = {}): ViewMessage {
  return { type: 'link', atMs, event, ...more };
}

function sample(atMs: number, more: Partial<LinkSample> = {}): ViewMessage {
  return {
    type: 'sample',
    sample: { atMs, state: 'connected', offset: 0, commands: 0, keys: 0, port: 6380, ...more },
  };
}

/** Feeds `messages`; everything that was printed, then the live line under a sign for its kind. */
function draw(
  messages: readonly ViewMessage[],
  terminal: Terminal,
  start = STARTING,
): { printed: string[]; live: string } {
  let state = start;
  let live = '';
  const printed: string[] = [];
  for (const message of messages) {
    const frame = advance(state, message, terminal);
    ({ state } = frame);
    printed.push(...frame.lines);
    live = `${frame.live.sign}: ${frame.live.text}`;
  }
  return { printed, live };
}

const CONNECTING = link(0, { kind: 'connecting', host: '10.0.0.5', port: 6379 });
const CONNECTED = link(1, { kind: 'connected', address: '10.0.0.5:6379', us: 412 });
const HANDSHAKE = link(2, { kind: 'handshake', steps: STEPS, us: 1104 }, { server: 'redis 7.2.4' });
const FULL = link(3, {
  kind: 'full-sync',
  reason: 'no replication id of ours yet',
  replid: ID,
  offset: 98_000_000,
});
const SNAPSHOT_DONE = link(700, {
  kind: 'snapshot-done',
  bytes: 43_201_331,
  us: 606_000,
  rdbVersion: 11,
  keys: 312_400,
  checksum: 'ok',
});
const STREAMING = link(701, { kind: 'streaming', offset: 98_000_000 });
const UP_TO_STREAMING = [CONNECTING, CONNECTED, HANDSHAKE, FULL, SNAPSHOT_DONE, STREAMING];
const FLOWING = [
  sample(1000, { offset: 98_100_000, behindBytes: 0, commands: 10, ackAgeMs: 100, keys: 312_400 }),
  sample(2000, { offset: 98_211_004, behindBytes: 0, commands: 1214, ackAgeMs: 300, keys: 312_400 }),
];

describe('a full sync', () => {
  it('is five lines at 200 columns', () => {
    const { printed, live } = draw([...UP_TO_STREAMING, ...FLOWING], at(200));
    expect(printed).toEqual([
      '✔ connected to 10.0.0.5:6379 (redis 7.2.4)                            0.4 ms',
      '✔ handshake  PING, AUTH, REPLCONF ×2, PSYNC ? -1                      1.1 ms',
      '✔ full sync  reason: no replication id of ours yet',
      '✔ snapshot   41 MB in 606 ms (68 MB/s), RDB 11, 312,400 keys, checksum ok',
    ]);
    expect(live).toBe(
      'live: streaming  up to offset 98,211,004 · 0 B behind · 1,204 cmd/s · ack 0.3 s ago · serving reads on :6380',
    );
  });

  it('says the same in fewer words at 80 columns', () => {
    const { printed, live } = draw([...UP_TO_STREAMING, ...FLOWING], at(80));
    expect(printed[0]).toBe('✔ connected to 10.0.0.5:6379 (redis 7.2.4)                            0.4 ms');
    expect(live).toBe('live: streaming  up to 98,211,004 · 0 B behind · 1,204 cmd/s · ack 0.3 s · :6380');
  });

  it('needs no more than ASCII', () => {
    const { printed, live } = draw([...UP_TO_STREAMING, ...FLOWING], ASCII);
    expect(printed).toEqual([
      'ok connected to 10.0.0.5:6379 (redis 7.2.4)                           0.4 ms',
      'ok handshake  PING, AUTH, REPLCONF x2, PSYNC ? -1                     1.1 ms',
      'ok full sync  reason: no replication id of ours yet',
      'ok snapshot   41 MB in 606 ms (68 MB/s), RDB 11, 312,400 keys, checksum ok',
    ]);
    expect(live).toBe('live: streaming  up to offset 98,211,004, 0 B behind, 1,204 cmd/s, ack 0.3 s, :6380');
  });

  it('shows what has come of the snapshot, and how long the rest takes', () => {
    const progress = (atMs: number, receivedBytes: number, totalBytes?: number) =>
      link(atMs, { kind: 'snapshot', receivedBytes, totalBytes, keys: 112_400 });
    const before = [CONNECTING, CONNECTED, HANDSHAKE, FULL];
    const known = [progress(100, 0, 43_201_331), progress(350, 16_777_216, 43_201_331)];
    expect(draw([...before, ...known], at(80)).live).toBe(
      'spinner: snapshot   38 % of 41 MB · 64 MB/s · 1 s left · 112,400 keys',
    );
    const unknown = [progress(100, 0), progress(350, 16_777_216)];
    expect(draw([...before, ...unknown], at(80)).live).toBe(
      'spinner: snapshot   16 MB · 64 MB/s · 112,400 keys',
    );
  });
});

describe('waiting', () => {
  it('says once that it is connected, however often the master then falls silent', () => {
    const retry = { kind: 'retry', reason: 'Timeout: the master did not answer PING' } as const;
    const attempt = [CONNECTING, CONNECTED, sample(3500, { state: 'handshake' }), link(5000, retry)];
    expect(draw([...attempt, ...attempt, ...attempt], at(80)).printed).toEqual([
      '✔ connected to 10.0.0.5:6379                                          0.4 ms',
      '⚠ no link    Timeout: the master did not answer PING',
    ]);
    const [connected] = draw(
      [...attempt, CONNECTING, CONNECTED, sample(3500), HANDSHAKE, FULL, SNAPSHOT_DONE],
      at(80),
    ).printed.slice(2);
    expect(connected).toMatch(/^✔ connected to 10\.0\.0\.5:6379 \(redis 7\.2\.4\)/);
  });

  it('names the master once the wait is long, and what it may be for', () => {
    const long = draw(
      [CONNECTING, CONNECTED, sample(3500, { state: 'handshake', waitsFor: 'PSYNC' })],
      at(80),
    );
    expect(long.printed).toEqual([
      '✔ connected to 10.0.0.5:6379                                          0.4 ms',
    ]);
    expect(long.live).toBe(
      'spinner: waiting for 10.0.0.5:6379 to answer PSYNC, 3 s (repl-diskless-sync-delay)',
    );
    const stuck = draw(
      [CONNECTING, CONNECTED, sample(3500, { state: 'handshake', waitsFor: 'PING' })],
      at(80),
    );
    expect(stuck.live).toBe('spinner: waiting for 10.0.0.5:6379 to answer PING, 3 s');
    const { printed } = draw([CONNECTING, CONNECTED, sample(3500), HANDSHAKE], at(120));
    expect(printed.slice(1)).toEqual([
      '✔ handshake  PING, AUTH, REPLCONF ×2, PSYNC ? -1 (redis 7.2.4)        1.1 ms',
    ]);
  });

  it('shows how far the own data set is loaded', () => {
    const loading = {
      type: 'loading',
      loadedBytes: 52_428_800,
      totalBytes: 104_857_600,
      keys: 5000,
    } as const;
    expect(draw([loading], at(80)).live).toBe('spinner: loading 50 % of 100 MB, 5,000 keys');
  });
});

describe('a lost link', () => {
  const LOST = link(
    720_701,
    { kind: 'lost', reason: 'the master closed the connection' },
    { offset: 98_211_004 },
  );
  const REFUSED = link(720_702, { kind: 'retry', reason: 'Connection refused' });

  it('says why, where and after how long', () => {
    const { printed, live } = draw([...UP_TO_STREAMING, LOST, CONNECTING], at(200));
    expect(printed.slice(4)).toEqual([
      '✖ link lost  the master closed the connection (at offset 98,211,004, after 12 m of streaming)',
    ]);
    expect(live).toBe('spinner: connecting to 10.0.0.5:6379');
  });

  it('tells a reason once, and counts the attempts below', () => {
    const again = [CONNECTING, REFUSED];
    const { printed, live } = draw(
      [...UP_TO_STREAMING, ...FLOWING, LOST, ...again, ...again, CONNECTING],
      at(200),
    );
    expect(printed.slice(5)).toEqual(['⚠ no link    Connection refused (10.0.0.5:6379)']);
    expect(live).toBe('spinner: connecting to 10.0.0.5:6379, attempt 3 · serving old data on :6380');
  });

  it('names what to give when a password is refused', () => {
    const reason = 'Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.';
    const { printed } = draw([CONNECTING, CONNECTED, link(4, { kind: 'retry', reason })], at(200));
    expect(printed.slice(1)).toEqual([
      `⚠ no link    ${reason} Give the right one: --masterauth, or REDISCLI_AUTH`,
    ]);
  });

  it('with one attempt leaves the reason to the last line', () => {
    const draws = (event: LinkEvent) =>
      draw([CONNECTING, CONNECTED, link(4, event)], at(100), { ...STARTING, once: true }).printed;
    expect(draws({ kind: 'retry', reason: 'refused' })).toEqual([
      expect.stringMatching(/^✔ connected to 10\.0\.0\.5:6379 /),
    ]);
    expect(draws({ kind: 'lost', reason: 'closed' })).toEqual([]);
    expect(draws({ kind: 'stopped', reason: 'unknown' })).toEqual([]);
  });

  it('says which file a backup replaces', () => {
    const facts = {
      path: '/b/x.rdb',
      bytes: 10,
      rdbVersion: 11,
      keys: 1,
      checksum: 'ok',
      offset: 7,
      replaced: { bytes: 525 * 1024, modified: new Date(2026, 10, 22, 3, 4) },
    };
    expect(draw([{ type: 'backup', facts }], at(200)).printed).toEqual([
      '✔ backup     /b/x.rdb: 10 B, 1 key, checksum ok, offset 7; replaces 525 KB of 2026-11-22 03:04',
    ]);
  });

  it('tells a refusal after the handshake once, with what to give, and no full sync', () => {
    const NOAUTH = 'MASTER aborted replication with an error: NOAUTH Authentication required.';
    const full = link(3, {
      kind: 'full-sync',
      reason: 'the master refused PSYNC: -NOAUTH Authentication required.',
      replid: '',
      offset: -1,
    });
    const attempt = [CONNECTING, CONNECTED, HANDSHAKE, full, link(4, { kind: 'retry', reason: NOAUTH })];
    const refused = draw([...attempt, ...attempt, ...attempt, CONNECTING], at(200));
    expect(refused.printed.slice(2)).toEqual([
      `⚠ no link    ${NOAUTH} Give its password: --masterauth, or REDISCLI_AUTH`,
    ]);
    expect(refused.live).toBe('spinner: connecting to 10.0.0.5:6379, attempt 4');
    const then = draw(
      [...attempt, ...attempt, CONNECTING, CONNECTED, HANDSHAKE, FULL, SNAPSHOT_DONE],
      at(200),
    );
    expect(then.printed.slice(3).map((line) => line.slice(0, 11).trimEnd())).toEqual([
      '✔ connected',
      '✔ handshake',
      '✔ full sync',
      '✔ snapshot',
    ]);
  });

  it('does not say that a link was never lost that never was', () => {
    const retry = link(4, { kind: 'retry', reason: 'x' });
    let state = STARTING;
    for (const message of [CONNECTING, retry, sample(5)]) ({ state } = advance(state, message, at(200)));
    const [line] = farewell(state, at(200));
    expect(line).toContain('never in sync');
    expect(line).not.toContain('never lost');
  });

  it('goes on with a partial sync, and says what was there', () => {
    const partial = link(720_800, {
      kind: 'partial-sync',
      replid: ID,
      offset: 98_211_004,
      reason: "the master's backlog holds 98,211,005",
    });
    const { printed } = draw([...UP_TO_STREAMING, LOST, CONNECTING, partial], at(200));
    expect(printed.at(-1)).toBe(
      "✔ partial    goes on after 98,211,004: the master's backlog holds 98,211,005",
    );
  });

  it('wraps a long reason under itself at 80 columns', () => {
    const full = link(720_800, {
      kind: 'full-sync',
      reason: "the master's backlog starts at 98,000,001; we asked for 97,412,220 and it was gone",
      replid: ID,
      offset: 1,
    });
    expect(draw([CONNECTING, full], at(80)).printed).toEqual([
      "✔ full sync  reason: the master's backlog starts at 98,000,001; we asked for",
      '             97,412,220 and it was gone',
    ]);
  });

  it('does not let a server steer the terminal', () => {
    const retry = link(5, { kind: 'retry', reason: 'no \x1b[2J\r\n' });
    expect(draw([CONNECTING, retry], at(80)).printed).toEqual(['⚠ no link    no \\x1b[2J\\x0d\\x0a']);
  });

  it('shows nothing of the last link under the new one', () => {
    const { live } = draw([...UP_TO_STREAMING, ...FLOWING, LOST, CONNECTING, STREAMING], at(80));
    expect(live).toBe('live: streaming  up to offset 98,000,000');
  });
});

describe('what ends the following', () => {
  it('stops where something cannot be applied', () => {
    const stopped = link(5000, { kind: 'stopped', reason: "the command 'FOO' cannot be applied here" });
    const { printed, live } = draw([...UP_TO_STREAMING, ...FLOWING, stopped], at(80));
    expect(printed.at(-1)).toBe("✖ stopped    the command 'FOO' cannot be applied here");
    expect(live).toBe('fail: replication has stopped · serving old data on :6380 · REPLICAOF begins anew');
  });

  it('becomes a master, and follows somebody else', () => {
    const promoted = draw(
      [...UP_TO_STREAMING, sample(3000, { state: 'master', offset: 98_211_004 })],
      at(80),
    );
    expect(promoted.printed.slice(4)).toEqual([
      'ℹ promoted   nobody is followed any more (REPLICAOF NO ONE): a master, after',
      '             offset 98,211,004',
    ]);
    expect(promoted.live).toBe('live: master     offset 98,211,004 · serving on :6380');
    const other = link(4000, { kind: 'connecting', host: '::1', port: 7000 });
    const moved = draw([...UP_TO_STREAMING, other], at(80));
    expect(moved.printed.slice(4)).toEqual([
      'ℹ REPLICAOF  [::1]:7000 is followed from now on (before: 10.0.0.5:6379)',
    ]);
    expect(moved.live).toBe('spinner: connecting to [::1]:7000');
  });

  it('sums up', () => {
    const messages = [...UP_TO_STREAMING, ...FLOWING];
    const state = messages.reduce((last, message) => advance(last, message, at(80)).state, STARTING);
    expect(farewell(state, at(200))).toEqual([
      'ℹ summary    offset 98,211,004, 312,400 keys, 1 full sync, 0 partial, link never lost, 1,214 commands applied, 2 s in all',
    ]);
    expect(farewell(STARTING, at(80))).toEqual([]);
  });
});

it('colours signs and times only', () => {
  const { printed } = draw([CONNECTING, CONNECTED, HANDSHAKE], { ...at(60), color: true });
  expect(printed[0]).toBe(
    '\x1b[32m✔\x1b[39m connected to 10.0.0.5:6379 (redis 7.2.4)            \x1b[2m0.4 ms\x1b[22m',
  );
});

it('keeps the live line within one line at any width', () => {
  for (const width of [30, 50, 70, 80, 90, 120]) {
    const { live } = draw([...UP_TO_STREAMING, ...FLOWING], at(width));
    expect(live.slice('live: '.length).length).toBeLessThanOrEqual(width - 3);
  }
});

describe('the log', () => {
  it.each<[LinkEvent, string | undefined]>([
    [{ kind: 'connecting', host: 'h', port: 1 }, undefined],
    [
      { kind: 'connected', address: '10.0.0.5:6379', us: 412 },
      'Connected to the master 10.0.0.5:6379 in 0.4 ms',
    ],
    [
      { kind: 'handshake', steps: [...STEPS.slice(0, 4), `PSYNC ${ID} 168`], us: 5_100_000 },
      'Handshake: PING, AUTH, REPLCONF x2, PSYNC 8c1f..e2a9 168 in 5.1 s',
    ],
    [
      { kind: 'full-sync', reason: 'no replication id of ours yet', replid: ID, offset: 1 },
      'Full sync, reason: no replication id of ours yet',
    ],
    [
      { kind: 'partial-sync', reason: "the master's backlog holds 12", replid: ID, offset: 11 },
      "Partial sync, goes on after 11: the master's backlog holds 12",
    ],
    [
      { kind: 'snapshot', receivedBytes: 16_777_216, totalBytes: 43_201_331, keys: 7 },
      'Snapshot: 16 MB of 41 MB (38 %), 7 keys',
    ],
    [
      { kind: 'snapshot', receivedBytes: 16_777_216, totalBytes: undefined, keys: 7 },
      'Snapshot: 16 MB, 7 keys',
    ],
    [
      {
        kind: 'snapshot-done',
        bytes: 1024,
        us: 1_000_000,
        rdbVersion: 9,
        keys: 1,
        checksum: 'absent',
      },
      'Snapshot: 1.0 KB in 1.0 s (1.0 KB/s), RDB 9, 1 key, no checksum: the master makes none',
    ],
    [
      { kind: 'streaming', offset: 98_000_000 },
      'Streaming, up to offset 98,000,000 so far; serving reads on port 6380',
    ],
    // The follower logs these itself.
    [{ kind: 'lost', reason: 'x' }, undefined],
    [{ kind: 'retry', reason: 'x' }, undefined],
    [{ kind: 'stopped', reason: 'x' }, undefined],
  ])('%j', (event, line) => {
    expect(linkLogLine({ type: 'link', atMs: 0, event }, 6380)).toBe(line);
  });

  it('ends with a summary', () => {
    const lost: LinkEvent = { kind: 'lost', reason: 'x' };
    const done = SNAPSHOT_DONE.type === 'link' ? [SNAPSHOT_DONE.event] : [];
    const counts = [...done, lost, lost, ...done].reduce(tally, noTally);
    const last: LinkSample = { atMs: 0, state: 'connect', offset: 1234, commands: 1, keys: 1, port: 0 };
    expect(summaryLine(last, counts)).toBe(
      'Replica ends: offset 1,234, 1 key, 2 full syncs, 0 partial, link lost 2 times, 1 command applied',
    );
  });
});
