/** `--report FILE.html`: keeps the events of a trace, within a limit, and writes the page at the end. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { handshakePage } from '../html/handshake.js';
import { UsageError } from '../usage-error.js';

/** Commands of the streams that are kept; `stream-end` has the number of all. */
const MAX_COMMANDS = 500;
/** Events of any other kind that are kept: a handshake has some dozens. */
const MAX_EVENTS = 5000;
/** Kept beyond that: the page is about them. */
const CONCLUSIONS: ReadonlySet<TraceEvent['kind']> = new Set(['stream-end', 'finding', 'end']);

export interface ReportFile {
  readonly add: (event: TraceEvent) => void;
  /** Writes the page. Throws when that is not possible. */
  readonly write: () => void;
}

/** Opens `path` at once, so that a wrong name is bad usage and not a lost report. Throws UsageError. */
export function reportFile(path: string, options: { readonly hex?: boolean } = {}): ReportFile {
  const fd = open(path);
  const events: TraceEvent[] = [];
  let commands = 0;
  return {
    add: (event) => {
      if (event.kind === 'snapshot-progress') return;
      if (event.kind === 'command' && ++commands > MAX_COMMANDS) return;
      if (events.length < MAX_EVENTS || CONCLUSIONS.has(event.kind)) events.push(event);
    },
    write: () => {
      const made = `Made by redis-ts handshake, ${new Date().toISOString().replace('T', ' ').slice(0, 19)} UTC`;
      try {
        writeFileSync(fd, handshakePage({ events, made, hex: options.hex }));
      } finally {
        closeSync(fd);
      }
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new UsageError(
      `--report: cannot write ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
}
