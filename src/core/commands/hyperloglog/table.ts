/** HyperLogLog, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const HYPERLOGLOG_COMMANDS: readonly CommandDefinition[] = [];
