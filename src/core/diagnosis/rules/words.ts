/** Small phrases that several rules share. */
import { type StepId } from '../../replication/handshake/steps.js';
import { type InfoFacts, type UpstreamWalk } from '../probe-results.js';

/** The command of a step, as it is sent. */
export function commandOf(step: StepId): string {
  return ['ping', 'auth', 'psync', 'sync'].includes(step) ? step.toUpperCase() : `REPLCONF ${step}`;
}

/** A duration for a sentence. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** `a, which follows b, which follows c`. */
export function hopsInWords(walk: UpstreamWalk): string {
  return walk.hops.map(({ address }) => address).join(', which follows ');
}

/** Which child of the master runs, by its INFO; undefined when none does. */
export function childInWords(info: InfoFacts | undefined): string | undefined {
  if (info?.rdb_bgsave_in_progress === '1') return 'a BGSAVE (rdb_bgsave_in_progress:1)';
  if (info?.aof_rewrite_in_progress === '1') return 'an AOF rewrite (aof_rewrite_in_progress:1)';
  return undefined;
}

/** A field of INFO as an integer. */
export function numberOf(info: InfoFacts | undefined, name: string): number | undefined {
  const value = info?.[name];
  return value !== undefined && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Redis up to 6.2 quotes with backquotes and commas, from 7.0 on with single quotes (server.c:commandCheckExistence). */
export const UNKNOWN_COMMAND = /^-ERR unknown command\b/i;
