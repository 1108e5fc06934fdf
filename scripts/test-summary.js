// Reads vitest's JSON report and prints `N passed, N failed[, N skipped]`. Exits 1 when a test or a test file failed, when
// no test ran, or when an interop test was skipped: those run wherever redis-server is installed. Used by .ci/run.
import { readFileSync } from 'node:fs';

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
const missedInterop = skipped.filter((test) => test.file.replaceAll('\\', '/').includes('/test/interop/'));

for (const file of brokenFiles) console.error(`not loaded: ${file.name}`);
for (const test of missedInterop) console.error(`interop test skipped: ${test.fullName}`);
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 || missedInterop.length > 0 || !report.success ? 1 : 0;
