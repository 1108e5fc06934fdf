import { expect, it } from 'vitest';
import { BITMAP_COMMANDS } from '../../src/core/commands/bitmap/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [BITMAP_COMMANDS, STRING_COMMANDS, GENERIC_COMMANDS];
const fresh = () => createTestEngine({ families }).client;

it('answers byte for byte, however the requests are cut', () => {
  const exchanges = readTranscript(new URL('transcripts/bitmap.txt', import.meta.url));
  expect(exchanges.length).toBeGreaterThan(50);
  expect(playTranscript(exchanges, fresh)).toBeUndefined();
});
