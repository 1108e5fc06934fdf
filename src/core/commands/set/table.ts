/** Sets, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const SET_COMMANDS: readonly CommandDefinition[] = [];
