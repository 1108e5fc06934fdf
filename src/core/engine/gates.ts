/**
 * The gates: what may refuse, delay or queue a command before it runs, in the order of redis 7.2.6
 * server.c:processCommand. The dispatcher walks this list only when the gate word says that something may apply.
 *
 * A gate answers with an error, with `queue` (MULTI), with `park` (CLIENT PAUSE), or with nothing: pass.
 */
import { type Bytes } from '../base/bytes.js';
import { ClientFlag } from '../commands/context.js';
import { Errors, ReplyError } from '../commands/errors.js';
import { type Command } from '../commands/spec.js';
import { EngineGate, SessionGate } from './gate-bits.js';
import { type Session } from './session.js';

export type Verdict = ReplyError | 'queue' | 'park' | undefined;

/** What the gates ask of the server. */
export interface GateState {
  /** The error for a call that the client's user may not make. */
  forbidden(session: Session, command: Command, argv: readonly Bytes[]): ReplyError | undefined;
  /** Closes clients that take too much; the session itself may be one of them. */
  evictClients(): void;
  /** Frees memory by the eviction policy if need be. @returns whether there is none left for commands that need some */
  outOfMemory(fromMaster: boolean): boolean;
  /** Forgets tracked keys beyond tracking-table-max-keys; their clients hear of it. */
  limitTracking(session: Session): void;
  /** Whether a protected command may run for this client (enable-debug-command and its like). */
  protectedAllowed(command: Command, session: Session): boolean;
  /** The script or module that keeps the server busy says which text applies. */
  busyError(): ReplyError;
  /** The text of MISCONF that applies. */
  diskError(): ReplyError;
}

interface Gate {
  readonly name: string;
  /** The gate is passed by when this bit is not in the gate word. */
  readonly bit: number;
  /** Whether the gate can concern this command: computed once per command. Session gates concern all. */
  concerns?(command: Command): boolean;
  /** The link to our master is let through. */
  readonly masterExempt?: true;
  check(state: GateState, session: Session, command: Command, argv: readonly Bytes[]): Verdict;
}

const LEAVES_MULTI = new Set(['exec', 'discard', 'quit', 'reset']);
const NOT_QUEUED = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);
const PUBSUB_COMMANDS = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'unsubscribe',
  'sunsubscribe',
  'psubscribe',
  'punsubscribe',
  'quit',
  'reset',
]);

const changesData = (command: Command) => command.isWrite;
const mayReplicate = (command: Command) => command.isWrite || command.flagSet.has('may_replicate');

/** EXEC counts as what it will run. */
function heldBy(session: Session, command: Command, test: (command: Command) => boolean): boolean {
  return test(command) || (command.name === 'exec' && session.multi.queued.some((q) => test(q.command)));
}

