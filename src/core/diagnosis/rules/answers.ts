/** Rules for the answers to PING, AUTH, REPLCONF and PSYNC. */
import { quote, type Bytes } from '../../base/bytes.js';
import { decidingLine, isStep, type Evidence } from '../evidence.js';
import { compareWithRedis } from '../expected.js';
import { onLine, type Rule } from '../rule.js';
import { rawAnswer, seconds } from './reach.js';

const psync = (e: Evidence): Bytes | undefined => e.answers.get('psync')?.line;
const announcedPsync2 = (e: Evidence): boolean => e.asked.capa.includes('psync2' as Bytes);
/** Redis up to 6.2 quotes with backquotes and commas, from 7.0 on with single quotes (server.c:commandCheckExistence). */
const UNKNOWN_COMMAND = /^-ERR unknown command\b/i;
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

export const ANSWER_RULES: readonly Rule[] = [
  {
    id: 'noauth',
    when: (e) => {
      const line = decidingLine(e);
      if (!/^-(NOAUTH\b|ERR operation not permitted)/.test(line)) return undefined;
      const at = e.fault?.step === 'psync' ? 'PSYNC' : 'PING';
      return { text: `The server wants a password and none was given: ${at} was answered \`${line}\`.` };
    },
  },
  onLine('wrongpass', /^-(WRONGPASS\b|ERR invalid password|ERR invalid username-password)/, decidingLine),
  onLine(
    'auth-without-password',
    /^-ERR (AUTH <password> called without any password|Client sent AUTH, but no password is set)/,
    decidingLine,
  ),
  {
    id: 'noperm-psync',
    when: (e) => {
      const line = decidingLine(e);
      return /^-NOPERM\b/.test(line)
        ? { text: `The ACL of this user does not allow replication: \`${line}\`.` }
        : undefined;
    },
  },
  {
    id: 'auth-unknown',
    when: (e) =>
      e.fault?.step === 'auth' && e.fault.why === 'error-reply'
        ? { text: `AUTH was answered \`${decidingLine(e)}\`, so the handshake ends here.` }
        : undefined,
  },
  onLine('loading', /^-LOADING\b/, decidingLine),
  onLine('masterdown', /^-MASTERDOWN\b/, decidingLine),
  onLine('misconf', /^-MISCONF\b/, decidingLine),
  onLine('busy', /^-BUSY\b/, decidingLine),
  onLine('failing-over', /^-NOMASTERLINK.*failing over/, decidingLine),
  onLine('nomasterlink', /^-NOMASTERLINK\b/, decidingLine),
  {
    id: 'wrong-reply-type',
    when: (e) =>
      e.fault?.step === 'ping' && /^(\$4$|PONG$|:|\*)/i.test(decidingLine(e))
        ? {
            text: `PING was answered \`${quote(rawAnswer(e), false)}\`: not the simple string that a replica needs.`,
          }
        : undefined,
  },
  {
    id: 'replconf-unanswered',
    when: (e) => {
      const { fault } = e;
      const steps = ['listening-port', 'ip-address', 'capa', 'rdb-only', 'rdb-filter-only'];
      if (fault?.why !== 'timeout' || !steps.includes(fault.step)) return undefined;
      return {
        text: `REPLCONF ${fault.step} was not answered in ${seconds(fault.waitedMs)}; everything before it was.`,
      };
    },
  },
  onLine('pending-output', /^-ERR SYNC and PSYNC are invalid with pending output/, decidingLine),
  onLine('filter-needs-eof', /^-ERR Filtered replica requires EOF capability/, decidingLine),
  onLine('bgsave-failed', /^-ERR BGSAVE failed/, decidingLine),
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
    /^-ERR (command (is )?(disallowed|not allowed|disabled)|.*(unsupported|not supported) command)/i,
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
  {
    id: 'two-channel-sync',
    when: (e) => (/^\+(DUALCHANNELSYNC|RDBCHANNELSYNC)/.test(psync(e) ?? '') ? {} : undefined),
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
  {
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
  },
];

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

/** Rules for a PSYNC that was answered, whatever came later. They stand beside the others: replication goes on. */
export const POSITION_RULES: readonly Rule[] = [
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
    id: 'probe-needs-backlog',
    when: (e) =>
      e.probes.probeImpossible === undefined
        ? undefined
        : {
            text: `The current position cannot be asked for without a snapshot: ${e.probes.probeImpossible}. PSYNC was not sent.`,
          },
  },
  {
    id: 'probe-got-fullresync',
    when: (e) => {
      if (e.asked.probe && e.outcome?.kind === 'full') return { text: notContinued(e.outcome.line) };
      const { reconnect } = e.probes;
      // Found beside the way: replication works, each reconnect costs a snapshot.
      if (reconnect?.outcome.kind === 'full')
        return { severity: 'warning', text: notContinued(reconnect.line) };
      return undefined;
    },
  },
];

function notContinued(line: Bytes): string {
  return `A PSYNC for the master's own id and position was answered \`${line}\`.`;
}

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
];

function continued(e: Evidence): Bytes | undefined {
  const outcomes = [e.outcome, e.probes.reconnect?.outcome];
  for (const outcome of outcomes) if (outcome?.kind === 'continue') return outcome.line;
  return undefined;
}

/** Warnings of a handshake that went on. */
export const INTRODUCE_RULES: readonly Rule[] = [
  {
    id: 'replconf-unknown',
    when: (e) => {
      const refused = [...e.answers].filter(
        ([step, a]) => a.verdict === 'ignored' && step !== 'ping' && step !== 'auth',
      );
      if (refused.length === 0 || refused.every(([, a]) => /^-(NOAUTH|NOPERM)/.test(a.line)))
        return undefined;
      const [step, answer] = refused[0];
      return { text: `REPLCONF ${step} was answered \`${answer.line}\`. A replica passes over it.` };
    },
  },
];
