/**
 * The package as its users get it: built and packed from a copy of the sources, installed into an empty folder, run, and its
 * types compiled against. Needs the package registry for the dependencies; where there is none the tests are skipped.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/server-process.js';

const PACKED = [
  'package.json',
  'LICENSE',
  'README.md',
  'bin',
  'src',
  'scripts',
  'docs',
  'tsconfig.json',
  'tsconfig.build.json',
];
const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENOTCACHED|ENETUNREACH/;

let folder: string;
let app: string;
let offline = false;

interface Ran {
  readonly code: number;
  readonly output: string;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((done) => {
    execFile(
      command,
      args,
      { cwd, timeout: 60_000, shell: process.platform === 'win32' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        done({ code, output: stdout + stderr });
      },
    );
  });
}

async function must(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, output } = await run(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`);
  return output;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redis-ts-pack-'));
  const copy = join(folder, 'copy');
  app = join(folder, 'app');
  mkdirSync(copy);
  mkdirSync(app);
  const present = new Set(readdirSync(projectRoot));
  for (const name of PACKED.filter((entry) => present.has(entry))) {
    cpSync(join(projectRoot, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'), 'junction');
  await must('npm', ['pack', '--pack-destination', folder], copy);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  const install = [
    'install',
    join(folder, tarball!),
    '@types/node@20',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  ];
  const installed = await run('npm', install, app);
  offline = installed.code !== 0 && NO_REGISTRY.test(installed.output);
  if (installed.code !== 0 && !offline) throw new Error(installed.output);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = String.raw`
import { connect } from 'node:net';
import { createServer } from 'redis-ts';

const server = await createServer({ clock: 'manual' });
const socket = connect(server.port, server.host);
let answers = '';
const answered = (bytes) =>
  new Promise((done) => {
    const look = () => answers.length >= bytes && (socket.off('data', look), done());
    socket.on('data', look);
  });
socket.setEncoding('latin1').on('data', (text) => (answers += text));
socket.write('SET k v EX 10\r\nTTL k\r\n');
await answered(10);
server.advance(10_001);
socket.write('GET k\r\n');
await answered(15);
await server.close();
process.stdout.write(JSON.stringify(answers));
`;

const TYPED = `
import { createServer, StartError, type ManualServer, type RunningServer, type ServerOptions } from 'redis-ts';

const options: ServerOptions = { maxmemoryPolicy: 'allkeys-lru', requirepass: 'x', save: [900, 1], config: { hz: '10' } };
await using server: RunningServer = await createServer(options);
const port: number = server.port;
const manual: ManualServer = await createServer({ clock: 'manual', log: (level, message) => console.log(level, message) });
manual.advance(1000);
await manual.close();
// @ts-expect-error there is no such directive
await createServer({ maxmemry: '1mb' });
// @ts-expect-error its clock is the real one
server.advance(1);
console.log(port, StartError.name);
`;

describe('the packed package', () => {
  it('runs as a library and ends by itself', async (context) => {
    if (offline) context.skip('no package registry');
    writeFileSync(join(app, 'script.js'), SCRIPT);
    expect(await must(process.execPath, ['script.js'], app)).toBe('"+OK\\r\\n:10\\r\\n$-1\\r\\n"');
  });

  it('has types that a strict compiler accepts, and that find mistakes', async (context) => {
    if (offline) context.skip('no package registry');
    writeFileSync(join(app, 'typed.ts'), TYPED);
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const options = '--noEmit --strict --target ES2022 --lib ES2022,ESNext.Disposable --module NodeNext';
    const { code, output } = await run(process.execPath, [tsc, ...options.split(' '), 'typed.ts'], app);
    expect(output).toBe('');
    expect(code).toBe(0);
  });

  it('has the command', async (context) => {
    if (offline) context.skip('no package registry');
    const help = await must('npx', ['--no-install', 'redis-ts', 'serve', '--help'], app);
    expect(help).toContain('redis-ts serve [redis.conf | -]');
  });
});
