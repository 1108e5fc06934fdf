/**
 * TLS.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { noTlsPort } from '../checks.js';
import { type Directive } from '../directive.js';
import { INT_MAX, bool, number, oneOf, optionalText } from '../kinds.js';

export const tlsDirectives = {
  'tls-port': number(0, { min: 0, max: 65535, check: noTlsPort }),
  'tls-session-cache-size': number(20 * 1024, { min: 0, max: INT_MAX }),
  'tls-session-cache-timeout': number(300, { min: 0, max: INT_MAX }),
  'tls-cluster': bool(false),
  'tls-replication': bool(false),
  'tls-auth-clients': oneOf('yes', ['no', 'yes', 'optional']),
  'tls-prefer-server-ciphers': bool(false),
  'tls-session-caching': bool(true),
  'tls-cert-file': optionalText({ flags: ['volatile'] }),
  'tls-key-file': optionalText({ flags: ['volatile'] }),
  'tls-key-file-pass': optionalText(),
  'tls-client-cert-file': optionalText({ flags: ['volatile'] }),
  'tls-client-key-file': optionalText({ flags: ['volatile'] }),
  'tls-client-key-file-pass': optionalText(),
  'tls-dh-params-file': optionalText({ flags: ['volatile'] }),
  'tls-ca-cert-file': optionalText({ flags: ['volatile'] }),
  'tls-ca-cert-dir': optionalText({ flags: ['volatile'] }),
  'tls-protocols': optionalText(),
  'tls-ciphers': optionalText(),
  'tls-ciphersuites': optionalText(),
} satisfies Record<string, Directive<unknown>>;
