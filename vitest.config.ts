import { configDefaults, defineConfig } from 'vitest/config';

/** What needs more than Node has a suite and a configuration of its own. */
const others = ['browser', 'desktop', 'guest', 'mariadb', 'openstack', 'package', 'slurm'].map(
  (folder) => `test/${folder}/**`,
);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...others],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
  },
});
