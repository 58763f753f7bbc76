import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/browser/**', 'test/desktop/**', 'test/openstack/**', 'test/mariadb/**'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
  },
});
