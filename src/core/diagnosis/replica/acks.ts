/**
 * AckJudge: whether an offset that a replica acknowledges can be right, and, when it cannot, which miscount gives just this number.
 *
 * Right is the end of any command that it was sent, outside MULTI ... EXEC, not before the last one acknowledged. The answer to
 * GETACK is the offset in front of the GETACK itself (redis 7.2.6 networking.c:commandProcessed counts a command after it was
 * executed). What cannot be told apart for certain is not called a fault.
 */
import { type Finding } from '../rule.js';
import { UNCOUNTED, type Positions, type Question } from './positions.js';

/** An ACK this close to the replica's usual interval came by its timer, not because it was asked. */
const TIMER_SHARE = 0.75;
/** Ends that are tried when an offset has to be explained. */
const TRIED = 256;
/** `*3 REPLCONF GETACK *` on the wire. */
export const GETACK_BYTES = 37;

/** Sizes of what came before the stream, in bytes. */
export interface Preamble {
  handshakeBytes: number;
  headerBytes: number;
  snapshotBytes: number;
}

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

  constructor(
    private readonly positions: Positions,
    private readonly preamble: Readonly<Preamble>,
  ) {}

  /** The highest offset that was right. */
  get acknowledged(): number | undefined {
    return this.accepted;
  }

  ack(offset: number, atMs: number): AckVerdict {
    const byTimer = this.cameByTimer(atMs);
    this.lastAtMs = atMs;
    const { positions } = this;
    // Zero claims nothing: it only asks for the stream of a diskless sync.
    if (offset === 0 && this.accepted === undefined && positions.questions.length === 0)
      return { answers: false };
    if (positions.lost) return { answers: false };
    const place = offset > positions.sent ? 'inside' : positions.place(offset);
    if (offset < positions.base || place === 'inside') return this.wrong(offset);
    if (place === 'transaction') return { answers: false, finding: insideTransaction(offset) };
    if (this.accepted !== undefined && offset < this.accepted) return this.wentBack(offset, this.accepted);
    this.accepted = offset;
    return this.settle(offset, byTimer);
  }

  private cameByTimer(atMs: number): boolean {
    const { lastAtMs, intervalMs } = this;
    const asked = this.positions.questions.length > 0;
    if (lastAtMs === undefined) return false;
    const since = atMs - lastAtMs;
    if (!asked) this.intervalMs = Math.min(intervalMs ?? since, since);
    return intervalMs !== undefined && since >= intervalMs * TIMER_SHARE;
  }

  /** A right offset: which questions are over by it, and how. */
  private settle(offset: number, byTimer: boolean): AckVerdict {
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
    return byTimer
      ? { answers: false, finding: unanswered(first, 'and later ACKs show that it has executed it') }
      : { answers: true, finding: countedEarly(offset, first) };
  }

  private wentBack(offset: number, before: number): AckVerdict {
    return {
      answers: false,
      finding: {
        id: 'ack-went-back',
        text: `It acknowledged ${before}, and then ${offset}: ${before - offset} bytes less.`,
      },
    };
  }

  private wrong(offset: number): AckVerdict {
    const { positions } = this;
    const question = positions.questions[0];
    const finding = this.explain(offset);
    if (question !== undefined && offset !== 0) positions.questions.shift();
    return { answers: question !== undefined, finding };
  }

  /** Which miscount gives this number; tried at the place that was asked for first, then from the newest backwards. */
  private explain(offset: number): Finding {
    const { positions } = this;
    for (const right of this.candidates()) {
      const found =
        this.lineEnd(offset, right.end) ??
        this.fromZero(offset, right.end) ??
        this.preambleCounted(offset, right.end) ??
        getacksTwice(offset, right) ??
        leftOut(offset, right);
      if (found) return found;
    }
    if (offset > positions.sent) {
      const ahead = offset - positions.sent;
      return {
        id: 'ack-ahead',
        text: `It acknowledges ${offset}, ${ahead} bytes more than the ${positions.sent} that it was sent.`,
      };
    }
    return offset < positions.base
      ? {
          id: 'ack-from-zero',
          text: `It acknowledges ${offset}, and its stream begins at ${positions.base}.`,
        }
      : {
          id: 'ack-inside-command',
          text: `It acknowledges ${offset}, where no command ends: that lies in the middle of one.`,
        };
  }

  private *candidates(): Generator<{ readonly end: number; readonly spent: readonly number[] }> {
    const { positions } = this;
    const asked = positions.questions[0]?.start;
    for (const one of positions.recent(TRIED)) {
      if (one.end === asked) yield one;
    }
    yield* positions.recent(TRIED);
  }

  private lineEnd(offset: number, right: number): Finding | undefined {
    const { noiseBytes, sent } = this.positions;
    if (noiseBytes > 0 && offset === right + noiseBytes) {
      return {
        id: 'ack-counts-line-end',
        text: `It acknowledges ${offset}, ${noiseBytes} more than ${right}: it was sent ${noiseBytes} bytes of line ends that belong to no command, and counts them as a real replica does. The fault is the sender's.`,
      };
    }
    return noiseBytes === 0 && right === sent && offset === right + 2
      ? {
          id: 'ack-counts-line-end',
          text: `It acknowledges ${offset}, 2 more than ${right}: a CR LF that was never sent is counted, as if the snapshot were a bulk string.`,
        }
      : undefined;
  }

  private fromZero(offset: number, right: number): Finding | undefined {
    const { base } = this.positions;
    return base > 0 && offset === right - base && offset < base
      ? {
          id: 'ack-from-zero',
          text: `It acknowledges ${offset} where ${right} is right: it does not begin at ${base}, which it was told with the answer to PSYNC.`,
        }
      : undefined;
  }

  private preambleCounted(offset: number, right: number): Finding | undefined {
    const { handshakeBytes, headerBytes, snapshotBytes } = this.preamble;
    const sums: readonly [string, number][] = [
      ['the snapshot', snapshotBytes],
      ['the snapshot and its header', snapshotBytes + headerBytes],
      ['everything since the connection began', handshakeBytes + headerBytes + snapshotBytes],
      ['the replies of the handshake', handshakeBytes],
    ];
    const found = sums.find(([, bytes]) => bytes > 0 && offset === right + bytes);
    return found
      ? {
          id: 'ack-counts-snapshot',
          text: `It acknowledges ${offset}, ${found[1]} more than ${right}: just the size of ${found[0]}.`,
        }
      : undefined;
  }

  /** Questions that were open for longer than `limitMs`: what became of them. */
  overdue(nowMs: number, limitMs: number): Finding | undefined {
    const { positions, short } = this;
    const first = positions.questions[0];
    if (first === undefined || nowMs - first.atMs <= limitMs) return undefined;
    positions.questions = positions.questions.filter(({ atMs }) => nowMs - atMs <= limitMs);
    this.short = undefined;
    if (short === undefined) return unanswered(first, `for ${Math.round((nowMs - first.atMs) / 1000)} s`);
    const right = [...positions.recent(TRIED)].find(({ end }) => end === first.start);
    return (
      (right && leftOut(short, right)) ??
      unanswered(first, `the last ACK was ${short}, before the ${first.start} that answers it`)
    );
  }
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

