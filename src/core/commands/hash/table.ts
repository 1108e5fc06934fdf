/** Hashes, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const HASH_COMMANDS: readonly CommandDefinition[] = [];
