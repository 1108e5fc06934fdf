/** Rules for a PSYNC that was refused, answered by something else, or not at all. */
import { type Bytes } from '../../base/bytes.js';
import { decidingLine, isStep, type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { onLine, type Rule } from '../rule.js';
import { childInWords, seconds, UNKNOWN_COMMAND } from './words.js';

const psync = (e: Evidence): Bytes | undefined => e.answers.get('psync')?.line;
const UNKNOWN_PSYNC = /^-ERR unknown command [`']?p?sync\b/i;

/** What a server says that does not find its replica. */
const NOT_REGISTERED =
  /not[ -]?registered|unknown (replica|slave)|(replica|slave|client) .*(not|un)[ -]?(found|known)|no such (replica|slave)|no replconf|replconf .*(first|before|missing|required)|not found.*(replica|slave)/i;

/** REPLCONF went through and PSYNC is refused for want of a known replica, or ended without a word after it. */
export function looksKeyedByAddress(e: Evidence): boolean {
  const line = psync(e);
  const introduced = e.answers.get('listening-port')?.verdict === 'ok';
  if (!introduced || !line?.startsWith('-')) return false;
  return NOT_REGISTERED.test(line) || mentionsUs(e, line);
}

function mentionsUs(e: Evidence, line: Bytes): boolean {
  return e.local !== undefined && e.local.port > 0 && new RegExp(`[: ]${e.local.port}\\b`).test(line);
}

/** Refusals whose words say it all. */
const LINES: readonly Rule[] = [
  onLine('pending-output', /^-ERR SYNC and PSYNC are invalid with pending output/, decidingLine),
  onLine('filter-needs-eof', /^-ERR Filtered replica requires EOF capability/, decidingLine),
  onLine('failover-refused', /^-ERR PSYNC FAILOVER /, decidingLine),
  onLine('replica-cannot-command', /^-ERR Replica can't interact with the keyspace/, decidingLine),
  onLine('psync-bad-arguments', /^-ERR value is not an integer or out of range/, psyncLine),
  {
    id: 'psync-arity',
    when: (e) => {
      const line = psyncLine(e);
      if (!/^-ERR wrong number of arguments/i.test(line)) return undefined;
      return {
        text: `PSYNC with its two arguments was answered \`${line}\`: what answers to this name is not Redis's PSYNC.`,
      };
    },
  },
  {
    id: 'bgsave-failed',
    when: (e) => {
      if (!/^-ERR BGSAVE failed/.test(decidingLine(e))) return undefined;
      const child = childInWords(e.probes.before);
      return child === undefined
        ? {}
        : { text: `The master could not begin its snapshot: ${child} was running when it was asked.` };
    },
  },
];

function psyncLine(e: Evidence): Bytes {
  return (e.fault?.step === 'psync' ? psync(e) : undefined) ?? ('' as Bytes);
}

const REFUSALS: readonly Rule[] = [
  {
    id: 'psync-unknown',
    when: (e) => {
      const line = psync(e);
      if (e.fault?.step !== 'psync' || line === undefined) return undefined;
      if (!UNKNOWN_PSYNC.test(line) && !UNKNOWN_COMMAND.test(line)) return undefined;
      const replconf = e.answers.get('listening-port') ?? e.answers.get('capa');
      const both = replconf !== undefined && UNKNOWN_COMMAND.test(replconf.line);
      const more = both
        ? ' REPLCONF is unknown to it as well: a proxy, a Sentinel, or a server without replication.'
        : '';
      return { text: `The server has no PSYNC, or has renamed it: \`${line}\`.${more}` };
    },
  },
  onLine(
    'command-disallowed',
    /^-ERR (command (is )?(disallowed|not allowed|disabled)|.*(unsupported|not supported) command|unsupported command)/i,
    decidingLine,
  ),
  {
    id: 'replica-keyed-by-address',
    when: (e) => {
      const own = e.probes.ownPort;
      if (!own?.accepted || !looksKeyedByAddress(e)) return undefined;
      return {
        text: keyedText(e),
        confirmed: `a second handshake that announced port ${own.port} from source port ${own.port} was accepted.`,
      };
    },
  },
  {
    id: 'replica-not-registered',
    when: (e) => {
      if (!looksKeyedByAddress(e)) return undefined;
      const own = e.probes.ownPort;
      return {
        text: `The master accepted REPLCONF but does not recognise the same connection in PSYNC: \`${psync(e)}\`.`,
        ...(own && {
          confirmed: `a second handshake that announced port ${own.port} from source port ${own.port} was refused, too (\`${own.line}\`): not a matter of the port.`,
        }),
      };
    },
  },
];

/** Words that mean +FULLRESYNC or +CONTINUE and are neither. */
const MISSPELT = /^\+(?!CONTINUE) ?(full[-_ ]?(re)?[-_ ]?s[iy]nc|fullres[a-z]*|conti?n[a-z]*)(?![a-z])/i;

