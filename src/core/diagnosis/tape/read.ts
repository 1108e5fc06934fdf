/**
 * Reads a saved trace back, line by line: each line is checked before it is believed, so that what comes out is an event
 * as the tool writes them. What is wrong is said with the number of its line.
 */
import { type TraceEvent } from '../trace.js';
import { COMMON, EVENT_SHAPES, EXAMINE_SHAPES } from './events.js';
import { isObject, type Shape } from './shape.js';

/** No event is longer: a report with all its aux fields has some kilobytes. */
export const MAX_TRACE_LINE = 4 * 1024 * 1024;

/** A line that is no event of a trace. `message` begins with `line N: `. */
export class TraceError extends Error {
  override readonly name = 'TraceError';

  constructor(
    readonly line: number,
    reason: string,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

const SHAPES: Readonly<Record<string, Shape>> = EVENT_SHAPES;
/** Takes the lines of one trace in order. */
export class TraceReader {
  private line = 0;
  private begun = false;
  private ended = false;

  /** The event of a line (without its line end); undefined for an empty line. Throws TraceError. */
  read(line: string): TraceEvent | undefined {
    this.line++;
    if (line.length > MAX_TRACE_LINE) throw this.wrong(`longer than ${MAX_TRACE_LINE} characters`);
    if (line.trim() === '') return undefined;
    const event = this.parse(line);
    if (this.ended) throw this.wrong('the trace has ended before; one file holds one trace');
    if (!this.begun && event.kind !== 'recording') {
      if (event.kind !== 'target') throw this.wrong(`a trace begins with "target", not with "${event.kind}"`);
      this.begun = true;
    }
    if (event.kind === 'end') this.ended = true;
    return event;
  }

  /** There are no more lines. Throws TraceError when the trace has not come to its end. */
  finish(): void {
    if (!this.begun) throw this.wrong('no trace of redis-ts handshake --json: it is empty');
    if (!this.ended) throw this.wrong('the trace ends here, before its "end": it was cut off');
  }

  private parse(line: string): TraceEvent {
    const value = this.json(line);
    if (!isObject(value)) throw this.wrong('not an event: no JSON object');
    const { kind } = value;
    if (typeof kind !== 'string')
      throw this.wrong('not an event of redis-ts handshake --json: it has no "kind"');
    if (!Object.hasOwn(SHAPES, kind)) throw this.wrong(`no event is of the kind "${kind.slice(0, 40)}"`);
    const wrong = COMMON(value, '') ?? SHAPES[kind](value, '');
    if (wrong !== undefined) throw this.wrong(`${kind}: ${wrong}`);
    if ((value.step === 'examine') !== Object.hasOwn(EXAMINE_SHAPES, kind)) {
      throw this.wrong(`${kind}: step is ${String(value.step)}`);
    }
    return value as unknown as TraceEvent;
  }

  private json(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      const what = this.begun ? 'damaged: not JSON' : 'not a trace of redis-ts handshake --json: not JSON';
      throw this.wrong(what);
    }
  }

  private wrong(reason: string): TraceError {
    return new TraceError(Math.max(1, this.line), reason);
  }
}
