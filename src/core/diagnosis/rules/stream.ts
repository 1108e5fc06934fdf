/** Rules for the stream of commands. */
import { quote, type Bytes } from '../../base/bytes.js';
import { type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { type Rule } from '../rule.js';
import { wrongLength } from './snapshot.js';
import { seconds } from './words.js';

const noise = (e: Evidence): string => e.stream?.noise ?? '';
/** Before the first command. */
const leading = (e: Evidence): boolean => (e.stream?.noiseAfter ?? 0) === 0;
/** A master drops a replica that is silent for repl-timeout, 60 s by default; we acknowledge nothing. */
const NEARLY_REPL_TIMEOUT_MS = 50_000;

/** What comes after the snapshot. */
export const STREAM_RULES: readonly Rule[] = [
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
  {
    id: 'stream-withheld',
    // A write between the end of the reading and INFO would look alike: so nothing may have come late, either.
    when: (e) => {
      const { startOffset, bytesRead = 0, lateBytes = 0, end, lastedMs = 0 } = e.stream ?? {};
      const now = e.probes.masterOffset;
      if (startOffset === undefined || now === undefined || now <= startOffset) return undefined;
      if (end !== 'time' || bytesRead > 0 || lateBytes > 0 || noise(e) !== '') return undefined;
      return {
        text: `The master's offset went from ${startOffset} to ${now} while we listened for ${seconds(lastedMs)}, and no byte of the stream came.`,
        confirmed: `INFO replication says master_repl_offset:${now}.`,
      };
    },
  },
];

function shown(e: Evidence): string {
  return quote(noise(e).slice(0, 8) as Bytes, false);
}
