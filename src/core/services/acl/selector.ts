/**
 * Selector: one set of permissions: commands, keys, channels. A user has a root selector and may have more; a call is allowed when one
 * of them alone allows it.
 *
 * Commands are a byte each, by id. The rules that led there are kept as well, in their order and without those that later ones made
 * void, because the permissions are shown by them: `-@all +@read -get`. Rules: redis 7.2.6 acl.c:ACLSetSelector,
 * ACLUpdateCommandRules, ACLSelectorCheckCmd.
 */
import { ascii, isWord, lower, type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { type AclCall, type AclCommand, type AclEnvironment, type Denial } from './environment.js';
import { cText, hasSpaces, type Fault } from './faults.js';

/** What a key pattern lets be done. */
const READ = 1;
const WRITE = 2;
const ALL = READ | WRITE;

interface KeyPattern {
  readonly pattern: Bytes;
  access: number;
}

/** What is done with a key under a flag of its specification; flags that are not here ask for nothing. */
const ACCESS_OF: Readonly<Record<string, number>> = {
  access: READ,
  insert: WRITE,
  delete: WRITE,
  update: WRITE,
};

const PREFIX_OF = ['', '%R~', '%W~', '~'] as const;

/** Rules that are one word, in lower case. */
const WORDS: Readonly<Record<string, (selector: Selector) => void>> = {
  allkeys: (selector) => selector.setKeys(true),
  '~*': (selector) => selector.setKeys(true),
  resetkeys: (selector) => selector.setKeys(false),
  allchannels: (selector) => selector.setChannels(true),
  '&*': (selector) => selector.setChannels(true),
  resetchannels: (selector) => selector.setChannels(false),
  allcommands: (selector) => selector.setCommands(true),
  '+@all': (selector) => selector.setCommands(true),
  nocommands: (selector) => selector.setCommands(false),
  '-@all': (selector) => selector.setCommands(false),
};

export class Selector {
  private allKeys = false;
  private allChannels: boolean;
  /** No command was taken away since all were given: the bytes need not be looked at. */
  private allCommands = false;
  /** The rules begin with +@all: commands that come later are allowed. */
  private fromAll = false;
  private readonly allowed: Uint8Array;
  /** By command id: the first arguments with which a command is allowed that is not allowed as such. */
  private readonly firstArgs = new Map<number, Bytes[]>();
  private patterns: KeyPattern[] = [];
  private channels: Bytes[] = [];
  /** `+get`, `-@string`, as they are shown. */
  private rules: Bytes[] = [];

  constructor(private readonly environment: AclEnvironment) {
    this.allChannels = environment.allChannelsByDefault();
    this.allowed = new Uint8Array(environment.commands.count);
  }

  copy(): Selector {
    const copy = new Selector(this.environment);
    copy.allKeys = this.allKeys;
    copy.allChannels = this.allChannels;
    copy.allCommands = this.allCommands;
    copy.fromAll = this.fromAll;
    copy.allowed.set(this.allowed);
    for (const [id, args] of this.firstArgs) copy.firstArgs.set(id, [...args]);
    copy.patterns = this.patterns.map((pattern) => ({ ...pattern }));
    copy.channels = [...this.channels];
    copy.rules = [...this.rules];
    return copy;
  }

  /** Every call is allowed. */
  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels;
  }

  get hasAllChannels(): boolean {
    return this.allChannels;
  }

  /** Patterns of channels, none when all are allowed. */
  get channelPatterns(): readonly Bytes[] {
    return this.channels;
  }

  setKeys(all: boolean): void {
    this.allKeys = all;
    this.patterns = [];
  }

  setChannels(all: boolean): void {
    this.allChannels = all;
    this.channels = [];
  }

  setCommands(all: boolean): void {
    this.allCommands = all;
    this.fromAll = all;
    this.allowed.fill(all ? 1 : 0);
    this.rules = [];
    this.firstArgs.clear();
  }

  /** Applies one rule. @returns why it is refused; nothing has changed then */
  apply(rule: Bytes): Fault | undefined {
    const text = cText(rule);
    const word = lower(text);
    if (Object.hasOwn(WORDS, word)) {
      WORDS[word](this);
      return undefined;
    }
    switch (rule[0]) {
      case '~':
        return this.addKeys(rule.slice(1) as Bytes, ALL);
      case '%':
        return this.addKeysFor(rule);
      case '&':
        return this.addChannels(rule.slice(1) as Bytes);
      case '+':
      case '-': {
        const allow = rule[0] === '+';
        const name = text.slice(1) as Bytes;
        if (name.startsWith('@')) return this.changeCategory(name, allow);
        return allow && name.includes('|') ? this.addPart(name) : this.changeCommand(name, allow);
      }
      default:
        return 'syntax';
    }
  }

  /** `%R~pattern`, `%W~pattern`, `%RW~pattern`; without a pattern it stands for the empty one, as in Redis. */
  private addKeysFor(rule: Bytes): Fault | undefined {
    if (this.allKeys) return 'afterAllKeys';
    let access = 0;
    let at = 1;
    for (; at < rule.length; at++) {
      const letter = lower(rule[at] as Bytes);
      if (letter === '~' && access !== 0) {
        at++;
        break;
      }
      const bit = letter === 'r' ? READ : letter === 'w' ? WRITE : 0;
      if (bit === 0 || access & bit) return 'syntax';
      access |= bit;
    }
    return access === 0 ? 'syntax' : this.addKeys(rule.slice(at) as Bytes, access);
  }

  private addKeys(pattern: Bytes, access: number): Fault | undefined {
    if (this.allKeys) return 'afterAllKeys';
    if (hasSpaces(pattern)) return 'syntax';
    const known = this.patterns.find((other) => other.pattern === pattern);
    if (known === undefined) this.patterns.push({ pattern, access });
    else known.access |= access;
    return undefined;
  }

  private addChannels(pattern: Bytes): Fault | undefined {
    if (this.allChannels) return 'afterAllChannels';
    if (hasSpaces(pattern)) return 'syntax';
    if (!this.channels.includes(pattern)) this.channels.push(pattern);
    return undefined;
  }

  private changeCommand(name: Bytes, allow: boolean): Fault | undefined {
    const command = this.environment.commands.find(lower(name));
    if (command === undefined) return 'unknown';
    this.change(command, allow);
    this.keepRule(command.fullName, allow);
    return undefined;
  }

  /** A category with its `@`. */
  private changeCategory(name: Bytes, allow: boolean): Fault | undefined {
    const { commands } = this.environment;
    const category = lower(name.slice(1) as Bytes);
    if (!commands.isCategory(category)) return 'unknown';
    this.keepRule(lower(name), allow);
    for (const command of commands.all) if (command.categories.has(category)) this.change(command, allow);
    return undefined;
  }

  /** `+command|part`: a subcommand, or a first argument of a command that has none. */
  private addPart(name: Bytes): Fault | undefined {
    const { commands, log } = this.environment;
    const bar = name.lastIndexOf('|');
    const command = commands.find(lower(name.slice(0, bar) as Bytes));
    const part = name.slice(bar + 1) as Bytes;
    if (command === undefined) return 'unknown';
    if (command.parent !== undefined) return 'argumentOfSubcommand';
    if (part === '') return 'syntax';
    if (command.children === undefined) {
      log.warning(
        'Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get ' +
          `disabled in the future (offender: +${name})`,
      );
      this.allowFirstArg(command.id, lower(part));
    } else {
      const sub = commands.find(lower(name));
      if (sub === undefined) return 'unknown';
      this.change(sub, true);
    }
    this.keepRule(lower(name), true);
    return undefined;
  }

  private allowFirstArg(id: number, arg: Bytes): void {
    const known = this.firstArgs.get(id);
    if (known === undefined) this.firstArgs.set(id, [arg]);
    else if (!known.includes(arg)) known.push(arg);
  }

  /** A container stands for what it contains. */
  private change(command: AclCommand, allow: boolean): void {
    this.allow(command.id, allow);
    this.firstArgs.delete(command.id);
    if (command.children === undefined) return;
    for (const sub of command.children.values()) this.allow(sub.id, allow);
  }

  private allow(id: number, allow: boolean): void {
    this.allowed[id] = allow ? 1 : 0;
    if (!allow) this.allCommands = false;
  }

  /** Adds a rule in place of those about the same, or about a part of it. */
  private keepRule(name: string, allow: boolean): void {
    const parts = `${name}|`;
    this.rules = this.rules.filter((rule) => rule.slice(1) !== name && !rule.startsWith(parts, 1));
    this.rules.push(ascii(`${allow ? '+' : '-'}${name}`));
  }

  // ---- as it is shown

  /** `+@all` or `-@all`, and the rules from there. */
  commandText(): Bytes {
    return [this.fromAll ? '+@all' : '-@all', ...this.rules].join(' ') as Bytes;
  }

  keyText(): Bytes {
    if (this.allKeys) return ascii('~*');
    return this.patterns.map(({ pattern, access }) => PREFIX_OF[access] + pattern).join(' ') as Bytes;
  }

  channelText(): Bytes {
    return (this.allChannels ? '&*' : this.channels.map((pattern) => `&${pattern}`).join(' ')) as Bytes;
  }

  /** The rules that make this selector of a new one. */
  describe(): Bytes {
    const channels = this.allChannels
      ? ['&*']
      : ['resetchannels', ...this.channels.map((name) => `&${name}`)];
    const keys = this.keyText();
    return [...(keys === '' ? [] : [keys]), ...channels, this.commandText()].join(' ') as Bytes;
  }

  // ---- what it allows

  /** @returns what is missing for the call */
  check(call: AclCall): Denial | undefined {
    if (!this.allCommands && !call.isFree && !this.allowsCommand(call)) return DENIED_COMMAND;
    if (!this.allKeys) {
      for (const { index, flags } of call.keys()) {
        if (!this.allowsKey(call.argv[index], flags)) return { reason: 'key', index };
      }
    }
    return this.allChannels ? undefined : this.checkChannels(call);
  }

  private allowsCommand({ command, argv }: AclCall): boolean {
    if (this.allowed[command.id] === 1) return true;
    const args = this.firstArgs.get(command.id);
    if (args === undefined || argv.length < 2) return false;
    const given = cText(argv[1]);
    return args.some((arg) => isWord(given, arg));
  }

  private allowsKey(key: Bytes, flags: readonly string[]): boolean {
    const wanted = accessOf(flags);
    for (const { pattern, access } of this.patterns) {
      if ((access & wanted) === wanted && globMatch(pattern, key)) return true;
    }
    return false;
  }

  private checkChannels({ channels, argv }: AclCall): Denial | undefined {
    if (channels === undefined) return undefined;
    const { first, count, patterns } = channels;
    const end = count === 'all' ? argv.length : Math.min(first + count, argv.length);
    for (let index = first; index < end; index++) {
      if (!allowsChannel(this.channels, argv[index], patterns)) return { reason: 'channel', index };
    }
    return undefined;
  }

  /** Whether any key may be read. */
  get readsAllKeys(): boolean {
    return this.allKeys || this.patterns.some(({ pattern, access }) => access & READ && pattern === '*');
  }
}

/** The command itself is not allowed. */
export const DENIED_COMMAND: Denial = { reason: 'command', index: 0 };

function accessOf(flags: readonly string[]): number {
  let access = 0;
  for (const flag of flags) access |= ACCESS_OF[flag] ?? 0;
  return access;
}

/** A pattern that is subscribed to must be among the rules as it is (redis 7.2.6 acl.c:ACLCheckChannelAgainstList). */
export function allowsChannel(rules: readonly Bytes[], channel: Bytes, isPattern: boolean): boolean {
  for (const rule of rules) {
    if (isPattern ? rule === cText(channel) : globMatch(rule, channel)) return true;
  }
  return false;
}