export const GATES: readonly Gate[] = [
  {
    name: 'protected',
    bit: EngineGate.protectedCommands,
    concerns: (command) => (command.parent ?? command).flagSet.has('protected'),
    check: (state, session, command) => {
      if (state.protectedAllowed(command, session)) return undefined;
      const option = (command.parent ?? command).name === 'debug' ? 'debug' : 'module';
      return new ReplyError(
        `ERR ${option.toUpperCase()} command not allowed. If the enable-${option}-command option is set to "local", ` +
          'you can run it from a local connection, otherwise you need to set this option in the configuration file, ' +
          'and then restart the server.',
      );
    },
  },
  {
    name: 'auth',
    bit: SessionGate.unauthenticated,
    check: (_state, _session, command) => (command.flagSet.has('no_auth') ? undefined : Errors.noAuth),
  },
  {
    name: 'no-multi',
    bit: SessionGate.multi,
    check: (_state, _session, command) =>
      command.flagSet.has('no_multi') ? Errors.notInTransaction : undefined,
  },
  {
    name: 'acl',
    bit: SessionGate.acl,
    check: (state, session, command, argv) => state.forbidden(session, command, argv),
  },
  {
    name: 'client-memory',
    bit: EngineGate.clientMemory,
    concerns: () => true,
    check: (state) => {
      state.evictClients();
      return undefined;
    },
  },
  {
    name: 'memory',
    bit: EngineGate.maxMemory,
    concerns: () => true,
    check: (state, session, command) => {
      if (!state.outOfMemory((session.flags & ClientFlag.master) !== 0)) return undefined;
      const queueing = (session.flags & ClientFlag.multi) !== 0 && !LEAVES_MULTI.has(command.name);
      const denied = queueing || heldBy(session, command, (c) => c.flagSet.has('denyoom'));
      return denied ? Errors.outOfMemory : undefined;
    },
  },
  {
    name: 'tracking-table',
    bit: EngineGate.tracking,
    concerns: () => true,
    check: (state, session) => {
      state.limitTracking(session);
      return undefined;
    },
  },
  {
    name: 'disk-error',
    bit: EngineGate.diskError,
    concerns: (command) => changesData(command) || command.name === 'ping' || command.name === 'exec',
    masterExempt: true,
    check: (state, session, command) =>
      command.name === 'ping' || heldBy(session, command, changesData) ? state.diskError() : undefined,
  },
  {
    name: 'min-replicas',
    bit: EngineGate.minReplicas,
    concerns: (command) => changesData(command) || command.name === 'exec',
    check: (_state, session, command) =>
      heldBy(session, command, changesData) ? Errors.noReplicas : undefined,
  },
  {
    name: 'read-only-replica',
    bit: EngineGate.readOnlyReplica,
    concerns: (command) => changesData(command) || command.name === 'exec',
    masterExempt: true,
    check: (_state, session, command) =>
      heldBy(session, command, changesData) ? Errors.readOnly : undefined,
  },
  {
    name: 'pubsub-context',
    bit: SessionGate.pubsub,
    check: (_state, _session, command) =>
      PUBSUB_COMMANDS.has(command.name)
        ? undefined
        : new ReplyError(
            `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
              'are allowed in this context',
          ),
  },
  {
    name: 'master-down',
    bit: EngineGate.masterDown,
    concerns: (command) => !command.flagSet.has('stale') || command.name === 'exec',
    masterExempt: true,
    check: (_state, session, command) =>
      heldBy(session, command, (c) => !c.flagSet.has('stale')) ? Errors.masterDown : undefined,
  },
  {
    name: 'loading',
    bit: EngineGate.loading,
    concerns: (command) => !command.flagSet.has('loading') || command.name === 'exec',
    check: (_state, session, command) =>
      heldBy(session, command, (c) => !c.flagSet.has('loading')) ? Errors.loading : undefined,
  },
  {
    name: 'busy',
    bit: EngineGate.busy,
    concerns: (command) => !command.flagSet.has('allow_busy'),
    check: (state) => state.busyError(),
  },
  {
    name: 'replica-keyspace',
    bit: SessionGate.replica,
    check: (_state, session, command) =>
      heldBy(session, command, (c) => mayReplicate(c) || c.isReadonly) ? Errors.replicaKeyspace : undefined,
  },
  {
    name: 'paused',
    bit: EngineGate.pausedAll,
    concerns: () => true,
    check: (_state, session) => (session.flags & ClientFlag.replica ? undefined : 'park'),
  },
  {
    name: 'paused-writes',
    bit: EngineGate.pausedWrites,
    concerns: (command) => mayReplicate(command) || command.name === 'exec',
    check: (_state, session, command) =>
      !(session.flags & ClientFlag.replica) && heldBy(session, command, mayReplicate) ? 'park' : undefined,
  },
  {
    name: 'multi',
    bit: SessionGate.multi,
    check: (_state, _session, command) => (NOT_QUEUED.has(command.name) ? undefined : 'queue'),
  },
];

/** The engine bits that may concern a command. */
export function gateMaskOf(command: Command): number {
  let mask = 0;
  for (const gate of GATES) if (gate.concerns?.(command)) mask |= gate.bit;
  return mask;
}

/** Walks the gates whose bit is in `word`. */
export function walkGates(
  word: number,
  state: GateState,
  session: Session,
  command: Command,
  argv: readonly Bytes[],
): Verdict {
  const fromMaster = (session.flags & ClientFlag.master) !== 0;
  for (const gate of GATES) {
    if ((word & gate.bit) === 0 || (fromMaster && gate.masterExempt)) continue;
    const verdict = gate.check(state, session, command, argv);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
