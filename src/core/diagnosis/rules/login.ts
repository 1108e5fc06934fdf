/** Rules for login, rights, and masters that take no replica now. */
import { decidingLine, lastWithoutPsync, type Evidence } from '../evidence.js';
import { type Silence } from '../probe-results.js';
import { onLine, type Rule } from '../rule.js';
import { commandOf, hopsInWords } from './words.js';

/** What the master must allow its replica, by the command that it refused. */
function lackingRule(line: string): string {
  const command = /'([a-z|-]+)'/i.exec(line)?.[1];
  return command === undefined ? '' : ` What lacks is \`+${command}\`.`;
}

const LINK_DOWN = /^-(MASTERDOWN\b|NOMASTERLINK Can't SYNC while not connected)/;

const NOAUTH = /^-(NOAUTH\b|ERR operation not permitted)/;

export const LOGIN_RULES: readonly Rule[] = [
  {
    id: 'noauth',
    when: (e) => {
      const line = decidingLine(e);
      if (!NOAUTH.test(line)) return undefined;
      const at = e.fault?.step === 'psync' ? 'PSYNC' : 'PING';
      return { text: `The server wants a password and none was given: ${at} was answered \`${line}\`.` };
    },
  },
  {
    id: 'noauth',
    when: (e) => {
      const last = lastWithoutPsync(e);
      if (!last) return undefined;
      const at = commandOf(last.step);
      // Without a login the rights are those of the user `default`.
      const anonymous = !e.asked.password && /^-NOPERM\b/.test(last.line);
      if (anonymous)
        return {
          text: `Who has not logged in may not replicate here: ${at} was answered \`${last.line}\`, and no password was given.`,
        };
      if (!NOAUTH.test(last.line)) return undefined;
      return {
        text: `The server wants a password and none was given: ${at} was answered \`${last.line}\`. PSYNC, which was not sent, would be refused likewise.`,
      };
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
      if (!/^-NOPERM\b/.test(line)) return undefined;
      return { text: `The ACL of this user does not allow replication: \`${line}\`.${lackingRule(line)}` };
    },
  },
  {
    id: 'auth-unknown',
    when: (e) =>
      e.fault?.step === 'auth' && e.fault.why === 'error-reply'
        ? { text: `AUTH was answered \`${decidingLine(e)}\`, so the handshake ends here.` }
        : undefined,
  },
];

export const STATE_RULES: readonly Rule[] = [
  {
    id: 'loading',
    when: (e) => {
      if (!/^-LOADING\b/.test(decidingLine(e))) return undefined;
      const eta = e.probes.before?.loading_eta_seconds;
      if (eta === undefined) return {};
      return {
        text: `The server reads its data set, and expects to be done in ${eta} s (loading_eta_seconds).`,
      };
    },
  },
  {
    id: 'replica-of-itself',
    when: (e) => {
      if (!LINK_DOWN.test(decidingLine(e)) || e.probes.upstream?.end !== 'self') return undefined;
      const { master_host: host, master_port: port } = e.probes.before ?? {};
      return {
        text: `The target was told to follow ${host}:${port}, and that is the target itself: \`${decidingLine(e)}\`.`,
        confirmed: 'the run_id that answers there is its own.',
      };
    },
  },
  {
    id: 'replication-ring',
    when: (e) => {
      const { upstream } = e.probes;
      if (!LINK_DOWN.test(decidingLine(e)) || upstream?.end !== 'ring') return undefined;
      return {
        text: `No node of this group has a master that is none's replica: the target follows ${hopsInWords(upstream)}, which leads back to where it began.`,
        confirmed: 'INFO of each of them names the next, and a run_id came twice.',
      };
    },
  },
  {
    id: 'masterdown',
    when: (e) => (/^-MASTERDOWN\b/.test(decidingLine(e)) ? aboveIt(e) : undefined),
  },
  onLine('misconf', /^-MISCONF\b/, decidingLine),
  onLine('busy', /^-BUSY\b/, decidingLine),
  onLine('failing-over', /^-NOMASTERLINK.*failing over/, decidingLine),
  {
    id: 'nomasterlink',
    when: (e) => (/^-NOMASTERLINK\b/.test(decidingLine(e)) ? aboveIt(e) : undefined),
  },
];

/** What a server above the target did instead of answering. */
const SILENCES: Readonly<Record<Silence, string>> = {
  refused: 'refuses the connection: nothing listens there',
  timeout: 'did not answer in time',
  unreachable: 'cannot be reached from here',
  login: 'answers, but no INFO without a login, and none is sent there',
  error: 'answers INFO by an error',
  closed: 'did not answer INFO',
};

/** Where the target's own master is, and what was found there. */
function aboveIt(e: Evidence): { text?: string } {
  const { before, upstream } = e.probes;
  const host = before?.master_host;
  if (host === undefined) return {};
  const named = `The target is itself a replica, of ${host}:${before?.master_port}, and has lost its link to it`;
  switch (upstream?.end) {
    case 'silent':
      return {
        text: `${named}: ${upstream.hops[upstream.hops.length - 1].address} ${SILENCES[upstream.why ?? 'closed']}.`,
      };
    case 'master':
      return { text: `${named}, though a master answers at the top: ${hopsInWords(upstream)}.` };
    case 'self':
    case 'ring':
    case 'too-long':
    case undefined:
      return { text: `${named}.` };
  }
}
