/** Rules for the snapshot. */
import { quote, type Bytes } from '../../base/bytes.js';
import { missingTrailerBytes, type SnapshotReport } from '../../replication/snapshot-check.js';
import { type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { type Rule } from '../rule.js';
import { isMerged } from './position.js';
import { numberOf, seconds } from './words.js';

const report = (e: Evidence): SnapshotReport | undefined => e.snapshot?.report;
const head = (e: Evidence): Bytes => report(e)?.head ?? ('' as Bytes);
/** U+FFFD in UTF-8: what a text conversion leaves of a byte that is no text. */
const REPLACEMENT = '\xef\xbf\xbd';
/** What our reader says of types and opcodes that it does not know, and of modules. */
const UNKNOWN_TYPE = /Unknown RDB encoding type (\d+)|module/i;
/** The numbers that later versions and other servers have given out: the rest is rather damage. */
const LATER_NUMBERS = { types: [22, 40], opcodes: [240, 244] } as const;
/** The newest RDB that a Redis 7.2 replica loads. */
export const NEWEST_FOR_72 = 11;

/** The smallest snapshot that every Redis since 5.0 loads, byte by byte. */
const EMPTY_RDB_ADVICE =
  'Send an empty RDB: 88 bytes or so from a real Redis, never 0. The smallest has 18: `$18\\r\\n`, then the bytes 52 45 44 49 53 30 30 30 39 ff 00 00 00 00 00 00 00 00 (`REDIS0009`, the end opcode, a checksum that is not computed), and nothing behind them.';

/** A SYNC that followed a refused PSYNC was refused for the same reason: no snapshot was begun. */
function refusedBefore({ fault, snapshot }: Evidence): boolean {
  return (
    fault !== undefined &&
    snapshot?.form === undefined &&
    /^-(NOAUTH|NOPERM)\b/.test(snapshot?.fault?.bytes ?? '')
  );
}

/** No snapshot at all. */
export const TRANSFER_RULES: readonly Rule[] = [
  {
    id: 'snapshot-refused',
    when: (e) =>
      e.snapshot?.fault?.why === 'error-reply' && !refusedBefore(e)
        ? { text: `The master gave up making the snapshot: \`${e.snapshot.fault.bytes}\`.` }
        : undefined,
  },
  {
    id: 'snapshot-missing',
    when: (e) =>
      e.snapshot?.fault?.why === 'unexpected' && !isMerged(e)
        ? {
            text: 'What follows +FULLRESYNC is not a snapshot: it does not begin with a `$` header.',
            bytes: compareWithRedis('snapshot', e.snapshot.fault.bytes, 'full'),
          }
        : undefined,
  },
  {
    id: 'snapshot-child-died',
    when: (e) => {
      const { before, after } = e.probes;
      if (e.snapshot?.fault?.why !== 'closed' || e.snapshot.form !== undefined) return undefined;
      if (after?.rdb_last_bgsave_status !== 'err' || before?.rdb_last_bgsave_status === 'err')
        return undefined;
      return {
        text: '+FULLRESYNC was followed by a close: the snapshot was begun and not finished.',
        confirmed: 'rdb_last_bgsave_status of its INFO was ok before and is err now.',
      };
    },
  },
  {
    id: 'snapshot-never-comes',
    when: (e) =>
      e.snapshot?.fault &&
      e.snapshot.form === undefined &&
      !isMerged(e) &&
      ['timeout', 'closed'].includes(e.snapshot.fault.why)
        ? {
            text: `+FULLRESYNC was followed by ${e.snapshot.fault.why === 'closed' ? 'a close' : 'silence'}: no snapshot came.`,
          }
        : undefined,
  },
];

/** What is wrong with the snapshot that came. */
export const SNAPSHOT_RULES: readonly Rule[] = [
  {
    id: 'snapshot-hex',
    when: (e) => {
      const form = /^5245444953/.test(head(e))
        ? 'hex digits'
        : /^UkVESVM/.test(head(e))
          ? 'base64'
          : undefined;
      return (
        form && {
          text: `The RDB was sent as ${form}, not as bytes: it begins with \`${head(e).slice(0, 12)}\`.`,
        }
      );
    },
  },
  {
    id: 'snapshot-without-checksum',
    when: (e) => {
      const r = report(e);
      if (r?.checksum.state !== 'missing' || e.stream?.noiseEndsSnapshot) return undefined;
      // A length that counts bytes which never come belongs to snapshot-wrong-length, unless the trailer alone lacks.
      const announced = e.snapshot?.length;
      const lacking = announced === undefined ? 0 : announced - r.bytes;
      if (lacking > 8) return undefined;
      return {
        text: `The snapshot is ${r.bytes} bytes and ends with the opcode FF: since RDB version 5 a checksum of 8 bytes follows, and here ${missingWords(r.trailerBytes)}.${shown(r)}`,
      };
    },
  },
  {
    id: 'snapshot-wrong-length',
    when: (e) => wrongLength(e),
  },
  {
    id: 'eof-mark-missing',
    when: (e) => {
      const { snapshot } = e;
      const r = report(e);
      if (!snapshot?.fault || snapshot.form !== 'eof' || !r || !ended(r)) return undefined;
      const how =
        snapshot.fault.why === 'closed'
          ? 'the connection closed'
          : `nothing more came for ${seconds(snapshot.fault.waitedMs)}`;
      const instead = r.extraBytes > 0 ? `${r.extraBytes} bytes came that are not the mark, and then ` : '';
      return {
        text: `The RDB ended after ${r.bytes - r.extraBytes} bytes, and the mark of \`$EOF:\` did not follow: ${instead}${how}.`,
      };
    },
  },
  {
    id: 'output-buffer-limit',
    when: (e) => {
      const before = numberOf(e.probes.before, 'client_output_buffer_limit_disconnections');
      const after = numberOf(e.probes.after, 'client_output_buffer_limit_disconnections');
      if (!brokenOff(e, 'closed') || before === undefined || after === undefined || after <= before)
        return undefined;
      return {
        text: cutText(e),
        confirmed: `client_output_buffer_limit_disconnections of its INFO rose from ${before} to ${after} meanwhile.`,
      };
    },
  },
  {
    id: 'snapshot-cut',
    when: (e) =>
      brokenOff(e, 'closed') ? { text: cutText(e) + childOrBuffer(e) + othersToo(e) } : undefined,
  },
  {
    id: 'snapshot-stalled',
    when: (e) => (brokenOff(e, 'timeout') ? { text: cutText(e) } : undefined),
  },
  {
    id: 'snapshot-text-damaged',
    when: (e) => {
      const r = report(e);
      const broken = r && (r.problem !== undefined || r.checksum.state === 'bad');
      return broken && (r.head.includes(REPLACEMENT) || r.tail.includes(REPLACEMENT)) ? {} : undefined;
    },
  },
  {
    id: 'snapshot-bad-checksum',
    when: (e) => {
      const sum = report(e)?.checksum;
      return sum?.state === 'bad'
        ? {
            text: `The checksum at the end of the RDB is ${sum.stored}; over its bytes it is ${sum.computed}.`,
          }
        : undefined;
    },
  },
  {
    id: 'snapshot-too-new',
    when: (e) => {
      const r = report(e);
      if (!/^Can't handle RDB format version/.test(r?.problem?.message ?? '')) return undefined;
      return {
        severity: 'fault',
        text: `The RDB has version ${r?.version}, which is newer than any that we read; so are replicas of Redis 7.2 unable to.`,
      };
    },
  },
  {
    id: 'snapshot-unknown-type',
    when: (e) => {
      const problem = report(e)?.problem;
      if (!problem || !isLater(problem.message)) return undefined;
      return {
        text: `The snapshot holds a type or an opcode that Redis 7.2 does not know: ${problem.message}. Either something newer wrote it, or its bytes are damaged there.`,
      };
    },
  },
  {
    id: 'snapshot-unreadable',
    when: (e) => {
      const problem = report(e)?.problem;
      return problem && { text: `The snapshot cannot be read: ${problem.message}.${shown(report(e))}` };
    },
  },
];

/** Things about a snapshot that stand beside the others. */
export const SNAPSHOT_SIDE_RULES: readonly Rule[] = [
  {
    id: 'snapshot-eof-unasked',
    when: (e) => (e.snapshot?.form === 'eof' && !e.asked.capa.includes('eof' as Bytes) ? {} : undefined),
  },
];

/** What a replica could not read of a snapshot that is whole. */
export const SNAPSHOT_CONTENT_RULES: readonly Rule[] = [
  {
    id: 'snapshot-unknown-type',
    when: (e) => {
      const modules = report(e)?.keysByType.module ?? 0;
      if (modules === 0) return undefined;
      return {
        severity: 'warning',
        text: `The snapshot holds ${modules} value${modules === 1 ? '' : 's'} of modules: a replica without the same modules cannot load it.`,
      };
    },
  },
  {
    id: 'snapshot-valkey-magic',
    when: (e) => {
      const r = report(e);
      return r?.magic === 'VALKEY'
        ? { text: `The RDB begins with VALKEY0${r.version}: no Redis can read it.` }
        : undefined;
    },
  },
  {
    id: 'snapshot-too-new',
    when: (e) => {
      const r = report(e);
      return r?.magic === 'REDIS' && r.version !== undefined && r.version > NEWEST_FOR_72
        ? { text: `The RDB has version ${r.version}: replicas of Redis 7.2 and before cannot read it.` }
        : undefined;
    },
  },
];

/** Too long: the RDB ended and bytes were still due, or others came in their place. Too short: it goes on behind the end. */
export function wrongLength(e: Evidence): { text: string; fix?: string } | undefined {
  const { snapshot } = e;
  const r = snapshot?.report;
  if (!snapshot || !r || snapshot.length === undefined) return undefined;
  const announced = snapshot.length;
  if (snapshot.fault?.why === 'stalled') {
    const silence = seconds(snapshot.fault.waitedMs);
    return {
      text: `\`$${announced}\` was announced and ${r.bytes} bytes came, then nothing for ${silence}: the RDB has ended, so the length is ${announced - r.bytes} too large.`,
    };
  }
  if (snapshot.fault) return undefined;
  if (e.stream?.noiseEndsSnapshot) {
    const lacking = missingTrailerBytes(r);
    return {
      text: `\`$${announced}\` was announced, and the RDB has ${announced + lacking} bytes: the last ${lacking} of its checksum came right behind the announced length, so that a replica takes them for the beginning of the command stream. The length is ${lacking} too small.`,
    };
  }
  if (r.extraBytes > 0) {
    return {
      text: `\`$${announced}\` was announced, but the RDB ends after ${announced - r.extraBytes} bytes: the length is ${r.extraBytes} too large, and swallows what follows the snapshot.`,
    };
  }
  if (announced === 0) {
    return {
      text: '`$0` was announced: a snapshot of no bytes. A master without keys sends an RDB, too, and a replica cannot load nothing.',
      fix: EMPTY_RDB_ADVICE,
    };
  }
  if (r.cutShort && r.checksum.state !== 'missing') {
    return {
      text: `\`$${announced}\` was announced, and after ${announced} bytes the RDB has not ended: the length is too small.`,
    };
  }
  return undefined;
}

/** The RDB itself came whole. */
function ended(r: SnapshotReport): boolean {
  return r.problem === undefined && ['ok', 'zero', 'none'].includes(r.checksum.state);
}

/** Whether the reader stopped at something that another version or a module writes. */
function isLater(message: string): boolean {
  const found = UNKNOWN_TYPE.exec(message);
  if (!found) return false;
  if (found[1] === undefined) return true;
  const code = Number(found[1]);
  return Object.values(LATER_NUMBERS).some(([first, last]) => code >= first && code <= last);
}

function brokenOff(e: Evidence, why: 'closed' | 'timeout'): boolean {
  return e.snapshot?.form !== undefined && e.snapshot.fault?.why === why;
}

function cutText({ snapshot }: Evidence): string {
  const of = snapshot?.length === undefined ? '' : ` of ${snapshot.length}`;
  const how =
    snapshot?.fault?.why === 'closed'
      ? 'The connection closed'
      : `Nothing more came for ${seconds(snapshot?.fault?.waitedMs ?? 0)}`;
  return `${how} after ${snapshot?.fault?.receivedBytes ?? 0}${of} bytes of the snapshot.`;
}

/** INFO says nothing of a child that wrote to sockets (redis 7.2.6 rdb.c:backgroundSaveDoneHandlerSocket). */
function childOrBuffer(e: Evidence): string {
  if (e.snapshot?.form !== 'eof') return '';
  return ' In this form the master drops its replica also when the child that writes the snapshot dies; only its log tells which it was.';
}

/** One full sync was ours. */
function othersToo(e: Evidence): string {
  const before = numberOf(e.probes.before, 'sync_full');
  const after = numberOf(e.probes.after, 'sync_full');
  if (before === undefined || after === undefined || after - before < 2) return '';
  return ` The master began ${after - before} full syncs meanwhile (sync_full), so other replicas are cut off as well.`;
}

function missingWords(trailerBytes: number): string {
  return trailerBytes === 0 ? 'they are missing' : `only ${trailerBytes} of them came`;
}

function shown(r: SnapshotReport | undefined): string {
  if (!r || r.bytes > 32) return '';
  return ` It is \`${quote(r.head, false)}\`.`;
}
