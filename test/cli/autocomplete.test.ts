/** Completion in a shell: the script that `redis-ts autocomplete` makes, and what it offers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCli, runCli, type CliResult } from '../support/run-cli.js';

const hasBash = spawnSync('bash', ['--version']).status === 0;

let home: string;
let shown: CliResult;

beforeAll(async () => {
  builtCli();
  home = mkdtempSync(join(tmpdir(), 'redis-ts-completion-'));
  const env = { HOME: home, XDG_CACHE_HOME: home, SHELL: '/bin/bash' };
  shown = await runCli(['autocomplete', 'bash'], { env, deadlineMs: 60_000 });
}, 180_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const script = () => join(home, 'redis-ts/autocomplete/functions/bash/redis-ts.bash');

/** What bash would offer for `words`, the last of which is being typed. */
function offers(...words: string[]): string[] {
  const line = ['redis-ts', ...words].map((word) => `'${word}'`).join(' ');
  const lines = [
    `source '${script()}'`,
    `COMP_WORDS=(${line}); COMP_CWORD=${words.length}`,
    '_redis-ts_autocomplete',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const text = execFileSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8' });
  return text.split('\n').filter((word) => word !== '');
}

describe.skipIf(!hasBash)('redis-ts autocomplete bash', () => {
  it('says how it is installed, and makes the script', () => {
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('redis-ts autocomplete script bash');
    expect(existsSync(script())).toBe(true);
  });

  it('offers the commands', () => {
    expect(offers('').sort()).toEqual(
      expect.arrayContaining(['handshake', 'inspect', 'replica', 'serve']) as string[],
    );
    expect(offers('hand')).toEqual(['handshake']);
  });

  it.each([
    ['serve', '--tr', '--trace'],
    ['serve', '--maxmemory-', '--maxmemory-policy'],
    ['replica', '--onc', '--once'],
    ['replica', '--masterau', '--masterauth'],
    ['inspect', '--max-lag', '--max-lag-bytes'],
    ['handshake', '--no-ps', '--no-psync'],
  ])('offers the flags of %s: %s is %s', (id, typed, flag) => {
    expect(offers(id, typed)).toEqual([flag]);
  });
});
