/**
 * Why a master refused a partial resync. A real master says so in its own log only: `+FULLRESYNC` carries its new position and no
 * reason. So INFO replication is asked for on a second connection, after the fact, and compared with what was requested.
 *
 *   PSYNC <id> <byte> ─► +FULLRESYNC       beside it: [AUTH] INFO replication ─► ids, second offset, first byte and length of the backlog
 *
 * INFO costs the master nothing; when it is refused or late the reason is what the answer to PSYNC shows by itself. The rules are
 * those of redis 7.2.6 replication.c:masterTryPartialResynchronization, read backwards.
 */
import { type Dial } from '../../base/byte-channel.js';
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Clock } from '../../base/clock.js';
import { findSection, parseInfo } from '../../info/parse.js';
import { parseReplication, type ParsedReplication } from '../../info/replication.js';
import { askAside, replyText } from '../side-client.js';

/** What was asked for: PSYNC's arguments, the id in lower case. */
export interface Asked {
  readonly replid: string;
  /** Number of the first byte wanted. */
  readonly offset: number;
}

/** How to ask. */
export interface RefusalQuestion {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly user?: Bytes;
  readonly pass?: Bytes;
  readonly asked: Asked;
  /** The id in `+FULLRESYNC`, in lower case; undefined when it had none. */
  readonly given: string | undefined;
  readonly done: (reason: string) => void;
}

/** The answer comes a moment after the refusal, or is not worth waiting for. */
const ANSWER_MS = 2_000;

/** Asks the master and says why it refused, in one clause. `done` is called once. */
export function askWhyRefused({ dial, clock, user, pass, asked, given, done }: RefusalQuestion): void {
  askAside({
    dial,
    clock,
    user,
    pass,
    commands: [[ascii('INFO'), ascii('replication')]],
    timeoutMs: ANSWER_MS,
    done: ([reply]) => {
      const section = findSection(parseInfo(replyText(reply) ?? ''), 'replication');
      done(explainRefusal(asked, given, section && parseReplication(section)));
    },
  });
}

/**
 * The reason in words, such as `the master's backlog starts at 98,000,001; we asked for 97,412,220`.
 * @param given the id of `+FULLRESYNC`
 * @param master its INFO replication, when it could be had
 */
export function explainRefusal(
  asked: Asked,
  given: string | undefined,
  master: ParsedReplication | undefined,
): string {
  if (given !== asked.replid) return otherHistory(asked, given, master);
  return outsideBacklog(asked, master) ?? `the master's backlog does not hold ${count(asked.offset)}`;
}

function otherHistory(
  { replid, offset }: Asked,
  given: string | undefined,
  master: ParsedReplication | undefined,
): string {
  const { secondOffset } = master ?? {};
  if (master?.replid2 !== replid || secondOffset === undefined || secondOffset < 0) {
    return given === undefined
      ? 'the master told no replication id'
      : `the master's replication id is different: it is ${given}, we asked for ${replid}`;
  }
  if (offset > secondOffset) {
    return `the master's history left ours at ${count(secondOffset)}; we asked for ${count(offset)}`;
  }
  return outsideBacklog({ replid, offset }, master) ?? `the master does not take our id ${replid} any more`;
}

function outsideBacklog({ offset }: Asked, master: ParsedReplication | undefined): string | undefined {
  if (master === undefined) return undefined;
  const { active, firstByteOffset, histlenBytes } = master.backlog;
  if (active === false) return 'the master keeps no backlog';
  if (firstByteOffset === undefined) return undefined;
  if (offset < firstByteOffset) {
    return `the master's backlog starts at ${count(firstByteOffset)}; we asked for ${count(offset)}`;
  }
  // The end has moved on since the refusal: only what lies beyond it even now was beyond it then.
  if (histlenBytes !== undefined && offset > firstByteOffset + histlenBytes) {
    return `the master's backlog ends at ${count(firstByteOffset + histlenBytes - 1)}; we asked for ${count(offset)}`;
  }
  return undefined;
}

/** `98,211,004` */
function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
