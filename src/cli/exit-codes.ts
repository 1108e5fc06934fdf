/**
 * Exit codes, one table per family of commands. `inspect` answers as a monitoring plugin does (Nagios and its heirs): its
 * bad usage is 3, "could not find out", because a typo must not page anyone. The others use 2 for bad usage.
 */

/** Of `serve`, `replica` and `handshake`. */
export const EXIT = {
  ok: 0,
  /** What was asked for failed; for `handshake`: the fault is named. */
  failed: 1,
  usage: 2,
  /** The server could not be reached. */
  unreachable: 3,
  /** `replica --once`: a file that was there must not be replaced, and was left as it was. */
  kept: 4,
  /** Ended by Ctrl-C: 128 + SIGINT, as a shell reports it. */
  interrupted: 130,
  /** The reader of its output has gone away: 128 + SIGPIPE, which Node ignores. */
  unread: 141,
} as const;

/** Of `inspect`. */
export const PLUGIN_EXIT = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
