/** Every family of commands: a new one is a folder with a `table.ts` and a line here. */
import { ACL_COMMANDS } from './acl/table.js';
import { BITMAP_COMMANDS } from './bitmap/table.js';
import { CLUSTER_COMMANDS } from './cluster/table.js';
import { COMMAND_COMMANDS } from './command/table.js';
import { CONNECTION_COMMANDS } from './connection/table.js';
import { FUNCTION_COMMANDS } from './functions/table.js';
import { GENERIC_COMMANDS } from './generic/table.js';
import { GEO_COMMANDS } from './geo/table.js';
import { HASH_COMMANDS } from './hash/table.js';
import { HYPERLOGLOG_COMMANDS } from './hyperloglog/table.js';
import { LIST_COMMANDS } from './list/table.js';
import { PUBSUB_COMMANDS } from './pubsub/table.js';
import { REPLICATION_COMMANDS } from './replication/table.js';
import { SERVER_COMMANDS } from './server/table.js';
import { SET_COMMANDS } from './set/table.js';
import { SORTED_SET_COMMANDS } from './sorted-set/table.js';
import { type CommandDefinition } from './spec.js';
import { STREAM_COMMANDS } from './stream/table.js';
import { STRING_COMMANDS } from './string/table.js';
import { TRANSACTION_COMMANDS } from './transactions/table.js';

export const FAMILIES: readonly (readonly CommandDefinition[])[] = [
  CONNECTION_COMMANDS,
  SERVER_COMMANDS,
  ACL_COMMANDS,
  REPLICATION_COMMANDS,
  COMMAND_COMMANDS,
  GENERIC_COMMANDS,
  TRANSACTION_COMMANDS,
  STRING_COMMANDS,
  LIST_COMMANDS,
  SET_COMMANDS,
  HASH_COMMANDS,
  SORTED_SET_COMMANDS,
  STREAM_COMMANDS,
  BITMAP_COMMANDS,
  HYPERLOGLOG_COMMANDS,
  GEO_COMMANDS,
  PUBSUB_COMMANDS,
  CLUSTER_COMMANDS,
  FUNCTION_COMMANDS,
];
