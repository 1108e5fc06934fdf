/**
 * Execution unit and effects: what running commands send to replicas and the AOF.
 *
 *   enter ── call ── call ── … ── leave      one client command, one EXEC, one script, one key expired by the cron
 *              │ effects in the order of their causes: deletions of keys whose time is over,
 *              │ what the handler adds (`also`), the command itself (as it came, or rewritten)
 *              └► at the last `leave` the sink gets them as one unit
 *
 * With nobody to send to (`recording` false) nothing is built. Rules: redis 7.2.6 server.c:call, propagatePendingCommands.
 */
import { type ByteRange } from '../base/byte-range.js';
import { type Bytes } from '../base/bytes.js';
import { type Effects, type Target } from '../commands/context.js';
import { encodeCommand, encodeCommandBuffer } from '../protocol/command-encoder.js';

export const TARGET_AOF = 1;
export const TARGET_REPLICAS = 2;
export const TARGET_ALL = TARGET_AOF | TARGET_REPLICAS;

/** One command of the stream, encoded once. Either `body`, or the bytes `wire[start, end)` of the request as it came. */
export interface Effect {
  readonly dbId: number;
  readonly targets: number;
  readonly body: Bytes | undefined;
  /** Valid only while the unit is handed to the sink. */
  readonly wire: Buffer | undefined;
  readonly start: number;
  readonly end: number;
}

/** Who receives units: the replication stream, the AOF, or both behind one. */
export interface EffectSink {
  /** `transaction`: more than one effect, to be wrapped in MULTI and EXEC. */
  feed(unit: readonly Effect[], transaction: boolean): void;
}

/** Where a command came from, so that "as it came" can copy its bytes. */
export interface RequestSource {
  readonly inline: boolean;
  readonly wire: Buffer;
  readonly wireStart: number;
  readonly wireEnd: number;
  /** Its last argument, when that was left where it lies. */
  readonly unread?: ByteRange;
  /** Makes the arguments complete. */
  readUnread?(): void;
}

/** From this size on a command is encoded into a buffer: as one string it could exceed V8's longest. */
const LONG_BYTES = 1024 * 1024;

export class EffectCollector implements Effects {
  sink: EffectSink | undefined;
  /** Targets that want effects now (TARGET_* bits); 0: nothing is built. */
  wanted = 0;
  private depth = 0;
  private unit: Effect[] = [];
  /** Some effect of this unit must not be wrapped (SCAN expiring keys, active expiry). */
  private bare = false;
  private prevented = 0;
  private forced = 0;
  private replacement: Bytes[] | undefined;

  get recording(): boolean {
    return this.wanted !== 0;
  }

  reaches(target: Target): boolean {
    return (this.wanted & targetBits(target)) !== 0;
  }

  enter(): void {
    this.depth++;
  }

  leave(): void {
    if (--this.depth > 0) return;
    if (this.unit.length > 0) this.flush();
    this.bare = false;
  }

  private flush(): void {
    const unit = this.unit;
    const transaction = unit.length > 1 && !this.bare;
    this.unit = [];
    this.bare = false;
    this.sink!.feed(unit, transaction);
  }

  /** The effects of this unit stand for themselves: no MULTI around them. */
  unwrapped(): void {
    this.bare = true;
  }

  /** Forgets what the last call said about its propagation. */
  begin(): void {
    this.prevented = 0;
    this.forced = 0;
    this.replacement = undefined;
  }

  /** Saved and restored around a nested call. */
  saveCall(): CallState {
    return { prevented: this.prevented, forced: this.forced, replacement: this.replacement };
  }

  restoreCall(state: CallState): void {
    this.prevented = state.prevented;
    this.forced = state.forced;
    this.replacement = state.replacement;
  }

  /** Ends a call: adds the command itself to the unit when it changed something or was told to. */
  end(dbId: number, argv: readonly Bytes[], changed: boolean, source: RequestSource | undefined): void {
    let targets = changed ? TARGET_ALL : 0;
    targets = (targets | this.forced) & ~this.prevented & this.wanted;
    if (targets === 0) return;
    if (this.replacement !== undefined) this.push(dbId, targets, this.replacement);
    else if (source !== undefined && !source.inline) {
      this.unit.push({
        dbId,
        targets,
        body: undefined,
        wire: source.wire,
        start: source.wireStart,
        end: source.wireEnd,
      });
    } else this.push(dbId, targets, argv);
  }

  private push(dbId: number, targets: number, argv: readonly Bytes[]): void {
    let bytes = 0;
    for (const arg of argv) bytes += arg.length;
    if (bytes < LONG_BYTES) {
      this.unit.push({ dbId, targets, body: encodeCommand(argv), wire: undefined, start: 0, end: 0 });
      return;
    }
    const wire = encodeCommandBuffer(argv);
    this.unit.push({ dbId, targets, body: undefined, wire, start: 0, end: wire.length });
  }

  replace(...argv: Bytes[]): void {
    this.replacement = argv;
  }

  also(dbId: number, argv: Bytes[], target?: Target): void {
    const targets = targetBits(target) & this.wanted;
    if (targets !== 0) this.push(dbId, targets, argv);
  }

  prevent(target?: Target): void {
    this.prevented |= targetBits(target);
  }

  force(target?: Target): void {
    this.forced |= targetBits(target);
  }
}

export interface CallState {
  readonly prevented: number;
  readonly forced: number;
  readonly replacement: Bytes[] | undefined;
}

function targetBits(target: Target | undefined): number {
  return target === undefined ? TARGET_ALL : target === 'aof' ? TARGET_AOF : TARGET_REPLICAS;
}
