import { defineConfig } from 'vite';

// A page is an HTML file in this folder with its script in src/. The node serves what is built at the same paths.
export default defineConfig({
  appType: 'mpa',
  build: {
    target: 'es2022',
    emptyOutDir: false, // build.sh does
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: URLs would need a wider policy
    rolldownOptions: {
      input: {
        verify: 'index.html',
        share: 'share.html',
        issue: 'issue.html',
        ops: 'ops.html',
        batches: 'batches.html',
      },
    },
  },
  worker: { format: 'es' },
});
