/**
 * Reads a server's address as people type it:
 *
 *   host:port   host   :port   [::1]:6379   redis://user:pass@host:port/db   rediss://…   unix:///run/redis.sock
 *
 * Every mistake is a UsageError of one line that says what to write instead and repeats no password. As with redis-cli, a
 * URL's userinfo without a colon is a password, and both parts are percent-decoded.
 */
import { type Target } from '../core/net/target.js';
import { UsageError } from './usage-error.js';

export { targetName, type Target } from '../core/net/target.js';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 6379;

/** The target that `text` names; without `text` the default, 127.0.0.1:6379. Throws UsageError. */
export function parseTarget(text?: string): Target {
  if (text === undefined) return { kind: 'tcp', host: DEFAULT_HOST, port: DEFAULT_PORT, tls: false };
  if (text === '') throw new UsageError('empty address: write host:port');
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme) return parseUrl(scheme[1].toLowerCase(), text.slice(scheme[0].length));
  if (text.includes('@'))
    throw new UsageError('an address with a login is written redis://user:pass@host:port');
  return { kind: 'tcp', ...parseHostPort(text), tls: false };
}

/** A port from 1 to 65535, decimal digits only. `what` names it in the error. */
export function parsePort(text: string, what = 'port'): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new UsageError(`bad ${what} "${text}": a number from 1 to 65535`);
  return port;
}

function parseUrl(scheme: string, rest: string): Target {
  if (scheme !== 'redis' && scheme !== 'rediss' && scheme !== 'unix') {
    throw new UsageError(`unknown scheme ${scheme}://: use redis://, rediss:// or unix://`);
  }
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  const at = authority.lastIndexOf('@');
  const login = at < 0 ? {} : parseLogin(authority.slice(0, at));
  if (at < 0 && path.includes('@')) throw new UsageError('a / in a user name or password is written %2F');
  const address = authority.slice(at + 1);
  if (scheme === 'unix') {
    if (address !== '' || path.length < 2) {
      throw new UsageError('a unix socket is written unix:///path/to/redis.sock');
    }
    return { kind: 'unix', path: decode(path), ...login };
  }
  const tls = scheme === 'rediss';
  return { kind: 'tcp', ...parseHostPort(address), tls, ...login, ...parseDb(path) };
}

function parseLogin(text: string): { user?: string; pass?: string } {
  const colon = text.indexOf(':');
  const user = colon < 0 ? '' : decode(text.slice(0, colon));
  const pass = decode(text.slice(colon + 1));
  return { ...(user !== '' && { user }), ...(pass !== '' && { pass }) };
}

function parseDb(path: string): { db?: number } {
  if (path === '' || path === '/') return {};
  if (!/^\/\d{1,9}$/.test(path)) {
    throw new UsageError(
      `bad database "${path.slice(1)}" at the end of the address: a number, as in redis://host:6379/2`,
    );
  }
  return { db: Number(path.slice(1)) };
}

function parseHostPort(text: string): { host: string; port: number } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return { host: checkIpv6(bracketed[1]), port: portOr(bracketed[2]) };
  const colons = text.split(':').length - 1;
  if (colons > 1) return { host: checkBareIpv6(text), port: DEFAULT_PORT };
  const colon = text.indexOf(':');
  if (colon < 0) return { host: checkHost(text), port: DEFAULT_PORT };
  const host = text.slice(0, colon);
  return { host: host === '' ? DEFAULT_HOST : checkHost(host), port: portOr(text.slice(colon + 1)) };
}

function portOr(text: string | undefined): number {
  return text === undefined ? DEFAULT_PORT : parsePort(text);
}

function checkHost(host: string): string {
  if (host === '') return DEFAULT_HOST;
  // What a resolver could take: letters beyond ASCII stay possible, separators and control bytes do not.
  // eslint-disable-next-line no-control-regex
  if (host.length > 253 || /[\x00-\x20\x7f/\\?#[\]"'<>,;=&%]/.test(host)) {
    throw new UsageError(`bad host "${host}": write host:port`);
  }
  return host;
}

const IPV6 = /^[0-9a-f:.]+(%[\w.-]+)?$/i;

function checkIpv6(host: string): string {
  if (!IPV6.test(host) || !host.includes(':')) throw new UsageError(`bad IPv6 address "[${host}]"`);
  return host;
}

function checkBareIpv6(text: string): string {
  const whole = text.includes('::') || text.split(':').length === 8;
  const last = text.slice(text.lastIndexOf(':') + 1);
  if (!whole || !IPV6.test(text) || /^\d{4,5}$/.test(last)) {
    throw new UsageError(`ambiguous address "${text}": write an IPv6 address in brackets, as in [::1]:6379`);
  }
  return text;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError('bad %-escape in the address: write a literal % as %25');
  }
}
