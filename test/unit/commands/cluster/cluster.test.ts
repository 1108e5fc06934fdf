import { describe, expect, it } from 'vitest';
import { CLUSTER_COMMANDS } from '../../../../src/core/commands/cluster/table.js';
import { COMMAND_COMMANDS } from '../../../../src/core/commands/command/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain } from '../../../support/engine.js';

const DISABLED = '-ERR This instance has cluster support disabled';

const t = createTestEngine({ families: [CLUSTER_COMMANDS, COMMAND_COMMANDS, TRANSACTION_COMMANDS] });
const errorOf = (line: string) => plain(t.client.call(...line.split(' ')));

describe('a server that is no node of a cluster', () => {
  it.each([
    'CLUSTER HELP',
    'cluster info',
    'CLUSTER SLOTS',
    'CLUSTER KEYSLOT k',
    'CLUSTER ADDSLOTS 1 2 3',
    'ASKING',
    'READONLY',
    'READWRITE',
  ])('%s is refused', (line) => {
    expect(errorOf(line)).toBe(DISABLED);
  });

  it('the number of arguments and the name of the subcommand are checked before', () => {
    expect(errorOf('CLUSTER')).toBe("-ERR wrong number of arguments for 'cluster' command");
    expect(errorOf('CLUSTER KEYSLOT')).toBe("-ERR wrong number of arguments for 'cluster|keyslot' command");
    expect(errorOf('CLUSTER NONE')).toBe("-ERR unknown subcommand 'NONE'. Try CLUSTER HELP.");
  });

  it('a refusal while a transaction runs is an answer of it', () => {
    t.client.call('MULTI');
    expect(plain(t.client.call('READONLY'))).toBe('QUEUED');
    expect(plain(t.client.call('EXEC'))).toEqual([DISABLED]);
  });

  it('COMMAND LIST names it', () => {
    const list = plain(t.client.call('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'cl*help')) as string[];
    expect(list).toContain('cluster|help');
  });
});
