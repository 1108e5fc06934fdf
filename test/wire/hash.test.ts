import { expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { HASH_COMMANDS } from '../../src/core/commands/hash/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [CONNECTION_COMMANDS, GENERIC_COMMANDS, STRING_COMMANDS, HASH_COMMANDS];

it.each([
  ['hash.txt', 60],
  ['hash-resp3.txt', 12],
  ['hash-expiry.txt', 25],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
