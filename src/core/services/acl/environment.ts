/**
 * What the rules of ACL users need from elsewhere: the commands and their categories, and the configuration at the moment at which a
 * user is made. The engine provides it; nothing here knows how commands are run.
 */
import { type Bytes } from '../../base/bytes.js';
import { type Log } from '../log.js';

/** A command or subcommand, as far as permissions are concerned. */
export interface AclCommand {
  /** Dense number, below `AclCommands.count`. */
  readonly id: number;
  /** `client|list` for a subcommand. */
  readonly fullName: string;
  readonly parent: AclCommand | undefined;
  readonly children: ReadonlyMap<string, AclCommand> | undefined;
  readonly categories: ReadonlySet<string>;
}

/** Every command under the name that it was made with: renaming one changes no permission. */
export interface AclCommands {
  readonly count: number;
  /** Commands and subcommands, a container before what it contains. */
  readonly all: readonly AclCommand[];
  /** By full name, lower case. */
  find(fullName: string): AclCommand | undefined;
  isCategory(name: string): boolean;
}

export interface AclEnvironment {
  readonly commands: AclCommands;
  readonly log: Log;
  /** acl-pubsub-default: whether a new user may use all channels. */
  allChannelsByDefault(): boolean;
}

/** A key among the arguments of a call; flags are those of key specifications. */
export interface AclKey {
  readonly index: number;
  readonly flags: readonly string[];
}

/** Arguments that name channels: `count` of them from `first` on, or all that follow. */
export interface ChannelRange {
  readonly first: number;
  readonly count: number | 'all';
  /** They are patterns: only the same pattern among the rules allows one. */
  readonly patterns: boolean;
}

/** A call that permissions are asked for. */
export interface AclCall {
  readonly command: AclCommand;
  readonly argv: readonly Bytes[];
  /** Anybody may run the command (AUTH, HELLO, QUIT, RESET). */
  readonly isFree: boolean;
  /** The keys that it names. */
  keys(): readonly AclKey[];
  readonly channels: ChannelRange | undefined;
}

/** What a user lacks for a call; `index` is the argument that shows it, 0 for the command. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel';
  readonly index: number;
}
