import { expect, it } from 'vitest';
import { FAMILIES } from '../../src/core/commands/families.js';
import { createTestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const fresh = () => createTestEngine({ families: FAMILIES }).client;

it.each(['acl', 'acl-resp3'])('answers of %s come byte for byte, however the requests are cut', (name) => {
  const exchanges = readTranscript(new URL(`transcripts/${name}.txt`, import.meta.url));
  expect(exchanges.length).toBeGreaterThan(10);
  expect(playTranscript(exchanges, fresh)).toBeUndefined();
});
