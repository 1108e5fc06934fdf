/**
 * CLUSTER and what belongs to it: a server that is no node of a cluster knows the commands, so that COMMAND lists them and clients
 * that try them are told why not. Each refuses (redis 7.2.6 cluster.c:clusterCommand without cluster-enabled, CLUSTER HELP
 * included).
 */
import { ReplyError } from '../errors.js';
import { type CommandDefinition, type CommandFlag, defineCommand, type Handler } from '../spec.js';

const DISABLED = new ReplyError('ERR This instance has cluster support disabled');

const refuse: Handler = () => {
  throw DISABLED;
};

const CHANGES: readonly CommandFlag[] = ['no_async_loading', 'admin', 'stale'];
const VARIES = { tips: ['nondeterministic_output'] } as const;

type Rest = Pick<CommandDefinition, 'syntax' | 'tips' | 'history' | 'deprecated' | 'complexity'>;

function subcommand(
  name: string,
  arity: number,
  since: string,
  flags: readonly CommandFlag[],
  summary: string,
  rest: Rest = {},
): CommandDefinition {
  return { complexity: 'O(1)', ...rest, name, arity, flags, group: 'cluster', since, summary, run: refuse };
}

const perSlot = { complexity: 'O(N), N being the number of slots' };
const perNode = { complexity: 'O(N), N being the number of nodes' };
const perReplica = { complexity: 'O(N), N being the number of replicas' };
const range = 'start-slot end-slot [start-slot end-slot ...]';

const SUBCOMMANDS: readonly CommandDefinition[] = [
  subcommand('addslots', -3, '3.0.0', CHANGES, 'Gives slots to this node.', {
    ...perSlot,
    syntax: 'slot [slot ...]',
  }),
  subcommand('addslotsrange', -4, '7.0.0', CHANGES, 'Gives ranges of slots to this node.', {
    ...perSlot,
    syntax: range,
  }),
  subcommand('bumpepoch', 2, '3.0.0', CHANGES, 'Moves the epoch of the configuration on.', VARIES),
  subcommand(
    'count-failure-reports',
    3,
    '3.0.0',
    ['admin', 'stale'],
    'How many nodes report a node as failed.',
    {
      ...VARIES,
      complexity: 'O(N), N being the number of reports',
      syntax: 'node-id',
    },
  ),
  subcommand('countkeysinslot', 3, '3.0.0', ['stale'], 'How many keys a slot holds.', { syntax: 'slot' }),
  subcommand('delslots', -3, '3.0.0', CHANGES, 'Takes slots from the nodes that hold them.', {
    ...perSlot,
    syntax: 'slot [slot ...]',
  }),
  subcommand('delslotsrange', -4, '7.0.0', CHANGES, 'Takes ranges of slots from the nodes that hold them.', {
    ...perSlot,
    syntax: range,
  }),
  subcommand('failover', -2, '3.0.0', CHANGES, 'Makes a replica take the place of its master.', {
    syntax: '[FORCE | TAKEOVER]',
  }),
  subcommand('flushslots', 2, '3.0.0', CHANGES, 'Takes all slots from this node.'),
  subcommand('forget', 3, '3.0.0', CHANGES, 'Takes a node out of the table of nodes.', { syntax: 'node-id' }),
  subcommand('getkeysinslot', 4, '3.0.0', ['stale'], 'Names keys that a slot holds.', {
    ...VARIES,
    complexity: 'O(N), N being the number of keys asked for',
    syntax: 'slot count',
  }),
  subcommand('help', 2, '5.0.0', ['loading', 'stale'], 'Tells the subcommands.'),
  subcommand('info', 2, '3.0.0', ['stale'], 'Tells the state of the cluster.', VARIES),
  subcommand('keyslot', 3, '3.0.0', ['stale'], 'The slot of a key.', {
    complexity: 'O(N), N being the length of the key',
    syntax: 'key',
  }),
  subcommand('links', 2, '7.0.0', ['stale'], 'Lists the connections to and from other nodes.', {
    ...VARIES,
    ...perNode,
  }),
  subcommand('meet', -4, '3.0.0', CHANGES, 'Brings this node and another together.', {
    syntax: 'ip port [cluster-bus-port]',
    history: [['4.0.0', 'Added the optional `cluster_bus_port` argument.']],
  }),
  subcommand('myid', 2, '3.0.0', ['stale'], 'The id of this node.'),
  subcommand('myshardid', 2, '7.2.0', ['stale'], "The id of this node's shard.", VARIES),
  subcommand('nodes', 2, '3.0.0', ['stale'], 'Lists the nodes.', { ...VARIES, ...perNode }),
  subcommand('replicas', 3, '5.0.0', ['admin', 'stale'], 'Lists the replicas of a master.', {
    ...VARIES,
    ...perReplica,
    syntax: 'node-id',
  }),
  subcommand('replicate', 3, '3.0.0', CHANGES, 'Makes this node the replica of a master.', {
    syntax: 'node-id',
  }),
  subcommand('reset', -2, '3.0.0', ['admin', 'stale', 'noscript'], 'Makes this node forget the cluster.', {
    ...perNode,
    syntax: '[HARD | SOFT]',
  }),
  subcommand('saveconfig', 2, '3.0.0', CHANGES, 'Writes the configuration of the cluster to disk.'),
  subcommand('set-config-epoch', 3, '3.0.0', CHANGES, 'Sets the epoch of a new node.', {
    syntax: 'config-epoch',
  }),
  subcommand('setslot', -4, '3.0.0', CHANGES, 'Says which node holds a slot, or moves it.', {
    syntax: 'slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>',
  }),
  subcommand('shards', 2, '7.0.0', ['loading', 'stale'], 'Lists the shards with their slots and nodes.', {
    ...VARIES,
    ...perNode,
  }),
  subcommand('slaves', 3, '3.0.0', ['admin', 'stale'], 'Lists the replicas of a master.', {
    ...VARIES,
    ...perReplica,
    syntax: 'node-id',
    deprecated: { since: '5.0.0', replacedBy: '`CLUSTER REPLICAS`' },
  }),
  subcommand('slots', 2, '3.0.0', ['loading', 'stale'], 'Lists the slots with their nodes.', {
    ...VARIES,
    ...perNode,
    deprecated: { since: '7.0.0', replacedBy: '`CLUSTER SHARDS`' },
    history: [
      ['4.0.0', 'Added node IDs.'],
      ['7.0.0', 'Added additional networking metadata field.'],
    ],
  }),
];

/** One of the commands beside CLUSTER: they concern the connection. */
function connectionCommand(name: string, flags: readonly CommandFlag[], summary: string): CommandDefinition {
  return defineCommand({
    name,
    arity: 1,
    flags,
    acl: ['connection'],
    group: 'cluster',
    since: '3.0.0',
    summary,
    complexity: 'O(1)',
    run: refuse,
  });
}

export const CLUSTER_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'cluster',
    arity: -2,
    flags: [],
    group: 'cluster',
    since: '3.0.0',
    summary: 'A container for commands about the cluster.',
    complexity: 'That of the subcommand',
    subcommands: SUBCOMMANDS,
  }),
  connectionCommand('asking', ['fast'], 'The next command follows an -ASK redirect.'),
  connectionCommand(
    'readonly',
    ['fast', 'loading', 'stale'],
    'This connection may read from a replica in a cluster.',
  ),
  connectionCommand('readwrite', ['fast', 'loading', 'stale'], 'This connection reads from masters again.'),
];
