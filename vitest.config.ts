import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/browser/**', 'test/openstack/**', 'test/mariadb/**', 'test/guest/**'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
  },
});
