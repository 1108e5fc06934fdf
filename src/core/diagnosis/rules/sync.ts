/** Rules for the snapshot and the stream. */
import { quote, type Bytes } from '../../base/bytes.js';
import { type SnapshotReport } from '../../replication/snapshot-check.js';
import { type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { type Rule } from '../rule.js';
import { seconds } from './reach.js';

const report = (e: Evidence): SnapshotReport | undefined => e.snapshot?.report;
const head = (e: Evidence): Bytes => report(e)?.head ?? ('' as Bytes);
/** U+FFFD in UTF-8: what a text conversion leaves of a byte that is no text. */
const REPLACEMENT = '\xef\xbf\xbd';
/** The newest RDB that a Redis 7.2 replica loads. */
const NEWEST_FOR_72 = 11;

/** No snapshot at all. */
export const TRANSFER_RULES: readonly Rule[] = [
  {
    id: 'snapshot-refused',
    when: (e) =>
      e.snapshot?.fault?.why === 'error-reply'
        ? { text: `The master gave up making the snapshot: \`${e.snapshot.fault.bytes}\`.` }
        : undefined,
  },
  {
    id: 'snapshot-missing',
    when: (e) =>
      e.snapshot?.fault?.why === 'unexpected'
        ? {
            text: 'What follows +FULLRESYNC is not a snapshot: it does not begin with a `$` header.',
            bytes: compareWithRedis('snapshot', e.snapshot.fault.bytes, 'full'),
          }
        : undefined,
  },
  {
    id: 'snapshot-never-comes',
    when: (e) =>
      e.snapshot?.fault &&
      e.snapshot.form === undefined &&
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
      if (r?.checksum.state !== 'missing') return undefined;
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
    id: 'snapshot-cut',
    when: (e) => {
      const { snapshot } = e;
      if (!snapshot?.fault || snapshot.form === undefined) return undefined;
      if (!['closed', 'timeout'].includes(snapshot.fault.why)) return undefined;
      const of = snapshot.length === undefined ? '' : ` of ${snapshot.length}`;
      const how =
        snapshot.fault.why === 'closed'
          ? 'The connection closed'
          : `Nothing more came for ${seconds(snapshot.fault.waitedMs)}`;
      return { text: `${how} after ${snapshot.fault.receivedBytes}${of} bytes of the snapshot.` };
    },
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

/** What comes after the snapshot. */
export const STREAM_RULES: readonly Rule[] = [
  {
    id: 'snapshot-wrong-length',
    // What looks like noise is then the rest of the RDB, or of a command whose beginning was swallowed.
    when: (e) => (e.stream?.noise === undefined ? undefined : wrongLength(e)),
  },
  {
    id: 'snapshot-trailing-crlf',
    when: (e) =>
      /^\r?\n/.test(e.stream?.noise ?? '')
        ? {
            text: `After the last byte of the snapshot came \`${quote((e.stream?.noise ?? '').slice(0, 8) as Bytes, false)}\`: the RDB was written as a RESP bulk string, which it is not.`,
          }
        : undefined,
  },
  {
    id: 'stream-not-commands',
    when: (e) => {
      const bytes = e.stream?.fault?.bytes ?? e.stream?.noise;
      if (bytes === undefined) return undefined;
      return { bytes: compareWithRedis('stream', bytes.slice(0, 128) as Bytes, 'full') };
    },
  },
];

export const OFFSET_RULES: readonly Rule[] = [
  {
    id: 'offset-never-moves',
    when: (e) => {
      const { startOffset, bytesRead = 0, commands = 0 } = e.stream ?? {};
      const now = e.probes.masterOffset;
      if (startOffset === undefined || bytesRead === 0 || now === undefined || now > startOffset)
        return undefined;
      return {
        text: `${commands} command${commands === 1 ? '' : 's'} (${bytesRead} bytes) arrived on the replication stream, but the master's offset is still ${now}, as before them.`,
        confirmed: `INFO replication says master_repl_offset:${now}; +FULLRESYNC said ${startOffset}.`,
      };
    },
  },
];

/** Too long: the RDB ended and bytes were still due, or others came in their place. Too short: it goes on behind the end. */
function wrongLength(e: Evidence): { text: string } | undefined {
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
  if (r.extraBytes > 0) {
    return {
      text: `\`$${announced}\` was announced, but the RDB ends after ${announced - r.extraBytes} bytes: the length is ${r.extraBytes} too large, and swallows what follows the snapshot.`,
    };
  }
  if (r.cutShort && r.checksum.state !== 'missing') {
    return {
      text: `\`$${announced}\` was announced, and after ${announced} bytes the RDB has not ended: the length is too small.`,
    };
  }
  return undefined;
}

function missingWords(trailerBytes: number): string {
  return trailerBytes === 0 ? 'they are missing' : `only ${trailerBytes} of them came`;
}

function shown(r: SnapshotReport | undefined): string {
  if (!r || r.bytes > 32) return '';
  return ` It is \`${quote(r.head, false)}\`.`;
}
