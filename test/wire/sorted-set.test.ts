import { expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { GEO_COMMANDS } from '../../src/core/commands/geo/table.js';
import { SORTED_SET_COMMANDS } from '../../src/core/commands/sorted-set/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [
  SORTED_SET_COMMANDS,
  GEO_COMMANDS,
  STRING_COMMANDS,
  GENERIC_COMMANDS,
  TRANSACTION_COMMANDS,
  CONNECTION_COMMANDS,
];

it.each([
  ['sorted-set.txt', 200],
  ['sorted-set-resp3.txt', 30],
  ['geo.txt', 80],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
