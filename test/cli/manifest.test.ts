/**
 * oclif.manifest.json is made by the build and shipped: it must say what the compiled commands say. The manifest is made
 * again in a folder of its own and compared.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/server-process.js';

const inProject = (...parts: string[]): string => path.join(projectRoot, ...parts);
const isBuilt = existsSync(inProject('dist/commands')) && existsSync(inProject('oclif.manifest.json'));

describe.skipIf(!isBuilt)('oclif.manifest.json', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-manifest-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('is what the compiled commands make', () => {
    for (const part of ['package.json', 'bin', 'dist'])
      cpSync(inProject(part), path.join(dir, part), { recursive: true });
    symlinkSync(inProject('node_modules'), path.join(dir, 'node_modules'), 'junction');
    execFileSync(process.execPath, [inProject('node_modules/oclif/bin/run.js'), 'manifest', '.'], {
      cwd: dir,
    });

    const made: unknown = JSON.parse(readFileSync(path.join(dir, 'oclif.manifest.json'), 'utf8'));
    const shipped: unknown = JSON.parse(readFileSync(inProject('oclif.manifest.json'), 'utf8'));
    expect(shipped).toEqual(made);
  });

  it('knows every command of the sources', () => {
    const shipped = JSON.parse(readFileSync(inProject('oclif.manifest.json'), 'utf8')) as {
      commands: object;
    };
    const commands = ['handshake', 'inspect', 'replica', 'serve'].filter((name) =>
      existsSync(inProject('src/commands', `${name}.ts`)),
    );
    expect(Object.keys(shipped.commands).sort()).toEqual(commands);
  });
});
