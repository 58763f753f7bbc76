/** Alerts and metrics by the tools of Prometheus: `npm run test:prometheus`. Needs `promtool` (Debian: prometheus). */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/prometheus/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
