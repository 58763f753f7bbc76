import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...['browser', 'desktop', 'guest', 'mariadb', 'openstack'].map((folder) => `test/${folder}/**`),
    ],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
  },
});
