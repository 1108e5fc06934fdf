/** Rules for the answers to PING and REPLCONF. */
import { quote, type Bytes } from '../../base/bytes.js';
import { decidingLine, lastWithoutPsync, type Answer, type Evidence } from '../evidence.js';
import { type Rule } from '../rule.js';
import { rawAnswer } from './reach.js';
import { commandOf, seconds } from './words.js';
import { type StepId } from '../../replication/handshake/steps.js';

const REPLCONF_STEPS: readonly string[] = [
  'listening-port',
  'ip-address',
  'capa',
  'rdb-only',
  'rdb-filter-only',
];

/** Types of RESP that have more than one line, or are no status. */
const OTHER_TYPE = /^[$*:%~_]/;

/** The first answer before PSYNC's that is of another type than a status. */
function firstOtherType(e: Evidence): readonly [StepId, Answer] | undefined {
  return [...e.answers].find(([step, { line }]) => REPLCONF_STEPS.includes(step) && OTHER_TYPE.test(line));
}

/** Faults that end the handshake before PSYNC, or put its answers out of step. */
export const INTRODUCE_FAULTS: readonly Rule[] = [
  {
    id: 'wrong-reply-type',
    when: (e) =>
      e.fault?.step === 'ping' && /^(\$-?\d+$|-?PONG$|[:*%~_#,>])/i.test(decidingLine(e))
        ? {
            text: `PING was answered \`${quote(rawAnswer(e), false)}\`: not the simple string that a replica needs.`,
          }
        : undefined,
  },
  {
    id: 'ping-refused',
    when: (e) =>
      e.fault?.step === 'ping' && e.fault.why === 'error-reply'
        ? {
            text: `PING was answered \`${decidingLine(e)}\`. A replica passes over NOAUTH, NOPERM and \`operation not permitted\` here; at this error it ends the attempt, and begins again a second later.`,
          }
        : undefined,
  },
  {
    id: 'wrong-reply-type',
    when: (e) => {
      const other = e.fault && firstOtherType(e);
      if (!other) return undefined;
      return {
        text: `REPLCONF ${other[0]} was answered \`${quote(other[1].bytes, false)}\`, which is no simple string: a replica reads one line an answer, so that every answer after it is taken for another's.`,
        fix: `Answer REPLCONF ${other[0]} with the simple string \`+OK\\r\\n\`.`,
      };
    },
  },
  {
    id: 'one-command-per-read',
    when: (e) => {
      const { fault } = e;
      if (!e.inOneGo || fault?.why !== 'timeout' || fault.bytes !== '') return undefined;
      // PSYNC waits for the answers to all others: it was not among them.
      if (fault.step === 'psync') return undefined;
      const sent = [...e.sent].filter((step) => step !== 'ping');
      const answered = sent.filter((step) => e.answers.has(step)).length;
      if (answered === 0 || answered === sent.length) return undefined;
      return {
        text: `The introduction was sent in one segment, as replicas since Redis 6.2 send it: of ${sent.length} commands ${answered} ${answered === 1 ? 'was' : 'were'} answered.`,
      };
    },
  },
  {
    id: 'replconf-unanswered',
    when: (e) => {
      const { fault } = e;
      if (fault?.why !== 'timeout' || !REPLCONF_STEPS.includes(fault.step)) return undefined;
      if (fault.bytes !== '') return undefined;
      return {
        text: `REPLCONF ${fault.step} was not answered in ${seconds(fault.waitedMs)}; everything before it was.`,
      };
    },
  },
];

/** A burst on a side connection was not answered in full. */
export const BURST_RULES: readonly Rule[] = [
  {
    id: 'one-command-per-read',
    when: (e) => {
      const { together } = e.probes.manners ?? {};
      if (!together || together.answered === together.sent || lineFeedOnly(e)) return undefined;
      return {
        text: `The introduction was sent in one segment, as replicas since Redis 6.2 send it: of ${together.sent} commands ${together.answered} ${together.answered === 1 ? 'was' : 'were'} answered.`,
        confirmed: 'one by one, on the diagnosed connection, each was answered.',
      };
    },
  },
];

export const CASE_RULES: readonly Rule[] = [
  {
    id: 'case-sensitive-commands',
    when: (e) => {
      const found = e.probes.manners?.caseSensitive;
      if (!found) return undefined;
      // The probe reads RESP, for which a line without CR does not end: no matter of case.
      if (found.line === '' && lineFeedOnly(e)) return undefined;
      const usual = found.command === 'ping' ? e.answers.get('ping') : e.answers.get('listening-port');
      if (usual?.verdict !== 'ok') return undefined;
      const got = found.line === '' ? 'not answered' : `answered \`${found.line}\``;
      return { text: `\`${found.command}\` was ${got}; in the usual case it is accepted.` };
    },
  },
];

/** Warnings about PING in a handshake that went on. */
export const PING_RULES: readonly Rule[] = [
  {
    id: 'noperm-ping',
    when: (e) => {
      const ping = e.answers.get('ping');
      if (ping?.verdict !== 'ignored' || !ping.line.startsWith('-NOPERM')) return undefined;
      if (/^-NOPERM/.test(decidingLine(e)) || lastIsRefusal(e)) return undefined;
      return {
        text: `PING before AUTH was answered \`${ping.line}\`. Replicas since Redis 6.2 go on to AUTH; older ones and KeyDB's give up here.`,
      };
    },
  },
];

const OPTION = /^-ERR Unrecognized REPLCONF option/i;
const TOO_LONG = /^-ERR REPLCONF ip-address provided by replica instance is too long/i;
const SYNTAX = /^-ERR (syntax error|wrong number of arguments)/i;
const NOT_THEIRS = /^-(NOAUTH|NOPERM)/;

const BARE_LF = /[^\r\n]\n$/;

/** The first answer that is ended by LF alone. */
function lineFeedOnly(e: Evidence): readonly [StepId, Answer] | undefined {
  return [...e.answers].find(([, { bytes }]) => BARE_LF.test(bytes));
}

/** How lines are ended, in a handshake that went on. */
export const LINE_END_RULES: readonly Rule[] = [
  {
    id: 'line-feed-only',
    when: (e) => {
      const [step, answer] = lineFeedOnly(e) ?? [];
      if (step === undefined || answer === undefined || answer.verdict === 'fault') return undefined;
      return {
        text: `${commandOf(step)} was answered \`${quote(answer.bytes, false)}\`: the line is ended by LF alone. A replica takes it, clients that look for CR LF wait for ever.`,
      };
    },
  },
];

/** Without PSYNC nothing speaks against a refusal that came last. */
function lastIsRefusal(e: Evidence): boolean {
  return NOT_THEIRS.test(lastWithoutPsync(e)?.line ?? '');
}

/** Warnings about REPLCONF in a handshake that went on: a replica passes over these errors. */
export const INTRODUCE_RULES: readonly Rule[] = [
  {
    id: 'noperm-replconf',
    when: (e) => {
      const last = lastWithoutPsync(e);
      // Without a login it is `noauth`.
      if (!last?.line.startsWith('-NOPERM') || !e.asked.password) return undefined;
      return {
        severity: 'fault',
        text: `${commandOf(last.step)} was answered \`${last.line}\`, and PSYNC was not sent: nothing shows that this user may replicate. What lacks is \`+replconf\`.`,
      };
    },
  },
  ignored('noperm-replconf', /^-NOPERM/, (step, line) => ({
    text: `REPLCONF ${step} was answered \`${line}\`. A replica passes over it, and the master then knows neither its port nor its capabilities. What lacks is \`+replconf\`.`,
  })),
  ignored('replconf-option-refused', OPTION, (step, line) => ({
    text: `REPLCONF ${step} was answered \`${line}\`. A replica passes over it; options behind the unknown one in the same command were not applied.`,
  })),
  ignored('announce-ip-too-long', TOO_LONG, (_step, line) => ({
    text: `The announced address was refused: \`${line}\`. The master lists us under the address that we come from.`,
  })),
  ignored('replconf-syntax', SYNTAX, (step, line) => ({
    text: `REPLCONF ${step} was answered \`${line}\`, though its options came in pairs. A replica passes over it.`,
  })),
  ignored('replconf-unknown', /^-(?!NOAUTH|NOPERM)/, (step, line) => ({
    text: `REPLCONF ${step} was answered \`${line}\`. A replica passes over it.`,
  })),
  {
    id: 'odd-reply',
    when: (e) => {
      const odd = [...e.answers].find(([step, a]) => a.verdict === 'odd' && step !== 'psync');
      if (!odd || INTRODUCE_FAULTS.some((rule) => rule.when(e))) return undefined;
      const usual = odd[0] === 'ping' ? '+PONG' : '+OK';
      return {
        text: `${commandOf(odd[0])} was answered \`${odd[1].line}\`, where Redis says \`${usual}\`. A replica takes it.`,
      };
    },
  },
];

function ignored(
  id: Rule['id'],
  pattern: RegExp,
  found: (step: StepId, line: Bytes) => { text: string },
): Rule {
  return {
    id,
    when: (e) => {
      // Where PSYNC is refused for the same reason, that says it all.
      if (NOT_THEIRS.test(decidingLine(e)) || lastIsRefusal(e)) return undefined;
      const refused = [...e.answers].find(
        ([step, a]) => a.verdict === 'ignored' && REPLCONF_STEPS.includes(step) && pattern.test(a.line),
      );
      return refused && found(refused[0], refused[1].line);
    },
  };
}
