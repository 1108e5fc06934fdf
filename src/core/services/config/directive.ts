/**
 * What a directive is: how its arguments are read, checked, shown and written back, apart from where its value is kept.
 *
 * A `Directive` is a row of the tables in directives/*.ts, shared by all servers of a process; `create()` makes the cell
 * that holds one server's value. The kinds (yes/no, text, number, one of, special) are in kinds.ts; the registry owns the
 * cells. R is what a cell keeps (exact), T what the rest of the engine reads (fast).
 */
import { type Bytes } from '../../base/bytes.js';

/**
 * - immutable: only a file or the command line sets it
 * - sensitive: the value is hidden from MONITOR, SLOWLOG and the log
 * - debug: of interest in a bug report
 * - multi: takes several arguments
 * - hidden: CONFIG GET shows it by its exact name only
 * - protected: needs enable-protected-configs
 * - denyLoading: cannot be set while a data set loads
 * - volatile: names something whose content changes, so setting it again is a change (certificates)
 *
 * (redis 7.2.6 server.h, *_CONFIG)
 */
export type Flag =
  'immutable' | 'sensitive' | 'debug' | 'multi' | 'hidden' | 'protected' | 'denyLoading' | 'volatile';

/** Where a value comes from: redis.conf and argv, or CONFIG SET. */
export type Source = 'file' | 'command';

/** A value that a directive does not take; `message` is Redis's text after the dash. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A line for CONFIG REWRITE. Unless forced it is used only in place of a line that was there. */
export interface RewriteLine {
  line: Bytes;
  force: boolean;
}

/** How values of one directive are read and printed. */
export interface Codec<R, T> {
  initial: R;
  /** The new value. `again` is true when a file has set this directive before. Throws Refusal. */
  parse(args: readonly Bytes[], current: R, source: Source, again: boolean): R;
  same(a: R, b: R): boolean;
  /** As CONFIG GET prints it. */
  text(value: R): Bytes;
  view(value: R): T;
  /** Lines for redis.conf; none: existing lines go. */
  lines(name: string, value: R): RewriteLine[];
}

/** One server's value of a directive. */
export interface Cell<T> {
  readonly value: T;
  /** Parses and keeps. True when the value changed. Throws Refusal, and then nothing has changed. */
  set(args: readonly Bytes[], source: Source): boolean;
  text(): Bytes;
  lines(name: string): RewriteLine[];
  /** A function that puts back what is kept now. */
  snapshot(): () => void;
}

export interface Directive<T> {
  readonly flags: ReadonlySet<Flag>;
  /** An older name that still works. */
  readonly alias?: string;
  create(): Cell<T>;
}

export interface Traits {
  flags?: readonly Flag[];
  alias?: string;
}

/** A directive that keeps its value as `codec` says. */
export function directive<R, T>(codec: Codec<R, T>, traits: Traits = {}): Directive<T> {
  return { flags: new Set(traits.flags), alias: traits.alias, create: () => new CodecCell(codec) };
}

class CodecCell<R, T> implements Cell<T> {
  value: T;
  private raw: R;
  private loaded = false;

  constructor(private readonly codec: Codec<R, T>) {
    this.raw = codec.initial;
    this.value = codec.view(this.raw);
  }

  set(args: readonly Bytes[], source: Source): boolean {
    const next = this.codec.parse(args, this.raw, source, this.loaded);
    if (source === 'file') this.loaded = true;
    if (this.codec.same(this.raw, next)) return false;
    this.keep(next);
    return true;
  }

  text(): Bytes {
    return this.codec.text(this.raw);
  }

  lines(name: string): RewriteLine[] {
    return this.codec.lines(name, this.raw);
  }

  snapshot(): () => void {
    const { raw } = this;
    return () => this.keep(raw);
  }

  private keep(raw: R): void {
    this.raw = raw;
    this.value = this.codec.view(raw);
  }
}
