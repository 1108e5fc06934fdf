/**
 * AckJudge: whether an offset that a replica acknowledges can be right, and, when it cannot, which miscount gives just this number.
 *
 * Right is the end of any command that it was sent, outside MULTI ... EXEC, not before the last one acknowledged. The answer to
 * GETACK is the offset in front of the GETACK itself (redis 7.2.6 networking.c:commandProcessed counts a command after it was
 * executed). What cannot be told apart for certain is not called a fault.
 */
import { quote } from '../../base/bytes.js';
import { type Finding } from '../rule.js';
import { firstDropped, fromZero, GETACK_BYTES, tooLittle, tooMuch, type Preamble } from './miscounts.js';
import { PING, type Positions, type Question } from './positions.js';

/** How often a replica sends an ACK, until it has shown otherwise. */
const USUAL_INTERVAL_MS = 1000;
/** ACKs that are no closer than this share of an interval look as if they came by a timer. */
const LEAST_SHARE = 0.75;
/** No second ACK came to decide a doubt: it was no timer. */
const DOUBT_MS = 3000;
/** GETACK is answered at once: what comes later is no answer. */
const LATE_MS = 250;
/** An ACK that stands still while so many PINGs come, and nothing else: they are not counted. */
const IDLE_PINGS = 3;
/** The stream has stood still for so long: a replica that reads it has read all. */
const SETTLED_MS = 2500;
/** Says only that the offset is wrong, not why. */
const GENERAL: ReadonlySet<string> = new Set(['ack-inside-command', 'ack-ahead']);

/** What is wrong since some command of the stream. */
const MISCOUNTS: ReadonlySet<string> = new Set([
  ...GENERAL,
  ...['ack-misses-commands', 'ack-counts-words', 'ack-counts-characters'],
]);

export interface AckVerdict {
  /** It answers a GETACK. */
  readonly answers: boolean;
  readonly finding?: Finding;
}

export class AckJudge {
  private accepted: number | undefined;
  private lastAtMs: number | undefined;
  /** The shortest time between two ACKs that nothing asked for. */
  private intervalMs: number | undefined;
  /** The last offset that came while a question was open and fell short of it. */
  private short: number | undefined;
  /** An ACK behind a GETACK that may have been the answer, or have come by a timer: the next one decides. */
  private doubt:
    | { readonly offset: number; readonly question: Question; readonly atMs: number; readonly late: boolean }
    | undefined;
  /** Why its offsets are wrong: once one was, what later ones hit by chance means nothing. */
  private cause: Finding | undefined;
  /** The offset that stands still while PINGs come, and the ends of the stream at its ACKs. */
  private still: { readonly offset: number; readonly ends: Set<number> } | undefined;

  constructor(
    private readonly positions: Positions,
    private readonly preamble: Readonly<Preamble>,
  ) {}

  /** The highest offset that was right. */
  get acknowledged(): number | undefined {
    return this.accepted;
  }

  ack(offset: number, atMs: number): AckVerdict {
    const resolved = this.resolve(atMs);
    const verdict = this.judge(offset, atMs);
    return resolved === undefined ? verdict : { answers: verdict.answers, finding: resolved };
  }

  private judge(offset: number, atMs: number): AckVerdict {
    const timed = this.mayBeTimed(atMs);
    this.lastAtMs = atMs;
    const { positions } = this;
    // Zero claims nothing: it only asks for the stream of a diskless sync.
    if (offset === 0 && this.accepted === undefined && positions.questions.length === 0)
      return { answers: false, finding: this.idle(offset) };
    if (positions.lost) return { answers: false };
    const place = offset > positions.sent ? 'inside' : positions.place(offset);
    if (offset < positions.base || place === 'inside') return this.wrong(offset);
    if (this.cause) return this.known(offset, this.cause);
    if (place === 'transaction') return { answers: false, finding: insideTransaction(offset) };
    if (this.accepted !== undefined && offset < this.accepted) return this.wentBack(offset, this.accepted);
    this.accepted = offset;
    const settled = this.settle(offset, timed, atMs);
    if (settled.finding) return settled;
    const dropped = this.settled(offset);
    this.cause ??= dropped;
    return { answers: settled.answers, finding: dropped ?? this.idle(offset) };
  }

  /** A position that can be right, from a replica whose count is wrong. */
  private known(offset: number, cause: Finding): AckVerdict {
    const { questions } = this.positions;
    const first = questions[0];
    if (first === undefined || offset < first.start) return { answers: false, finding: this.settled(offset) };
    questions.shift();
    return { answers: true, finding: offset === first.start ? undefined : cause };
  }

