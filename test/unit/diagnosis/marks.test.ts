/**
 * A line of the trace has its check mark only where the line itself shows nothing that is named as wrong a moment later. Each
 * diagnosis stands in one of two tables: those that a line shows, with that line, and those that come out later or elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { traceRenderer } from '../../../src/cli/render/handshake.js';
import { DIAGNOSES } from '../../../src/core/diagnosis/table.js';
import { examineWire } from '../../support/wire-master.js';
import { GALLERY } from './gallery/all.js';
import { type Case } from './gallery/case.js';

const FULLRESYNC = /< \+FULLRESYNC/;
const CONTINUE = /< \+CONTINUE/;
const SNAPSHOT = / snapshot {7}/;
const BARE_LF = / \(LF\)$/;

/** The line that shows the fault, on the connection that does. */
const SHOWN_BY: Readonly<Record<string, RegExp>> = {
  'line-feed-only': BARE_LF,
  'odd-reply': /< (\+pong|:1)/,
  'malformed-fullresync': FULLRESYNC,
  'fullresync-unended': FULLRESYNC,
  'replid-not-hex': FULLRESYNC,
  'bare-continue': CONTINUE,
  'continue-wrong-id': CONTINUE,
  'probe-got-fullresync': FULLRESYNC,
  'first-replica': FULLRESYNC,
  'backlog-expired': FULLRESYNC,
  'resync-other-history': FULLRESYNC,
  'resync-beyond-promotion': FULLRESYNC,
  'resync-ahead': FULLRESYNC,
  'resync-behind-backlog': FULLRESYNC,
  'snapshot-eof-unasked': /< \$EOF/,
  'snapshot-too-new': SNAPSHOT,
  'snapshot-valkey-magic': SNAPSHOT,
  'snapshot-unknown-type': SNAPSHOT,
  'snapshot-without-checksum': SNAPSHOT,
  'snapshot-bad-checksum': SNAPSHOT,
  'snapshot-hex': SNAPSHOT,
  'snapshot-text-damaged': SNAPSHOT,
  'snapshot-unreadable': SNAPSHOT,
};

/** Nothing on a line that was taken shows these: the answer is an error, does not come, or is right by itself. */
const LATER: readonly string[] = [
  ...['ping-refused', 'wrong-reply-type', 'missing-line-end', 'replconf-unanswered', 'one-command-per-read'],
  ...['case-sensitive-commands', 'replconf-unknown', 'replconf-option-refused', 'replconf-syntax'],
  'announce-ip-too-long',
  ...['fullresync-other-id', 'continue-new-id', 'probe-needs-backlog', 'continue-off-by-one'],
  'continue-ignores-offset',
  ...[
    'offset-inside-command',
    'listed-under-other-address',
    'closed-replicas-stay-listed',
    'sentinel-watches',
    'counts-for-min-replicas',
  ],
  ...['snapshot-missing', 'snapshot-refused', 'snapshot-never-comes', 'snapshot-cut', 'output-buffer-limit'],
  ...['snapshot-child-died', 'snapshot-stalled', 'eof-mark-missing', 'newline-after-mark'],
  ...['snapshot-wrong-length', 'snapshot-trailing-crlf'],
];

async function linesOf({ script, options }: Case): Promise<string[]> {
  const { events } = await examineWire(typeof script === 'function' ? script() : script, options);
  const render = traceRenderer({ terminal: { color: false, unicode: true, width: 100 } });
  return events.flatMap((event) => {
    const lines = render(event).split('\n');
    // Which connection, and whether the line was ended by LF alone: the text shows neither.
    const bare = event.kind === 'receive' && /[^\r]\n$/.test(event.bytes) ? ' (LF)' : '';
    return lines.map((line) => `conn ${event.conn} ${line}${bare}`);
  });
}

const CASES = Object.values(GALLERY).flat();
const SHOWN = CASES.filter(({ ids }) => ids.some((id) => id in SHOWN_BY));

describe('check marks', () => {
  it('are thought of for each diagnosis of these chapters', () => {
    const judged = ['introduce', 'position', 'snapshot'];
    const ids = DIAGNOSES.filter(({ chapter }) => judged.includes(chapter)).map(({ id }) => id);
    expect(ids.filter((id) => !(id in SHOWN_BY) && !LATER.includes(id))).toEqual([]);
    expect(Object.keys(SHOWN_BY).filter((id) => LATER.includes(id))).toEqual([]);
  });

  it.each(SHOWN.map((one) => [one.ids.join(' '), one.what, one] as const))(
    'are not given to the line that shows it: %s: %s',
    async (_ids, _what, one) => {
      const lines = await linesOf(one);
      for (const id of one.ids.filter((known) => known in SHOWN_BY)) {
        const own = id === 'probe-got-fullresync' ? lastConn(lines) : 1;
        const suspects = lines.filter((line) => line.startsWith(`conn ${own} `) && SHOWN_BY[id].test(line));
        expect(suspects.length, id).toBeGreaterThan(0);
        for (const line of suspects) expect(line.replace(BARE_LF, '')).not.toMatch(/✔$/);
      }
    },
  );

  it('are given to every line of a master that is right', async () => {
    const lines = await linesOf({ ids: [], what: 'a good full sync', script: {} });
    for (const line of lines.filter((text) => / < \+| snapshot {7}/.test(text))) expect(line).toMatch(/✔$/);
  });
});

function lastConn(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => Number(/^conn (\d+) /.exec(line)?.[1])));
}
