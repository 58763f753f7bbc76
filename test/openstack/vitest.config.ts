/** What depends on a real OpenStack: `npm run test:openstack`. One file after the other, since they share one cloud. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/openstack/**/*.test.ts'],
    globalSetup: 'test/openstack/setup.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
