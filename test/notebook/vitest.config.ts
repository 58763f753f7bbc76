/** The example notebook in Debian's Jupyter: `npm run test:notebook`. Needs the Debian packages of `test/notebook/install`. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/notebook/**/*.test.ts'],
    testTimeout: 600_000,
  },
});
