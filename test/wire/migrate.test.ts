import { expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { type MigrationOutcome, type MigrationRequest } from '../../src/core/commands/context.js';
import { FAMILIES } from '../../src/core/commands/families.js';
import { ReplyDecoder } from '../../src/core/protocol/reply-decoder.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../support/engine.js';
import { playTranscript, readTranscript } from '../support/transcript.js';

const TARGET_PORT = 7001;

/** A client of an engine that migrates keys to a second one, behind TARGET_PORT; no other port is open. */
function fresh(): TestClient {
  const target = createTestEngine({ families: FAMILIES }).client;
  const source: TestEngine = createTestEngine({
    families: FAMILIES,
    migration: {
      cachedLinks: 0,
      send: (request, done) => source.clock.endOfTurn(() => done(migrate(target, request))),
    },
  });
  return source.client;
}

/** The answers of the target, as core/net/migration-links.ts reads them. */
function migrate(target: TestClient, { port, db, commands }: MigrationRequest): MigrationOutcome {
  if (port !== TARGET_PORT) return { taken: [], failure: 'writing' };
  const selected = String(plain(target.call('SELECT', db)));
  const decoder = new ReplyDecoder();
  decoder.push(Buffer.from(target.send(Buffer.concat(commands)), 'latin1'));
  const answers = [selected];
  for (let reply = decoder.next(); reply !== undefined; reply = decoder.next())
    answers.push(String(plain(reply)));
  const refusal = answers.find((answer) => answer.startsWith('-'))?.slice(1) as Bytes | undefined;
  const taken = answers.slice(1).map((answer) => answer === 'OK' && selected === 'OK');
  return { taken, targetError: refusal };
}

it('answers migrate.txt byte for byte, however the requests are cut', () => {
  const exchanges = readTranscript(new URL('transcripts/migrate.txt', import.meta.url), TARGET_PORT);
  expect(exchanges.length).toBeGreaterThan(30);
  expect(playTranscript(exchanges, fresh)).toBeUndefined();
});
