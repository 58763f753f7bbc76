/**
 * What takes minutes: how often intervals hold, queues with known answers, the README's commands, and policies of one's own on the command line, and every test of a tenth
 * of its cases on all of them: `npm run test:thorough`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '../..');
const costly = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.test.ts') && readFileSync(join(root, 'test', file), 'utf8').includes("/cases.ts'"),
);

export default defineConfig({
  test: {
    root,
    include: ['test/thorough/**/*.test.ts', ...costly.map((file) => `test/${file}`)],
    setupFiles: ['test/setup.ts'],
    env: { HEPS_CASES: 'all' },
    testTimeout: 300_000,
  },
});
