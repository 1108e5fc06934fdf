/**
 * AclUser: a name, its passwords, and its selectors. Rules: redis 7.2.6 acl.c:ACLSetUser, ACLDescribeUser,
 * ACLCheckAllUserCommandPerm.
 */
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { splitArgs } from '../../base/split-args.js';
import { type AclCall, type AclEnvironment, type Denial } from './environment.js';
import { cText, type Fault } from './faults.js';
import { hashPassword, isPasswordHash, sameHash } from './passwords.js';
import { DENIED_COMMAND, Selector } from './selector.js';

/** Rules about the user itself that are one word, in lower case. */
const WORDS: Readonly<Record<string, (user: AclUser) => void>> = {
  on: (user) => (user.isEnabled = true),
  off: (user) => (user.isEnabled = false),
  'skip-sanitize-payload': (user) => (user.sanitizes = false),
  'sanitize-payload': (user) => (user.sanitizes = true),
  nopass: (user) => user.setPasswordless(true),
  resetpass: (user) => user.setPasswordless(false),
  clearselectors: (user) => user.clearSelectors(),
  reset: (user) => user.reset(),
};

/** Of two things that are missing, the one further down is told. */
const WEIGHT = { command: 1, key: 2, channel: 3 } as const;

export class AclUser {
  isEnabled = false;
  /** Any password will do. */
  needsNoPassword = false;
  /** Payloads of RESTORE are looked at. */
  sanitizes = true;
  /** Hashes. */
  passwords: Bytes[] = [];
  /** The root selector comes first. */
  private selectors: Selector[];

  constructor(
    readonly name: Bytes,
    private readonly environment: AclEnvironment,
  ) {
    this.selectors = [new Selector(environment)];
  }

  /** The rules of `other`; the name stays. */
  copyFrom(other: AclUser): void {
    this.isEnabled = other.isEnabled;
    this.needsNoPassword = other.needsNoPassword;
    this.sanitizes = other.sanitizes;
    this.passwords = [...other.passwords];
    this.selectors = other.selectors.map((selector) => selector.copy());
  }

  /** Applies one rule. @returns why it is refused; nothing has changed then */
  apply(rule: Bytes): Fault | undefined {
    if (rule.length === 0) return undefined;
    const word = lower(cText(rule));
    if (Object.hasOwn(WORDS, word)) {
      WORDS[word](this);
      return undefined;
    }
    const rest = rule.slice(1) as Bytes;
    switch (rule[0]) {
      case '>':
        return this.addPassword(hashPassword(rest));
      case '#':
        return isPasswordHash(rest) ? this.addPassword(rest) : 'badHash';
      case '<':
        return this.removePassword(hashPassword(rest));
      case '!':
        return isPasswordHash(rest) ? this.removePassword(rest) : 'badHash';
    }
    if (rule.startsWith('(') && rule.endsWith(')')) return this.addSelector(rule);
    return this.selectors[0].apply(rule);
  }

  private addPassword(hash: Bytes): undefined {
    if (!this.passwords.includes(hash)) this.passwords.push(hash);
    this.needsNoPassword = false;
  }

  private removePassword(hash: Bytes): Fault | undefined {
    const at = this.passwords.indexOf(hash);
    if (at < 0) return 'noSuchPassword';
    this.passwords.splice(at, 1);
    return undefined;
  }

  /** `( rules )`; what cannot be split for its quotes counts as no rule at all, as in Redis. */
  private addSelector(text: Bytes): Fault | undefined {
    const selector = new Selector(this.environment);
    for (const rule of splitArgs(text.slice(1, -1) as Bytes) ?? []) {
      const fault = selector.apply(rule);
      if (fault !== undefined) return fault;
    }
    this.selectors.push(selector);
    return undefined;
  }

  setPasswordless(on: boolean): void {
    this.needsNoPassword = on;
    this.passwords = [];
  }

  clearSelectors(): void {
    this.selectors = [this.selectors[0]];
  }

  /** As it was when it was made. */
  reset(): void {
    this.copyFrom(new AclUser(this.name, this.environment));
  }

  /** Whether the password opens it; an empty list of passwords is opened by none. */
  accepts(password: Bytes): boolean {
    if (!this.isEnabled) return false;
    if (this.needsNoPassword) return true;
    const hash = hashPassword(password);
    return this.passwords.some((known) => sameHash(hash, known));
  }

  // ---- permissions

  /** No call needs to be looked at: one selector allows all of them. */
  get isUnrestricted(): boolean {
    for (const selector of this.selectors) if (selector.isUnrestricted) return true;
    return false;
  }

  /** @returns what is missing for the call; undefined: one selector allows it */
  check(call: AclCall): Denial | undefined {
    let told = DENIED_COMMAND;
    for (const selector of this.selectors) {
      const denial = selector.check(call);
      if (denial === undefined) return undefined;
      const further = WEIGHT[denial.reason] - WEIGHT[told.reason];
      if (further > 0 || (further === 0 && denial.index > told.index)) told = denial;
    }
    return told;
  }

  /** Whether one selector allows the call and the reading of every key (SORT with BY or GET). */
  mayReadAll(call: AclCall): boolean {
    return this.selectors.some((selector) => selector.check(call) === undefined && selector.readsAllKeys);
  }

  /** Patterns of the channels that it may use; undefined: all. */
  channelRules(): readonly Bytes[] | undefined {
    if (this.selectors.some((selector) => selector.hasAllChannels)) return undefined;
    return this.selectors.flatMap((selector) => selector.channelPatterns);
  }

  // ---- as it is shown

  /** In the order in which they are shown. */
  flagNames(): string[] {
    const names = [this.isEnabled ? 'on' : 'off'];
    if (this.needsNoPassword) names.push('nopass');
    names.push(this.sanitizes ? 'sanitize-payload' : 'skip-sanitize-payload');
    return names;
  }

  get root(): Selector {
    return this.selectors[0];
  }

  /** Those besides the root. */
  get others(): readonly Selector[] {
    return this.selectors.slice(1);
  }

  /** The rules that make this user of a new one. */
  describe(): Bytes {
    const parts = [...this.flagNames(), ...this.passwords.map((hash) => `#${hash}`), this.root.describe()];
    for (const selector of this.others) parts.push(`(${selector.describe()})`);
    return parts.join(' ') as Bytes;
  }

  /** As a line of redis.conf or of an ACL file. */
  line(): Bytes {
    return ascii(`user ${this.name} ${this.describe()}`);
  }
}

/**
 * Puts selectors together that came as several arguments: `(+get`, `~a)`. @returns where one begins that does not end, or the rules
 * (redis 7.2.6 acl.c:ACLMergeSelectorArguments)
 */
export function mergeSelectors(args: readonly Bytes[]): Bytes[] | number {
  const rules: Bytes[] = [];
  let open: Bytes[] = [];
  let openAt = -1;
  for (const [at, arg] of args.entries()) {
    if (openAt < 0 && !(arg.startsWith('(') && !arg.endsWith(')'))) rules.push(arg);
    else if (openAt < 0) {
      openAt = at;
      open = [arg];
    } else {
      open.push(cText(arg));
      if (!arg.endsWith(')')) continue;
      rules.push(open.join(' ') as Bytes);
      openAt = -1;
    }
  }
  return openAt < 0 ? rules : openAt;
}
