/** Pub/sub, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const PUBSUB_COMMANDS: readonly CommandDefinition[] = [];
