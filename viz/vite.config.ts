/** Builds the page into one file, `dist/viz/index.html`, script and style in it: `heps view` serves it and writes runs into it. */

import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: { outDir: '../dist/viz', emptyOutDir: true, target: 'es2022', modulePreload: false },
});
