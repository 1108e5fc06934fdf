import { expect, it } from 'vitest';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const fresh = () => createTestEngine({ families: [STRING_COMMANDS] }).client;

it('answers the string family byte for byte, however the requests are cut', () => {
  const exchanges = readTranscript(new URL('transcripts/string.txt', import.meta.url));
  expect(exchanges.length).toBeGreaterThan(50);
  expect(playTranscript(exchanges, fresh)).toBeUndefined();
});
