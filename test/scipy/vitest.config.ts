/** Figures against Debian's SciPy: `npm run test:scipy`. Needs the Debian packages of `test/scipy/install`. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/scipy/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
