/** PUBLISH, SPUBLISH, and PUBSUB, which tells who listens (redis 7.2.6 pubsub.c). */
import { type Bytes } from '../../base/bytes.js';
import { type CommandContext } from '../context.js';
import { subcommandSyntax } from '../errors.js';
import { replyHelp } from '../help.js';
import { type Handler } from '../spec.js';

/** PUBLISH channel message, SPUBLISH shardchannel message: the clients of replicas hear it too, the AOF has no use for it. */
export function publish(kind: 'channel' | 'shard'): Handler {
  return (ctx, argv) => {
    const receivers = ctx.server.publish(kind, argv[1], argv[2]);
    ctx.effects.force('replicas');
    ctx.reply.int(receivers);
  };
}

/** PUBSUB CHANNELS [pattern], PUBSUB SHARDCHANNELS [pattern] */
export function channels(kind: 'channel' | 'shard'): Handler {
  return (ctx, argv) => {
    if (argv.length > 3) throw subcommandSyntax(argv);
    ctx.reply.bulks(ctx.server.pubsub.channels(kind, argv[2]));
  };
}

/** PUBSUB NUMSUB [channel ...], PUBSUB SHARDNUMSUB [shardchannel ...] */
export function subscriberCounts(kind: 'channel' | 'shard'): Handler {
  return ({ reply, server }, argv) => {
    reply.array((argv.length - 2) * 2);
    for (let i = 2; i < argv.length; i++) {
      reply.bulk(argv[i]);
      reply.int(server.pubsub.subscriberCount(kind, argv[i]));
    }
  };
}

/** PUBSUB NUMPAT */
export function patternCount({ reply, server }: CommandContext): void {
  reply.int(server.pubsub.patternCount);
}

const HELP = [
  'CHANNELS [<pattern>]',
  "    Return the currently active channels matching a <pattern> (default: '*').",
  'NUMPAT',
  '    Return number of subscriptions to patterns.',
  'NUMSUB [<channel> ...]',
  '    Return the number of subscribers for the specified channels, excluding',
  '    pattern subscriptions(default: no channels).',
  'SHARDCHANNELS [<pattern>]',
  "    Return the currently active shard level channels matching a <pattern> (default: '*').",
  'SHARDNUMSUB [<shardchannel> ...]',
  '    Return the number of subscribers for the specified shard level channel(s)',
];

/** PUBSUB HELP */
export function pubsubHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
