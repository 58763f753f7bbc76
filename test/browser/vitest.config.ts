/** The pages in a real Chromium: `npm run test:browser`. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Pictures of every state: only what is seen in the end counts, not how quickly. */
const appearance = 'test/browser/**/*appearance.test.ts';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'behaviour',
          include: ['test/browser/**/*.test.ts'],
          exclude: [appearance],
          // Frames want a core to themselves.
          fileParallelism: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'appearance', include: [appearance], maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
