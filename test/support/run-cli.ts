/**
 * Runs `redis-ts` as its users do: as a process, from a build of the current sources. The build is only a translation (no type
 * check), lies in .tmp/ under a name made from the contents of src/, and is shared by all test files.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const KEPT_BUILDS = 4;

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Added to a small environment (PATH, HOME, a UTF-8 locale): the caller's own variables do not leak in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Longest it may run before it is killed; the promise rejects then. */
  readonly deadlineMs?: number;
}

/** Runs `redis-ts <args>` to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options.env);
  child.stdin.end(options.input ?? '');
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`redis-ts ${args.join(' ')} did not end\n${Buffer.concat([...out, ...err]).toString()}`),
      );
    }, options.deadlineMs ?? 20_000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** Starts `redis-ts <args>` and leaves it to the caller, who ends it. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const small = { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), LANG: 'C.UTF-8', ...env };
  return spawn(process.execPath, [join(builtCli(), 'bin/run.js'), ...args], { env: small, cwd: root });
}

let built: string | undefined;

/** The folder of a build of the current sources; builds it when there is none yet. */
export function builtCli(): string {
  if (built !== undefined) return built;
  const sources = listFiles(join(root, 'src')).filter((file) => !file.endsWith('.d.ts'));
  const hash = createHash('sha1').update(readFileSync(join(root, 'package.json')));
  for (const file of sources) hash.update(file).update(readFileSync(file));
  const target = join(root, '.tmp/cli', hash.digest('hex').slice(0, 16));
  if (!existsSync(target)) build(sources, target);
  return (built = target);
}

function build(sources: readonly string[], target: string): void {
  const draft = `${target}.${process.pid}`;
  for (const file of sources) {
    const out = join(draft, 'dist', file.slice(join(root, 'src').length)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(out), { recursive: true });
    if (!file.endsWith('.ts')) copyFileSync(file, out);
    else writeFileSync(out, translate(readFileSync(file, 'utf8'), file));
  }
  cpSync(join(root, 'bin'), join(draft, 'bin'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(draft, 'package.json'));
  try {
    renameSync(draft, target);
  } catch (error) {
    // Another test file was faster with the same build.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  forgetOldBuilds(dirname(target));
}

function translate(source: string, fileName: string): string {
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    isolatedModules: true,
  };
  return ts.transpileModule(source, { compilerOptions, fileName }).outputText;
}

function forgetOldBuilds(folder: string): void {
  const age = (name: string) => statSync(join(folder, name)).mtimeMs;
  const old = readdirSync(folder)
    .filter((name) => !name.includes('.'))
    .sort((a, b) => age(b) - age(a))
    .slice(KEPT_BUILDS);
  for (const name of old) rmSync(join(folder, name), { recursive: true, force: true });
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    });
}
