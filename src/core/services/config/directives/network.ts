/**
 * Addresses, connections and clients: what listens, who may connect, how much one client may hold.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, LONG_MAX, UINT_MAX, bool, memory, number, optionalText } from '../kinds.js';
import { bindAddresses, outputLimits } from '../special.js';

const MB = 1024 * 1024;

export const networkDirectives = {
  bind: bindAddresses(['*', '-::*']),
  port: number(6379, { min: 0, max: 65535 }),
  'protected-mode': bool(true),
  'bind-source-addr': optionalText(),
  unixsocket: optionalText({ flags: ['immutable'] }),
  unixsocketperm: number(0, { min: 0, max: 0o777, unsigned: true, form: 'octal', flags: ['immutable'] }),
  'tcp-backlog': number(511, { min: 0, max: INT_MAX, flags: ['immutable'] }),
  'tcp-keepalive': number(300, { min: 0, max: INT_MAX }),
  'socket-mark-id': number(0, { min: 0, max: UINT_MAX, unsigned: true, flags: ['immutable'] }),
  timeout: number(0, { min: 0, max: INT_MAX }),
  maxclients: number(10000, { min: 1, max: UINT_MAX, unsigned: true }),
  'maxmemory-clients': number(0, { min: -100, max: LONG_MAX, form: 'percent' }),
  'client-query-buffer-limit': memory(1024 * MB, {
    min: MB,
    max: LONG_MAX,
    unsigned: true,
    flags: ['debug'],
  }),
  'client-output-buffer-limit': outputLimits({
    normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
    replica: { hardBytes: 256 * MB, softBytes: 64 * MB, softSeconds: 60 },
    pubsub: { hardBytes: 32 * MB, softBytes: 8 * MB, softSeconds: 60 },
  }),
  'proto-max-bulk-len': memory(512 * MB, { min: MB, max: LONG_MAX, flags: ['debug'] }),
  'io-threads': number(1, { min: 1, max: 128, flags: ['debug', 'immutable'] }),
  'io-threads-do-reads': bool(false, { flags: ['debug', 'immutable'] }),
  'tracking-table-max-keys': number(1_000_000, { min: 0, max: LONG_MAX, unsigned: true }),
} satisfies Record<string, Directive<unknown>>;
