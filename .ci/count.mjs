// Prints `N passed, N failed[, N skipped]` from vitest's JSON report. Exits 1 if a test failed or none passed.
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
// No report: an earlier step failed, or vitest itself broke down. That is one failure and no test.
const report = text === '' ? { numPassedTests: 0, numFailedTests: 1, testResults: [] } : JSON.parse(text);
const unloadable = report.testResults.filter(({ status, assertionResults }) => {
  return status === 'failed' && assertionResults.every((test) => test.status !== 'failed');
});
const failed = report.numFailedTests + unloadable.length;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
const parts = [`${report.numPassedTests} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])];
process.stdout.write(`${parts.join(', ')}\n`);
if (failed > 0 || report.numPassedTests === 0) process.exitCode = 1;
