/**
 * Folds connections of `--between` that go as an earlier one did: a replica that is refused comes again each second, and makes the
 * same page each time. A connection that goes as one before it is held back while that lasts; when it ends so, one line
 * stands for it, and at its first difference everything of it is drawn. Pure but for what it remembers; `until` lets time pass.
 *
 *   first ──ended within FOLDED_MS──► an earlier page        the next: held ──same end──► one line, or only counted
 *                                                                       └──differs, or lasts longer──► drawn
 */
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { palette, symbols, type Palette, type Symbols } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { lasted } from './handshake-between.js';
import { traceRenderer, type TraceOptions } from './handshake.js';

/** Connections that last longer are drawn: what happens on them is to be seen while it happens. */
const FOLDED_MS = 10_000;
/** How much longer than its earlier page a connection is held back. */
const GRACE_MS = 500;
/** Pages that are remembered; beyond them the oldest is forgotten. */
const MAX_PAGES = 8;
/** Events of a page that are compared: a handshake has about twenty. */
const MAX_TRAITS = 200;
const WIDEST_LINE = 100;
const INDENT = '   ';
/** A page that repeats is told again after so long. */
const AGAIN_MS = 30_000;

/** Figures that change from one connection to the next. */
interface Figures {
  asked?: string;
  syncOffset?: number;
  snapshotBytes?: number;
  offset?: number;
}

/** A connection that has ended, and those that went as it did. */
interface Page {
  readonly conn: number;
  readonly traits: readonly string[];
  readonly figures: Readonly<Figures>;
  longestMs: number;
  times: number;
  /** The last one that no line was printed for. */
  untold: number | undefined;
  toldUs: number;
}

/** A connection that stands. */
interface Open {
  readonly beganUs: number;
  readonly from: string;
  readonly traits: string[];
  readonly figures: Figures;
  /** Earlier pages that it goes as, until now; none: it is drawn. */
  like: readonly Page[];
  held: TraceEvent[];
}

/** Draws events in order, and what it held back. */
export interface FoldingRenderer {
  /** The text of an event, and of what was waiting for it. */
  (event: TraceEvent): string;
  /** Time has passed: the text of what was held back for too long. */
  until(atUs: number): string;
}

/** As `traceRenderer`, with connections folded; not where every byte is to be seen. */
export function foldingRenderer(options: TraceOptions): FoldingRenderer {
  const draw = traceRenderer(options);
  const { color, unicode, width } = options.terminal;
  if (options.hex) return Object.assign(draw, { until: () => '' });
  const folder = new Folder(draw, palette(color), symbols(unicode), Math.min(width, WIDEST_LINE));
  return Object.assign((event: TraceEvent) => folder.take(event), {
    until: (atUs: number) => folder.until(atUs),
  });
}

class Folder {
  private readonly open = new Map<number, Open>();
  private pages: Page[] = [];
  /** Findings that were told. */
  private readonly noticed = new Set<string>();
  private drawnConn: number | undefined;
  /** A line of ours stands below what was drawn last. */
  private interrupted = false;

  constructor(
    private readonly draw: (event: TraceEvent) => string,
    private readonly paint: Palette,
    private readonly signs: Symbols,
    private readonly width: number,
  ) {}

  take(event: TraceEvent): string {
    const late = this.until(event.atUs);
    if (event.kind === 'finding' || event.kind === 'end' || event.kind === 'stopped') {
      return late + this.all() + this.drawn(event);
    }
    const one = event.kind === 'visit' ? this.begin(event) : this.open.get(event.conn);
    if (!one) return late + this.drawn(event);
    this.learn(one, event);
    return late + this.page(one, event);
  }

  until(atUs: number): string {
    let text = '';
    for (const one of this.open.values()) {
      const longest = Math.max(...one.like.map(({ longestMs }) => longestMs));
      const ms = (atUs - one.beganUs) / 1000;
      if (one.like.length > 0 && ms > longest + GRACE_MS) text += this.release(one);
    }
    return text;
  }

  private begin(event: TraceEvent): Open {
    const one = { beganUs: event.atUs, from: '', traits: [], figures: {}, like: [...this.pages], held: [] };
    this.open.set(event.conn, one);
    return one;
  }

  /** What an event adds to a connection. */
  private learn(one: Open, event: TraceEvent): void {
    if (event.kind === 'attached') Object.assign(one, { from: event.replica });
    Object.assign(one.figures, figuresOf(event));
    // What was found before is no news; what was not, is drawn.
    if (event.kind === 'noticed' && this.isNew(event)) one.like = [];
    const trait = traitOf(event);
    if (trait === undefined) return;
    if (one.traits.length > MAX_TRAITS) one.like = [];
    else this.compare(one, trait);
  }

  private compare(one: Open, trait: string): void {
    const at = one.traits.push(trait) - 1;
    one.like = one.like.filter(({ traits }) => traits[at] === trait);
  }

  private isNew({ side, finding }: Extract<TraceEvent, { kind: 'noticed' }>): boolean {
    const before = this.noticed.size;
    return this.noticed.add(`${side} ${finding.id}`).size > before;
  }

  private page(one: Open, event: TraceEvent): string {
    const text = one.like.length > 0 ? this.hold(one, event) : this.release(one) + this.drawn(event);
    return event.kind === 'detached' ? text + this.ended(one, event) : text;
  }

  private hold(one: Open, event: TraceEvent): string {
    one.held.push(event);
    return '';
  }

