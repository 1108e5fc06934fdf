/**
 * Thresholds at which a collection leaves its compact encoding.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, INT_MIN, LONG_MAX, memory, number } from '../kinds.js';

export const encodingsDirectives = {
  'hash-max-listpack-entries': number(512, {
    min: 0,
    max: LONG_MAX,
    unsigned: true,
    alias: 'hash-max-ziplist-entries',
  }),
  'hash-max-listpack-value': memory(64, {
    min: 0,
    max: LONG_MAX,
    unsigned: true,
    alias: 'hash-max-ziplist-value',
  }),
  'list-max-listpack-size': number(-2, { min: INT_MIN, max: INT_MAX, alias: 'list-max-ziplist-size' }),
  'list-compress-depth': number(0, { min: 0, max: INT_MAX, flags: ['debug'] }),
  'set-max-intset-entries': number(512, { min: 0, max: LONG_MAX, unsigned: true }),
  'set-max-listpack-entries': number(128, { min: 0, max: LONG_MAX, unsigned: true }),
  'set-max-listpack-value': number(64, { min: 0, max: LONG_MAX, unsigned: true }),
  'zset-max-listpack-entries': number(128, {
    min: 0,
    max: LONG_MAX,
    unsigned: true,
    alias: 'zset-max-ziplist-entries',
  }),
  'zset-max-listpack-value': memory(64, {
    min: 0,
    max: LONG_MAX,
    unsigned: true,
    alias: 'zset-max-ziplist-value',
  }),
  'stream-node-max-bytes': memory(4096, { min: 0, max: LONG_MAX, unsigned: true }),
  'stream-node-max-entries': number(100, { min: 0, max: LONG_MAX }),
  'hll-sparse-max-bytes': memory(3000, { min: 0, max: LONG_MAX, unsigned: true }),
} satisfies Record<string, Directive<unknown>>;
