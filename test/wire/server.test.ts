import { expect, it } from 'vitest';
import { CLUSTER_COMMANDS } from '../../src/core/commands/cluster/table.js';
import { CONNECTION_COMMANDS } from '../../src/core/commands/connection/table.js';
import { SERVER_COMMANDS } from '../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../src/core/commands/transactions/table.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const families = [
  CLUSTER_COMMANDS,
  CONNECTION_COMMANDS,
  SERVER_COMMANDS,
  STRING_COMMANDS,
  TRANSACTION_COMMANDS,
];

it.each([
  ['connection.txt', 80],
  ['server.txt', 50],
  ['resp3.txt', 15],
])('answers %s byte for byte, however the requests are cut', (file, atLeast) => {
  const exchanges = readTranscript(new URL(`transcripts/${file}`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(atLeast);
  expect(playTranscript(exchanges, () => createTestEngine({ families }).client)).toBeUndefined();
});
