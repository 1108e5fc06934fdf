// Tells whether dist/ and the manifest are what the present sources make: by content, never by time, because git and npm set
// times as they like. The last build left a stamp (.tmp/build.json) with two digests: of everything that it read, and of
// everything that it wrote. Both must still hold. Used by scripts/build.js.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a build reads, relative to the project. The compiler counts with its version: see `digestInputs`. */
const INPUTS = [
  'src',
  'scripts/build.js',
  'scripts/freshness.js',
  'scripts/manifest.js',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const OUTPUTS = ['dist', 'oclif.manifest.json'];

const STAMP = '.tmp/build.json';

/** Digest of what a build reads. */
export function digestInputs(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'));
  return digest(root, INPUTS, `typescript ${version}`);
}

/** Whether the last build read `inputs`, and what it wrote is still there, unchanged. */
export function isFresh(root, inputs) {
  try {
    const stamp = JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
    return stamp.inputs === inputs && stamp.outputs === digest(root, OUTPUTS);
  } catch {
    // No stamp, or not one of ours: build.
    return false;
  }
}

/** To be called before a build: one that breaks off leaves no stamp. */
export function removeStamp(root) {
  rmSync(join(root, STAMP), { force: true });
}

/** To be called after a build. `inputs`: the digest from before it, so that what changed meanwhile counts as changed. */
export function writeStamp(root, inputs) {
  mkdirSync(dirname(join(root, STAMP)), { recursive: true });
  writeFileSync(join(root, STAMP), JSON.stringify({ inputs, outputs: digest(root, OUTPUTS) }));
}

/** Removes from dist/ what no source makes any more: oclif would take an old module for a command. */
export function removeOrphans(root) {
  const sources = new Set(list(root, 'src').map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, '')));
  for (const path of list(root, 'dist')) {
    if (!sources.has(path.replace(/(\.d\.ts|\.js)$/, ''))) rmSync(join(root, path));
  }
}

function digest(root, paths, ...more) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((path) => list(root, path))) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  for (const text of more) hash.update(text);
  return hash.digest('hex');
}

/** The files at and below `path`, with `/` between the parts, in one order everywhere; nothing when it does not exist. */
function list(root, path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${path}/${join(entry.parentPath, entry.name).slice(join(root, path).length + 1)}`)
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}
