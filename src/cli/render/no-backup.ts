/** Why there is no backup, for the one line that is left of it: what to do comes first, what the master or the system said behind it. */

/** About a password, asked for or refused. `invalid password` is what Redis said before version 6. */
export const WANTED_PASSWORD = /\bNOAUTH\b/;
export const REFUSED_PASSWORD = /\bWRONGPASS\b|\binvalid password\b/;

const UNREACHABLE = /^Error condition on socket for SYNC: (.+)$/;
const TIMEOUT = 'Timeout connecting to the MASTER...';

/** @param address of the master, host:port */
export function noBackup(reason: string, address: string): string {
  const unreachable = reason === TIMEOUT ? 'Timed out' : UNREACHABLE.exec(reason)?.[1];
  if (unreachable !== undefined) {
    return `cannot connect to ${address} (${unreachable[0].toLowerCase()}${unreachable.slice(1)})`;
  }
  const given = passwordWanted(reason);
  return given === undefined ? reason : `${address} ${given} (${reason})`;
}

/** What to give, where `reason` is about a password. */
function passwordWanted(reason: string): string | undefined {
  if (WANTED_PASSWORD.test(reason)) {
    return 'wants a password: give it with --masterauth, or in the environment as REDISCLI_AUTH';
  }
  return REFUSED_PASSWORD.test(reason)
    ? 'refused the password: give the right one with --masterauth (and --masteruser for an ACL user), or in the environment as REDISCLI_AUTH'
    : undefined;
}
