/**
 * The flags that every command with a target shares, and what they mean together: an explicit flag wins over the URL, the URL
 * over the environment (REDISCLI_AUTH, as with redis-cli). PEM files are read here, so that a wrong path is bad usage and not
 * a failed connection.
 */
import { readFileSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { type Target, type TlsOptions } from '../core/net/target.js';
import { parseTarget } from './target.js';
import { UsageError } from './usage-error.js';

const DEFAULT_TIMEOUT_S = 5;
const CONNECTION = 'CONNECTION';

/** A number of seconds, fractions allowed, above 0. For flags. */
export const secondsFlag = Flags.custom<number>({
  parse: (input, _context, opts) => Promise.resolve(parseSeconds(input, `--${opts.name}`)),
});

export const connectionFlags = {
  user: Flags.string({ helpGroup: CONNECTION, helpValue: 'NAME', description: 'ACL user to log in as' }),
  pass: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'PASSWORD',
    description: 'password (better given in the environment, as REDISCLI_AUTH)',
  }),
  tls: Flags.boolean({ helpGroup: CONNECTION, description: 'connect with TLS (as rediss:// does)' }),
  cacert: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'FILE',
    description: 'trust this CA (PEM); implies --tls',
  }),
  cert: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'FILE',
    description: 'our certificate (PEM); implies --tls',
  }),
  key: Flags.string({ helpGroup: CONNECTION, helpValue: 'FILE', description: 'its private key (PEM)' }),
  sni: Flags.string({
    helpGroup: CONNECTION,
    helpValue: 'HOST',
    description: 'server name to ask for; implies --tls',
  }),
  insecure: Flags.boolean({
    helpGroup: CONNECTION,
    description: 'accept a certificate that does not verify; implies --tls',
  }),
  timeout: secondsFlag({
    helpGroup: CONNECTION,
    helpValue: 'SECONDS',
    default: DEFAULT_TIMEOUT_S,
    description: 'to connect, and to wait for a reply',
  }),
};

export const outputFlags = {
  json: Flags.boolean({ description: 'print JSON for programs' }),
  'no-color': Flags.boolean({ description: 'print without colour (as NO_COLOR=1 does)' }),
};

export interface ConnectionFlags {
  readonly user?: string;
  readonly pass?: string;
  readonly tls?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly sni?: string;
  readonly insecure?: boolean;
  readonly timeout: number;
}

export interface Connection {
  /** With the login of flags, URL or environment merged in. */
  readonly target: Target;
  /** Present when the target speaks TLS. */
  readonly tls?: TlsOptions;
  readonly timeoutMs: number;
}

/** What to connect to and how, from the argument and the shared flags. Throws UsageError. */
export function resolveConnection(
  address: string | undefined,
  flags: ConnectionFlags,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Connection {
  const parsed = parseTarget(address);
  const user = flags.user ?? parsed.user;
  const pass = flags.pass ?? parsed.pass ?? (env.REDISCLI_AUTH || undefined);
  if (user !== undefined && pass === undefined) {
    throw new UsageError('a user needs a password: --pass, or REDISCLI_AUTH in the environment');
  }
  const login = { ...(user !== undefined && { user }), ...(pass !== undefined && { pass }) };
  const timeoutMs = Math.ceil(flags.timeout * 1000);
  if (parsed.kind === 'unix') return { target: { ...parsed, ...login }, timeoutMs };
  const tls = parsed.tls || asksForTls(flags);
  const target = { ...parsed, tls, ...login };
  return { target, ...(tls && { tls: readTls(flags) }), timeoutMs };
}

function asksForTls(flags: ConnectionFlags): boolean {
  const { tls, cacert, cert, sni, insecure } = flags;
  return Boolean(tls || insecure || (cacert ?? cert ?? sni) !== undefined);
}

function readTls(flags: ConnectionFlags): TlsOptions {
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    throw new UsageError('--cert and --key belong together');
  }
  return {
    ...(flags.cacert !== undefined && { ca: readPem('--cacert', flags.cacert) }),
    ...(flags.cert !== undefined && { cert: readPem('--cert', flags.cert) }),
    ...(flags.key !== undefined && { key: readPem('--key', flags.key) }),
    ...(flags.sni !== undefined && { sni: flags.sni }),
    ...(flags.insecure && { insecure: true }),
  };
}

function readPem(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(
      `${flag}: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
}

/** `input` as seconds above 0 (fractions allowed). Throws UsageError that names `flag`. */
export function parseSeconds(input: string, flag: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(input) ? Number(input) : 0;
  if (!(seconds > 0) || seconds > 1e6) {
    throw new UsageError(`${flag}: bad number of seconds "${input}": 5 or 0.5, for example`);
  }
  return seconds;
}
