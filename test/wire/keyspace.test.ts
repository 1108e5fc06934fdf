import { expect, it } from 'vitest';
import { COMMAND_COMMANDS } from '../../src/core/commands/command/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [STRING_COMMANDS, GENERIC_COMMANDS, TRANSACTION_COMMANDS, COMMAND_COMMANDS];

it.each([
  ['keyspace.txt', 150],
  ['transactions.txt', 50],
  ['command.txt', 25],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
