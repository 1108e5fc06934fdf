/** Geo, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const GEO_COMMANDS: readonly CommandDefinition[] = [];
