import { expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { STREAM_COMMANDS } from '../../src/core/commands/stream/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [
  CONNECTION_COMMANDS,
  GENERIC_COMMANDS,
  STREAM_COMMANDS,
  STRING_COMMANDS,
  TRANSACTION_COMMANDS,
];

it.each([
  ['stream.txt', 250],
  ['stream-resp3.txt', 20],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
