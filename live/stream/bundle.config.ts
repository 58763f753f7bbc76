/** Builds `dist/desktop/heps-desktop-stream.mjs`: the streamer in one file, for the Node 18 of Debian 12 and Ubuntu 24.04. */
import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root,
  build: {
    ssr: join(root, 'main.ts'),
    outDir: join(root, '../../dist/desktop'),
    emptyOutDir: true,
    target: 'node18',
    minify: true,
    rollupOptions: { output: { entryFileNames: 'heps-desktop-stream.mjs' } },
  },
});
