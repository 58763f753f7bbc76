/**
 * Counts the tests of a run of Vitest: `node count-tests.mjs REPORT STATUS`, of the JSON report and the exit status. Names the tests that failed, and
 * those that passed only when tried again; ends with the line "N passed, N failed". A property that had a counterexample has failed, whatever the
 * second try drew.
 */
import { readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const { testResults = [] } = text === '' ? {} : JSON.parse(text);

/** The message without the stack, on one line. */
const said = (messages) =>
  messages.map((message) => message.split('\n    at ')[0].replaceAll(/\s+/gu, ' ').slice(0, 400)).join('; ');

let passed = 0;
let failed = 0;
for (const { name, status: fileStatus, message, assertionResults } of testResults) {
  // A file that cannot be loaded, or whose hooks failed.
  if (fileStatus === 'failed' && assertionResults.every((test) => test.status !== 'failed')) {
    failed += 1;
    console.log(`failed: ${name}: ${said([message])}`);
  }
  for (const test of assertionResults) {
    const { fullName, failureMessages } = test;
    if (test.status === 'failed' || failureMessages.some((each) => each.includes('Property failed'))) {
      failed += 1;
      console.log(`failed: ${fullName}: ${said(failureMessages)}`);
    } else if (test.status === 'passed') {
      passed += 1;
      if (failureMessages.length > 0) console.log(`unsteady: ${fullName}: ${said(failureMessages)}`);
    }
  }
}
const isGreen = status === '0' && passed > 0 && failed === 0;
console.log(`${passed} passed, ${isGreen ? 0 : Math.max(failed, 1)} failed`);
process.exitCode = isGreen ? 0 : 1;
