/**
 * Config: one server's configuration. It owns the value of every directive and the rules by which values change.
 *
 * Read `config.values.maxmemory` on hot paths; `get(name)` and `text(name)` elsewhere. `set` is CONFIG SET: all pairs or
 * none, listeners included. `load` is a line of redis.conf, `assign` a change that the server itself makes (REPLICAOF, the
 * port that was free). Nothing here touches sockets or files: listeners apply a change, and veto it by throwing Veto.
 *
 *   set: look up -> check flags -> keep all -> call listeners of what changed ->  done
 *                                     \-> Refusal            \-> Veto: put all back, call the listeners again
 */
import { type Bytes, lower } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { splitArgs } from '../../base/split-args.js';
import { type Log, NO_LOG } from '../log.js';
import { type Cell, type Directive, type Flag, type RewriteLine, Refusal } from './directive.js';
import { type ConfigValues, type DirectiveName, type ValueOf, DIRECTIVES, camelName } from './tables.js';

/** CONFIG SET refused. `message` is the whole error reply without its dash: code, blank, text. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Thrown by a listener that cannot apply a change; `message` ends the error reply. */
export class Veto extends Error {
  override readonly name = 'Veto';
}

/** Applies a change: the new values are in `values` already. Called once however many of its directives changed. */
export type ConfigListener = (values: ConfigValues) => void;

/** What the gates of CONFIG SET ask about the moment and the client. */
export interface SetContext {
  /** A data set is being loaded. */
  loading?: boolean;
  /** The client is on this machine (for enable-protected-configs local). */
  local?: boolean;
}

/** A directive under one of its names. */
interface Entry {
  readonly name: string;
  readonly primary: DirectiveName;
  readonly directive: Directive<unknown>;
  readonly cell: Cell<unknown>;
}

const LOADING = 'LOADING Redis is loading the dataset in memory';

export class Config {
  /** Every value, by its name in camel case. Always current; do not keep a copy of it. */
  readonly values: ConfigValues;

  private readonly writable: Record<string, unknown> = {};
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Map<DirectiveName, ConfigListener[]>();

  constructor(private readonly log: Log = NO_LOG) {
    for (const [key, directive] of Object.entries<Directive<unknown>>(DIRECTIVES)) {
      const primary = key as DirectiveName;
      const cell = directive.create();
      this.entries.set(primary, { name: primary, primary, directive, cell });
      this.writable[camelName(primary)] = cell.value;
    }
    // Aliases come after all primary names, so that CONFIG GET lists them last.
    for (const entry of [...this.entries.values()]) {
      const { alias } = entry.directive;
      if (alias !== undefined) this.entries.set(alias, { ...entry, name: alias });
    }
    // V8 keeps an object of this many added properties as a hash table; as a prototype it becomes a fast object again
    // (measured: a read 0.6 ns instead of 5).
    Object.setPrototypeOf({}, this.writable);
    this.values = this.writable as ConfigValues;
  }

  /** The value of `name`. */
  get<K extends DirectiveName>(name: K): ValueOf<K> {
    return this.cell(name).value as ValueOf<K>;
  }

  /** As CONFIG GET shows it. */
  text(name: DirectiveName): Bytes {
    return this.cell(name).text();
  }

  /** Whether the value is the one that a server starts with when nobody says anything. */
  isDefault(name: DirectiveName): boolean {
    return this.text(name) === DIRECTIVES[name].create().text();
  }

  /** Whether `name` is a directive or an alias, in any case. */
  has(name: Bytes): boolean {
    return this.find(name) !== undefined;
  }

  /** The primary name behind a name or alias, in any case. */
  primaryName(name: Bytes): DirectiveName | undefined {
    return this.find(name)?.primary;
  }

  /** Whether the directive has the flag. False for unknown names. */
  hasFlag(name: Bytes, flag: Flag): boolean {
    return this.find(name)?.directive.flags.has(flag) ?? false;
  }

