/**
 * Memory: its limit, eviction, expiry, lazy freeing and defragmentation.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, LONG_MAX, ULONG_MAX, bool, memory, number, oneOf } from '../kinds.js';
import { noDefrag } from '../checks.js';

const MB = 1024 * 1024;

export const memoryDirectives = {
  maxmemory: memory(0, { min: 0, max: ULONG_MAX, unsigned: true }),
  'maxmemory-policy': oneOf('noeviction', [
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'noeviction',
  ]),
  'maxmemory-samples': number(5, { min: 1, max: INT_MAX }),
  'maxmemory-eviction-tenacity': number(10, { min: 0, max: 100 }),
  'lfu-log-factor': number(10, { min: 0, max: INT_MAX }),
  'lfu-decay-time': number(1, { min: 0, max: INT_MAX }),
  'active-expire-effort': number(1, { min: 1, max: 10 }),
  activerehashing: bool(true),
  'lazyfree-lazy-eviction': bool(false, { flags: ['debug'] }),
  'lazyfree-lazy-expire': bool(false, { flags: ['debug'] }),
  'lazyfree-lazy-server-del': bool(false, { flags: ['debug'] }),
  'lazyfree-lazy-user-del': bool(false, { flags: ['debug'] }),
  'lazyfree-lazy-user-flush': bool(false, { flags: ['debug'] }),
  'jemalloc-bg-thread': bool(true),
  activedefrag: bool(false, { check: noDefrag, flags: ['debug'] }),
  'active-defrag-ignore-bytes': memory(100 * MB, { min: 1, max: LONG_MAX, unsigned: true }),
  'active-defrag-threshold-lower': number(10, { min: 0, max: 1000 }),
  'active-defrag-threshold-upper': number(100, { min: 0, max: 1000 }),
  'active-defrag-cycle-min': number(1, { min: 1, max: 99 }),
  'active-defrag-cycle-max': number(25, { min: 1, max: 99 }),
  'active-defrag-max-scan-fields': number(1000, { min: 1, max: LONG_MAX }),
} satisfies Record<string, Directive<unknown>>;
