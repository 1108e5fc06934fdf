/** Sorted sets, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const SORTED_SET_COMMANDS: readonly CommandDefinition[] = [];
