/**
 * What happened while a server was watched, as lines of `inspect --watch`: the last events beside everything else, all of them on a
 * page of their own that scrolls, and all of them again when the view is closed. Pure.
 */
import { type EventLog, type LoggedEvent } from '../../core/inspect/event-log.js';
import { palette, symbols, type Palette, type Symbols } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { MARKS } from './inspect.js';

export interface EventView {
  readonly events: Pick<EventLog, 'all'>;
  readonly width: number;
  readonly rows: number;
  /** Local wall clock of a moment (ISO 8601), with the day where it is not today. */
  readonly localTime: (at: string) => string;
}

interface Pen {
  readonly paint: Palette;
  readonly signs: Symbols;
}

/** The share of the window that events may take beside everything else, and the least. */
const EVENT_SHARE = 4;
const EVENT_LINES = 4;
/** What needs nothing of the reader takes less room. */
const INFO_EVENT_LINES = 2;

/** The last first: each in as many lines as it needs, as many as there is room for. */
export function eventLines(view: EventView, pen: Pen): string[] {
  const all = view.events.all();
  if (all.length === 0) return [];
  const room = Math.max(EVENT_LINES, Math.floor(view.rows / EVENT_SHARE));
  const lines: string[] = [];
  let shown = 0;
  for (const event of all) {
    const block = eventBlock(event, view, pen);
    // The last one is told whole: it is what somebody wants to read now.
    const most = shown === 0 ? room : event.severity === 'info' ? INFO_EVENT_LINES : EVENT_LINES;
    const cut =
      block.length > most ? [...block.slice(0, most - 1), `${block[most - 1]}${pen.signs.dots}`] : block;
    if (shown > 0 && lines.length + cut.length > room) break;
    lines.push(...cut);
    shown++;
  }
  const range = shown < all.length ? `, the last ${shown} shown, e shows all` : '';
  return ['', pen.paint.bold(`EVENTS  ${all.length}${range}`), ...lines];
}

/** A page of all events, the last first: `room` lines of it from line `scroll` on, and the line to which it is scrolled in fact. */
export function eventsPage(
  view: EventView,
  room: number,
  scroll: number,
  pen: Pen,
): { readonly lines: string[]; readonly scroll: number } {
  const all = view.events.all();
  const lines = all.flatMap((event) => eventBlock(event, view, pen));
  const shown = Math.max(1, room - 1);
  const from = Math.max(0, Math.min(scroll, lines.length - shown));
  const below = lines.length - from - shown;
  const where = [
    ...(from > 0 ? [`${lineCount(from)} above`] : []),
    ...(below > 0 ? [`${lineCount(below)} below`] : []),
  ];
  const title = `EVENTS  ${[all.length === 0 ? 'none yet' : `${all.length}, the last first`, ...where].join(', ')}`;
  return { lines: [pen.paint.bold(title), ...lines.slice(from, from + shown)], scroll: from };
}

function lineCount(n: number): string {
  return `${n} line${n === 1 ? '' : 's'}`;
}

/** What stays on the terminal when the view is closed: every event, in the order in which they happened, and whole. */
export function eventsAtEnd(
  view: Omit<EventView, 'rows'>,
  { color, unicode }: { readonly color: boolean; readonly unicode: boolean },
): string[] {
  const pen = { paint: palette(color), signs: symbols(unicode) };
  return view.events
    .all()
    .reverse()
    .flatMap((event) => eventBlock(event, view, pen));
}

function eventBlock(
  { at, severity, text, times, firstAt }: LoggedEvent,
  { width, localTime }: Pick<EventView, 'width' | 'localTime'>,
  { paint, signs }: Pen,
): string[] {
  const { sign, color } = MARKS[severity];
  const time = localTime(at);
  const often = times === 1 ? '' : ` (${times} times since ${localTime(firstAt)})`;
  const margin = time.length + signs[sign].length + 3;
  const [first, ...more] = wrap(printable(text) + often, Math.max(20, width - margin - signs.dots.length));
  return [
    `${paint.dim(time)}  ${paint[color](signs[sign])} ${first}`,
    ...more.map((line) => ' '.repeat(margin) + line),
  ];
}
