/**
 * AclUsers: all users of a server by name, the default user among them from the start. It reads and writes the text of ACL files; who is
 * connected as which user is the engine's business. Rules: redis 7.2.6 acl.c:ACLStringSetUser, ACLLoadFromFile.
 */
import { ascii, compareBytes, type Bytes } from '../../base/bytes.js';
import { type AclEnvironment } from './environment.js';
import { cText, FAULTS, hasSpaces } from './faults.js';
import { AclUser, mergeSelectors } from './user.js';

const DEFAULT_NAME = ascii('default');
const DEFAULT_RULES = ['+@all', '~*', '&*', 'on', 'nopass'].map(ascii);

const NO_CHANGE = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';

export class AclUsers {
  /** Always the same object: clients refer to it. */
  readonly default: AclUser;
  private byName = new Map<Bytes, AclUser>();

  constructor(private readonly environment: AclEnvironment) {
    this.default = this.newDefault();
    this.byName.set(DEFAULT_NAME, this.default);
  }

  private newDefault(): AclUser {
    const user = new AclUser(DEFAULT_NAME, this.environment);
    for (const rule of DEFAULT_RULES) user.apply(rule);
    return user;
  }

  get(name: Bytes): AclUser | undefined {
    return this.byName.get(name);
  }

  /** In the order of their names. */
  list(): AclUser[] {
    return [...this.byName.values()].sort((a, b) => compareBytes(a.name, b.name));
  }

  /** The user of a name, with no rights when it is new. */
  getOrCreate(name: Bytes): AclUser {
    let user = this.byName.get(name);
    if (user === undefined) this.byName.set(name, (user = new AclUser(name, this.environment)));
    return user;
  }

  /** @returns the user that was there */
  delete(name: Bytes): AclUser | undefined {
    const user = this.byName.get(name);
    this.byName.delete(name);
    return user;
  }

  /**
   * What the user of a name would be with these rules added: to be taken over with `copyFrom`, or not at all.
   * @returns the text of the error, when there is one
   */
  stage(name: Bytes, args: readonly Bytes[]): AclUser | string {
    const rules = mergeSelectors(args);
    if (typeof rules === 'number') {
      return `Unmatched parenthesis in acl selector starting at '${cText(args[rules])}'.`;
    }
    const staged = new AclUser(name, this.environment);
    const current = this.byName.get(name);
    if (current !== undefined) staged.copyFrom(current);
    for (const rule of rules) {
      const fault = staged.apply(rule);
      if (fault !== undefined) return `Error in ACL SETUSER modifier '${cText(rule)}': ${FAULTS[fault]}`;
    }
    return staged;
  }

  /** requirepass: the one password of the default user; empty or undefined: it needs none. */
  setDefaultPassword(password: Bytes | undefined): void {
    const none = password === undefined || password === '';
    this.default.setPasswordless(none);
    if (!none) this.default.apply(ascii(`>${password}`));
  }

  // ---- ACL files

  /** The text of an ACL file. */
  text(): Bytes {
    return ascii(
      this.list()
        .map((user) => `${user.line()}\n`)
        .join(''),
    );
  }

  /**
   * Takes over the users of an ACL file in place of all there are, or none of them. The default user gets back its own rights when the
   * file does not name it. @returns what is wrong in the file
   */
  load(text: Bytes, file: string): string | undefined {
    const loader = new FileLoader(file, this.environment);
    for (const [at, line] of cText(text).split('\n').entries()) loader.read(at + 1, line);
    if (loader.errors !== '') return loader.errors + NO_CHANGE;
    const { users } = loader;
    this.default.copyFrom(users.get(DEFAULT_NAME) ?? this.newDefault());
    users.set(DEFAULT_NAME, this.default);
    this.byName = users;
    return undefined;
  }
}

/** Reads the lines of an ACL file, and collects what is wrong with them. */
class FileLoader {
  readonly users = new Map<Bytes, AclUser>();
  errors = '';

  constructor(
    private readonly file: string,
    private readonly environment: AclEnvironment,
  ) {}

  read(number: number, text: string): void {
    const line = text.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (line === '') return;
    const where = `${this.file}:${number}`;
    const [word, name, ...args] = line.split(' ') as Bytes[];
    if (word !== 'user' || name === undefined) {
      this.errors += `${where} should start with user keyword followed by the username. `;
    } else if (hasSpaces(name)) {
      this.errors += `'${where}: username '${name}' contains invalid characters. `;
    } else if (this.users.has(name)) {
      this.errors += `WARNING: Duplicate user '${name}' found on line ${number}. `;
    } else this.readUser(where, name, args);
  }

  private readUser(where: string, name: Bytes, args: readonly Bytes[]): void {
    const user = new AclUser(name, this.environment);
    this.users.set(name, user);
    const rules = mergeSelectors(args);
    if (typeof rules === 'number') {
      this.errors += `${where}: Unmatched parenthesis in selector definition.`;
      return;
    }
    let told = false;
    for (const rule of rules.map(trimRule)) {
      const fault = user.apply(rule);
      if (fault === undefined) continue;
      // Of those that may hold a secret only the first is told, and without the rule.
      if (fault === 'unknown') {
        this.errors += `${where}: Error in applying operation '${rule}': ${FAULTS[fault]}. `;
      } else if (!told) {
        this.errors += `${where}: ${FAULTS[fault]}. `;
        told = true;
      }
    }
  }
}

function trimRule(rule: Bytes): Bytes {
  return rule.replace(/^[\t\r\n]+|[\t\r\n]+$/g, '') as Bytes;
}
