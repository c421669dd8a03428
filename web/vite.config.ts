import { defineConfig } from 'vite';

// A page is an HTML file in this folder with its script in src/. The node serves what is built at the same paths.
const served = {
  input: {
    verify: 'index.html',
    share: 'share.html',
    issue: 'issue.html',
    ops: 'ops.html',
    batches: 'batches.html',
    fetch: 'fetch.html',
  },
};

// The page in PAGE alone, in files of which standalone.mjs makes one.
const standalone = {
  input: process.env.PAGE ?? 'index.html',
  output: {
    codeSplitting: false,
    entryFileNames: 'page.js',
    assetFileNames: (asset: { names: string[] }) => (asset.names[0]?.endsWith('.css') ? 'page.css' : '[name][extname]'),
  },
};

export default defineConfig(({ mode }) => ({
  appType: 'mpa',
  build: {
    target: 'es2022',
    emptyOutDir: false, // build.sh does
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: URLs would need a wider policy
    cssCodeSplit: mode !== 'standalone',
    rolldownOptions: mode === 'standalone' ? standalone : served,
  },
  worker: {
    format: 'es',
    rolldownOptions: mode === 'standalone' ? { output: { entryFileNames: 'worker.js' } } : {},
  },
}));
