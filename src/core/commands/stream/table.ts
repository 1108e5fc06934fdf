/** Streams, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const STREAM_COMMANDS: readonly CommandDefinition[] = [];
