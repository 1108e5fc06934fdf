/**
 * Secrets among arguments: they are replaced in place once they have been read, before SLOWLOG and MONITOR see the call
 * (redis 7.2.6 networking.c:redactClientCommandArgument).
 */
import { ascii, type Bytes } from '../base/bytes.js';

const REDACTED = ascii('(redacted)');

/** Takes the argument at `index` and leaves a mark in its place. */
export function takeSecret(argv: Bytes[], index: number): Bytes {
  const secret = argv[index];
  argv[index] = REDACTED;
  return secret;
}
