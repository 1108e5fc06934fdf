/** LATENCY: reads services/latency, which the engine fills (redis 7.2.6 latency.c:latencyCommand). */
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type LatencyHistogram } from '../../services/latency-histogram.js';
import { type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';
import { replyHelp } from '../help.js';
import { type Command } from '../spec.js';
import { latencyGraphText } from './latency-graph.js';

const HELP = [
  'DOCTOR',
  '    Return a human readable latency analysis report.',
  'GRAPH <event>',
  '    Return an ASCII latency graph for the <event> class.',
  'HISTORY <event>',
  '    Return time-latency samples for the <event> class.',
  'LATEST',
  '    Return the latest latency samples for all events.',
  'RESET [<event> ...]',
  '    Reset latency data of one or more <event> classes.',
  '    (default: reset all data for all event classes)',
  'HISTOGRAM [COMMAND ...]',
  '    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.',
  '    If no commands are specified then all histograms are replied.',
];

/** LATENCY HISTORY event */
export function latencyHistory({ server, reply }: CommandContext, argv: Bytes[]): void {
  const samples = server.latency.history(argv[2]);
  reply.array(samples.length);
  for (const { timeSeconds, latencyMs } of samples) {
    reply.array(2);
    reply.int(timeSeconds);
    reply.int(latencyMs);
  }
}

/** LATENCY LATEST */
export function latencyLatest({ server, reply }: CommandContext): void {
  const rows = server.latency.latest();
  reply.array(rows.length);
  for (const { event, timeSeconds, latencyMs, maxMs } of rows) {
    reply.array(4);
    reply.bulkText(event);
    reply.int(timeSeconds);
    reply.int(latencyMs);
    reply.int(maxMs);
  }
}

/** LATENCY RESET [event [event ...]] */
export function latencyReset(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(ctx.server.latency.reset(argv.slice(2)));
}

/** LATENCY GRAPH event */
export function latencyGraph(ctx: CommandContext, argv: Bytes[]): void {
  const { latency } = ctx.server;
  const event = latency.latest().find((row) => row.event === argv[2]);
  if (event === undefined) throw new ReplyError(`ERR No samples available for event '${argv[2]}'`);
  const nowSeconds = Math.floor(ctx.store.nowMs / 1000);
  ctx.reply.verbatim(ascii(latencyGraphText(event, latency.history(event.event), nowSeconds)));
}

/** LATENCY HISTOGRAM [command [command ...]]: a container stands for its subcommands too; unknown names are passed over. */
export function latencyHistogram({ server, reply }: CommandContext, argv: Bytes[]): void {
  const { commands } = server;
  const asked =
    argv.length === 2 ? commands.all : argv.slice(2).map((name) => commands.byFullName(lower(name)));
  const rows: [Command, LatencyHistogram][] = [];
  for (const command of asked) {
    if (command === undefined) continue;
    for (const one of [command, ...(command.children?.values() ?? [])]) {
      const histogram = server.latencyOf(one);
      if (histogram !== undefined) rows.push([one, histogram]);
    }
  }
  reply.map(rows.length);
  for (const [command, histogram] of rows) {
    reply.bulkText(command.fullName);
    replyHistogram(reply, histogram);
  }
}

function replyHistogram(reply: ReplyWriter, histogram: LatencyHistogram): void {
  const levels = histogram.levels();
  reply.map(2);
  reply.bulkText('calls');
  reply.int(histogram.calls);
  reply.bulkText('histogram_usec');
  reply.map(levels.length);
  for (const { maxUs, calls } of levels) {
    reply.int(maxUs);
    reply.int(calls);
  }
}

/** LATENCY DOCTOR: what there is to say about each event, in plain words. */
export function latencyDoctor(ctx: CommandContext): void {
  ctx.reply.verbatim(ascii(report(ctx)));
}

function report({ server, store }: CommandContext): string {
  const threshold = server.config.values.latencyMonitorThreshold;
  const events = server.latency.latest();
  if (events.length === 0) {
    return threshold === 0
      ? 'The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> switches it on.\n'
      : `Nothing took ${threshold} ms or longer since the latency monitor was switched on.\n`;
  }
  const nowSeconds = Math.floor(store.nowMs / 1000);
  const lines = events.map(({ event }, i) => {
    const stats = server.latency.analyze(event, nowSeconds);
    const every = (stats.periodSeconds / stats.samples).toFixed(2);
    return (
      `${i + 1}. ${event}: ${stats.samples} latency spikes (average ${stats.averageMs}ms, mean deviation ` +
      `${stats.deviationMs}ms, period ${every} sec). Worst all time event ${stats.allTimeHighMs}ms.${adviceFor(event)}\n`
    );
  });
  return lines.join('');
}

const ADVICE: Readonly<Record<string, string>> = {
  command: ' SLOWLOG GET names the commands; large collections are the usual reason.',
  'fast-command': ' A quick command was slow: look for a busy machine or a long garbage collection.',
  'expire-cycle': ' Many keys expire at one time: spread their times.',
  'eviction-cycle': ' Many keys are evicted at one time: raise maxmemory, or write less at once.',
};

function adviceFor(event: string): string {
  return ADVICE[event] ?? '';
}

/** LATENCY HELP */
export function latencyHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
