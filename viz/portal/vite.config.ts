/**
 * Builds the portal's pages into `dist/portal/`: `index.html` (the portal), `desktop.html` (a desktop, with noVNC), and what both need
 * below `assets/`. Nothing is put into the HTML itself, since the server's policy lets neither script nor style stand there.
 */
import { join } from 'node:path';
import { defaultClientConditions, defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root,
  // Served below /portal/ by the server, and below / by the gateway.
  base: './',
  // rxjs offers ES2015 under this name, and ES5 otherwise, which is larger.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  build: {
    outDir: join(root, '../../dist/portal'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: [join(root, 'index.html'), join(root, 'desktop.html')] },
  },
});
