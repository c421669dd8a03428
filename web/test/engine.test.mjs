// The verifier of the pages, run by Node, says of the same files what the command verify says.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { badges, issueSamples, repository, startNode } from './fixture.mjs';

let engine;
let node;
let samples;

before(async () => {
  globalThis.self ??= globalThis;
  await import('../src/engine/wasm_exec.js');
  const go = new globalThis.Go();
  const program = readFileSync(join(repository, 'web/src/engine/verifier.wasm'));
  const { instance } = await WebAssembly.instantiate(program, go.importObject);
  go.run(instance);
  engine = globalThis.hallmark;
  node = await startNode();
  samples = await issueSamples(node);
});
after(() => node?.stop());

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** verify returns the results of files by their names below a folder, and the summary. */
function verify(paths, folder, settings = {}) {
  const results = [];
  const began = [];
  const files = paths.map((path) => ({ name: relative(folder, path), bytes: new Uint8Array(readFileSync(path)) }));
  const answer = engine.verify(files, { settings: JSON.stringify(settings), hops: [] }, (result, name) =>
    result === null ? began.push(name) : results.push(JSON.parse(result)),
  );
  const { ok, error } = JSON.parse(answer);
  assert.equal(error, undefined);
  return { results, summary: ok, began };
}

const added = [
  'because',
  'chainName',
  'expired',
  'finalBy',
  'hint',
  'issuerName',
  'leaf',
  'nodes',
  'proof',
  'shortCode',
  'skills',
];

/** plain is a result without what pages get besides. */
function plain(result) {
  const copy = { ...result };
  for (const name of added) {
    delete copy[name];
  }
  return copy;
}

/** commandLine is what the command says, by file; names are those below the folder. */
async function commandLine(folder, ...args) {
  const { stdout } = await node.hallmark('verify', '--json', ...args).catch((failed) => failed);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line.replaceAll(JSON.stringify(`${folder}/`).slice(1, -1), '')));
}

const byFile = (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
const at = '2026-11-29T23:59:59Z';

test('a folder is told of as by the command', async () => {
  const folder = join(node.folder, 'badges');
  for (const trusted of [true, false]) {
    const settings = trusted ? { trust: readFileSync(samples.trust, 'utf8'), allowTest: true } : {};
    const flags = trusted ? ['--trust', samples.trust, '--allow-test'] : [];
    const want = await commandLine(folder, ...flags, folder, { status: 1 });
    const { results, summary } = verify(filesIn(folder), folder, settings);
    assert.deepEqual(results.map(plain).sort(byFile), want.sort(byFile));
    assert.equal(summary.checked, want.filter((r) => r.verdict !== 'SKIPPED').length);
  }
});
