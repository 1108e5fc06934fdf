/** SLOWLOG, LATENCY and MEMORY as their command pages. */
import { defineCommand, keyAt, type CommandDefinition } from '../spec.js';
import {
  latencyDoctor,
  latencyGraph,
  latencyHelp,
  latencyHistogram,
  latencyHistory,
  latencyLatest,
  latencyReset,
} from './latency.js';
import {
  memoryDoctor,
  memoryHelp,
  memoryMallocStats,
  memoryPurge,
  memoryStats,
  memoryUsage,
} from './memory.js';
import { slowlogGet, slowlogHelp, slowlogLen, slowlogReset } from './slowlog.js';

const HELP_FLAGS = ['loading', 'stale'] as const;
const REPORT_TIPS = ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'];

const slowlog = { flags: ['admin', ...HELP_FLAGS], group: 'server', complexity: 'O(1)' } as const;
const latency = { ...slowlog, flags: ['admin', 'noscript', ...HELP_FLAGS] } as const;
const memory = { arity: 2, flags: [], group: 'server', since: '4.0.0', complexity: 'O(1)' } as const;
const MEMORY_TIPS = ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'];
const container = { arity: -2, flags: [], group: 'server', complexity: 'That of the subcommand' } as const;

const SLOWLOG = defineCommand({
  ...container,
  name: 'slowlog',
  since: '2.2.12',
  summary: 'A container for commands about slow commands.',
  subcommands: [
    defineCommand({
      ...slowlog,
      name: 'get',
      arity: -2,
      since: '2.2.12',
      summary: 'Answers with the newest entries of the slow log.',
      complexity: 'O(N), N being the number of entries answered',
      history: [['4.0.0', 'Entries name the client: address and name.']],
      tips: ['request_policy:all_nodes', 'nondeterministic_output'],
      syntax: '[count]',
      run: slowlogGet,
    }),
    defineCommand({
      ...slowlog,
      name: 'help',
      arity: 2,
      flags: HELP_FLAGS,
      since: '6.2.0',
      summary: 'Lists the subcommands of SLOWLOG.',
      run: slowlogHelp,
    }),
    defineCommand({
      ...slowlog,
      name: 'len',
      arity: 2,
      since: '2.2.12',
      summary: 'Says how many entries the slow log has.',
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
      run: slowlogLen,
    }),
    defineCommand({
      ...slowlog,
      name: 'reset',
      arity: 2,
      since: '2.2.12',
      summary: 'Empties the slow log.',
      complexity: 'O(N), N being the number of entries',
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run: slowlogReset,
    }),
  ],
});

const LATENCY = defineCommand({
  ...container,
  name: 'latency',
  since: '2.8.13',
  summary: 'A container for commands about what took too long.',
  subcommands: [
    defineCommand({
      ...latency,
      name: 'doctor',
      arity: 2,
      since: '2.8.13',
      summary: 'Says in words what was slow.',
      tips: REPORT_TIPS,
      run: latencyDoctor,
    }),
    defineCommand({
      ...latency,
      name: 'graph',
      arity: 3,
      since: '2.8.13',
      summary: 'Draws the samples of an event.',
      tips: REPORT_TIPS,
      syntax: 'event',
      run: latencyGraph,
    }),
    defineCommand({
      ...latency,
      name: 'help',
      arity: 2,
      flags: HELP_FLAGS,
      since: '2.8.13',
      summary: 'Lists the subcommands of LATENCY.',
      run: latencyHelp,
    }),
    defineCommand({
      ...latency,
      name: 'histogram',
      arity: -2,
      since: '7.0.0',
      summary: 'Answers with the distribution of how long commands took.',
      complexity: 'O(N), N being the number of commands',
      tips: REPORT_TIPS,
      syntax: '[command [command ...]]',
      run: latencyHistogram,
    }),
    defineCommand({
      ...latency,
      name: 'history',
      arity: 3,
      since: '2.8.13',
      summary: 'Answers with the samples of an event.',
      tips: REPORT_TIPS,
      syntax: 'event',
      run: latencyHistory,
    }),
    defineCommand({
      ...latency,
      name: 'latest',
      arity: 2,
      since: '2.8.13',
      summary: 'Answers with the newest sample of every event.',
      tips: REPORT_TIPS,
      run: latencyLatest,
    }),
    defineCommand({
      ...latency,
      name: 'reset',
      arity: -2,
      since: '2.8.13',
      summary: 'Forgets the samples of events, or all.',
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum'],
      syntax: '[event [event ...]]',
      run: latencyReset,
    }),
  ],
});

const MEMORY = defineCommand({
  ...container,
  name: 'memory',
  since: '4.0.0',
  summary: 'A container for commands about memory.',
  subcommands: [
    defineCommand({
      ...memory,
      name: 'doctor',
      summary: 'Says in words how memory is doing.',
      tips: MEMORY_TIPS,
      run: memoryDoctor,
    }),
    defineCommand({
      name: 'help',
      arity: 2,
      flags: HELP_FLAGS,
      group: 'server',
      since: '4.0.0',
      summary: 'Lists the subcommands of MEMORY.',
      complexity: 'O(1)',
      run: memoryHelp,
    }),
    defineCommand({
      ...memory,
      name: 'malloc-stats',
      summary: 'Answers with what the allocator says of itself.',
      tips: MEMORY_TIPS,
      run: memoryMallocStats,
    }),
    defineCommand({
      ...memory,
      name: 'purge',
      summary: 'Asks the allocator to give memory back.',
      tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
      run: memoryPurge,
    }),
    defineCommand({
      ...memory,
      name: 'stats',
      summary: 'Answers with figures about memory.',
      tips: MEMORY_TIPS,
      run: memoryStats,
    }),
    defineCommand({
      name: 'usage',
      arity: -3,
      flags: ['readonly'],
      group: 'server',
      since: '4.0.0',
      summary: 'Estimates the memory that a key and its value take.',
      complexity: 'O(N), N being the number of samples',
      keys: [keyAt(2, 'RO')],
      syntax: 'key [SAMPLES count]',
      run: memoryUsage,
    }),
  ],
});

export const OBSERVE_COMMANDS: readonly CommandDefinition[] = [SLOWLOG, LATENCY, MEMORY];
