/**
 * What an examination makes of the facts that it asked for on the side, while PSYNC is held back: where PSYNC can aim, what it
 * will cost the master, and who would count us as a replica. Pure; the examination tells what comes of it.
 */
import { type Bytes } from '../base/bytes.js';
import { findField } from '../info/parse.js';
import { type Untold } from '../replication/handshake/observer.js';
import { type PsyncRequest } from '../replication/handshake/steps.js';
import { type ProbeResults } from './evidence.js';
import { infoFacts, type MasterFacts } from './master-facts.js';
import { serviceAt } from './providers.js';
import { type ExamineEvent } from './trace.js';

/** `probe`: the master's own current position, which costs no snapshot. */
export type Aim = 'none' | 'full' | 'probe' | { readonly replid: Bytes; readonly offset: number };

type CostEvent = Extract<Untold<ExamineEvent>, { kind: 'cost' }>;

/** What PSYNC asks for; of a probe for which there is no position the reason. */
export function requestFor(aim: Aim, facts: MasterFacts): PsyncRequest | { readonly impossible: string } {
  if (aim !== 'probe') return aim;
  const { replid, offset, backlogActive, info } = facts;
  if (info === undefined) return { impossible: 'INFO was not answered' };
  if (replid === undefined || offset === undefined) return { impossible: 'INFO does not tell id and offset' };
  if (backlogActive === false) return { impossible: 'the master has no backlog (repl_backlog_active:0)' };
  return { replid, offset: offset + 1 };
}

/** The facts as evidence. */
export function factsFound(target: string, facts: MasterFacts): ProbeResults {
  const { info, sentinels, minReplicasToWrite, disklessDelaySeconds, configRefused } = facts;
  const service = serviceAt(target);
  const known = service === undefined ? {} : { service };
  if (info === undefined) return { ...known, infoUnanswered: true };
  return {
    ...known,
    ...{ before: infoFacts(info), sentinels },
    ...(minReplicasToWrite !== undefined && { minReplicasToWrite }),
    ...(disklessDelaySeconds !== undefined && { disklessDelaySeconds }),
    ...(configRefused !== undefined && { configRefused }),
  };
}

/** What a PSYNC will cost the master. `disklessDelaySeconds`: of a replica that announced `capa eof`. */
export function costOf(aim: Exclude<Aim, 'none'>, disklessDelaySeconds: number | undefined): CostEvent {
  const cost = { kind: 'cost', step: 'examine' } as const;
  if (aim === 'probe') {
    const text =
      'asking for the current position: no snapshot; for a moment we are in connected_slaves, and count for min-replicas and Sentinel';
    return { ...cost, of: 'probe', text };
  }
  if (aim !== 'full') {
    const text = 'asking for a position: no snapshot if the backlog holds it, a full one if it does not';
    return { ...cost, of: 'position', text };
  }
  const delay = disklessDelaySeconds;
  const wait = delay === undefined ? '' : `; it waits repl-diskless-sync-delay, ${delay} s, before it begins`;
  const text = `asking for a full sync: the master makes a whole snapshot for us${wait}`;
  return { ...cost, of: 'full', text, ...(delay ? { waitSeconds: delay } : {}) };
}

/** Who will count us while we are attached, in words. */
export function countedBy({ sentinels, minReplicasToWrite, info }: MasterFacts): string[] {
  const warnings: string[] = [];
  // A Sentinel takes the replicas from INFO of the master alone.
  if (sentinels > 0 && findField(info ?? [], 'role') !== 'slave') {
    const who = sentinels === 1 ? 'a Sentinel watches' : `${sentinels} Sentinels watch`;
    warnings.push(`${who} this master: it will list us as a replica and remember us until SENTINEL RESET`);
  }
  if (minReplicasToWrite !== undefined && minReplicasToWrite > 0) {
    warnings.push(
      `min-replicas-to-write is ${minReplicasToWrite} here: while we are attached we may count as one of them`,
    );
  }
  return warnings;
}
