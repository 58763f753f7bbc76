/** The tests that need nothing but Node: `npm test`. */
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What needs more than Node, or minutes, has a suite and a configuration of its own. */
const others = [
  'browser',
  'desktop',
  'guest',
  'mariadb',
  'notebook',
  'openstack',
  'package',
  'prometheus',
  'scipy',
  'slurm',
  'thorough',
];
/** Files of these folders leave nothing behind, so that many share one process and load the sources once. */
const pure = ['core', 'docs', 'live', 'paper', 'sim', 'traces', 'viz'];
const testsOf = (folder: string): string => `test/${folder}/**/*.test.ts`;

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Vitest's own default leaves one core to the user.
    maxWorkers: availableParallelism(),
    projects: [
      { extends: true, test: { name: 'pure', include: pure.map(testsOf), isolate: false } },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...[...others, ...pure].map(testsOf)],
        },
      },
    ],
  },
});
