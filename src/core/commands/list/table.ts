/** Lists, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const LIST_COMMANDS: readonly CommandDefinition[] = [];
