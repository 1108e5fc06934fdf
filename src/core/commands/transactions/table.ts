/** Transactions: MULTI and EXEC, and WATCH, which makes EXEC depend on keys. The engine runs them (engine/transactions). */
import { ClientFlag } from '../context.js';
import { Errors } from '../errors.js';
import { defineCommand, keysFrom, type CommandDefinition } from '../spec.js';

const FLAGS = ['noscript', 'loading', 'stale', 'fast', 'allow_busy'] as const;

export const TRANSACTION_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'multi',
    arity: 1,
    flags: FLAGS,
    acl: ['transaction'],
    group: 'transactions',
    since: '1.2.0',
    summary: 'Begins a transaction: the commands that follow are queued.',
    complexity: 'O(1)',
    run: (ctx) => {
      if (ctx.client.flags & ClientFlag.multi) throw Errors.nestedMulti;
      ctx.client.setFlag(ClientFlag.multi, true);
      ctx.reply.ok();
    },
  }),
  defineCommand({
    name: 'exec',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
    acl: ['transaction'],
    group: 'transactions',
    since: '1.2.0',
    summary: 'Runs the queued commands, unless a watched key has changed.',
    complexity: 'That of the queued commands',
    run: (ctx) => {
      if (!(ctx.client.flags & ClientFlag.multi)) throw Errors.execWithoutMulti;
      // What is propagated is what the queued commands say.
      ctx.effects.prevent();
      ctx.server.exec(ctx);
    },
  }),
  defineCommand({
    name: 'discard',
    arity: 1,
    flags: FLAGS,
    acl: ['transaction'],
    group: 'transactions',
    since: '2.0.0',
    summary: 'Ends a transaction without running it.',
    complexity: 'O(N), N being the number of queued commands',
    run: (ctx) => {
      if (!(ctx.client.flags & ClientFlag.multi)) throw Errors.discardWithoutMulti;
      ctx.server.discard(ctx.client);
      ctx.reply.ok();
    },
  }),
  defineCommand({
    name: 'watch',
    arity: -2,
    flags: FLAGS,
    acl: ['transaction'],
    group: 'transactions',
    since: '2.2.0',
    summary: 'Makes the next EXEC depend on keys: it runs nothing when one of them has changed by then.',
    complexity: 'O(1) for every key',
    keys: [keysFrom(1, -1, 1, 'RO')],
    syntax: 'key [key ...]',
    run: (ctx, argv) => {
      if (ctx.client.flags & ClientFlag.multi) throw Errors.watchInMulti;
      // A client that is going to fail its EXEC anyway need not watch (redis 7.2.6 multi.c:watchCommand).
      if (!(ctx.client.flags & ClientFlag.dirtyCas)) {
        for (let i = 1; i < argv.length; i++) ctx.server.watch(ctx.client, ctx.db, argv[i]);
      }
      ctx.reply.ok();
    },
  }),
  defineCommand({
    name: 'unwatch',
    arity: 1,
    flags: FLAGS,
    acl: ['transaction'],
    group: 'transactions',
    since: '2.2.0',
    summary: 'Forgets the watched keys.',
    complexity: 'O(1)',
    run: (ctx) => {
      ctx.server.unwatch(ctx.client);
      ctx.client.setFlag(ClientFlag.dirtyCas, false);
      ctx.reply.ok();
    },
  }),
];
