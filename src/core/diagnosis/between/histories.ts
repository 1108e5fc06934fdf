/**
 * What several watched connections show together, and none of them alone: a master that tells a replica which comes back another
 * position than the one it had streamed to, and a replica that leaves after every snapshot. The casebook keeps one, and hands it
 * each watched connection when PSYNC was answered and when it has ended. Bounded: an entry for each of the last ids.
 */
import { lower } from '../../base/bytes.js';
import { type Evidence } from '../evidence.js';
import { type Finding } from '../rule.js';
import { causesText, type Portions } from '../rules/left-out.js';

/** Ids that are remembered: a master has one, and a new one when it is started or promoted. */
const MAX_IDS = 64;
/** So often a replica must leave after its snapshot before it is told: once or twice somebody may have stopped it. */
const LEAVES_TOLD = 3;

interface Reached {
  readonly conn: number;
  /** Bytes of the stream until then, by the master's own +FULLRESYNC and by what it streamed. */
  readonly offset: number;
  readonly streamed: number;
  readonly portions?: Portions;
}

export class Histories {
  private readonly reached = new Map<string, Reached>();
  private left = 0;
  private leftText = '';

  /** PSYNC was answered: does it agree with what was streamed before? */
  answered({ asked, outcome }: Evidence): Finding | undefined {
    const { psync } = asked;
    if (typeof psync === 'string' || outcome?.kind !== 'full') return undefined;
    const { replid, offset } = outcome;
    if (replid === undefined || offset === undefined) return undefined;
    const held = psync.offset - 1;
    const request = `The replica asked for byte ${psync.offset} of ${psync.replid}`;
    if (lower(replid) !== lower(psync.replid)) {
      return {
        id: 'resync-other-history',
        text: `${request}, and the master made a full sync under another id, ${replid}: the history of the replica is not its own.`,
      };
    }
    const before = this.reached.get(lower(replid));
    // Who asks for more than was streamed counts wrongly itself.
    if (before === undefined || held > before.offset) return undefined;
    if (offset < before.offset) return tooLittle(before, offset, psync.offset);
    if (offset > held) {
      return {
        id: 'resync-behind-backlog',
        text: `${request}, the master had come to ${offset}, and it made a full sync: it keeps no backlog, or one that does not hold ${offset - held} bytes.`,
      };
    }
    return {
      id: 'probe-got-fullresync',
      severity: 'warning',
      text: `${request}, which is the next one of the master's own stream, and was answered \`${outcome.line}\`: every lost link costs a snapshot.`,
    };
  }

  /** A connection has ended. */
  ended(conn: number, evidence: Evidence, by: 'replica' | 'master', acked: boolean): void {
    this.remember(conn, evidence);
    const { outcome, snapshot, sent } = evidence;
    const whole = snapshot?.report !== undefined && !snapshot.fault;
    if (acked) this.left = 0;
    if (acked || by !== 'replica' || !whole || outcome?.kind !== 'full' || sent.has('rdb-only')) return;
    this.left++;
    const { version, readableBy } = snapshot.report;
    const reads = readableBy === undefined ? '' : ` (readable by ${readableBy})`;
    this.leftText = version === undefined ? '' : ` The RDB is version ${version}${reads}.`;
  }

  /** That a replica leaves after every snapshot. */
  leaving(): Finding | undefined {
    if (this.left < LEAVES_TOLD) return undefined;
    return {
      id: 'replica-leaves-after-snapshot',
      text: `The replica closed the link after a whole snapshot, ${this.left} times in a row, and never sent an ACK: its log says why.${this.leftText}`,
    };
  }

  private remember(conn: number, { asked, outcome, stream }: Evidence): void {
    if (outcome?.kind !== 'full' && outcome?.kind !== 'continue') return;
    if (stream?.startOffset === undefined || stream.noise !== undefined || stream.fault) return;
    const full = outcome.kind === 'full';
    const id = outcome.replid ?? (typeof asked.psync === 'string' ? undefined : asked.psync.replid);
    if (id === undefined) return;
    const { startOffset, bytesRead, portions } = stream;
    const offset = startOffset + bytesRead;
    const key = lower(id);
    if ((this.reached.get(key)?.offset ?? -1) > offset) return;
    this.reached.delete(key);
    this.reached.set(key, { conn, offset, streamed: bytesRead, ...(full && portions && { portions }) });
    const [oldest] = this.reached.keys();
    if (this.reached.size > MAX_IDS) this.reached.delete(oldest);
  }
}

function tooLittle({ conn, offset, streamed, portions }: Reached, now: number, asked: number): Finding {
  const missing = offset - now;
  return {
    id: 'offset-counts-too-little',
    text: `On connection ${conn} the master streamed ${streamed} bytes, up to offset ${offset}. A PSYNC for byte ${asked} of the same id was answered by +FULLRESYNC with the offset ${now}: its own count is ${missing} behind what it sent.${causesText(missing, portions, offset - streamed)}`,
  };
}
