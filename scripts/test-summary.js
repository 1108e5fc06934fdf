// Reads vitest's JSON report and prints `N passed, N failed[, N skipped]`. Exits 1 when a test or a test file failed, when
// no test ran, or when interop tests were skipped for want of a real redis-server, of our built server or of chromium. One that
// was skipped because it asks for another version than the installed one is only named. Used by .ci/run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

let report;
try {
  report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
} catch (error) {
  console.error(`no test report: ${error.message}`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const tests = report.testResults.flatMap((file) =>
  file.assertionResults.map((test) => ({ ...test, file: file.name })),
);
const isSkipped = (test) => test.status === 'skipped' || test.status === 'pending' || test.status === 'todo';
const passed = tests.filter((test) => test.status === 'passed').length;
const skipped = tests.filter(isSkipped);
// A file that could not be loaded has no tests and is one failure.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = tests.filter((test) => test.status === 'failed').length + brokenFiles.length;
const skippedInterop = skipped.filter((test) => test.file.replaceAll('\\', '/').includes('/test/interop/'));
const inProject = (name) => new URL(`../${name}`, import.meta.url);
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const hasOurs =
  existsSync(inProject('dist/commands/serve.js')) || !existsSync(inProject('src/commands/serve.ts'));
const hasChromium = spawnSync('chromium', ['--version']).status === 0;
const missing = [
  ...(hasRedis ? [] : ['redis-server is not installed']),
  ...(hasOurs ? [] : ['our server is not built']),
  ...(hasChromium ? [] : ['chromium is not installed']),
];
const lacksMeans = skippedInterop.length > 0 && missing.length > 0;

for (const file of brokenFiles) console.error(`not loaded: ${file.name}`);
for (const file of new Set(skippedInterop.map((test) => test.file))) {
  const count = skippedInterop.filter((test) => test.file === file).length;
  console.error(`interop tests skipped: ${count} in ${file}`);
}
if (lacksMeans) console.error(`missing: ${missing.join(', ')}`);
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 || lacksMeans || !report.success ? 1 : 0;
