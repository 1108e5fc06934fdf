/**
 * CommandTable: every command of the server by name, built once from the families' definitions.
 *
 * Look-up is by the spelling as sent: the lower-case form is only made for a spelling not seen before.
 */
import { lower, type Bytes } from '../base/bytes.js';
import { fixedKeysOf } from './derive.js';
import {
  type AclCategory,
  type Command,
  type CommandDefinition,
  type CommandFlag,
  type Handler,
} from './spec.js';

/** Spellings remembered besides the lower and upper case ones; a client cannot make the map grow without end. */
const MAX_SPELLINGS = 4096;

export class CommandTable {
  /** Top-level commands in the order of registration. */
  readonly all: Command[] = [];
  /** Every command and subcommand by id. */
  readonly byId: Command[] = [];
  private readonly names = new Map<string, Command>();
  /** By the names that they were made with: permissions go by these. */
  private readonly originals = new Map<string, Command>();
  private readonly spellings = new Map<string, Command>();
  /** What was found last: most clients send the same command many times in a row. */
  private lastSpelling: string | undefined;
  private lastFound: Command | undefined;

  constructor(families: readonly (readonly CommandDefinition[])[]) {
    for (const family of families) for (const definition of family) this.add(definition);
  }

  private add(definition: CommandDefinition): void {
    const command = this.build(definition, undefined);
    this.all.push(command);
    this.names.set(command.name, command);
    this.originals.set(command.name, command);
    this.spellings.set(command.name, command);
    this.spellings.set(command.name.toUpperCase(), command);
  }

  private build(definition: CommandDefinition, parent: Command | undefined): Command {
    const flagSet = new Set<CommandFlag>(definition.flags);
    const children = definition.subcommands ? new Map<string, Command>() : undefined;
    const command: Command = {
      ...definition,
      id: this.byId.length,
      fullName: parent ? `${parent.name}|${definition.name}` : definition.name,
      parent,
      children,
      isWrite: flagSet.has('write'),
      isReadonly: flagSet.has('readonly'),
      flagSet,
      categories: categoriesOf(definition, flagSet),
      gateMask: 0,
      fixedKeys: fixedKeysOf(definition),
      run: definition.run ?? containerOnly(definition.name),
    };
    this.byId.push(command);
    for (const sub of definition.subcommands ?? []) children!.set(sub.name, this.build(sub, command));
    return command;
  }

  /** The command for a spelling as it was sent; undefined: unknown. */
  find(name: Bytes): Command | undefined {
    if (name === this.lastSpelling) return this.lastFound;
    let command = this.spellings.get(name);
    if (command === undefined) {
      command = this.names.get(lower(name));
      if (command === undefined) return undefined;
      if (this.spellings.size < MAX_SPELLINGS) this.spellings.set(name, command);
    }
    this.lastSpelling = name;
    this.lastFound = command;
    return command;
  }

  /** The command that `argv` calls: the subcommand where there is one; undefined: unknown (sub)command. */
  resolve(argv: readonly Bytes[]): Command | undefined {
    const command = this.find(argv[0]);
    if (command?.children === undefined || argv.length < 2) return command;
    return command.children.get(lower(argv[1]));
  }

  /** By full name, `client|list` for a subcommand; lower case. */
  byFullName(name: string): Command | undefined {
    const [container, sub] = name.split('|');
    const command = this.names.get(container);
    return sub === undefined ? command : command?.children?.get(sub);
  }

  /** By the full name that a command was made with, whatever it is called now; lower case (redis 7.2.6 acl.c:ACLLookupCommand). */
  byOriginalName(fullName: string): Command | undefined {
    const [container, sub, ...more] = fullName.split('|');
    const command = this.originals.get(container);
    if (sub === undefined) return command;
    return more.length > 0 ? undefined : command?.children?.get(sub);
  }

  /** Renames or (with an empty name) removes a command, as `rename-command` asks. @returns false when it is unknown */
  rename(from: string, to: string): boolean {
    const command = this.names.get(from);
    if (command === undefined) return false;
    this.lastSpelling = undefined;
    this.names.delete(from);
    for (const [spelling, known] of this.spellings) if (known === command) this.spellings.delete(spelling);
    if (to !== '') this.names.set(lower(to as Bytes), command);
    return true;
  }
}

/** redis 7.2.6 server.c:setImplicitACLCategories. */
function categoriesOf(
  definition: CommandDefinition,
  flags: ReadonlySet<CommandFlag>,
): ReadonlySet<AclCategory> {
  const categories = new Set<AclCategory>(definition.acl ?? []);
  if (flags.has('write')) categories.add('write');
  if (flags.has('readonly') && !categories.has('scripting')) categories.add('read');
  if (flags.has('admin')) categories.add('admin').add('dangerous');
  if (flags.has('pubsub')) categories.add('pubsub');
  if (flags.has('blocking')) categories.add('blocking');
  categories.add(flags.has('fast') ? 'fast' : 'slow');
  return categories;
}

function containerOnly(name: string): Handler {
  return () => {
    throw new Error(`the container ${name} has no handler of its own`);
  };
}
