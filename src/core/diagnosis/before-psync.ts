/**
 * What is said between the introduction and PSYNC: what was found out about the master, what the request will cost it, and who
 * will count us. Pure: the examiner asks for the facts and tells the events.
 */
import { findField } from '../info/parse.js';
import { type Untold } from '../replication/handshake/observer.js';
import { type PsyncRequest } from '../replication/handshake/steps.js';
import { infoFacts, type MasterFacts } from './master-facts.js';
import { type ProbeResults } from './probe-results.js';
import { serviceAt } from './providers.js';
import { type ExamineEvent } from './trace.js';

/** The facts as they travel in the trace. */
export function factsFound(facts: MasterFacts, target: string): ProbeResults {
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

/** What a PSYNC for `aim` costs. `probe`: it asks for the master's own position; `eof`: we announced it. */
export function costOf(
  aim: PsyncRequest,
  { probe, eof }: { readonly probe: boolean; readonly eof: boolean },
  facts: MasterFacts,
): Untold<ExamineEvent> {
  const common = { kind: 'cost', step: 'examine' } as const;
  if (probe) {
    const text =
      'asking for the current position: no snapshot; for a moment we are in connected_slaves, and count for min-replicas and Sentinel';
    return { ...common, of: 'probe', text };
  }
  if (typeof aim !== 'string') {
    const text = 'asking for a position: no snapshot if the backlog holds it, a full one if it does not';
    return { ...common, of: 'position', text };
  }
  const delay = eof ? facts.disklessDelaySeconds : undefined;
  const wait = delay === undefined ? '' : `; it waits repl-diskless-sync-delay, ${delay} s, before it begins`;
  const text = `asking for a full sync: the master makes a whole snapshot for us${wait}`;
  return { ...common, of: 'full', text, ...(delay ? { waitSeconds: delay } : {}) };
}

/** Warnings of those who will count us as a replica. */
export function countedBy(facts: MasterFacts): readonly Untold<ExamineEvent>[] {
  const { sentinels, minReplicasToWrite = 0, info = [] } = facts;
  const texts: string[] = [];
  // A Sentinel takes the replicas from INFO of the master alone.
  if (sentinels > 0 && findField(info, 'role') !== 'slave') {
    const who = sentinels === 1 ? 'a Sentinel watches' : `${sentinels} Sentinels watch`;
    texts.push(`${who} this master: it will list us as a replica and remember us until SENTINEL RESET`);
  }
  if (minReplicasToWrite > 0) {
    texts.push(
      `min-replicas-to-write is ${minReplicasToWrite} here: while we are attached we may count as one of them`,
    );
  }
  return texts.map((text) => ({ kind: 'warning', step: 'examine', text }));
}
