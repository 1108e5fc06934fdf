/**
 * Folds connections that go as an earlier one did: a replica that is refused comes again each second, and makes the same page each
 * time. A connection that goes as one before it is held back while that lasts; when it ends so, one line stands for it, and at its
 * first difference everything of it is drawn. Pure but for what it remembers; `until` lets time pass.
 *
 *   first ──ended within FOLDED_MS──► an earlier page        the next: held ──same end──► one line, or only counted
 *                                                                       └──differs, or lasts longer──► drawn
 *
 * What an event is worth in the comparison says a `FoldedTrace`: handshake-fold.ts (`--between`), replica-trace-fold.ts
 * (`serve --trace`).
 */
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { palette, symbols, type Palette, type Symbols, type Terminal } from '../terminal.js';
import { printable, wrap } from '../text.js';

/** Connections that last longer are drawn: what happens on them is to be seen while it happens. */
const FOLDED_MS = 10_000;
/** How much longer than its earlier page a connection is held back. */
const GRACE_MS = 500;
/** Pages that are remembered; beyond them the one is forgotten that was not repeated for longest. */
const MAX_PAGES = 8;
/** Traits of a page that are compared: a handshake has about twenty. */
const MAX_TRAITS = 200;
const WIDEST_LINE = 100;
const INDENT = '   ';
/** A page that repeats is told again after so long. */
const AGAIN_MS = 30_000;

/** Figures that change from one connection to the next. */
export interface Figures {
  /** What PSYNC asked for. */
  readonly asked?: string;
  readonly syncOffset?: number;
  readonly snapshotBytes?: number;
  /** Where the stream had come to at the end. */
  readonly offset?: number;
}

/** How a connection ended. */
export interface Ending {
  readonly ms: number;
  /** `the master`, `us` */
  readonly by: string;
}

/** What the folder must know of the events of a trace. */
export interface FoldedTrace<E> {
  atMs(event: E): number;
  conn(event: E): number;
  /** The first event of a connection. */
  begins(event: E): boolean;
  /** Who connected, of the event that tells it. */
  from(event: E): string | undefined;
  /** Of the last event of a connection. */
  ends(event: E): Ending | undefined;
  /** After it nothing is held back any more: what is said of the whole. */
  concludes(event: E): boolean;
  /** What an event is worth in a comparison: without times, ids and numbers, which always change. */
  trait(event: E): string | undefined;
  figures(event: E): Figures;
  /** Of a finding, what it is known by: what was not found before is drawn. */
  finding(event: E): string | undefined;
  /** Its text needs the heading of its connection above it, where something else was printed meanwhile. */
  headed(event: E): boolean;
  /** `connection 3` */
  title(conn: number): string;
}

/** Draws events in order, and what was held back. */
export interface FoldingRenderer<E> {
  /** The text of an event, and of what was waiting for it. */
  (event: E): string;
  /** Time has passed: the text of what was held back for too long. */
  until(atMs: number): string;
  /** Nothing more comes: the text of all that was held back, and how often pages were repeated. */
  finish(): string;
}

/** `draw` with connections folded. */
export function folding<E>(
  trace: FoldedTrace<E>,
  draw: (event: E) => string,
  { color, unicode, width }: Omit<Terminal, 'live'>,
): FoldingRenderer<E> {
  const folder = new Folder(trace, draw, palette(color), symbols(unicode), Math.min(width, WIDEST_LINE));
  return Object.assign((event: E) => folder.take(event), {
    until: (atMs: number) => folder.until(atMs),
    finish: () => folder.finish(),
  });
}

/** Without ids and numbers. */
export function plain(text: string): string {
  return text.replace(/\b[0-9a-f]{40}\b/gi, 'ID').replace(/-?\d+/g, '#');
}

