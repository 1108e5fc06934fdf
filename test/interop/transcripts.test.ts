/** The wire transcripts against a real redis-server: what we claim that Redis answers, it answers. */
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realRedisServer, redisVersion, startServer, type RunningServer } from '../support/server-process.js';
import { readTranscript } from '../support/transcript.js';

const FOLDER = new URL('../wire/transcripts/', import.meta.url);
const DEADLINE_MS = 10_000;

const real = realRedisServer();

/**
 * Transcripts of what only redis 7.2 has (CLIENT SETINFO, ZRANK WITHSCORE), says of its version, or orders so (messages after the
 * answer): an older one cannot answer so.
 */
const NEED_7_2 = new Set([
  'acl.txt',
  'acl-resp3.txt',
  'connection.txt',
  'pubsub.txt',
  'resp3.txt',
  'server.txt',
  'sorted-set.txt',
  'sorted-set-resp3.txt',
  'stream.txt',
  'tracking.txt',
]);
/** Transcripts of what came with redis 7.4. */
const NEED_7_4 = new Set(['hash-expiry.txt']);
const [major, minor] = (real !== undefined && redisVersion(real)) || [0, 0];
const is72 = major > 7 || (major === 7 && minor >= 2);
const is74 = major > 7 || (major === 7 && minor >= 4);

/** Sends everything at once; resolves with `length` bytes of answers, or with what had come when the deadline passed. */
function ask(port: number, wire: Buffer, length: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(wire));
    let text = '';
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, DEADLINE_MS);
    socket.on('error', reject);
    socket.on('close', done);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.length >= length) done();
    });
  });
}

describe.skipIf(real === undefined)('a real redis-server answers as the transcripts say', () => {
  const servers: RunningServer[] = [];
  beforeAll(async () => {
    for (let i = 0; i < 2; i++) servers.push(await startServer([real ?? '']));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const answerable = (file: string) => (is72 || !NEED_7_2.has(file)) && (is74 || !NEED_7_4.has(file));

  // Said, so that nobody believes it was compared; the transcript itself exists.
  it.skipIf(is72).each([...NEED_7_2])('%s needs redis 7.2', (file) => {
    expect(readTranscript(new URL(file, FOLDER)).length).toBeGreaterThan(0);
  });
  it.skipIf(is74).each([...NEED_7_4])('%s needs redis 7.4', (file) => {
    expect(readTranscript(new URL(file, FOLDER)).length).toBeGreaterThan(0);
  });

  it.each(readdirSync(FOLDER).filter(answerable))('%s', async (file) => {
    const [server, target] = servers;
    const connection = await server.connect();
    await connection.send('FLUSHALL');
    connection.close();
    const exchanges = readTranscript(new URL(file, FOLDER), target.port);
    const expected = exchanges.map((exchange) => exchange.answer).join('');
    const wire = Buffer.concat(exchanges.map((exchange) => exchange.sent));
    expect(await ask(server.port, wire, expected.length)).toBe(expected);
  });
});
