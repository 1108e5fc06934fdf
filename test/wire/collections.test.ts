import { expect, it } from 'vitest';
import { COMMAND_COMMANDS } from '../../src/core/commands/command/table.js';
import { CONNECTION_COMMANDS } from '../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { LIST_COMMANDS } from '../../src/core/commands/list/table.js';
import { SET_COMMANDS } from '../../src/core/commands/set/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [
  CONNECTION_COMMANDS,
  STRING_COMMANDS,
  LIST_COMMANDS,
  SET_COMMANDS,
  GENERIC_COMMANDS,
  TRANSACTION_COMMANDS,
  COMMAND_COMMANDS,
];

it.each([
  ['list.txt', 140],
  ['set.txt', 120],
  ['sort.txt', 60],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
