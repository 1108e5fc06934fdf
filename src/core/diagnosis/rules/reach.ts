/** Rules for what happens before the first answer, and for first answers that are no RESP at all. */
import { EMPTY, type Bytes } from '../../base/bytes.js';
import { type Evidence } from '../evidence.js';
import { type Rule } from '../rule.js';
import { seconds } from './words.js';

/** Everything that came from the peer at the step that failed: the line that was read, and what lay behind it. */
export function rawAnswer(e: Evidence): Bytes {
  const step = e.fault?.step;
  const line = step === 'ping' || step === 'connect' ? (e.answers.get('ping')?.bytes ?? EMPTY) : EMPTY;
  return (line + (e.fault?.bytes ?? EMPTY)) as Bytes;
}

const nothingCame = (e: Evidence): boolean => rawAnswer(e) === EMPTY;
const atFirst = (e: Evidence): boolean => e.fault?.step === 'ping' && e.answers.get('ping')?.verdict !== 'ok';
const closed = (e: Evidence): boolean => e.fault?.why === 'closed';

/** A TLS record: alert (0x15) or handshake (0x16), version 3.x. */
// eslint-disable-next-line no-control-regex -- a binary record
export const TLS_RECORD = /^[\x15\x16]\x03/;
/** HTTP/1, a page, or the SETTINGS frame with which an HTTP/2 server begins. */
// eslint-disable-next-line no-control-regex -- a binary frame
const HTTP = /^(HTTP\/|<!DOCTYPE|<html|\x00\x00[^]\x04\x00)/i;
const TLS_TEXT = /Bad TLS header|SSL|TLS/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ALERT_|SSLV3_ALERT|TLSV1|HANDSHAKE_FAILURE/i;

/** What an address of a family says that this host does not have. */
const NO_FAMILY: readonly string[] = ['EAFNOSUPPORT', 'ENETUNREACH', 'EADDRNOTAVAIL'];

/** In one word: an address of IPv6 with its port, also where its digits are masked. */
const THREE_COLONS = /(?:[^\s:]*:){3}/;

const BANNERS: readonly (readonly [RegExp, string])[] = [
  [/^SSH-\d/, 'an SSH server'],
  // Packet length, sequence number 0, protocol version 10: the greeting ends at its version's LF for a line reader.
  // eslint-disable-next-line no-control-regex -- a binary greeting
  [/^[^]{3}\x00\x0a/, 'a MySQL or MariaDB server'],
  [/^ERROR\r?\n?$/, 'memcached, or another server with a text protocol'],
  [/^220[ -]/, 'a mail or FTP server'],
  [/^\* OK .*IMAP/, 'an IMAP server'],
  [/^\+OK .*POP3/, 'a POP3 server'],
];

