/**
 * Users, passwords and what is forbidden.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { LONG_MAX, number, oneOf, optionalText, text } from '../kinds.js';

export const securityDirectives = {
  requirepass: optionalText({ binary: true, flags: ['sensitive'] }),
  aclfile: text('', { flags: ['immutable'] }),
  'acl-pubsub-default': oneOf('resetchannels', ['allchannels', 'resetchannels']),
  'acllog-max-len': number(128, { min: 0, max: LONG_MAX }),
  'enable-protected-configs': oneOf('no', ['no', 'yes', 'local'], { flags: ['immutable'] }),
  'enable-debug-command': oneOf('no', ['no', 'yes', 'local'], { flags: ['immutable'] }),
  'enable-module-command': oneOf('no', ['no', 'yes', 'local'], { flags: ['immutable'] }),
} satisfies Record<string, Directive<unknown>>;
