/**
 * defineCommand: the one description of a command from which everything else is derived (commands/derive.ts): arity errors,
 * COMMAND and its subcommands, ACL categories, gates, key extraction, propagation, what MONITOR and SLOWLOG skip.
 *
 * A family's `table.ts` is a list of these and reads like the command's documentation page. Names, flags and key
 * specifications are those of redis 7.2.6 src/commands/*.json.
 */
import { type Bytes } from '../base/bytes.js';
import { type ChannelRange } from '../services/acl/environment.js';
import { type CommandContext } from './context.js';

export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'module'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'may_replicate'
  | 'sentinel'
  | 'only_sentinel'
  | 'no_mandatory_keys'
  | 'protected'
  | 'no_async_loading'
  | 'no_multi'
  | 'allow_busy'
  | 'touches_arbitrary_keys';

export type KeyFlag =
  | 'RO'
  | 'RW'
  | 'OW'
  | 'RM'
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'not_key'
  | 'incomplete'
  | 'variable_flags';

/** Where keys stand among the arguments (redis 7.2.6 server.h keySpec). */
export interface KeySpec {
  readonly flags: readonly KeyFlag[];
  readonly begin:
    | { readonly index: number }
    | { readonly keyword: string; readonly from: number }
    | { readonly unknown: true };
  readonly find:
    | { readonly lastKey: number; readonly step: number; readonly limit: number }
    | { readonly keyNumIdx: number; readonly firstKey: number; readonly step: number }
    | { readonly unknown: true };
  readonly notes?: string;
}

/** A key among the arguments of one call, and what the command does with it. */
export interface KeyReference {
  readonly index: number;
  readonly flags: readonly KeyFlag[];
}

/** A key at one index. */
export function keyAt(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { lastKey: 0, step: 1, limit: 0 } };
}

/** Keys from `index` to the argument `last` (negative: from the end), every `step`-th. */
export function keysFrom(index: number, last: number, step: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { lastKey: last < 0 ? last : last - index, step, limit: 0 } };
}

export type AclCategory =
  | 'keyspace'
  | 'read'
  | 'write'
  | 'set'
  | 'sortedset'
  | 'list'
  | 'hash'
  | 'string'
  | 'bitmap'
  | 'hyperloglog'
  | 'geo'
  | 'stream'
  | 'pubsub'
  | 'admin'
  | 'fast'
  | 'slow'
  | 'blocking'
  | 'dangerous'
  | 'connection'
  | 'transaction'
  | 'scripting';

export type CommandGroup =
  | 'generic'
  | 'string'
  | 'list'
  | 'set'
  | 'sorted-set'
  | 'hash'
  | 'pubsub'
  | 'transactions'
  | 'connection'
  | 'server'
  | 'scripting'
  | 'hyperloglog'
  | 'cluster'
  | 'sentinel'
  | 'geo'
  | 'stream'
  | 'bitmap'
  | 'module';

/** A command that could not finish at once; only scripting makes one, and the engine is busy while it exists. */
export interface Suspended {
  readonly suspended: true;
}

/** Reads its arguments, checks types, changes the keyspace through the write gate, writes its reply: in that order. */
export type Handler = (ctx: CommandContext, argv: Bytes[]) => void | Suspended;

export interface CommandDefinition {
  /** Lower case; of a subcommand, its own part only. */
  readonly name: string;
  /** Arguments including the name (and, for a subcommand, its container's); negative: at least that many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Categories beyond those that follow from the flags (write, read, fast, slow, admin, dangerous, pubsub, blocking). */
  readonly acl?: readonly AclCategory[];
  readonly group: CommandGroup;
  readonly since: string;
  readonly summary: string;
  readonly complexity?: string;
  readonly deprecated?: { readonly since: string; readonly replacedBy: string };
  /** Made for the server's own use: `syscmd` among the flags of COMMAND DOCS. */
  readonly system?: true;
  readonly history?: readonly (readonly [version: string, change: string])[];
  /** Hints for clients and proxies (`request_policy:all_shards`, `nondeterministic_output` …). */
  readonly tips?: readonly string[];
  readonly keys?: readonly KeySpec[];
  /** Finds the keys when the specifications cannot (SORT, MIGRATE …): indexes, with flags where those vary (SET). */
  readonly getKeys?: (argv: readonly Bytes[]) => readonly (number | KeyReference)[];
  /** The arguments that name channels which are listened to or written to (redis 7.2.6 db.c:commands_with_channels). */
  readonly channels?: ChannelRange;
  /** The arguments in the grammar of the command reference: `key value [NX | XX] [GET] [EX seconds | PX milliseconds]`. */
  readonly syntax?: string;
  /** With so many arguments the last one may come as `ctx.unread`. */
  readonly takesUnread?: number;
  readonly run?: Handler;
  readonly subcommands?: readonly CommandDefinition[];
}

/** A definition as the engine runs it: what the hot path reads is precomputed. */
export interface Command extends CommandDefinition {
  /** Dense number, for statistics by array. */
  readonly id: number;
  /** `client|list` for a subcommand. */
  readonly fullName: string;
  readonly parent: Command | undefined;
  readonly children: ReadonlyMap<string, Command> | undefined;
  readonly isWrite: boolean;
  readonly isReadonly: boolean;
  readonly flagSet: ReadonlySet<CommandFlag>;
  readonly categories: ReadonlySet<AclCategory>;
  /** Bits of engine/gates.ts that may apply to this command. */
  gateMask: number;
  /** The keys of every call, where the arguments do not matter for them (derive.ts). */
  readonly fixedKeys: readonly KeyReference[] | undefined;
  readonly run: Handler;
}

/** Declares a command. The identity function: it is there for the type and to make tables searchable. */
export function defineCommand(definition: CommandDefinition): CommandDefinition {
  return definition;
}