export const REACH_RULES: readonly Rule[] = [
  {
    id: 'tls-on-plain-port',
    when: (e) =>
      e.asked.tls && e.probes.otherTls === 'answers'
        ? {
            text: `The TLS handshake with ${e.remote ?? 'the port'} failed${code(e)}: the port speaks plain RESP, and we spoke TLS to it.`,
            confirmed: 'PING on a plain connection to the same port was answered.',
          }
        : undefined,
  },
  {
    id: 'plain-on-tls-port',
    when: (e) => {
      if (e.asked.tls || e.unreachable) return undefined;
      const record = TLS_RECORD.test(rawAnswer(e));
      const named = atFirst(e) && TLS_TEXT.test(rawAnswer(e));
      const probed = e.probes.otherTls === 'answers' && nothingCame(e);
      if (!record && !named && !probed) return undefined;
      const what = record
        ? 'a TLS alert'
        : named
          ? 'an error about TLS'
          : closed(e)
            ? 'a silent close'
            : 'silence';
      return {
        text: `PING was answered by ${what}: the port speaks TLS, and we spoke plain RESP to it.`,
        ...(e.probes.otherTls === 'answers' && {
          confirmed: 'a TLS handshake with the same port went through.',
        }),
      };
    },
  },
  {
    id: 'address-family',
    when: (e) =>
      NO_FAMILY.includes(e.unreachable?.code ?? '') && THREE_COLONS.test(e.unreachable?.message ?? '')
        ? {
            severity: 'fault',
            text: `The address is of IPv6, and this host has no way to it: ${e.unreachable?.message}.`,
          }
        : undefined,
  },
  {
    id: 'connection-refused',
    when: (e) => {
      if (!['ECONNREFUSED', 'ENOENT'].includes(e.unreachable?.code ?? '')) return undefined;
      const tried = e.unreachable?.tried;
      const all = tried ? ` The name has ${tried.length} addresses, and none of them answers.` : '';
      return { text: `Nothing listens at this address: ${e.unreachable?.message}.${all}` };
    },
  },
  {
    id: 'connect-timeout',
    when: (e) =>
      (e.unreachable?.layer === 'connect' && ['TIMEOUT', 'ETIMEDOUT'].includes(e.unreachable.code)) ||
      (e.fault?.step === 'connect' && e.fault.why === 'timeout')
        ? {}
        : undefined,
  },
  {
    id: 'host-unknown',
    when: (e) =>
      ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME'].includes(e.unreachable?.code ?? '') ? {} : undefined,
  },
  {
    id: 'tls-certificate',
    when: (e) =>
      e.unreachable?.layer === 'tls' && CERTIFICATE.test(e.unreachable.code)
        ? { text: `The two sides do not trust each other: ${e.unreachable.message} (${e.unreachable.code}).` }
        : undefined,
  },
  {
    id: 'not-answering',
    when: (e) => (e.unreachable?.layer === 'tls' && e.unreachable.code === 'TIMEOUT' ? {} : undefined),
  },
  {
    id: 'accepted-then-closed',
    when: (e) =>
      e.unreachable?.layer === 'tls'
        ? { text: `The TLS handshake failed: ${e.unreachable.message} (${e.unreachable.code}).` }
        : undefined,
  },
  {
    id: 'host-unreachable',
    when: (e) =>
      e.unreachable
        ? { text: `The operating system cannot reach this address: ${e.unreachable.message}.` }
        : undefined,
  },
  {
    id: 'http-server',
    when: (e) => (atFirst(e) && HTTP.test(rawAnswer(e)) ? {} : undefined),
  },
  {
    id: 'other-service',
    when: (e) => {
      const banner = atFirst(e) && BANNERS.find(([pattern]) => pattern.test(rawAnswer(e)));
      return banner ? { text: `What listens here looks like ${banner[1]}, not a Redis server.` } : undefined;
    },
  },
  { id: 'protected-mode', when: (e) => (/^-DENIED\b/.test(rawAnswer(e)) ? {} : undefined) },
  {
    id: 'max-clients',
    when: (e) =>
      /^-(ERR )?max number of clients( \+ cluster connections)? reached/.test(rawAnswer(e)) ? {} : undefined,
  },
  {
    id: 'accepted-then-closed',
    when: (e) =>
      atFirst(e) && closed(e) && nothingCame(e)
        ? { text: `${e.remote ?? 'The port'} accepted the connection and closed it without a byte.` }
        : undefined,
  },
  {
    id: 'missing-line-end',
    when: (e) =>
      e.fault?.why === 'timeout' && /^[+-][^\n]*$/.test(e.fault.bytes)
        ? {
            text: `The answer \`${e.fault.bytes}\` is not ended: no line end came in ${seconds(e.fault.waitedMs)}.`,
          }
        : undefined,
  },
  {
    id: 'not-answering',
    when: (e) =>
      atFirst(e) && e.fault?.why === 'timeout' && nothingCame(e)
        ? {
            text: `PING was not answered in ${seconds(e.fault.waitedMs)}: the port is open but the server behind it does not answer.`,
          }
        : undefined,
  },
];

function code(e: Evidence): string {
  return e.unreachable ? ` (${e.unreachable.code})` : '';
}

/** A connection that stands, but not at the first try. */
export const ADDRESS_RULES: readonly Rule[] = [
  {
    id: 'address-family',
    when: (e) => {
      if (!e.tried || e.tried.length === 0 || !e.remote) return undefined;
      const failed = e.tried.map(({ address, code }) => `${address} (${code})`).join(', ');
      return {
        text: `The name has several addresses: ${failed} did not answer, ${e.remote} does. A real replica may try no other than the first that its resolver gives it.`,
      };
    },
  },
];
