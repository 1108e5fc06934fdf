/**
 * Why a rule of an ACL user is refused, and the texts of it (redis 7.2.6 acl.c:ACLSetUserStringError); and the parts of a rule as C sees
 * them.
 */
import { isBlank, type Bytes } from '../../base/bytes.js';

export const FAULTS = {
  unknown: 'Unknown command or category name in ACL',
  syntax: 'Syntax error',
  afterAllKeys:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
    "Try 'resetkeys' to start with an empty list of patterns",
  afterAllChannels:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
    "Try 'resetchannels' to start with an empty list of channels",
  noSuchPassword: 'The password you are trying to remove from the user does not exist',
  badHash:
    'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters',
  duplicateUser: 'Duplicate user found. A user can only be defined once in config files',
  argumentOfSubcommand: 'Allowing first-arg of a subcommand is not supported',
  /** For an error that is about no single rule. */
  format: 'Wrong format',
} as const;

export type Fault = keyof typeof FAULTS;

/** The text up to its first NUL: words of rules are C strings in Redis. */
export function cText(bytes: Bytes): Bytes {
  const nul = bytes.indexOf('\0');
  return nul < 0 ? bytes : (bytes.slice(0, nul) as Bytes);
}

/** Whether a name or a pattern could not be written into an ACL file (redis 7.2.6 acl.c:ACLStringHasSpaces). */
export function hasSpaces(bytes: Bytes): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (c === 0 || isBlank(c)) return true;
  }
  return false;
}