  /** It has had everything for some time and lacks just the first bytes, though it has counted later ones. */
  private settled(offset: number): Finding | undefined {
    const { positions, preamble } = this;
    const { base, movedMs } = positions;
    if (offset <= base || this.lastAtMs === undefined || this.lastAtMs - movedMs < SETTLED_MS)
      return undefined;
    const newest = positions.newest();
    const first = firstDropped(offset, newest, preamble);
    return first && tooLittle(offset, newest, base, preamble);
  }

  /** Nothing but PINGs comes, and its offset does not move with them. */
  private idle(offset: number): Finding | undefined {
    const right = this.positions.tallyAt(offset);
    const newest = this.positions.newest();
    const behind = newest.end - offset;
    if (right === undefined || behind === 0 || newest.spent[PING] - right.spent[PING] !== behind) {
      this.still = undefined;
      return undefined;
    }
    if (this.still?.offset !== offset) this.still = { offset, ends: new Set() };
    this.still.ends.add(newest.end);
    if (this.still.ends.size < IDLE_PINGS) return undefined;
    return {
      id: 'ack-misses-commands',
      text: `It acknowledges ${offset} again and again, and has since been sent ${behind} bytes of PING and nothing else: they are not counted.`,
    };
  }

  /** Whether it may have come by the replica's timer, by the time since the last one. */
  private mayBeTimed(atMs: number): boolean {
    const { lastAtMs } = this;
    // The first one may come by a timer that began anywhere.
    if (lastAtMs === undefined) return true;
    const since = atMs - lastAtMs;
    const asked = this.positions.questions.length > 0;
    if (!asked) this.intervalMs = Math.min(this.intervalMs ?? since, since);
    return this.isInterval(since);
  }

  private isInterval(ms: number): boolean {
    return ms >= Math.max(this.intervalMs ?? USUAL_INTERVAL_MS, USUAL_INTERVAL_MS) * LEAST_SHARE;
  }

  /** The next ACK has come, or none will: what the doubtful one was. */
  private resolve(atMs: number, over = false): Finding | undefined {
    const { doubt } = this;
    if (doubt === undefined) return undefined;
    this.doubt = undefined;
    const { offset, question, late } = doubt;
    const [open] = this.positions.questions;
    const prompt = open !== undefined && atMs - open.atMs <= LATE_MS;
    const byTimer = !over && this.isInterval(atMs - doubt.atMs);
    if (late) return byTimer && !prompt ? unanswered(question, EXECUTED) : undefined;
    if (!byTimer) return over || open === undefined ? countedEarly(offset, question) : undefined;
    // Both may have been answers, and both may have come by a timer.
    return prompt ? undefined : unanswered(question, EXECUTED);
  }

  /** A right offset: which questions are over by it, and how. */
  private settle(offset: number, timed: boolean, atMs: number): AckVerdict {
    const { questions } = this.positions;
    const first = questions[0];
    if (first === undefined) return { answers: false };
    if (offset < first.start) {
      this.short = offset;
      return { answers: false };
    }
    this.short = undefined;
    if (offset === first.start) {
      questions.shift();
      return { answers: true };
    }
    // It has executed the GETACK and gone on: the answer either was not given or is this one.
    this.positions.questions = questions.filter(({ end }) => end > offset);
    const late = atMs - first.atMs > LATE_MS;
    if (timed || late) {
      this.doubt = { offset, question: first, atMs, late };
      return { answers: false };
    }
    return { answers: true, finding: countedEarly(offset, first) };
  }

  private wentBack(offset: number, before: number): AckVerdict {
    return {
      answers: this.positions.questions.shift() !== undefined,
      finding: {
        id: 'ack-went-back',
        text: `It acknowledged ${before}, and then ${offset}: ${before - offset} bytes less.`,
      },
    };
  }

  private wrong(offset: number): AckVerdict {
    const { positions } = this;
    const question = positions.questions[0];
    const first = this.cause === undefined;
    const found = this.explain(offset);
    const finding = first ? this.withPlace(found, question?.start ?? positions.newest().end) : found;
    this.cause = finding;
    if (question !== undefined && offset !== 0) positions.questions.shift();
    return { answers: question !== undefined, finding };
  }