const OTHER_ANSWERS: readonly Rule[] = [
  {
    id: 'answer-too-many',
    when: (e) => {
      const line = psyncLine(e);
      if (!/^\+(OK|PONG)$/i.test(line)) return undefined;
      return {
        text: `PSYNC was answered \`${line}\`, which is the answer to PING or REPLCONF: one answer too many came before, or PSYNC itself is answered so.`,
      };
    },
  },
  {
    id: 'fullresync-misspelt',
    when: (e) => {
      const line = psyncLine(e);
      if (!MISSPELT.test(line)) return undefined;
      const meant = /^\+ ?c/i.test(line) ? '+CONTINUE' : '+FULLRESYNC';
      return {
        text: `PSYNC was answered \`${line}\`: did you mean ${meant}?`,
        bytes: compareWithRedis('psync', `${line}\r\n` as Bytes, e.asked.psync),
      };
    },
  },
  {
    id: 'two-channel-sync',
    when: (e) => (/^\+(DUALCHANNELSYNC|RDBCHANNELSYNC)/.test(psync(e) ?? '') ? {} : undefined),
  },
  {
    id: 'fullresync-wrong-type',
    when: (e) => {
      const line = psyncLine(e);
      const named = /^[-:*$]?(FULLRESYNC|CONTINUE)\b/i.test(line);
      const bulk = /^\$\d+$/.test(line) || /^\$EOF:/.test(line);
      if (!named && !bulk) return undefined;
      const text = bulk
        ? `PSYNC was answered \`${line}\`, the head of a bulk string: either +FULLRESYNC was written as one, or the snapshot came without a +FULLRESYNC line before it.`
        : `PSYNC was answered \`${line}\`: the words are right, but not as a simple string with its \`+\`.`;
      return { text, bytes: compareWithRedis('psync', `${line}\r\n` as Bytes, e.asked.psync) };
    },
  },
  {
    id: 'other-child-running',
    when: (e) => {
      const child = childInWords(e.probes.waiting ?? e.probes.before);
      if (!e.fault?.onlyKeepalives || child === undefined) return undefined;
      return {
        text: `${e.keepalives} keepalives came and no answer: the master is busy with ${child}, and begins our snapshot when that is done.`,
      };
    },
  },
  {
    id: 'keepalives-forever',
    when: (e) => {
      if (!e.fault?.onlyKeepalives) return undefined;
      const asked = e.probes.waiting ?? e.probes.before;
      const known =
        asked === undefined
          ? 'whether another child is running is not known'
          : 'by its INFO no other child is running';
      return { text: `${e.keepalives} keepalives came and no answer; ${known}.` };
    },
  },
  {
    id: 'psync-unanswered',
    when: (e) =>
      e.fault?.step === 'psync' && e.fault.why === 'timeout' && e.fault.bytes === ''
        ? {
            text: `PSYNC got no answer in ${seconds(e.fault.waitedMs)}, and ${e.keepalives > 0 ? 'the keepalives stopped' : 'no keepalive either'}.`,
          }
        : undefined,
  },
  {
    id: 'continue-without-request',
    when: (e) =>
      e.asked.psync === 'full' && psync(e)?.startsWith('+CONTINUE')
        ? {
            text: `\`PSYNC ? -1\` was answered \`${psync(e)}\`: we said that we hold nothing, and the master lets us continue.`,
          }
        : undefined,
  },
];

/** An error without a name of its own. */
const ANY_ERROR: Rule = {
  id: 'psync-refused',
  when: (e) => {
    const line = psyncLine(e);
    if (e.fault?.why !== 'error-reply' || !line.startsWith('-')) return undefined;
    return {
      text: `PSYNC was answered \`${line}\`, an error that a replica does not know: it takes the master for one without PSYNC, and tries SYNC.`,
    };
  },
};

export const PSYNC_RULES: readonly Rule[] = [...LINES, ...REFUSALS, ...OTHER_ANSWERS, ANY_ERROR];

/** The last word of all that end a handshake. */
export const UNKNOWN_ANSWER: Rule = {
  id: 'unknown-answer',
  when: (e) => {
    if (!e.fault || (e.fault.step === 'connect' && e.answers.size === 0)) return undefined;
    const got = unexplained(e);
    const text =
      e.fault.why === 'closed'
        ? `The master closed the connection while we waited for the answer to ${e.fault.step}.`
        : undefined;
    return { ...(text && { text }), bytes: compareWithRedis(e.fault.step, got, e.asked.psync) };
  },
};

/** The bytes at the step that failed: its line, then what lay behind it. */
function unexplained(e: Evidence): Bytes {
  const step = e.fault?.step;
  const line = step && isStep(step) ? e.answers.get(step)?.bytes : undefined;
  return ((line ?? '') + (e.fault?.bytes ?? '')) as Bytes;
}

function keyedText(e: Evidence): string {
  const host = e.local?.address.replace(/:\d+$/, '') ?? '';
  const stored = `${e.asked.announceIp ?? host}:${e.asked.listeningPort}`;
  const lookedFor = e.local?.address ?? '';
  return `The master accepted REPLCONF but does not recognise the same connection in PSYNC: it looked for ${lookedFor} (where our socket comes from), and it had stored ${stored} (what we announced).`;
}

/** A long wait that ended well: what it most likely was for. */
const LONG_WAIT_MS = 3000;

export const WAIT_RULES: readonly Rule[] = [
  {
    id: 'other-child-running',
    when: (e) => {
      const child = childInWords(e.probes.waiting);
      if (!waited(e) || child === undefined) return undefined;
      return {
        severity: 'warning',
        text: `The master let ${seconds(e.psyncTookMs ?? 0)} pass before it answered, because ${child} was going on.`,
      };
    },
  },
  {
    id: 'diskless-delay',
    when: (e) => {
      if (!waited(e) || e.probes.disklessDelaySeconds !== undefined) return undefined;
      if (!e.asked.capa.includes('eof' as Bytes)) return undefined;
      const sure =
        e.probes.waiting === undefined
          ? 'whether another child was the reason is not known'
          : 'no other child was running';
      return {
        text: `The master let ${seconds(e.psyncTookMs ?? 0)} pass before it answered, with ${e.keepalives} keepalives: most likely repl-diskless-sync-delay, which we could not read (${sure}).`,
      };
    },
  },
];

function waited(e: Evidence): boolean {
  return e.outcome?.kind === 'full' && e.keepalives > 1 && (e.psyncTookMs ?? 0) >= LONG_WAIT_MS;
}
