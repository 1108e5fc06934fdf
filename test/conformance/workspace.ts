/**
 * A working directory for the official suite, outside the project and outside the checkout: the suite's Tcl files copied
 * for the time of the run, `src/redis-server` a shim that becomes the server under test, the other programs linked from
 * the built checkout. Removed when the run is over.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Programs of the checkout that the suite runs beside the server. */
const TOOLS = ['redis-cli', 'redis-benchmark', 'redis-check-aof', 'redis-check-rdb', 'redis-sentinel'];

/** What a checkout must have for the suite to run. */
const REQUIRED = [
  'tests/test_helper.tcl',
  'src/redis-cli',
  'src/redis-benchmark',
  'src/redis-check-aof',
  'src/redis-check-rdb',
];

export interface Workspace {
  readonly dir: string;
  remove(): void;
}

/** The first thing that `suite` lacks, or undefined when it is a built checkout. */
export function missingIn(suite: string): string | undefined {
  return REQUIRED.find((file) => !existsSync(path.join(suite, file)));
}

/** Makes a working directory from the checkout `suite` for the server that `command` starts. */
export function makeWorkspace(suite: string, command: readonly string[]): Workspace {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-conformance-'));
  const tmp = path.join(suite, 'tests/tmp');
  cpSync(path.join(suite, 'tests'), path.join(dir, 'tests'), {
    recursive: true,
    filter: (source) => path.dirname(source) !== tmp,
  });
  mkdirSync(path.join(dir, 'tests/tmp'), { recursive: true });
  mkdirSync(path.join(dir, 'src'));
  for (const tool of TOOLS) {
    const program = path.join(suite, 'src', tool);
    if (existsSync(program)) symlinkSync(program, path.join(dir, 'src', tool));
  }
  writeShim(path.join(dir, 'src/redis-server'), command);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** `exec` keeps the pid, which the suite looks for in the server's log. */
function writeShim(file: string, command: readonly string[]): void {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`);
  chmodSync(file, 0o755);
}
