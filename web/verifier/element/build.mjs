// Builds dist/element: the element in one file that imports nothing, the verifier as WebAssembly beside it, and types.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here('../dist/element');

if (!existsSync(here('../../src/engine/verifier.wasm'))) {
  throw new Error('web/src/engine/verifier.wasm is missing: make web builds it');
}
rmSync(out, { recursive: true, force: true });
for (const name of ['hallmark-verify', 'wasm']) {
  await build({
    configFile: false,
    root: here('.'),
    base: './', // what is loaded lies beside the script, wherever that is
    publicDir: false,
    logLevel: 'warn',
    worker: {
      format: 'es',
      rolldownOptions: {
        output: { entryFileNames: 'wasm/[name]-[hash].js', assetFileNames: 'wasm/[name]-[hash][extname]' },
      },
    },
    build: {
      target: 'es2023',
      outDir: out,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: here(`${name}.ts`),
        preserveEntrySignatures: 'strict',
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'wasm/[name]-[hash].js',
          assetFileNames: 'wasm/[name]-[hash][extname]',
        },
      },
    },
  });
}

const types = here('../dist/types');
execFileSync('tsc', ['-p', here('.'), '--outDir', types], { stdio: 'inherit' });
for (const name of ['hallmark-verify', 'types']) {
  cpSync(`${types}/verifier/element/${name}.d.ts`, `${out}/${name}.d.ts`);
}
cpSync(`${types}/src/engine/types.d.ts`, `${out}/engine.d.ts`);
rmSync(types, { recursive: true });
writeFileSync(
  `${out}/wasm.d.ts`,
  "import type { Engine } from './engine.js';\nexport * from './engine.js';\nexport declare const engine: Engine;\n",
);