  /** Draws what was held back; nothing more of it will be. */
  private release(one: Open): string {
    one.like = [];
    const held = one.held.splice(0);
    return held.length === 0 ? '' : this.summaries() + held.map((event) => this.drawn(event)).join('');
  }

  private ended(one: Open, event: Extract<TraceEvent, { kind: 'detached' }>): string {
    this.open.delete(event.conn);
    const page = one.like.find(({ traits }) => traits.length === one.traits.length);
    if (page) return this.fold(page, one, event);
    const text = this.release(one);
    if (event.ms <= FOLDED_MS && one.traits.length <= MAX_TRAITS) {
      const { traits, figures } = one;
      const fresh: Page = {
        ...{ conn: event.conn, traits, figures, longestMs: event.ms },
        ...{ times: 0, untold: undefined, toldUs: event.atUs },
      };
      this.pages = [...this.pages, fresh].slice(-MAX_PAGES);
    }
    return text;
  }

  private fold(
    page: Page,
    one: Open,
    { conn, atUs, ms, by }: Extract<TraceEvent, { kind: 'detached' }>,
  ): string {
    page.times++;
    page.longestMs = Math.max(page.longestMs, ms);
    page.untold = conn;
    if (!isRound(page.times) && atUs - page.toldUs < AGAIN_MS * 1000) return '';
    page.untold = undefined;
    page.toldUs = atUs;
    const changed = changes(page.figures, one.figures);
    const how = `closed by the ${by} after ${lasted(ms)}`;
    return this.line(
      `connection ${conn}`,
      ` from ${printable(one.from)}: ${like(page)}; ${[how, ...changed].join('; ')}`,
    );
  }

  /** How often pages were repeated that were only counted until now. */
  private summaries(): string {
    let text = '';
    for (const page of this.pages) {
      if (page.untold === undefined) continue;
      text += this.line(`connection ${page.untold}`, `: ${like(page)}`);
      page.untold = undefined;
    }
    return text;
  }

  private all(): string {
    const held = [...this.open.values()].map((one) => this.release(one)).join('');
    return this.summaries() + held;
  }

  private line(title: string, text: string): string {
    this.interrupted = true;
    const [first, ...rest] = wrap(`${title}${text}`, this.width - INDENT.length);
    const { arrow } = this.signs;
    const head = `${arrow} ${this.paint.bold(title)}${this.paint.dim(first.slice(title.length))}`;
    return [head, ...rest.map((more) => INDENT + this.paint.dim(more))].map((line) => `${line}\n`).join('');
  }

  private drawn(event: TraceEvent): string {
    const text = this.draw(event);
    if (text === '') return '';
    const again = this.interrupted && event.conn === this.drawnConn && !UNDER_NO_CONNECTION.has(event.kind);
    this.interrupted = false;
    this.drawnConn = event.conn;
    return again ? `${this.signs.arrow} connection ${event.conn}\n${text}` : text;
  }
}

/** Not under the heading of a connection. */
const UNDER_NO_CONNECTION: ReadonlySet<TraceEvent['kind']> = new Set([
  'finding',
  'end',
  'attached',
  'target',
]);

function like({ conn, times }: Page): string {
  return `as connection ${conn}${times === 1 ? '' : `, ${formatCount(times)} times by now`}`;
}

/** 1, 2, 5, 10, 20, 50, ... */
function isRound(n: number): boolean {
  return /^[125]0*$/.test(String(n));
}

/** What an event is worth in a comparison: without times, ids and numbers, which always change. */
function traitOf(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case 'send':
      return `> ${plain(event.args.join(' '))}`;
    case 'receive':
      return `< ${event.verdict} ${plain(event.line)}`;
    case 'fault':
      return `fault ${event.step} ${event.why}`;
    case 'unreachable':
      return `unreachable ${event.error.code}`;
    case 'passed-on':
      return `passed on ${plain(event.why)}`;
    case 'snapshot-begin':
      return `snapshot ${event.form}`;
    case 'snapshot-end': {
      const { checksum, problem, cutShort, extraBytes } = event.report;
      return `${checksum.state} ${plain(problem?.message ?? '')} ${cutShort} ${extraBytes > 0}`;
    }
    case 'snapshot-fault':
      return `no snapshot ${event.why}`;
    case 'stream-begin':
      return 'stream';
    case 'command':
      return `* ${event.args.join(' ')}`;
    case 'stream-noise':
    case 'stream-fault':
    case 'odd':
      return `${event.kind} ${plain(event.bytes)}`;
    case 'ack':
      return event.verdict === 'ok' || event.verdict === 'ignored' ? undefined : `ack ${event.verdict}`;
    case 'note':
      return event.text;
    case 'stream-end':
      return `end ${event.why}`;
    case 'detached':
      return `closed ${event.by} ${plain(event.error ?? '')}`;
    default:
      return undefined;
  }
}

function plain(text: string): string {
  return text.replace(/\b[0-9a-f]{40}\b/gi, 'ID').replace(/-?\d+/g, '#');
}

function figuresOf(event: TraceEvent): Figures {
  switch (event.kind) {
    case 'send':
      return event.step === 'psync' ? { asked: event.args.slice(1).join(' ') } : {};
    case 'outcome':
      return event.outcome.kind === 'full' ? { syncOffset: event.outcome.offset } : {};
    case 'snapshot-end':
      return { snapshotBytes: event.report.bytes };
    case 'stream-end':
      return { offset: event.offset };
    default:
      return {};
  }
}

/** Figures that are not those of the page that was drawn. */
function changes(then: Readonly<Figures>, now: Readonly<Figures>): string[] {
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
