/** How the commands behave towards a terminal, a pipe and a reader that leaves. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startWithReplica, type OurServer } from '../support/our-server.js';
import { builtCli, runCli, startCli } from '../support/run-cli.js';

const DEADLINE_MS = 40_000;
// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b/;

let dir: string;
let server: OurServer;
let target: string;

beforeAll(async () => {
  server = await startWithReplica('--save', '');
  ({ dir } = server);
  target = `127.0.0.1:${server.port}`;
}, 120_000);

afterAll(() => server.stop());

/** One run of each command that ends by itself, with all that it prints. */
const RUNS: readonly (readonly string[])[] = [
  ['handshake', 'TARGET', '--no-psync'],
  ['inspect', 'TARGET'],
  ['replica', '--of', 'TARGET', '--once', '--dir', 'DIR'],
  ['serve', '--no-such-directive'],
];

function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  return runCli(
    args.map((arg) => (arg === 'TARGET' ? target : arg === 'DIR' ? dir : arg)),
    { env, deadlineMs: DEADLINE_MS },
  );
}

describe.each(RUNS)('redis-ts %s, piped', (...args) => {
  it('prints no escape codes', async () => {
    const { stdout, stderr } = await run(args, { TERM: 'xterm-256color', COLORTERM: 'truecolor' });
    expect(stdout + stderr).not.toMatch(ESCAPE);
    expect(stdout + stderr).not.toBe('');
  }, 60_000);

  it('prints plain characters under LANG=C', async () => {
    const { stdout, stderr } = await run(args, { LANG: 'C' });
    expect(stdout + stderr).toMatch(/^[\x20-\x7e\n]+$/);
    const help = await run([args[0], '--help'], { LANG: 'C' });
    expect(help.stdout).toMatch(/^[\x20-\x7e\n]+$/);
  }, 60_000);

  it('obeys NO_COLOR even when colour is forced', async () => {
    const { stdout, stderr } = await run(args, { FORCE_COLOR: '1', NO_COLOR: '1' });
    expect(stdout + stderr).not.toMatch(ESCAPE);
  }, 60_000);
});

describe('colour through a pipe', () => {
  it.each([
    ['handshake', 'TARGET', '--no-psync'],
    ['inspect', 'TARGET'],
  ])(
    'FORCE_COLOR brings it back: %s',
    async (...args) => {
      const { stdout } = await run(args, { FORCE_COLOR: '1' });
      expect(stdout).toMatch(ESCAPE);
      expect((await run([...args, '--no-color'], { FORCE_COLOR: '1' })).stdout).not.toMatch(ESCAPE);
      expect((await run([...args, '--json'], { FORCE_COLOR: '1' })).stdout).not.toMatch(ESCAPE);
    },
    60_000,
  );
});

/** Runs `redis-ts <args> | head -1`: what head printed, what came on stderr, and the code of redis-ts. */
function head(args: string): Promise<{ out: string; err: string }> {
  const cli = `"${process.execPath}" "${join(builtCli(), 'bin/run.js')}"`;
  const child = spawn('/bin/sh', ['-c', `{ ${cli} ${args}; echo "code $?" >&2; } | head -1`], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((done) => child.once('close', () => done({ out, err })));
}

describe('a reader that leaves after the first line', () => {
  it('ends a handshake that would follow for ever, without a word', async () => {
    const { out, err } = await head(`handshake ${target} --follow`);
    expect(out).toBe(`→ ${target}\n`);
    expect(err).toBe('code 141\n');
  }, 60_000);

  it('ends a replay without blaming the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-ts-replay-'));
    const trace = join(folder, 't.ndjson');
    const note = { kind: 'note', step: 'examine', text: 'x'.repeat(200), atUs: 1, conn: 1 };
    const target = {
      kind: 'target',
      step: 'examine',
      schema: 1,
      target: 'h:1',
      tls: false,
      atUs: 0,
      conn: 1,
    };
    const lines = [target, ...Array<unknown>(20_000).fill(note)].map((event) => JSON.stringify(event));
    writeFileSync(trace, `${lines.join('\n')}\n`);
    const { out, err } = await head(`handshake --replay ${trace} --redact-addresses`);
    rmSync(folder, { recursive: true });
    expect(out).not.toBe('');
    expect(err).toBe('code 141\n');
  }, 60_000);

  it('leaves the verdict of inspect as it is', async () => {
    const { out, err } = await head(`inspect ${target}`);
    expect(out).toMatch(/^127\.0\.0\.1:\d+ {2}redis /);
    expect(err).toMatch(/^code (0|1|141)\n$/);
  }, 60_000);

  it('ends every help', async () => {
    for (const id of ['', 'serve', 'replica', 'inspect', 'handshake'])
      expect((await head(`${id} --help`)).err).toMatch(/^code (0|141)\n$/);
  }, 60_000);
});

describe('Ctrl-C', () => {
  it.each<[string[], RegExp, number]>([
    [['handshake', 'TARGET', '--follow'], /stream {9}after offset/, 130],
    [['serve', '--port', '0', '--dir', 'DIR', '--save', ''], /Ready to accept/, 0],
    [['replica', '--of', 'TARGET', '--port', '0', '--dir', 'DIR'], /Streaming|Finished with success/, 0],
  ])(
    'ends %j cleanly',
    async (args, ready, code) => {
      const child = startCli(args.map((arg) => (arg === 'TARGET' ? target : arg === 'DIR' ? dir : arg)));
      child.stdin.end();
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const ended = new Promise<number | null>((done) => child.once('close', done));
      await eventually(() => ready.test(text), DEADLINE_MS);
      child.kill('SIGINT');
      expect(await ended).toBe(code);
      expect(text).not.toMatch(/\n {4}at /);
    },
    60_000,
  );
});