  /** From which command on it is wrong, as far as the ACKs before it tell. `until`: the end at which it should have been. */
  private withPlace(finding: Finding, until: number): Finding {
    if (!MISCOUNTS.has(finding.id)) return finding;
    const last = this.accepted ?? this.positions.base;
    const between = this.positions.between(last, until);
    if (between === undefined) return finding;
    const { name, commands } = between;
    const since = this.accepted === undefined ? `It began at ${last}` : `It was right at ${last}`;
    const what = name === '' ? 'a command' : `\`${quote(name, false)}\``;
    const more = commands === 1 ? '' : ` and ${commands - 1} command${commands === 2 ? '' : 's'} more`;
    return {
      ...finding,
      text: `${finding.text} ${since}; what came then is ${what}${more}, up to ${until}.`,
    };
  }

  /**
   * Which miscount gives this number, compared with the one answer that is right: in front of the GETACK, or all that was sent.
   * What was explained once is not explained anew.
   */
  private explain(offset: number): Finding {
    const { positions, cause } = this;
    if (cause && !GENERAL.has(cause.id)) return cause;
    const { base } = positions;
    const question = positions.questions[0];
    const right = question ? positions.tallyAt(question.start) : positions.newest();
    const found =
      right === undefined
        ? undefined
        : cause
          ? tooLittle(offset, right, base, this.preamble)
          : (lineEndTwice(offset, right.end, positions.beganInside) ??
            tooMuch(offset, right, positions.noiseBytes, this.preamble) ??
            fromZero(offset, right, base) ??
            tooLittle(offset, right, base, this.preamble));
    return found ?? cause ?? this.unexplained(offset);
  }

  private unexplained(offset: number): Finding {
    const { base, sent } = this.positions;
    if (offset > sent) {
      return {
        id: 'ack-ahead',
        text: `It acknowledges ${offset}, ${offset - sent} bytes more than the ${sent} that it was sent.`,
      };
    }
    return offset < base
      ? {
          id: 'ack-from-zero',
          text: `It acknowledges ${offset}, and its stream begins at ${base}.`,
        }
      : {
          id: 'ack-inside-command',
          text: `It acknowledges ${offset}, where no command ends: that lies in the middle of one.`,
        };
  }

  /** Questions that were open for longer than `limitMs`: what became of them. */
  overdue(nowMs: number, limitMs: number): Finding | undefined {
    if (this.doubt && nowMs - this.doubt.atMs > DOUBT_MS) return this.resolve(nowMs, true);
    const { positions, short } = this;
    const first = positions.questions[0];
    if (first === undefined || nowMs - first.atMs <= limitMs) return undefined;
    positions.questions = positions.questions.filter(({ atMs }) => nowMs - atMs <= limitMs);
    this.short = undefined;
    // Its answers were wrong, and that was told.
    if (this.cause) return undefined;
    if (short === undefined) return unanswered(first, `for ${Math.round((nowMs - first.atMs) / 1000)} s`);
    const right = positions.tallyAt(first.start);
    return (
      (right && tooLittle(short, right, positions.base, this.preamble)) ??
      unanswered(first, `the last ACK was ${short}, before the ${first.start} that answers it`)
    );
  }
}

const EXECUTED = 'later ACKs show that it has executed it';

/** The last byte of what it had was sent again, as asked, and counted again. */
function lineEndTwice(offset: number, right: number, beganInside: number | undefined): Finding | undefined {
  return beganInside !== undefined && offset === right + 1
    ? {
        id: 'psync-asks-for-last-byte',
        text: `It acknowledges ${offset}, one more than ${right}: it asked for byte ${beganInside}, which it had, and counts it twice.`,
      }
    : undefined;
}

function insideTransaction(offset: number): Finding {
  return {
    id: 'ack-inside-transaction',
    text: `It acknowledges ${offset}, which lies between MULTI and EXEC.`,
  };
}

function countedEarly(offset: number, { start, end }: Question): Finding {
  const more = offset - start;
  const what =
    offset === end
      ? `${GETACK_BYTES} too many: the GETACK itself`
      : `${more} too many: the GETACK itself and what came behind it`;
  return {
    id: 'getack-counted-early',
    text: `GETACK stood at ${start} and was answered with ${offset}, ${what}.`,
  };
}

function unanswered({ start }: Question, how: string): Finding {
  return {
    id: 'getack-unanswered',
    text: `REPLCONF GETACK at offset ${start} was not answered: ${how}.`,
  };
}
