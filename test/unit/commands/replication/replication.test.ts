import { beforeEach, describe, expect, it } from 'vitest';
import { type CommandContext, type ReplicationPort } from '../../../../src/core/commands/context.js';
import { REPLICATION_COMMANDS } from '../../../../src/core/commands/replication/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const families = [REPLICATION_COMMANDS, TRANSACTION_COMMANDS];

/** What the replication layer was asked, one line per call. */
let asked: string[];
let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

const port: Partial<ReplicationPort> = {
  role: (reply) => reply.bulkText('role'),
  replicaOf: (ctx, argv) => note(ctx, argv),
  failover: (ctx, argv) => note(ctx, argv),
  replconf: (client, argv) => {
    asked.push(`client ${client.id}: ${argv.join(' ')}`);
    if (argv[1] !== 'ack') client.reply.ok();
  },
  psync: (client, argv) => {
    asked.push(`client ${client.id}: ${argv.join(' ')}`);
    client.reply.simple('CONTINUE');
  },
  wait: (ctx, replicas, timeoutMs) => {
    asked.push(`wait ${replicas} ${timeoutMs}`);
    ctx.reply.int(replicas);
  },
};

function note(ctx: CommandContext, argv: readonly string[]): void {
  asked.push(argv.join(' '));
  ctx.reply.ok();
}

beforeEach(() => {
  asked = [];
  t = createTestEngine({ families, replication: port });
});

describe('commands that replication answers', () => {
  it('get their arguments as they came', () => {
    expect(call('ROLE')).toBe('role');
    expect(call('REPLICAOF', 'localhost', 6379)).toBe('OK');
    expect(call('SLAVEOF', 'no', 'one')).toBe('OK');
    expect(call('FAILOVER', 'TO', 'h', 1, 'FORCE', 'TIMEOUT', 5)).toBe('OK');
    expect(call('REPLCONF', 'listening-port', 6380)).toBe('OK');
    expect(call('PSYNC', '?', -1)).toBe('CONTINUE');
    expect(call('SYNC')).toBe('CONTINUE');
    expect(asked).toEqual([
      'REPLICAOF localhost 6379',
      'SLAVEOF no one',
      'FAILOVER TO h 1 FORCE TIMEOUT 5',
      'client 1: REPLCONF listening-port 6380',
      'client 1: PSYNC ? -1',
      'client 1: SYNC',
    ]);
  });

  it('REPLCONF may stay without an answer', () => {
    expect(t.client.send('REPLCONF ack 100\r\n')).toBe('');
  });

  it('PSYNC is refused inside a transaction', () => {
    call('MULTI');
    expect(call('PSYNC', '?', -1)).toBe('-ERR Command not allowed inside a transaction');
  });
});

describe('WAIT', () => {
  it('reads its numbers', () => {
    expect(call('WAIT', 2, 500)).toBe(2);
    expect(call('WAIT', 0, 0)).toBe(0);
    expect(asked).toEqual(['wait 2 500', 'wait 0 0']);
  });

  it('refuses what is no number, the replicas first', () => {
    expect(call('WAIT', 'x', 'y')).toBe('-ERR value is not an integer or out of range');
    expect(call('WAIT', 1, 'y')).toBe('-ERR timeout is not an integer or out of range');
    expect(call('WAIT', 1, -1)).toBe('-ERR timeout is negative');
    expect(call('WAIT', 1, '9223372036854775807')).toBe('-ERR timeout is out of range');
    expect(asked).toEqual([]);
  });

  it('is refused on a replica before its arguments are read', () => {
    t = createTestEngine({ families, replication: { ...port, isReplica: true } });
    expect(call('WAIT', 'x', 'y')).toMatch(
      /^-ERR WAIT cannot be used with replica instances\. Please also note/,
    );
  });
});
