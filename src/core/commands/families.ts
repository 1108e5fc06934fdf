/** Every family of commands: a new one is a folder with a `table.ts` and a line here. */
import { COMMAND_COMMANDS } from './command/table.js';
import { CONNECTION_COMMANDS } from './connection/table.js';
import { FUNCTION_COMMANDS } from './functions/table.js';
import { GENERIC_COMMANDS } from './generic/table.js';
import { REPLICATION_COMMANDS } from './replication/table.js';
import { SERVER_COMMANDS } from './server/table.js';
import { type CommandDefinition } from './spec.js';
import { STRING_COMMANDS } from './string/table.js';
import { TRANSACTION_COMMANDS } from './transactions/table.js';

export const FAMILIES: readonly (readonly CommandDefinition[])[] = [
  CONNECTION_COMMANDS,
  SERVER_COMMANDS,
  REPLICATION_COMMANDS,
  COMMAND_COMMANDS,
  GENERIC_COMMANDS,
  TRANSACTION_COMMANDS,
  STRING_COMMANDS,
  FUNCTION_COMMANDS,
];