/** How long a connection stood: `16 ms`, `0.8 s`. */
export function lasted(ms: number): string {
  return ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A connection that has ended, and those that went as it did. */
interface Page {
  readonly conn: number;
  readonly traits: readonly string[];
  readonly figures: Figures;
  longestMs: number;
  times: number;
  /** The last one that no line was printed for. */
  untold: number | undefined;
  toldMs: number;
}

/** A connection that stands. */
interface Open<E> {
  readonly beganMs: number;
  readonly traits: string[];
  from: string;
  figures: Figures;
  /** Earlier pages that it goes as, until now; none: it is drawn. */
  like: readonly Page[];
  held: E[];
}

class Folder<E> {
  private readonly open = new Map<number, Open<E>>();
  /** The one that was repeated last comes last. */
  private pages: Page[] = [];
  /** Findings that were told. */
  private readonly found = new Set<string>();
  private drawnConn: number | undefined;
  /** A line of ours stands below what was drawn last. */
  private interrupted = false;

  constructor(
    private readonly trace: FoldedTrace<E>,
    private readonly draw: (event: E) => string,
    private readonly paint: Palette,
    private readonly signs: Symbols,
    private readonly width: number,
  ) {}

  take(event: E): string {
    const { trace } = this;
    const late = this.until(trace.atMs(event));
    if (trace.concludes(event)) return late + this.finish() + this.drawn(event);
    const one = trace.begins(event) ? this.begin(event) : this.open.get(trace.conn(event));
    if (!one) return late + this.drawn(event);
    this.learn(one, event);
    return late + this.show(one, event);
  }

  until(atMs: number): string {
    let text = '';
    for (const one of this.open.values()) {
      if (one.like.length === 0) continue;
      const longest = Math.max(...one.like.map(({ longestMs }) => longestMs));
      if (atMs - one.beganMs > longest + GRACE_MS) text += this.release(one);
    }
    return text;
  }

  finish(): string {
    const held = [...this.open.values()].map((one) => this.release(one)).join('');
    return this.summaries() + held;
  }

  private begin(event: E): Open<E> {
    const beganMs = this.trace.atMs(event);
    const one: Open<E> = { beganMs, from: '', traits: [], figures: {}, like: [...this.pages], held: [] };
    this.open.set(this.trace.conn(event), one);
    return one;
  }

  /** What an event adds to a connection. */
  private learn(one: Open<E>, event: E): void {
    const { trace } = this;
    one.from = trace.from(event) ?? one.from;
    one.figures = { ...one.figures, ...trace.figures(event) };
    const finding = trace.finding(event);
    if (finding !== undefined && !this.found.has(finding)) {
      this.found.add(finding);
      one.like = [];
    }
    const trait = trace.trait(event);
    if (trait !== undefined) this.compare(one, trait);
  }

  private compare(one: Open<E>, trait: string): void {
    const at = one.traits.push(trait) - 1;
    if (at < MAX_TRAITS) one.like = one.like.filter(({ traits }) => traits[at] === trait);
    else {
      // Too long to be a page.
      one.like = [];
      one.traits.length = MAX_TRAITS + 1;
    }
  }

  private show(one: Open<E>, event: E): string {
    let text = '';
    if (one.like.length > 0) one.held.push(event);
    else text = this.release(one) + this.drawn(event);
    const ending = this.trace.ends(event);
    return ending ? text + this.ended(one, event, ending) : text;
  }

  /** Draws what was held back; nothing more of it will be. */
  private release(one: Open<E>): string {
    one.like = [];
    const held = one.held.splice(0);
    return held.length === 0 ? '' : this.summaries() + held.map((event) => this.drawn(event)).join('');
  }

  private ended(one: Open<E>, event: E, ending: Ending): string {
    const conn = this.trace.conn(event);
    const atMs = this.trace.atMs(event);
    this.open.delete(conn);
    const page = one.like.find(({ traits }) => traits.length === one.traits.length);
    if (page) return this.fold(page, one, conn, atMs, ending);
    const text = this.release(one);
    const { traits, figures } = one;
    if (ending.ms > FOLDED_MS || traits.length > MAX_TRAITS) return text;
    const times = { times: 0, untold: undefined, toldMs: atMs };
    return text + this.remember({ conn, traits, figures, longestMs: ending.ms, ...times });
  }

  /** As the last of the pages. @returns what is still to be said of one that is forgotten for it */
  private remember(page: Page): string {
    this.pages = [...this.pages.filter((each) => each !== page), page];
    const forgotten = this.pages.length > MAX_PAGES ? this.pages.shift() : undefined;
    return forgotten ? this.summary(forgotten) : '';
  }

  private fold(page: Page, one: Open<E>, conn: number, atMs: number, { ms, by }: Ending): string {
    this.remember(page);
    page.times++;
    page.longestMs = Math.max(page.longestMs, ms);
    page.untold = conn;
    if (!isRound(page.times) && atMs - page.toldMs < AGAIN_MS) return '';
    page.untold = undefined;
    page.toldMs = atMs;
    const how = [`closed by ${by} after ${lasted(ms)}`, ...changes(page.figures, one.figures)];
    return this.line(
      this.trace.title(conn),
      ` from ${printable(one.from)}: ${this.like(page)}; ${how.join('; ')}`,
    );
  }

  private like({ conn, times }: Page): string {
    return `as ${this.trace.title(conn)}${times === 1 ? '' : `, ${formatCount(times)} times by now`}`;
  }

  /** How often pages were repeated that were only counted until now. */
  private summaries(): string {
    return this.pages.map((page) => this.summary(page)).join('');
  }

  private summary(page: Page): string {
    if (page.untold === undefined) return '';
    const text = this.line(this.trace.title(page.untold), `: ${this.like(page)}`);
    page.untold = undefined;
    return text;
  }

  private line(title: string, text: string): string {
    this.interrupted = true;
    const [first, ...rest] = wrap(`${title}${text}`, this.width - INDENT.length);
    const { arrow } = this.signs;
    const head = `${arrow} ${this.paint.bold(title)}${this.paint.dim(first.slice(title.length))}`;
    return [head, ...rest.map((more) => INDENT + this.paint.dim(more))].map((line) => `${line}\n`).join('');
  }

  private drawn(event: E): string {
    const text = this.draw(event);
    if (text === '') return '';
    const conn = this.trace.conn(event);
    const again = this.interrupted && conn === this.drawnConn && this.trace.headed(event);
    this.interrupted = false;
    this.drawnConn = conn;
    return again ? `${this.signs.arrow} ${this.trace.title(conn)}\n${text}` : text;
  }
}

/** 1, 2, 5, 10, 20, 50, ... */
function isRound(n: number): boolean {
  return /^[125]0*$/.test(String(n));
}

/** Figures that are not those of the page that was drawn. */
function changes(then: Figures, now: Figures): string[] {
  const pair = <T>(
    name: string,
    was: T | undefined,
    is: T | undefined,
    show: (value: T) => string,
  ): string[] =>
    is === undefined || is === was
      ? []
      : [`${name} ${show(is)}${was === undefined ? '' : `, was ${show(was)}`}`];
  return [
    ...pair('asked for', then.asked, now.asked, printable),
    ...pair('full sync at', then.syncOffset, now.syncOffset, formatCount),
    ...pair('snapshot', then.snapshotBytes, now.snapshotBytes, formatBytes),
    ...pair('offset', then.offset, now.offset, formatCount),
  ];
}
