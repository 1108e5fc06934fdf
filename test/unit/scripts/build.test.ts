/** scripts/build.js --if-stale, in a project of three files whose compiler and manifest maker only copy and count. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../support/server-process.js';

const COMPILER = `
const fs = require('node:fs');
if (fs.readFileSync('src/a.ts', 'utf8') === 'wrong') process.exit(2);
fs.mkdirSync('dist', { recursive: true });
for (const name of fs.readdirSync('src')) fs.copyFileSync('src/' + name, 'dist/' + name.replace('.ts', '.js'));
fs.appendFileSync('builds', 'x');
`;

let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** @returns how often the compiler has run so far */
function build(...args: string[]): number {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build.js'), ...args], {
    encoding: 'utf8',
  });
  expect(`${status} ${stderr}`).toBe('0 ');
  return readFileSync(join(root, 'builds'), 'utf8').length;
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'redis-ts-build-'));
  for (const name of ['build.js', 'freshness.js']) {
    cpSync(join(projectRoot, 'scripts', name), join(root, 'scripts', name));
  }
  write('scripts/manifest.js', `import fs from 'node:fs'; fs.writeFileSync('oclif.manifest.json', '{}');`);
  write('package.json', '{ "type": "module" }');
  write('node_modules/typescript/package.json', '{ "version": "5.9.1", "type": "commonjs" }');
  write('node_modules/typescript/bin/tsc', COMPILER);
  write('src/a.ts', 'a');
  write('src/b.ts', 'b');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('scripts/build.js --if-stale', () => {
  it('builds once, and not again for times that changed', () => {
    expect(build('--if-stale')).toBe(1);
    expect(build('--if-stale')).toBe(1);
    utimesSync(join(root, 'src/a.ts'), new Date(), new Date(Date.now() + 60_000));
    expect(build('--if-stale')).toBe(1);
  });

  it('always builds without the flag', () => {
    expect(build()).toBe(1);
    expect(build()).toBe(2);
  });

  it.each([
    ['a source with other contents of the same length', () => write('src/a.ts', 'z')],
    ['a new source', () => write('src/c.ts', 'c')],
    ['a source that is gone', () => rmSync(join(root, 'src/b.ts'))],
    ['another compiler', () => write('node_modules/typescript/package.json', '{ "version": "5.9.2" }')],
    ['other settings', () => write('tsconfig.json', '{}')],
    ['an edited output', () => write('dist/a.js', 'edited')],
    ['a missing output', () => rmSync(join(root, 'dist/a.js'))],
    ['a file in dist that is not ours', () => write('dist/commands/old.js', 'old')],
    ['a missing manifest', () => rmSync(join(root, 'oclif.manifest.json'))],
    ['a broken stamp', () => write('.tmp/build.json', '{')],
  ])('builds again after %s', (_what, change) => {
    expect(build()).toBe(1);
    change();
    expect(build('--if-stale')).toBe(2);
    expect(build('--if-stale')).toBe(2);
  });

  it('removes what no source makes any more', () => {
    build();
    rmSync(join(root, 'src/b.ts'));
    build('--if-stale');
    expect(existsSync(join(root, 'dist/a.js'))).toBe(true);
    expect(existsSync(join(root, 'dist/b.js'))).toBe(false);
  });

  it('does not take a build that failed for a fresh one', () => {
    build();
    write('src/a.ts', 'wrong');
    const failed = spawnSync(process.execPath, [join(root, 'scripts/build.js'), '--if-stale']);
    expect(failed.status).toBe(2);
    write('src/a.ts', 'a');
    expect(build('--if-stale')).toBe(2);
  });
});
