/** Variants of PSYNC: positions that can be continued and positions that cannot. */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Attempt, Deviation, shown } from './attempt.js';
import { shiftOf } from '../rules/position.js';
import { type Position, type Stage } from './stage.js';
import { type Variant } from './variant.js';

const PSYNC2 = { capa: ['psync2'] };
const NOBODYS_REPLID = ascii('deadbeef'.repeat(5));
/** Far beyond anything that is written while we look. */
const FUTURE_BYTES = 1_000_000_000;
/** How long a stream is read, in ms. */
const READ_MS = 1500;

/** A position that the master cannot continue: it must fall back to a full sync, not refuse and not continue. */
function refused(
  name: string,
  what: string,
  why: string,
  request: (position: Position) => { replid: Bytes; offset: number } | undefined,
): Variant {
  return {
    ...{ name, what, fullSyncs: 1, presentDay: true },
    redis: '+FULLRESYNC <id> <offset>',
    run: async (stage) => {
      const asked = request(await stage.needPosition());
      if (asked === undefined) {
        stage.remark = 'INFO does not tell where the backlog begins: 0 was asked for';
      }
      const { replid } = await stage.needPosition();
      const attempt = await stage.attach(PSYNC2, asked ?? { replid, offset: 0 });
      if (attempt.evidence.outcome?.kind === 'continue') {
        throw new Deviation(`PSYNC was answered ${shown(attempt.evidence.outcome.line)}, ${why}`);
      }
    },
  };
}

/** Attaches at a position of the past or the present, and must be continued there. */
async function continueAt(stage: Stage, replid: Bytes, offset: number): Promise<Attempt> {
  const attempt = await stage.attach(PSYNC2, { replid, offset });
  const { outcome } = attempt.evidence;
  if (outcome?.kind === 'full') {
    attempt.evidence.probes.reconnect = { line: outcome.line, outcome };
    throw new Deviation(
      `PSYNC for a position that the master told itself was answered ${shown(outcome.line)}`,
      attempt.evidence,
      'probe-got-fullresync',
    );
  }
  return attempt;
}

/** Reads what the master streams from its present position, then reads it again from the same position, then goes on behind it. */
async function nothingLostOrRepeated(stage: Stage): Promise<void> {
  const { replid, offset } = await stage.needPosition();
  const first = await continueAt(stage, replid, offset + 1);
  const nudged = stage.nudge();
  const seen = await stage.tail(first, READ_MS, ({ commands }) => commands.length > 0);
  await nudged;
  const early = offset > 0 && /^\n(\*|$)/.test(seen.bytes);
  if (early || /^\d{1,7}\r\n\$/.test(seen.bytes)) {
    const text = `from offset ${offset + 1}, which it had not reached yet, the master sent ${shown(seen.bytes)}: ${early ? 'the byte before it came first' : 'the first byte is missing'}`;
    throw new Deviation(text, undefined, 'continue-off-by-one');
  }
  if (seen.bytes !== '' && !seen.bytes.startsWith('*')) {
    const text = `from offset ${offset + 1}, which by its INFO it had not reached yet, the master sent ${shown(seen.bytes)}: it counts less than it has streamed, or its backlog does not begin where it says`;
    throw new Deviation(text);
  }
  if (seen.fault !== undefined) throw new Deviation(`the stream is not made of commands: ${seen.fault}`);
  if (seen.bytesRead === 0) {
    stage.remark = 'the master streamed nothing meanwhile: only the answer was judged';
    return;
  }
  const { bytesRead, portions } = seen;
  const read = { startOffset: offset, commands: seen.commands.length, bytesRead, portions };
  first.evidence.stream = read;
  const after = await stage.needPosition();
  first.evidence.probes.masterOffset = after.offset;
  if (after.offset < offset + seen.bytesRead) {
    const text = `${seen.bytesRead} bytes were streamed and master_repl_offset went from ${offset} to ${after.offset}`;
    throw new Deviation(text, first.evidence);
  }
  first.close();
  const again = await continueAt(stage, replid, offset + 1);
  const repeated = await stage.tail(again, READ_MS, ({ bytes }) => bytes.length >= seen.bytesRead);
  const wanted = ascii(seen.bytes.slice(0, seen.bytesRead));
  if (repeated.bytes.slice(0, seen.bytesRead) !== wanted) {
    const text = `from offset ${offset + 1} the master once sent ${shown(seen.bytes)} and then ${shown(repeated.bytes)}`;
    throw new Deviation(
      text,
      undefined,
      shiftOf(wanted, repeated.bytes) ? 'continue-off-by-one' : 'continue-ignores-offset',
    );
  }
  again.close();
  const next = offset + seen.bytesRead + 1;
  const behind = await continueAt(stage, replid, next);
  await behind.peer.until(() => behind.peer.queue.length > 0, 100);
  const rest = behind.peer.waiting();
  if (rest !== '' && !rest.startsWith('*')) {
    throw new Deviation(`from offset ${next}, where a command begins, the master sent ${shown(rest)}`);
  }
}

export const PSYNC_VARIANTS: readonly Variant[] = [
  {
    name: 'continue',
    presentDay: true,
    what: 'partial resync at the current offset, twice, and behind what was read',
    redis: '+CONTINUE <id>, then every byte of the stream from that offset on, once',
    fullSyncs: 0,
    run: nothingLostOrRepeated,
  },
  refused(
    'offset-in-the-future',
    'an offset that the master has not reached',
    'for bytes that do not exist yet: the replica would take other bytes for them',
    ({ replid, offset }) => ({ replid, offset: offset + FUTURE_BYTES }),
  ),
  refused(
    'offset-before-backlog',
    'an offset that the backlog holds no more',
    'for bytes that the backlog does not hold: the replica would miss them',
    ({ replid, firstByte }) => (firstByte === undefined ? undefined : { replid, offset: firstByte - 1 }),
  ),
  refused(
    'wrong-replid',
    "another history's replication id",
    'for an id that it does not have: the replica would keep the data of another history',
    ({ offset }) => ({ replid: NOBODYS_REPLID, offset: offset + 1 }),
  ),
  {
    name: 'bad-offset',
    what: 'PSYNC with an offset that is no number',
    redis: '-ERR value is not an integer or out of range',
    fullSyncs: 0,
    run: async (stage) => {
      const attempt = await stage.open(PSYNC2);
      await attempt.introduce();
      attempt.say('PSYNC', '?', 'soon');
      const line = await attempt.answer('psync');
      if (line === '-ERR value is not an integer or out of range') return;
      throw new Deviation(`PSYNC ? soon was answered ${shown(line)}`);
    },
  },
  {
    name: 'second-psync',
    what: 'PSYNC again on a connection that is a replica already',
    redis: 'nothing: the second one is ignored and the stream goes on',
    fullSyncs: 0,
    run: async (stage) => {
      const attempt = await stage.attachUpToDate(PSYNC2);
      attempt.say('PSYNC', '?', '-1');
      await attempt.expectSilence('a second PSYNC');
      if (attempt.peer.closed) throw new Deviation('a second PSYNC made the master close the connection');
    },
  },
];
