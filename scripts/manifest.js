// Writes oclif.manifest.json from the compiled commands, so that `redis-ts --help` loads no command module.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const oclif = fileURLToPath(new URL('../node_modules/oclif/bin/run.js', import.meta.url));
execFileSync(process.execPath, [oclif, 'manifest', '.'], {
  env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true' },
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
});