  /**
   * CONFIG GET: the directives that any of `patterns` matches, each once, in any case. A name without pattern characters
   * answers under the spelling that was asked for and finds hidden directives too (redis 7.2.6 config.c:configGetCommand).
   */
  match(patterns: readonly Bytes[]): [Bytes, Bytes][] {
    const found = new Map<Bytes, [Bytes, Bytes]>();
    for (const pattern of patterns) {
      if (!/[*?[]/.test(pattern)) {
        const entry = this.find(pattern);
        const key = lower(pattern);
        if (entry && !found.has(key)) found.set(key, [pattern, entry.cell.text()]);
        continue;
      }
      for (const { name, directive, cell } of this.entries.values()) {
        const key = name as Bytes;
        if (directive.flags.has('hidden') || found.has(key) || !globMatch(pattern, key, true)) continue;
        found.set(key, [key, cell.text()]);
      }
    }
    return [...found.values()];
  }

  /**
   * CONFIG SET of all `pairs` or none.
   *
   * @throws ConfigError with the reply; the values and what listeners applied are then as before
   */
  set(pairs: readonly (readonly [Bytes, Bytes])[], context: SetContext = {}): void {
    const changes = this.admit(pairs, context);
    const undo = changes.map(({ entry }) => entry.cell.snapshot());
    const restore = () => {
      undo.forEach((put, i) => {
        put();
        this.publish(changes[i].entry);
      });
    };
    const changed: Entry[] = [];
    for (const { entry, value } of changes) {
      try {
        const args = entry.directive.flags.has('multi') ? splitAtBlanks(value) : [value];
        if (this.store(entry, args, 'command')) changed.push(entry);
      } catch (error) {
        restore();
        throw error instanceof Refusal ? failure(entry.name, error.message) : error;
      }
    }
    this.apply(changed, restore);
  }

  /**
   * A line of redis.conf or of the command line. A single argument of a multi-valued directive may hold them all
   * ("900 1"). Listeners are not called.
   *
   * @throws Refusal
   */
  load(name: Bytes, args: readonly Bytes[]): void {
    const entry = this.find(name);
    if (!entry) throw new Refusal('Bad directive or wrong number of arguments');
    if (!entry.directive.flags.has('multi')) {
      if (args.length !== 1) throw new Refusal('wrong number of arguments');
      this.store(entry, args, 'file');
    } else {
      const packed = args.length === 1 && args[0] !== '';
      this.store(entry, packed ? (splitArgs(args[0]) ?? []) : args, 'file');
    }
  }

  /** A change that the server makes itself, whatever the flags say. Listeners are not called. Throws Refusal. */
  assign(name: DirectiveName, ...args: Bytes[]): void {
    this.store(this.entry(name), args, 'command');
  }

  /** Calls `listener` when CONFIG SET changed one of `names`. Listeners run in the order of the pairs. */
  onChange(names: DirectiveName | readonly DirectiveName[], listener: ConfigListener): void {
    for (const name of typeof names === 'string' ? [names] : names) {
      const known = this.listeners.get(name);
      if (known) known.push(listener);
      else this.listeners.set(name, [listener]);
    }
  }

  /** For CONFIG REWRITE: each directive with its lines, none when it should not be in the file. */
  *rewriteLines(): Generator<{ name: DirectiveName; lines: RewriteLine[] }> {
    for (const { name, primary, cell } of this.entries.values()) {
      if (name === primary) yield { name: primary, lines: cell.lines(name) };
    }
  }

  private find(name: Bytes): Entry | undefined {
    return this.entries.get(name) ?? this.entries.get(lower(name));
  }

  private entry(name: DirectiveName): Entry {
    return this.entries.get(name)!;
  }

  private cell(name: DirectiveName): Cell<unknown> {
    return this.entry(name).cell;
  }

  private store(entry: Entry, args: readonly Bytes[], source: 'file' | 'command'): boolean {
    const changed = entry.cell.set(args, source);
    this.publish(entry);
    return changed || entry.directive.flags.has('volatile');
  }

  private publish({ primary, cell }: Entry): void {
    this.writable[camelName(primary)] = cell.value;
  }

  /** Looks all pairs up and lets the first fault speak (redis 7.2.6 config.c:configSetCommand). */
  private admit(
    pairs: readonly (readonly [Bytes, Bytes])[],
    { loading, local }: SetContext,
  ): { entry: Entry; value: Bytes }[] {
    const { enableProtectedConfigs } = this.values;
    const mayProtected =
      enableProtectedConfigs === 'yes' || (enableProtectedConfigs === 'local' && local === true);
    const admitted: { entry: Entry; value: Bytes }[] = [];
    for (const [name, value] of pairs) {
      const entry = this.find(name);
      if (!entry) {
        throw new ConfigError(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
      }
      const { flags } = entry.directive;
      if (flags.has('immutable')) throw failure(name, "can't set immutable config");
      if (flags.has('protected') && !mayProtected) throw failure(name, "can't set protected config");
      if (flags.has('denyLoading') && loading) throw new ConfigError(LOADING);
      // An alias and its primary name are two parameters to Redis, too.
      if (admitted.some((other) => other.entry === entry)) throw failure(name, 'duplicate parameter');
      admitted.push({ entry, value });
    }
    return admitted;
  }

  private apply(changed: readonly Entry[], restore: () => void): void {
    const due = new Map<ConfigListener, Entry>();
    for (const entry of changed) {
      for (const listener of this.listeners.get(entry.primary) ?? []) {
        if (!due.has(listener)) due.set(listener, entry);
      }
    }
    for (const [listener, entry] of due) {
      try {
        listener(this.values);
      } catch (error) {
        this.log.warning(
          `Failed applying new configuration. Possibly related to new ${entry.name} setting. Restoring previous settings.`,
        );
        restore();
        this.reapply(due.keys());
        throw error instanceof Veto ? failure(entry.name, error.message) : error;
      }
    }
  }

  /** After a rollback every listener hears of the old values, also those that had not heard of the new ones. */
  private reapply(listeners: Iterable<ConfigListener>): void {
    for (const listener of listeners) {
      try {
        listener(this.values);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.log.warning(`Failed applying restored failed CONFIG SET command: ${reason}`);
      }
    }
  }
}

function failure(name: string, reason: string): ConfigError {
  const text = `ERR CONFIG SET failed (possibly related to argument '${name}')`;
  return new ConfigError(reason === '' ? text : `${text} - ${reason}`);
}

/** At every single blank, as CONFIG SET does; no text at all is no argument. */
function splitAtBlanks(value: Bytes): Bytes[] {
  return value === '' ? [] : (value.split(' ') as Bytes[]);
}
