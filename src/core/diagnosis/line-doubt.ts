/**
 * Whether a line of the trace deserves its check mark: what is wrong with an answer that a replica takes, as far as the line
 * itself and what was said before it show. What only comes out later (an offset that never moves, a snapshot that breaks off) is
 * the findings' business. The renderers ask it; nothing is diagnosed by it.
 */
import { isWord, type Bytes } from '../base/bytes.js';
import { parseFullResync } from '../replication/handshake/machine.js';
import { type SnapshotReport } from '../replication/snapshot-check.js';
import { NEWEST_FOR_72 } from './rules/snapshot.js';
import { type TraceEvent } from './trace.js';

/** What a connection has said that its answers are held to. */
interface Said {
  eof: boolean;
  psync2: boolean;
  /** PSYNC asked for a position. */
  position: boolean;
}

const BARE_LF = /[^\r\n]\n$/;

/** Sees each event of a trace in order. */
export class LineDoubts {
  private readonly said = new Map<number, Said>();

  /** A few words on what is wrong with the line of this event, or nothing. */
  see(event: TraceEvent): string | undefined {
    switch (event.kind) {
      case 'send':
        this.listen(event.conn, event.args);
        return undefined;
      case 'receive':
        return event.verdict === 'ok' ? this.answer(event) : undefined;
      case 'snapshot-begin': {
        const said = this.said.get(event.conn);
        return event.form === 'eof' && said && !said.eof ? 'eof was not announced' : undefined;
      }
      case 'snapshot-end':
        return snapshotDoubt(event.report);
      default:
        return undefined;
    }
  }

  private listen(conn: number, args: readonly Bytes[]): void {
    const said = this.said.get(conn) ?? { eof: false, psync2: false, position: false };
    this.said.set(conn, said);
    if (args.length === 0) return;
    if (isWord(args[0], 'psync')) said.position = args.length > 1 && args[1] !== '?';
    if (!isWord(args[0], 'replconf')) return;
    for (let i = 1; i + 1 < args.length; i += 2) {
      if (!isWord(args[i], 'capa')) continue;
      if (isWord(args[i + 1], 'eof')) said.eof = true;
      if (isWord(args[i + 1], 'psync2')) said.psync2 = true;
    }
  }

  private answer({ conn, step, line, bytes }: Extract<TraceEvent, { kind: 'receive' }>): string | undefined {
    const said = this.said.get(conn);
    if (step === 'psync' && line.startsWith('+FULLRESYNC')) {
      return fullResyncDoubt(line) ?? (said?.position === true ? 'not continued' : lineEnd(bytes));
    }
    if (step === 'psync' && line.startsWith('+CONTINUE')) {
      return continueDoubt(line, said?.psync2 === true) ?? lineEnd(bytes);
    }
    return lineEnd(bytes);
  }
}

function lineEnd(bytes: Bytes): string | undefined {
  return BARE_LF.test(bytes) ? 'ended by LF alone' : undefined;
}

function fullResyncDoubt(line: Bytes): string | undefined {
  const { replid, offset = 0 } = parseFullResync(line);
  if (replid === undefined) return 'not an id of 40 and an offset';
  if (offset < 0) return 'a negative offset';
  return /^[0-9a-f]*$/.test(replid) ? undefined : 'the id is not hex';
}

function continueDoubt(line: Bytes, psync2: boolean): string | undefined {
  if (/^\+CONTINUE *$/.test(line)) return psync2 ? 'without an id' : undefined;
  return /^\+CONTINUE [^ ]{40}$/.test(line) ? undefined : 'not an id of 40';
}

/** Of a snapshot that is whole: who cannot read it. */
function snapshotDoubt({ magic, version = 0, keysByType }: SnapshotReport): string | undefined {
  if (magic === 'VALKEY' || version > NEWEST_FOR_72) return 'no Redis 7.2 can read it';
  return (keysByType.module ?? 0) > 0 ? 'needs the same modules' : undefined;
}
