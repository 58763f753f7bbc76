/** Builds the page into one file, `dist/viz/index.html`, script and style in it: `heps view` serves it and writes runs into it. */

import { defaultClientConditions, defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

export default defineConfig({
  root: import.meta.dirname,
  // rxjs offers ES2015 under this name, and ES5 otherwise, which is larger.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: { outDir: '../dist/viz', emptyOutDir: true, target: 'es2022', modulePreload: false },
});
