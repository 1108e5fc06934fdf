/** Gallery: reaching the port, and what listens there. */
import { type ChannelError } from '../../../../src/core/base/byte-channel.js';
import { type WireScript } from '../../../support/wire-master.js';
import { a, type Case } from './case.js';

const fails = (
  code: string,
  layer: ChannelError['layer'] = 'connect',
  message = `it failed: ${code}`,
): WireScript => ({
  fails: () => ({ code, message, layer }),
});

/** Speaks as soon as it hears something, then closes. */
const says = (banner: string): WireScript => ({
  raw: (_bytes, c) => {
    c.send(banner);
    c.close();
  },
});

/** Speaks before it hears anything. */
const greets = (banner: string, end: 'close' | 'reset'): WireScript => ({
  connect: (c) => {
    c.send(banner);
    c[end]();
  },
  raw: () => undefined,
});

/** Plain connections get `plain`; TLS ones go through. */
const overTls = (plain: (c: Parameters<NonNullable<WireScript['raw']>>[1]) => void): WireScript => ({
  raw: (_bytes, c) => plain(c),
  tls: true,
});

const DENIED =
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.\r\n';
const MAX_CLIENTS = '-ERR max number of clients reached\r\n';

export const REACH_CASES: readonly Case[] = [
  a('connection-refused', 'nobody listens', fails('ECONNREFUSED')),
  a('connection-refused', 'no such socket', fails('ENOENT')),
  a('connect-timeout', 'packets are dropped', fails('TIMEOUT')),
  a('connect-timeout', 'the kernel gave up', fails('ETIMEDOUT')),
  a('host-unknown', 'no such name', fails('ENOTFOUND')),
  a('host-unknown', 'no resolver', fails('EAI_AGAIN')),
  a('host-unreachable', 'no route', fails('EHOSTUNREACH')),
  a(
    'host-unreachable',
    'no route by IPv4',
    fails('ENETUNREACH', 'connect', 'connect ENETUNREACH 10.0.0.5:6379'),
  ),
  a(
    'address-family',
    'IPv6 on a host without it',
    fails('ENETUNREACH', 'connect', 'connect ENETUNREACH 2001:db8::5:6379 - Local (:::0)'),
  ),
  a('address-family', 'localhost is ::1 first', {
    tried: [{ address: '[::1]:6379', code: 'ECONNREFUSED' }],
  }),
  a('tls-on-plain-port', 'a plain server sees a ClientHello', {}, { tls: true }),
  a(
    'plain-on-tls-port',
    'a TLS alert',
    overTls((c) => (c.send('\x15\x03\x03\x00\x02\x02\x46'), c.close())),
  ),
  a(
    'plain-on-tls-port',
    'a silent close, and TLS goes through',
    overTls((c) => c.close()),
  ),
  a('plain-on-tls-port', "Dragonfly's words", {
    raw: (_bytes, c) => c.send('-ERR Bad TLS header, double check if you enabled TLS\r\n'),
  }),
  a('tls-certificate', 'a certificate nobody trusts', fails('DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'), {
    tls: true,
  }),
  a('http-server', 'HTTP/1.1', says('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')),
  a('http-server', 'a page', says('<html><body>no</body></html>\n')),
  a('http-server', 'HTTP/2 settings', says('\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64')),
  a('other-service', 'SSH', greets('SSH-2.0-OpenSSH_9.6\r\n', 'close')),
  a('other-service', 'MySQL', greets('J\0\0\0\n8.0.36\0abcdefgh\0', 'close')),
  a('other-service', 'memcached', { raw: (_bytes, c) => c.send('ERROR\r\n') }),
  a('other-service', 'SMTP', greets('220 mail.example.org ESMTP\r\n', 'close')),
  a('protected-mode', 'refused before the first command', greets(DENIED, 'close')),
  a('protected-mode', 'refused, then an RST', greets(DENIED, 'reset')),
  a('max-clients', 'refused before the first command', greets(MAX_CLIENTS, 'close')),
  a('max-clients', 'refused, then an RST', greets(MAX_CLIENTS, 'reset')),
  a('accepted-then-closed', 'closed without a byte', {
    raw: (_bytes, c) => c.close(),
    fails: (tls) => (tls ? { code: 'ECONNRESET', message: 'closed', layer: 'tls' } : undefined),
  }),
  a('accepted-then-closed', 'reset without a byte', {
    raw: (_bytes, c) => c.reset(),
    fails: (tls) => (tls ? { code: 'ECONNRESET', message: 'closed', layer: 'tls' } : undefined),
  }),
  a('not-answering', 'the process is stopped', {
    raw: () => undefined,
    fails: (tls) => (tls ? { code: 'TIMEOUT', message: 'no answer', layer: 'tls' } : undefined),
  }),
];
