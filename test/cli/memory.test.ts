/** A server in a small heap: it refuses what needs memory while there is some left, and says so when there is none. */
import { type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RespConnection } from '../support/resp-connection.js';
import { builtCli, startCli } from '../support/run-cli.js';

const HEAP_MB = '40';
const LAST_WORDS =
  'Out of memory: the data set has outgrown the heap. Set maxmemory, or give the process more memory.\n';

let dir: string;
let child: ChildProcessWithoutNullStreams;
let stderr: string;
let ended: Promise<number | string>;

beforeAll(() => void builtCli(), 120_000);
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'redis-ts-memory-'))));
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** What was logged to `logfile`, if that is there. */
function logFile(): string {
  const path = join(dir, 'server.log');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function serve(...args: string[]): Promise<RespConnection> {
  let stdout = '';
  stderr = '';
  child = startCli(['serve', '--port', '0', '--dir', dir, '--enable-debug-command', 'local', ...args], {
    REDIS_TS_HEAP_MB: HEAP_MB,
  });
  child.stdin.end();
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  ended = new Promise((done) => child.once('close', (code, signal) => done(code ?? signal ?? -1)));
  let port = 0;
  await eventually(() => {
    port = Number(/Listening on port (\d+)/.exec(stdout + logFile())?.[1] ?? 0);
    return port > 0;
  }, 30_000);
  return RespConnection.connect(port);
}

it('refuses commands that need memory from a share of the heap on, without a maxmemory', async () => {
  const client = await serve();
  let refused = 0;
  let stored = 0;
  for (let n = 0; refused === 0 && n < 400; n++) {
    const batch = Array.from({ length: 1000 }, (_, i) => ['SET', `key:${n}:${i}`, 'v'.repeat(40)]);
    for (const reply of await client.pipeline(batch)) {
      if (reply.type === 'error') {
        expect(reply.text).toBe("OOM command not allowed when used memory > 'maxmemory'.");
        refused++;
      } else stored++;
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(stored).toBeGreaterThan(50_000);
  expect(await client.send('GET', 'key:0:0')).toMatchObject({ text: 'v'.repeat(40) });
  expect(await client.send('FLUSHALL')).toMatchObject({ text: 'OK' });
  expect(await client.send('SET', 'k', 'v')).toMatchObject({ text: 'OK' });
  client.close();
}, 120_000);

it('ends with one line and exit code 1 when the heap runs out all the same', async () => {
  const client = await serve('--logfile', 'server.log');
  // What fills the heap within one command is refused by nobody.
  client.send('DEBUG', 'POPULATE', '2000000', 'key', '40').catch(() => undefined);
  expect(await ended).toBe(1);
  expect(stderr).toBe(LAST_WORDS);
  expect(logFile()).toContain(LAST_WORDS);
}, 120_000);
