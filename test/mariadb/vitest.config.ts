/** The registry on a real MariaDB: `npm run test:mariadb`. Needs `mariadbd` and `mariadb-install-db` (Debian: mariadb-server). */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/mariadb/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
