/**
 * What `replica --once` leaves out of its log: lines of a server that starts, streams and ends, and of the link what is said once
 * already, by a line of its own or as the reason on stderr. `--loglevel verbose` and `debug` show all of it.
 */
import { type LogThreshold } from '../../core/services/log.js';

const NOISE = [
  'Redis version=',
  'Server initialized',
  'Partial resynchronization not possible: ',
  'Full sync, reason: ',
  'MASTER <-> REPLICA sync: ',
  'Replication stopped: ',
  'Master does not support PSYNC or is in error state ',
  'Retrying with SYNC...',
  'Streaming, up to offset ',
  'User requested shutdown...',
  'Replica ends: ',
  'redis-ts is now ready to exit',
];

/** Whether `message` says nothing about the backup. */
export function isNoise(message: string, loglevel: LogThreshold): boolean {
  if (loglevel === 'debug' || loglevel === 'verbose') return false;
  return NOISE.some((start) => message.startsWith(start));
}
