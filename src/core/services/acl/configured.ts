/**
 * ConfiguredUsers: the `user` lines of redis.conf, checked when they are read and made into users when the server starts. Rules and
 * texts: redis 7.2.6 acl.c:ACLAppendUserForLoading, ACLLoadConfiguredUsers.
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Log } from '../log.js';
import { type AclEnvironment } from './environment.js';
import { FAULTS, hasSpaces, type Fault } from './faults.js';
import { AclUser, mergeSelectors } from './user.js';
import { type AclUsers } from './users.js';

const USER_WORD = ascii('user');

export class ConfiguredUsers {
  private readonly lines: { readonly name: Bytes; readonly rules: readonly Bytes[] }[] = [];

  constructor(private readonly environment: AclEnvironment) {}

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }

  /** Takes a line, what follows the word `user`. @returns why it is wrong, in Redis's words */
  append(args: readonly Bytes[]): string | undefined {
    const [name, ...given] = args;
    // Redis counts the rule that is wrong from the name's place on, and names the argument two places before it.
    const wrong = (at: number, fault: Fault) =>
      `Error in user declaration '${[USER_WORD, ...args][at]}': ${FAULTS[fault]}`;
    if (this.lines.some((line) => line.name === name)) return wrong(1, 'duplicateUser');
    const rules = mergeSelectors(given);
    if (typeof rules === 'number') return wrong(rules, 'format');
    const trial = new AclUser(name, this.environment);
    for (const [at, rule] of rules.entries()) {
      const fault = trial.apply(rule);
      // A command may yet come to be known.
      if (fault !== undefined && fault !== 'unknown') return wrong(at, fault);
    }
    this.lines.push({ name, rules });
    return undefined;
  }

  /** Makes users of the lines. @returns false when one is wrong: the log says which */
  load(users: AclUsers, log: Log): boolean {
    for (const { name, rules } of this.lines) {
      if (hasSpaces(name)) {
        log.warning('Spaces not allowed in ACL usernames');
        return false;
      }
      const user = users.getOrCreate(name);
      user.reset();
      for (const rule of rules) {
        const fault = user.apply(rule);
        if (fault === undefined) continue;
        log.warning(`Error loading ACL rule '${rule}' for the user named '${name}': ${FAULTS[fault]}`);
        return false;
      }
      if (!user.isEnabled) {
        log.notice(
          `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.`,
        );
      }
    }
    return true;
  }
}
