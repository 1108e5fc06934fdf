/**
 * The help of each command: what it is for, then three examples; and each example, pasted into a shell. The ports in them are exchanged
 * for free ones, and a server runs at the one that is connected to.
 */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Handshake from '../../src/commands/handshake.js';
import Inspect from '../../src/commands/inspect.js';
import Replica from '../../src/commands/replica.js';
import Serve from '../../src/commands/serve.js';
import { startWithReplica, type OurServer } from '../support/our-server.js';
import { builtCli, runCli } from '../support/run-cli.js';
import { freePort } from '../support/server-process.js';

const COMMANDS = { serve: Serve, replica: Replica, inspect: Inspect, handshake: Handshake };
const DEADLINE_MS = 40_000;
/** Commands that run until they are stopped say that they are ready. */
const READY = /Ready to accept connections|"kind":"streaming"| status=/;

let folder: string;
let port: number;
let server: OurServer;

beforeAll(async () => {
  // With save points: a master without any is a warning of inspect. The replica is there to be shown.
  server = await startWithReplica('--save', '3600 1');
  ({ port, dir: folder } = server);
  const script = `#!/bin/sh\nexec "${process.execPath}" "${join(builtCli(), 'bin/run.js')}" "$@"\n`;
  writeFileSync(join(folder, 'redis-ts'), script);
  chmodSync(join(folder, 'redis-ts'), 0o755);
}, 120_000);

afterAll(() => server.stop());

interface Pasted {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a line of shell; one that runs until it is stopped is, once it is ready. */
function paste(line: string, runsOn: boolean): Promise<Pasted> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH: `${folder}${delimiter}${PATH}`, HOME, LANG: 'C.UTF-8' };
  // A process group of its own, which Ctrl-C reaches as a whole; the shell tells the code afterwards.
  const child = spawn('/bin/sh', ['-c', `trap : INT\n${line}`], {
    cwd: folder,
    env,
    detached: true,
    stdio: 'pipe',
  });
  child.stdin.end();
  let output = '';
  let stopped = false;
  const see = (chunk: Buffer): void => {
    output += chunk.toString();
    if (!runsOn || stopped || !READY.test(output)) return;
    stopped = true;
    process.kill(-child.pid!, 'SIGINT');
  };
  child.stdout.on('data', see);
  child.stderr.on('data', see);
  return new Promise((done) => {
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), DEADLINE_MS);
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code, output });
    });
  });
}

/** An example as it stands in the help, with ports that are free, or our server's. */
async function shown(example: string, id: string): Promise<string> {
  const line = example.replace('<%= config.bin %>', 'redis-ts').replace('<%= command.id %>', id);
  // Without a target it is 127.0.0.1:6379, where nobody knows what runs.
  const target = id === 'inspect' && !/\d/.test(line) ? `${line} :6379` : line;
  const own = id === 'replica' && !/--port|--once/.test(line) ? `${target} --port 7379` : target;
  return own
    .replace(/\b6379\b/g, String(port))
    .replace(/\b7379\b/g, String(await freePort()))
    .replace(/\b10s\b/g, '1s');
}

describe.each(Object.entries(COMMANDS))('redis-ts %s --help', (id, command) => {
  const examples = (command.examples ?? []).map(String);

  it('opens with what it is for, then three examples', async () => {
    const { stdout, code } = await runCli([id, '--help']);
    expect(code).toBe(0);
    const sections = stdout.split('\n').filter((line) => /^[A-Z][A-Z ]+$/.test(line));
    expect(sections[0]).toBe('EXAMPLES');
    // A long one is wrapped.
    expect(stdout.replace(/\s+/g, ' ').toLowerCase()).toMatch(
      new RegExp(`^${command.summary?.toLowerCase().replace(/[.?]/g, '.') ?? 'none'}`),
    );
    expect(examples).toHaveLength(3);
  });

  it.each(examples)(
    '%s',
    async (example) => {
      const line = await shown(example, id);
      const runsOn = id === 'serve' || /--watch/.test(line) || (id === 'replica' && !/--once/.test(line));
      const { code, output } = await paste(line, runsOn);
      expect(code, `${line}\n${output}`).toBe(0);
      expect(output).not.toMatch(/\n {4}at |Error:/);
    },
    60_000,
  );
});
