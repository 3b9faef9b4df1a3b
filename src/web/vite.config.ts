// The build of the page: one script, one style, no file from anywhere else. `npm run build` runs it (deploy/build.mjs).
import { join } from 'node:path';
import { defineConfig } from 'vite';

const api = process.env.TASKFOLD_PAGE_API ?? 'http://127.0.0.1:9460';

export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, '../../dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    // A data: address would need a wider Content-Security-Policy, and the preload shim an inline script.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
  // Only while the page is worked on: `npx vite src/web` beside a `taskfold serve`.
  server: { proxy: { '/api': api } },
});
