/** Commands as the rules of ACL users see them: the table, and a call of one (services/acl). */
import { type Bytes } from '../../base/bytes.js';
import {
  type AclCall,
  type AclCommands,
  type AclKey,
  type ChannelRange,
} from '../../services/acl/environment.js';
import { ACL_CATEGORIES, keysOf } from '../derive.js';
import { type Command } from '../spec.js';
import { type CommandTable } from '../table.js';

/** The commands that rules may name. */
export function aclCommands(table: CommandTable): AclCommands {
  const categories: ReadonlySet<string> = new Set(ACL_CATEGORIES);
  return {
    count: table.byId.length,
    all: table.byId,
    find: (fullName) => table.byOriginalName(fullName),
    isCategory: (name) => categories.has(name),
  };
}

/** A call whose keys are found once, and only when a rule asks for them. */
export class CheckedCall implements AclCall {
  private found: readonly AclKey[] | undefined;

  constructor(
    readonly command: Command,
    readonly argv: readonly Bytes[],
  ) {}

  get isFree(): boolean {
    return this.command.flagSet.has('no_auth');
  }

  get channels(): ChannelRange | undefined {
    return this.command.channels;
  }

  keys(): readonly AclKey[] {
    return (this.found ??= keysOf(this.command, this.argv));
  }
}
