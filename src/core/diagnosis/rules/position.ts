/** Rules for ids and offsets: in +FULLRESYNC, in +CONTINUE, and where a partial resync was refused. */
import { ascii, lower, quote, type Bytes } from '../../base/bytes.js';
import { type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { type InfoFacts, type Shift } from '../probe-results.js';
import { type Rule } from '../rule.js';
import { numberOf } from './words.js';

/** The line end between +FULLRESYNC and what follows it is missing: they came as one line. */
const MERGED = /^\+FULLRESYNC [^ ]{40} \d+(\$|REDIS|VALKEY|\*)/;

/** Whether the snapshot's own header was swallowed by the line before it. */
export function isMerged(e: Evidence): boolean {
  return e.outcome?.kind === 'full' && MERGED.test(e.outcome.line);
}

/** Rules for a PSYNC that was answered, whatever came later. They stand beside the others: replication goes on. */
export const POSITION_RULES: readonly Rule[] = [
  {
    id: 'fullresync-unended',
    when: (e) => {
      if (e.outcome?.kind !== 'full' || !isMerged(e)) return undefined;
      const got = `${e.outcome.line}\r\n` as Bytes;
      return { bytes: compareWithRedis('psync', got, 'full') };
    },
  },
  {
    id: 'malformed-fullresync',
    when: (e) =>
      e.outcome?.kind === 'full' && e.outcome.replid === undefined
        ? {
            text: 'The answer to PSYNC does not split into an id of 40 characters and an offset.',
            bytes: compareWithRedis('psync', `${e.outcome.line}\r\n` as Bytes, 'full'),
          }
        : undefined,
  },
  {
    id: 'malformed-fullresync',
    when: (e) =>
      e.outcome?.kind === 'full' && (e.outcome.offset ?? 0) < 0
        ? {
            text: `The offset of \`${e.outcome.line}\` is negative: it is the number of bytes that the stream has had until now, 0 at first. (The -1 of \`PSYNC ? -1\` is the replica's way to say that it has none.)`,
          }
        : undefined,
  },
  {
    id: 'probe-needs-backlog',
    when: (e) =>
      e.probes.probeImpossible === undefined
        ? undefined
        : {
            text: `Not probed: the current position cannot be asked for without a snapshot: ${e.probes.probeImpossible}. PSYNC was not sent.`,
          },
  },
  {
    id: 'probe-got-fullresync',
    when: (e) => {
      if (e.asked.probe && e.outcome?.kind === 'full') return { text: notContinued(e.outcome.line) };
      const { reconnect } = e.probes;
      // Found beside the way: replication works, each reconnect costs a snapshot.
      if (reconnect?.outcome.kind === 'full' && !otherId(e) && e.probes.resumed?.shift === undefined)
        return { severity: 'warning', text: notContinued(reconnect.line) };
      return undefined;
    },
  },
];

function notContinued(line: Bytes): string {
  return `A PSYNC for the master's own id and position was answered \`${line}\`.`;
}

/** The id of +FULLRESYNC. */
export const REPLID_RULES: readonly Rule[] = [
  {
    id: 'replid-not-hex',
    when: (e) => {
      const id = e.outcome?.kind === 'full' ? e.outcome.replid : undefined;
      return id !== undefined && !/^[0-9a-f]{40}$/.test(id)
        ? { text: `The id \`${id}\` has 40 characters, but not lower-case hex digits alone.` }
        : undefined;
    },
  },
  {
    id: 'fullresync-other-id',
    when: (e) => {
      const other = otherId(e);
      return (
        other && {
          text: `+FULLRESYNC names the id ${other.told}, and INFO, asked after it, says master_replid:${other.own}.`,
        }
      );
    },
  },
];

/** An id in +FULLRESYNC that INFO, asked after it, knows nothing of; a first replica's new id is in both. */
function otherId(e: Evidence): { readonly told: Bytes; readonly own: string } | undefined {
  const told = e.outcome?.kind === 'full' ? e.outcome.replid : undefined;
  const { master_replid: own, master_replid2: second } = e.probes.after ?? {};
  if (told === undefined || own === undefined || e.asked.probe) return undefined;
  return [own, second].some((id) => id?.toLowerCase() === lower(told)) ? undefined : { told, own };
}

interface Refused {
  readonly replid: string;
  readonly offset: number;
  readonly info: InfoFacts;
}

/** A position was asked for, INFO was answered before, and a full sync came. */
function refused(e: Evidence): Refused | undefined {
  const { psync } = e.asked;
  const info = e.probes.before;
  if (typeof psync === 'string' || e.asked.probe || e.outcome?.kind !== 'full' || !info) return undefined;
  return { replid: lower(psync.replid), offset: psync.offset, info };
}

const NO_ID = /^0*$/;

function resync(id: Rule['id'], found: (r: Refused) => string | undefined): Rule {
  return {
    id,
    when: (e) => {
      const r = refused(e);
      const text = r && found(r);
      return text === undefined ? undefined : { text };
    },
  };
}

/**
 * Why a position was not continued, in the order in which a master decides (redis 7.2.6
 * replication.c:masterTryPartialResynchronization): the backlog, the id, the offset.
 */
export const RESYNC_RULES: readonly Rule[] = [
  resync('first-replica', ({ replid, info }) =>
    info.repl_backlog_active === '0' && info.sync_full === '0' && info.master_replid === replid
      ? 'INFO says repl_backlog_active:0 and sync_full:0: no replica has attached since this master started, so there is nothing to continue from, and it makes itself a new id with its first one.'
      : undefined,
  ),
  resync('backlog-expired', ({ info }) => {
    if (info.repl_backlog_active !== '0' || info.sync_full === '0') return undefined;
    const once =
      info.sync_full === undefined
        ? 'if it had replicas before'
        : `it had replicas before (sync_full:${info.sync_full})`;
    return `INFO says repl_backlog_active:0: there is nothing to continue from; ${once}, its backlog was freed after repl-backlog-ttl without any, and its id changed.`;
  }),
  resync('resync-other-history', ({ replid, info }) => {
    const { master_replid: id, master_replid2: second } = info;
    if (id === undefined || id === replid || (second === replid && !NO_ID.test(second))) return undefined;
    const restarted =
      info.repl_backlog_active === '0'
        ? ' No replica has attached since it started: it may have been restarted without its RDB.'
        : '';
    return `The asked id ${replid} is neither master_replid (${id}) nor master_replid2 (${second ?? 'not told'}): another history.${restarted}`;
  }),
  resync('resync-beyond-promotion', ({ replid, offset, info }) => {
    const until = numberOf(info, 'second_repl_offset');
    if (info.master_replid2 !== replid || info.master_replid === replid) return undefined;
    if (until === undefined || offset <= until) return undefined;
    return `The asked id is master_replid2, which is valid up to offset ${until} (second_repl_offset), and ${offset} was asked for: ${offset - until} bytes of the old master's history never reached this one.`;
  }),
  resync('resync-ahead', ({ offset, info }) => {
    const end = numberOf(info, 'master_repl_offset');
    if (end === undefined || offset <= end + 1) return undefined;
    return `Offset ${offset} was asked for, and the master has only reached ${end}: ${offset - end - 1} bytes more than it ever sent.`;
  }),
  resync('resync-behind-backlog', ({ offset, info }) => {
    const first = numberOf(info, 'repl_backlog_first_byte_offset');
    if (first === undefined || offset >= first) return undefined;
    return `Offset ${offset} was asked for, and the backlog begins at ${first}: ${first - offset} bytes are gone.`;
  }),
  {
    id: 'probe-got-fullresync',
    when: (e) => {
      const r = refused(e);
      if (!r || r.info.master_replid === undefined || r.info.master_repl_offset === undefined)
        return undefined;
      return {
        text: `Offset ${r.offset} of the master's own id lies within what INFO says of its backlog, and PSYNC was answered \`${e.answers.get('psync')?.line}\` all the same.`,
      };
    },
  },
];

const announcedPsync2 = (e: Evidence): boolean => e.asked.capa.includes('psync2' as Bytes);

/** Rules for a +CONTINUE, of the visit itself or of the reconnect probe. */
export const CONTINUE_RULES: readonly Rule[] = [
  {
    id: 'bare-continue',
    when: (e) => {
      const line = continued(e);
      return line !== undefined && /^\+CONTINUE *$/.test(line) && announcedPsync2(e)
        ? {
            text: `We announced capa psync2, and PSYNC was answered by a bare \`${line}\`: the master did not name its replication id.`,
          }
        : undefined;
    },
  },
  {
    id: 'continue-wrong-id',
    when: (e) => {
      const line = continued(e);
      return line !== undefined && line.length > 10 && !/^\+CONTINUE [^ ]{40}$/.test(line)
        ? {
            text: `PSYNC was answered \`${line}\`, and ${line.length - 10} characters cannot be a replication id.`,
          }
        : undefined;
    },
  },
  {
    id: 'continue-new-id',
    when: (e) => {
      const { psync } = e.asked;
      if (e.outcome?.kind !== 'continue' || typeof psync === 'string') return undefined;
      const { replid } = e.outcome;
      if (replid === undefined || lower(replid) === lower(psync.replid)) return undefined;
      return {
        text: `We asked to continue ${psync.replid}, and the master continues as ${replid}: it was promoted, or follows another master now.`,
      };
    },
  },
];

function continued(e: Evidence): Bytes | undefined {
  const outcomes = [e.outcome, e.probes.reconnect?.outcome];
  for (const outcome of outcomes) if (outcome?.kind === 'continue') return outcome.line;
  return undefined;
}

/** Bytes of a command that are compared: enough to tell it from itself without its first byte. */
const COMPARED_BYTES = 12;
/** The first line of a command without its `*`: a digit and CR LF at least. */
const FIRST_LINE_BYTES = 3;

/** Whether a stream whose first command should be this one begins one byte before it, or behind its first. */
export function shiftOf(command: Bytes, stream: Bytes): 'early' | 'late' | undefined {
  if (stream.startsWith('\n' + command.slice(0, COMPARED_BYTES))) return 'early';
  // Of what is no array a reader may have taken the first line for a command, and the rest for another.
  const compared = Math.min(COMPARED_BYTES, stream.length);
  const late = compared >= FIRST_LINE_BYTES && stream.startsWith(command.slice(1, 1 + compared));
  return late ? 'late' : undefined;
}

/** What is wrong with a stream that was read from the byte on where this command begins; undefined: nothing, or it cannot be told. */
export function resumedWrongly(command: Bytes, stream: Evidence['stream']): Shift | undefined {
  const { noise, heads = [], commands = 0, cutBytes = 0 } = stream ?? {};
  const first = heads.length > 0 ? heads[0].bytes : undefined;
  if (noise !== undefined) return shiftOf(command, ascii(noise + (first ?? '')));
  if (commands === 0) return cutBytes === 0 && stream?.end === 'time' ? 'nothing' : undefined;
  return first === undefined || first === command ? undefined : 'other';
}

/** What follows a +CONTINUE for the byte where a command begins. */
export const SHIFT_RULES: readonly Rule[] = [
  {
    id: 'continue-off-by-one',
    when: (e) => {
      const { psync, probe } = e.asked;
      if (!probe || typeof psync === 'string' || !/^\n(\*|$)/.test(behindContinue(e) ?? '')) return undefined;
      return psync.offset > 1 ? early(psync.offset, 'which the master has not reached yet') : undefined;
    },
  },
  {
    id: 'continue-off-by-one',
    when: (e) => {
      const { reconnect, resumed } = e.probes;
      if (e.stream?.noise !== undefined) return undefined;
      if (resumed?.shift === 'late') {
        return {
          text: `A second connection asked to continue at byte ${resumed.offset}, with which a command of the stream begins, and got it without its first byte, the \`*\`: the stream begins one byte late.`,
          confirmed: 'that command had been read whole on the first connection.',
        };
      }
      if (resumed?.shift === 'early') return early(resumed.offset, 'with which a command begins');
      if (resumed?.shift !== undefined) return undefined;
      return reconnect?.shift === 'early'
        ? early((e.probes.masterOffset ?? 0) + 1, 'which the master has not reached yet')
        : undefined;
    },
  },
  {
    id: 'continue-ignores-offset',
    when: (e) => {
      const { resumed } = e.probes;
      if (e.stream?.noise !== undefined || (resumed?.shift !== 'nothing' && resumed?.shift !== 'other'))
        return undefined;
      const came = resumed.shift === 'nothing' ? 'nothing of it came' : 'another command came in its place';
      return {
        text: `A second connection asked to continue at byte ${resumed.offset}, with which a command of the stream begins. It was answered \`${resumed.line}\`, and ${came}.`,
        confirmed: 'that command had been read on the first connection, and the master had counted it.',
      };
    },
  },
  {
    id: 'offset-inside-command',
    when: (e) => {
      const { psync, probe } = e.asked;
      const behind = behindContinue(e);
      if (probe || typeof psync === 'string' || behind === undefined) return undefined;
      const genuine = e.probes.before?.second_repl_offset !== undefined;
      // A reply in the stream is another matter.
      if (!genuine && /^[-+:]/.test(behind)) return undefined;
      const seen = `The stream from byte ${psync.offset} on begins with \`${quote(behind.slice(0, 12) as Bytes, false)}\`, which is no beginning of a command`;
      const who = genuine
        ? ''
        : ' Or the master does not begin with the byte that is asked for: --follow without a position, or --conformance, tells.';
      const text = behind.startsWith('\n')
        ? `${seen}: it looks as if the offset of the last byte held was given, and not of the first one wanted, ${psync.offset + 1}.`
        : `${seen}: the offset lies inside one.`;
      return { text: text + who };
    },
  },
];

function early(offset: number, which: string): { text: string } {
  return {
    text: `A PSYNC for byte ${offset}, ${which}, was continued with \`\\n\` before it: the last byte of the command before came again, and the stream begins one byte early.`,
  };
}

/** What came behind +CONTINUE and is no command. */
function behindContinue({ outcome, stream }: Evidence): Bytes | undefined {
  const noise = stream?.noise;
  if (outcome?.kind !== 'continue' || noise === undefined) return undefined;
  const between = /^[\r\n]*$/.test(noise) && (stream?.noiseAfter ?? 0) > 0;
  return between ? undefined : noise;
}

/** What the master's neighbours make of us. */
export const COUNTING_RULES: readonly Rule[] = [
  {
    id: 'sentinel-watches',
    when: (e) => {
      const n = e.probes.sentinels ?? 0;
      if (n === 0 || !e.sent.has('psync') || e.probes.before?.role === 'slave') return undefined;
      const who = n === 1 ? 'A Sentinel is' : `${n} Sentinels are`;
      return {
        text: `${who} connected to this master, by CLIENT LIST: we were listed as a replica for a moment, and may be remembered as one that is down.`,
      };
    },
  },
];

export const MIN_REPLICAS_RULES: readonly Rule[] = [
  {
    id: 'counts-for-min-replicas',
    when: (e) => {
      const n = e.probes.minReplicasToWrite ?? 0;
      if (n === 0 || !e.sent.has('psync')) return undefined;
      return {
        text: `min-replicas-to-write is ${n}: while we were attached we may have counted as one of them.`,
      };
    },
  },
];

export const CLOSED_RULES: readonly Rule[] = [
  {
    id: 'closed-replicas-stay-listed',
    when: (e) => {
      const { lines, before } = e.probes.stillListed ?? { lines: [], before: 0 };
      if (lines.length <= before) return undefined;
      const more = lines.length - 1;
      const others = more > 0 ? ` and ${more} more with our port` : '';
      return {
        text: `Our connection was closed, and INFO still lists it, as \`${lines[lines.length - 1]}\`${others}.`,
      };
    },
  },
];

export const LISTING_RULES: readonly Rule[] = [
  {
    id: 'listed-under-other-address',
    when: (e) => {
      const [line, ...more] = e.listing?.lines ?? [];
      if (line === undefined || more.length > 0 || e.asked.announceIp !== undefined) return undefined;
      const listed = /\bip=([^,]+),/.exec(line)?.[1].replace(/^::ffff:/, '');
      const ours = e.local?.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
      if (listed === undefined || ours === undefined || ours === '' || listed === ours) return undefined;
      return {
        text: `We come from ${ours}, and the master lists us as ${listed} (\`${line}\`): an address translation, a container network or a proxy lies between.`,
      };
    },
  },
];