/** GETACKs counted before they are answered and once more after. */
function getacksTwice(
  offset: number,
  { end, spent }: { readonly end: number; readonly spent: readonly number[] },
): Finding | undefined {
  const more = offset - end;
  const getacks = spent[spent.length - 1];
  if (more <= 0 || more % GETACK_BYTES !== 0 || more > getacks + GETACK_BYTES) return undefined;
  return {
    id: 'getack-counted-early',
    text: `It acknowledges ${offset} where ${end} is right: ${more} too many, which is ${more / GETACK_BYTES} times the length of a GETACK.`,
  };
}

/** The commands that, left out of the count, give just this offset. */
function leftOut(
  offset: number,
  { end, spent }: { readonly end: number; readonly spent: readonly number[] },
): Finding | undefined {
  if (offset >= end) return undefined;
  for (let subset = 1; subset < 1 << spent.length; subset++) {
    const kinds = UNCOUNTED.filter((_, i) => subset & (1 << i));
    const bytes = spent.reduce((sum, count, i) => sum + (subset & (1 << i) ? count : 0), 0);
    if (spent.some((count, i) => subset & (1 << i) && count === 0)) continue;
    if (end - bytes !== offset) continue;
    return {
      id: 'ack-misses-commands',
      text: `It acknowledges ${offset} where ${end} is right: ${bytes} too few, just what ${kinds.join(' and ')} took of the stream.`,
    };
  }
  return undefined;
}

function unanswered({ start }: Question, how: string): Finding {
  return {
    id: 'getack-unanswered',
    text: `REPLCONF GETACK at offset ${start} was not answered: ${how}.`,
  };
}
