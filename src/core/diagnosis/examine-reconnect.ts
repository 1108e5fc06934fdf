/**
 * Would a replica whose link drops now come back without a full sync? Asked by connections of their own that ask to continue: at the
 * position that the master tells, and at one where a command begins that was read. Part of an examination (examine.ts).
 */
import { type Bytes } from '../base/bytes.js';
import { type Outcome } from '../replication/handshake/machine.js';
import { type HandshakeOptions, type PsyncRequest } from '../replication/handshake/steps.js';
import { type FollowOptions } from '../replication/handshake/visit.js';
import { type Asked, type Evidence, type ProbeResults } from './evidence.js';
import { type Manner, type Visited, type Visits } from './examine-visits.js';
import { looksGenuine, positionOf } from './master-facts.js';
import { OWN_PORT_ATTEMPTS, randomPort } from './probes.js';
import { resumedWrongly } from './rules/position.js';

/** How long after +CONTINUE the bytes of a backlog are waited for, in ms: a master sends them at once. */
const BACKLOG_MS = 500;

/**
 * Would a replica whose link drops now come back without a full sync? Asked where the answer is in doubt: of a server
 * with a fault, or of one whose INFO lacks what every Redis prints.
 */
export async function checkReconnect(visits: Visits, last: Visited, ownPort: boolean): Promise<void> {
  const { outcome, evidence } = last;
  const position = visits.askedAfter?.info && positionOf(visits.askedAfter.info);
  const doubt = visits.casebook.hasFault() || !looksGenuine(visits.askedAfter?.info);
  if (outcome.kind !== 'full' || outcome.replid === undefined || !position || !doubt) return;
  if (position.backlogActive === false || position.offset === undefined || visits.setup.aim === 'probe')
    return;
  visits.tell({
    kind: 'note',
    step: 'examine',
    text: "would a replica that lost its link come back? asking to continue at the master's own position",
  });
  const { replid } = outcome;
  const own = await askToContinue(visits, evidence, { replid, offset: position.offset + 1 }, ownPort);
  const resumed = await askForCommand(visits, last, replid, position.offset, ownPort);
  if (own.line === undefined) return;
  const early = position.offset > 0 && own.stream?.noise?.startsWith('\n') === true;
  const reconnect = { line: own.line, outcome: own.answered, ...(early && { shift: 'early' as const }) };
  visits.found(last.conn, { reconnect, ...(resumed && { resumed }) });
}

/**
 * Does the stream go on at the byte that is asked for? Asked for one with which a command begins that was read, where the
 * master counts as we do: the second one, because before the first there may be no byte that could come too early.
 */
async function askForCommand(
  visits: Visits,
  { evidence }: Visited,
  replid: Bytes,
  masterOffset: number,
  ownPort: boolean,
): Promise<ProbeResults['resumed']> {
  const { heads = [], noise, startOffset, bytesRead = 0 } = evidence.stream ?? {};
  const head = heads[heads.length - 1] as (typeof heads)[number] | undefined;
  const counted = startOffset !== undefined && startOffset + bytesRead === masterOffset;
  const real = looksGenuine(visits.askedAfter?.info);
  if (real || head === undefined || noise !== undefined || !counted || visits.stopped) return undefined;
  const offset = head.offset + 1;
  const follow = { forMs: BACKLOG_MS };
  const { line, stream, answered } = await askToContinue(
    visits,
    evidence,
    { replid, offset },
    ownPort,
    follow,
  );
  if (line === undefined) return undefined;
  const shift = answered.kind === 'continue' ? resumedWrongly(head.bytes, stream) : undefined;
  return { offset, line, ...(shift && { shift }) };
}

/** One PSYNC for a position; with `ownPort` from a port that is announced, another one when somebody has it. */
async function askToContinue(
  visits: Visits,
  evidence: Evidence,
  psync: PsyncRequest,
  ownPort: boolean,
  follow?: FollowOptions,
): Promise<{ line?: Bytes; answered: Outcome; stream: Evidence['stream'] }> {
  for (let attempt = 1; ; attempt++) {
    const listeningPort = ownPort ? randomPort(visits.setup.random) : visits.setup.listeningPort;
    const asked: Asked = { ...evidence.asked, psync, probe: true };
    const options: HandshakeOptions = { ...visits.options(listeningPort), psync, holdPsync: false };
    const manner: Manner = {
      role: 'reconnect',
      ...(ownPort && listeningPort !== undefined && { localPort: listeningPort }),
    };
    const again = await visits.startVisit(manner, asked, options, {
      ...(follow && { follow }),
      lookBehindContinue: () => true,
    });
    const line = again.evidence.answers.get('psync')?.line;
    const taken = ownPort && again.evidence.unreachable !== undefined;
    if (!taken || attempt === OWN_PORT_ATTEMPTS || visits.stopped) {
      const { outcome = again.outcome, stream } = again.evidence;
      return { ...(line && { line }), answered: outcome, stream };
    }
  }
}
