/**
 * Log: the port through which the core reports, and the line format of Redis's own log.
 *
 *   <pid>:<role> 22 Nov 2026 11:27:05.996 * message
 *   role   X sentinel, C child, S replica, M master       level  . debug  - verbose  * notice  # warning
 *
 * The format is redis 7.2.6 server.c:serverLogRaw. Formatting is pure: pid, role, time and time zone are given.
 */

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

/** As in `loglevel`; `nothing` silences all. */
export type LogThreshold = LogLevel | 'nothing';

/** Where the core reports. Messages are one line of text, without its newline. */
export interface Log {
  debug(message: string): void;
  verbose(message: string): void;
  notice(message: string): void;
  warning(message: string): void;
}

/** X: sentinel, C: a child or a background job, S: replica, M: master. */
export type LogRole = 'X' | 'C' | 'S' | 'M';

const RANK: Readonly<Record<LogThreshold, number>> = {
  debug: 0,
  verbose: 1,
  notice: 2,
  warning: 3,
  nothing: 4,
};

const SIGN: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#' };

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Whether a message of `level` passes the threshold. */
export function isLogged(level: LogLevel, threshold: LogThreshold): boolean {
  return RANK[level] >= RANK[threshold];
}

export interface LogLine {
  pid: number;
  role: LogRole;
  /** Milliseconds since the epoch. */
  timeMs: number;
  /** UTC minus local time in minutes, as Date.getTimezoneOffset gives it. Default 0. */
  offsetMinutes?: number;
  level: LogLevel;
  message: string;
}

/** One line of Redis's log, without a newline at its end. */
export function formatLogLine({ pid, role, timeMs, offsetMinutes, level, message }: LogLine): string {
  return `${pid}:${role} ${formatLogTime(timeMs, offsetMinutes)} ${SIGN[level]} ${message}`;
}

/** `22 Nov 2026 11:27:05.996`. `offsetMinutes` as in LogLine. */
export function formatLogTime(timeMs: number, offsetMinutes = 0): string {
  const local = new Date(timeMs - offsetMinutes * 60_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(local.getUTCDate())} ${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two).join(':');
  return `${day} ${time}.${String(local.getUTCMilliseconds()).padStart(3, '0')}`;
}

/** A Log that hands every message to `write`, whatever its level. */
export function logTo(write: (level: LogLevel, message: string) => void): Log {
  return {
    debug: (message) => write('debug', message),
    verbose: (message) => write('verbose', message),
    notice: (message) => write('notice', message),
    warning: (message) => write('warning', message),
  };
}

/** Reports nothing: for parts that are used without a server. */
export const NO_LOG: Log = logTo(() => undefined);
