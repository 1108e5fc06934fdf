/** Rules for the stream of commands. */
import { quote, type Bytes } from '../../base/bytes.js';
import { type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { type Rule } from '../rule.js';
import { causesText } from './left-out.js';
import { SHIFT_RULES } from './position.js';
import { wrongLength } from './snapshot.js';
import { numberOf, seconds } from './words.js';

const noise = (e: Evidence): string => e.stream?.noise ?? '';
/** Before the first command. */
const leading = (e: Evidence): boolean => (e.stream?.noiseAfter ?? 0) === 0;
/** A master drops a replica that is silent for repl-timeout, 60 s by default; we acknowledge nothing. */
const NEARLY_REPL_TIMEOUT_MS = 50_000;

/** A close this soon after the snapshot belongs to it. */
const RIGHT_BEHIND_MS = 500;

/** What comes after the snapshot. */
export const STREAM_RULES: readonly Rule[] = [
  ...SHIFT_RULES,
  {
    id: 'snapshot-wrong-length',
    // What looks like noise is then the rest of the RDB, or of a command whose beginning was swallowed.
    when: (e) => (e.stream?.noise === undefined ? undefined : wrongLength(e)),
  },
  {
    id: 'newline-after-mark',
    when: (e) =>
      leading(e) && e.snapshot?.form === 'eof' && /^\r?\n[\r\n]*$/.test(noise(e))
        ? {
            text: `After the mark of the EOF form came \`${shown(e)}\`. A replica skips it and counts it, and is ${noise(e).length} ahead of its master for ever.`,
          }
        : undefined,
  },
  {
    id: 'snapshot-trailing-crlf',
    when: (e) =>
      leading(e) && e.snapshot !== undefined && /^\r?\n[\r\n]*$/.test(noise(e))
        ? {
            text: `After the last byte of the snapshot came \`${shown(e)}\`: the RDB was written as a RESP bulk string, which it is not. A replica counts these bytes: when the master is at offset N it believes to be at N + ${noise(e).length}, and after a reconnect asks for what was never sent.`,
          }
        : undefined,
  },
  {
    id: 'stream-stray-newline',
    when: (e) =>
      /^[\r\n]+$/.test(noise(e))
        ? {
            text: `After ${e.stream?.noiseAfter ?? 0} commands came \`${shown(e)}\`, which belongs to none. A replica skips it and counts it, and is ${noise(e).length} ahead of its master for ever.`,
          }
        : undefined,
  },
  {
    id: 'stream-not-commands',
    when: (e) => {
      const bytes = e.stream?.fault?.bytes ?? e.stream?.noise;
      if (bytes === undefined) return undefined;
      const reply = /^([+:-][^\r\n]*)\r?\n/.exec(bytes)?.[1];
      const text =
        reply === undefined
          ? {}
          : {
              text: `The reply \`${reply}\` was written into the replication stream, which carries commands alone.`,
            };
      return { ...text, bytes: compareWithRedis('stream', bytes.slice(0, 128) as Bytes, 'full') };
    },
  },
];

/** The link itself, while the stream was followed. */
export const LINK_RULES: readonly Rule[] = [
  {
    id: 'closed-behind-snapshot',
    when: (e) => {
      const { snapshot, close, stream } = e;
      if (close?.step !== 'stream' || close.close.by === 'us' || e.outcome?.kind !== 'full') return undefined;
      if (snapshot?.report === undefined || snapshot.fault || snapshot.endedUs === undefined)
        return undefined;
      // What came in its place says more.
      if (stream?.noise !== undefined || stream?.fault || (stream?.bytesRead ?? 0) > 0) return undefined;
      const ms = (close.atUs - snapshot.endedUs) / 1000;
      if (ms > RIGHT_BEHIND_MS) return undefined;
      return {
        text: `The socket was ended right after the RDB, ${seconds(ms)} behind its last byte: no command can follow on this link, and a replica that took the snapshot comes back for another one, for ever.`,
      };
    },
  },
  {
    id: 'stream-closed',
    when: (e) => {
      const { end, lastedMs = 0, commands = 0 } = e.stream ?? {};
      if (end !== 'closed') return undefined;
      const after = `The master closed the link ${seconds(lastedMs)} after the stream had begun, ${commands} command${commands === 1 ? '' : 's'} in.`;
      return lastedMs >= NEARLY_REPL_TIMEOUT_MS
        ? {
            severity: 'warning',
            text: `${after} We acknowledge nothing, and a master drops a replica that is silent for repl-timeout: that is to be expected here.`,
          }
        : { text: after };
    },
  },
];

/** What the stream holds. */
export const CONTENT_RULES: readonly Rule[] = [
  {
    id: 'stream-without-select',
    when: (e) => {
      const first = e.stream?.firstWrite;
      const others = (e.probes.databases ?? []).filter((db) => db !== 0);
      if (!first || first.selected || e.outcome?.kind !== 'full' || others.length === 0) return undefined;
      return {
        text: `The first write of the stream, \`${first.name}\`, came without a SELECT before it, and the master has keys in database ${others.join(', ')} too: a replica takes it for database 0.`,
      };
    },
  },
];

export const HELLO_RULES: readonly Rule[] = [
  {
    id: 'sentinel-hello-in-stream',
    when: (e) => (e.stream?.sentinelHello === true ? {} : undefined),
  },
];

export const OFFSET_RULES: readonly Rule[] = [
  {
    id: 'offset-counts-too-little',
    // It has counted before, and all that came is of one kind that home-made masters forget.
    when: (e) => {
      const { startOffset = 0, bytesRead = 0, portions } = e.stream ?? {};
      const now = e.probes.masterOffset;
      const kinds = portions ? [portions.getack, portions.ping, portions.select] : [];
      const oneKind = bytesRead > 0 && kinds.includes(bytesRead);
      if (startOffset === 0 || now !== startOffset || !oneKind) return undefined;
      return {
        text: `${bytesRead} bytes arrived on the replication stream, and master_repl_offset stayed at ${now}.${causesText(bytesRead, portions, startOffset)}`,
      };
    },
  },
  {
    id: 'offset-never-moves',
    when: (e) => {
      const { startOffset, bytesRead = 0, commands = 0 } = e.stream ?? {};
      const now = e.probes.masterOffset;
      if (startOffset === undefined || bytesRead === 0 || now === undefined || now > startOffset)
        return undefined;
      // It moved, though from another number than +FULLRESYNC's.
      if (now > (numberOf(e.probes.before, 'master_repl_offset') ?? now)) return undefined;
      return {
        text: `${commands} command${commands === 1 ? '' : 's'} (${bytesRead} bytes) arrived on the replication stream, but the master's offset is still ${now}, as before them.`,
        confirmed: `INFO replication says master_repl_offset:${now}; +FULLRESYNC said ${startOffset}.`,
      };
    },
  },
  {
    id: 'offset-counts-too-little',
    when: (e) => {
      const { startOffset, bytesRead = 0, commands = 0, portions } = e.stream ?? {};
      const now = e.probes.masterOffset;
      if (startOffset === undefined || now === undefined || !unspoilt(e)) return undefined;
      // What counts on from another number than +FULLRESYNC's is another matter.
      const from = numberOf(e.probes.before, 'master_repl_offset') ?? startOffset;
      if (from > startOffset || now <= from || now - from >= bytesRead) return undefined;
      return {
        text: `${commands} command${commands === 1 ? '' : 's'} (${bytesRead} bytes) arrived on the replication stream, and the master's offset went from ${from} to ${now}, by ${now - from}.${causesText(bytesRead - (now - from), portions, startOffset)}`,
        confirmed: `INFO replication says master_repl_offset:${now}; a replica that has read all of it is at ${startOffset + bytesRead}.`,
      };
    },
  },
  {
    id: 'fullresync-offset-differs',
    when: (e) => {
      const now = e.probes.masterOffset;
      const told = e.outcome?.kind === 'full' ? e.outcome.offset : undefined;
      const read = e.stream?.bytesRead ?? 0;
      if (told === undefined || now === undefined || now >= told + read || !unspoilt(e)) return undefined;
      const before = numberOf(e.probes.before, 'master_repl_offset');
      // Counting too little is another matter.
      if (before === undefined ? now >= told : now - before < read) return undefined;
      const moved =
        read > 0 && before !== undefined
          ? `; over the ${read} bytes of the stream it went from ${before} to ${now}`
          : ` ${now}`;
      return {
        text: `+FULLRESYNC told the offset ${told}, and the master's own count is another: INFO says master_repl_offset${moved}. A replica reads ${told + read} where its master is at ${now}.`,
      };
    },
  },
  {
    id: 'stream-withheld',
    // A write between the end of the reading and INFO would look alike: so nothing may have come late, either.
    when: (e) => {
      const { startOffset, bytesRead = 0, cutBytes = 0, lateBytes = 0, end, lastedMs = 0 } = e.stream ?? {};
      const now = e.probes.masterOffset;
      if (startOffset === undefined || now === undefined || now <= startOffset) return undefined;
      if (end !== 'time' || bytesRead + cutBytes + lateBytes > 0 || noise(e) !== '') return undefined;
      return {
        text: `The master's offset went from ${startOffset} to ${now} while we listened for ${seconds(lastedMs)}, and no byte of the stream came.`,
        confirmed: `INFO replication says master_repl_offset:${now}.`,
      };
    },
  },
];

/** Every byte of the stream was counted as we count it. */
function unspoilt({ snapshot, stream }: Evidence): boolean {
  const report = snapshot?.report;
  const whole = !snapshot?.fault && report?.extraBytes === 0 && !report.cutShort;
  return whole && stream?.noise === undefined && stream?.fault === undefined;
}

function shown(e: Evidence): string {
  return quote(noise(e).slice(0, 8) as Bytes, false);
}
