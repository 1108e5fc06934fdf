// Builds dist/ and oclif.manifest.json. With --if-stale only when they are not what the present sources make: so `prepare` runs,
// which npm calls after an install, and once more when npx links this folder for its first `npx redis-ts`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { digestInputs, isFresh, removeOrphans, removeStamp, writeStamp } from './freshness.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const inputs = digestInputs(root);
if (!process.argv.includes('--if-stale') || !isFresh(root, inputs)) {
  removeStamp(root);
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  removeOrphans(root);
  run('scripts/manifest.js');
  writeStamp(root, inputs);
}

function run(script, ...args) {
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
