/** Bitmaps, as their command pages. */
import { type CommandDefinition } from '../spec.js';

export const BITMAP_COMMANDS: readonly CommandDefinition[] = [];
