/**
 * Slow log, latency and keyspace events.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { LONG_MAX, bool, number } from '../kinds.js';
import { keyspaceEvents, percentiles } from '../special.js';

export const monitoringDirectives = {
  'slowlog-log-slower-than': number(10000, { min: -1, max: LONG_MAX }),
  'slowlog-max-len': number(128, { min: 0, max: LONG_MAX }),
  'latency-monitor-threshold': number(0, { min: 0, max: LONG_MAX }),
  'latency-tracking': bool(true),
  'latency-tracking-info-percentiles': percentiles([50, 99, 99.9]),
  'notify-keyspace-events': keyspaceEvents(),
} satisfies Record<string, Directive<unknown>>;
