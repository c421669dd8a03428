// The npm package as it would be published: installed into an empty folder, used from Node, and in a page with a strict
// Content-Security-Policy.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { badge, issueSamples, launch, repository, settled, startNode, vouched } from './fixture.mjs';

const web = join(repository, 'web');
const folder = mkdtempSync(join(tmpdir(), 'hallmark-package-'));
let node;
let samples;
let plain;
let old;
let changed;
let browser;
let server;
let site;

/** policy is what a careful site sends. It allows nothing that the documentation does not ask for. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

before(async () => {
  const npm = (...args) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8' });
  execFileSync('npm', ['run', 'build'], { cwd: join(web, 'verifier'), encoding: 'utf8' });
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', join(web, 'verifier')));
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  // Its dependencies come from what is installed already: the test needs no network.
  const noble = ['hashes', 'curves'].map((name) => join(web, 'node_modules/@noble', name));
  npm('install', '--offline', '--no-audit', '--no-fund', '--install-links', ...noble, join(folder, packed.filename));
  node = await startNode();
  samples = await issueSamples(node);
  // Badges of which the verifier in TypeScript reads all.
  const write = (name, what) => {
    const path = join(node.folder, 'badges', name);
    writeFileSync(path, JSON.stringify(what));
    return path;
  };
  plain = write('plain.json', badge('Gerda Moor', 'Welding, level 1', { id: 'urn:badge:1' }));
  old = write('old.json', badge('Gerda Moor', 'First aid', { id: 'urn:badge:2', validUntil: '2026-02-01T00:00:00Z' }));
  await node.cli('submit', ...node.keys, '--wait', plain, old);
  await vouched(node, [plain, old].map(samples.proofOf));
  changed = write('changed.json', badge('Greta Moor', 'Welding, level 1', { id: 'urn:badge:1' }));
  copyFileSync(samples.proofOf(plain), samples.proofOf(changed));
  server = createServer((request, response) => {
    const path = new URL(request.url, 'http://site').pathname;
    const page = pages.get(path);
    const file = path.startsWith('/badges/')
      ? join(node.folder, path)
      : join(folder, 'node_modules/hallmark-verifier', path);
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (page !== undefined) {
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page);
    } else if (path === '/trust.json') {
      response.end(readFileSync(samples.trust));
    } else if (existsSync(file)) {
      const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
      response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  site = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  await node?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pages = new Map();

/** show opens a page with a body at a path, and resolves to it and to what went wrong in it. */
async function show(path, body, options = {}) {
  pages.set(
    path,
    `<!doctype html><html lang="${options.lang ?? 'en'}"><head><title>Site</title>
    <script type="module" src="/dist/element/hallmark-verify.js"></script></head><body>${body}</body></html>`,
  );
  const context = await browser.newContext(options.context);
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
  page.on('pageerror', (e) => wrong.push(String(e)));
  await page.goto(site + path);
  return { page, wrong, close: () => context.close() };
}

test('the package holds what it exports, and no more', () => {
  const root = join(folder, 'node_modules/hallmark-verifier');
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const entry of Object.values(about.exports)) {
    for (const path of Object.values(entry)) {
      assert.ok(existsSync(join(root, path)), `${path} is missing`);
    }
  }
  assert.equal(about.license, 'Apache-2.0');
  assert.deepEqual(readdirSync(root).sort(), ['LICENSE', 'README.md', 'dist', 'package.json']);
});

test('Node verifies with the package', async () => {
  const program = `
    import { readFileSync } from 'node:fs';
    import { verify } from 'hallmark-verifier';
    const [proof, badge, trust] = process.argv.slice(2).map((path) => readFileSync(path));
    const report = verify(proof, badge, { trust, now: Math.floor(Date.now() / 1000), allowTest: true });
    console.log(report.verdict, report.reason ?? '');`;
  writeFileSync(join(folder, 'check.mjs'), program);
  const check = async (badge) => {
    const args = ['check.mjs', samples.proofOf(badge), badge, samples.trust];
    return (await promisify(execFile)('node', args, { cwd: folder })).stdout.trim();
  };
  assert.equal(await check(plain), 'VALID');
  assert.equal(await check(samples.revoked), 'INVALID revoked');
  assert.match(await check(changed), /^(INVALID altered|UNKNOWN unreadable)$/); // it may be of a form that it does not read
});

for (const engine of ['', 'engine="wasm"']) {
  test(`a page shows verdicts ${engine}`, async () => {
    const element = (name) =>
      `<hallmark-verify id="${name}" ${engine} trust="/trust.json" allow-test src="/badges/${name}.json" proof="/badges/${name}.json.proof.json"></hallmark-verify>`;
    const names = ['plain', 'revoked', 'suspended', 'old', 'changed', 'pending', 'hostile'];
    const { page, wrong, close } = await show('/verdicts', names.map(element).join(''));
    const want = {
      plain: 'Valid',
      revoked: 'Its issuer has withdrawn it.',
      suspended: 'Its issuer has suspended it.',
      old: 'It has expired.',
      changed: engine
        ? 'The file is not the one that was issued.'
        : '(The file is not the one that was issued.|Cannot be told)',
      pending: 'Whether it was recorded cannot be told yet.',
      hostile: engine ? 'Valid' : 'Cannot be told',
    };
    for (const [name, text] of Object.entries(want)) {
      await page.locator(`#${name} [part=verdict]`).waitFor();
      assert.match(
        await page.locator(`#${name} [part=card]`).textContent(),
        new RegExp(text.replaceAll('.', '\\.')),
        name,
      );
      assert.match(await page.locator(`#${name} [part=verdict]`).textContent(), /TEST/);
    }
    if (engine) {
      assert.match(await page.locator('#hostile [part=card]').textContent(), /<script>globalThis.hacked=1<\/script>/);
    }
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.deepEqual(wrong, []);
    await close();
  });
}

test('files are dropped or chosen, and the event tells the verdict', async () => {
  const { page, wrong, close } = await show(
    '/drop',
    '<hallmark-verify trust="/trust.json" allow-test></hallmark-verify>',
  );
  const told = page.evaluate(
    () => new Promise((done) => document.addEventListener('hallmark-verdict', (e) => done(e.detail), { once: true })),
  );
  await page.locator('hallmark-verify input').setInputFiles([samples.proofOf(plain), plain]);
  const detail = await told;
  assert.equal(detail.verdict, 'VALID');
  assert.equal(detail.file, 'plain.json');
  // A name that deceives is shown with its signs.
  const named = (name, path) => ({ name, mimeType: 'application/json', buffer: readFileSync(path) });
  const deceives = 'plain\u202egnp.json';
  await page
    .locator('hallmark-verify input')
    .setInputFiles([named(deceives, plain), named(`${deceives}.proof.json`, samples.proofOf(plain))]);
  await page.getByText('plain\\u202egnp.json').waitFor();
  await page.locator('hallmark-verify input').setInputFiles([plain]);
  await page.getByText('There is no proof in this file, nor with it.').waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test('links inside name the files, in six languages', async () => {
  const links =
    '<a slot="badge" href="/badges/plain.json">badge</a><a slot="proof" href="/badges/plain.json.proof.json">proof</a>';
  const words = { en: 'Valid', de: 'Gültig', es: 'Válida', fr: 'Valable', zh: '有效', ar: 'صالحة' };
  const body = Object.keys(words).map(
    (lang) => `<hallmark-verify lang="${lang}" trust="/trust.json" allow-test>${links}</hallmark-verify>`,
  );
  const { page, wrong, close } = await show('/links', body.join(''));
  for (const [lang, word] of Object.entries(words)) {
    const verdict = page.locator(`hallmark-verify[lang=${lang}] [part=verdict]`);
    await verdict.waitFor();
    assert.match(await verdict.textContent(), new RegExp(word));
  }
  assert.equal(await page.locator('hallmark-verify[lang=ar] [dir=rtl]').count(), 1);
  assert.deepEqual(wrong, []);
  await close();
});

test('a file that cannot be fetched says nothing about the badge', async () => {
  const { page, close } = await show('/gone', '<hallmark-verify src="/badges/gone.json"></hallmark-verify>');
  await page.getByText('The file could not be fetched. That says nothing about the badge.').waitFor();
  await close();
});

test('axe finds nothing', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const body = `<main><h1>Site</h1><hallmark-verify trust="/trust.json" src="/badges/revoked.json" proof="/badges/revoked.json.proof.json"></hallmark-verify>
      <hallmark-verify></hallmark-verify></main>`;
    const { page, close } = await show('/axe', body, { context: { colorScheme, bypassCSP: true } });
    await page.locator('[part=verdict]').waitFor();
    await page.addStyleTag({ content: ':root { color-scheme: light dark }' });
    await page.addScriptTag({ path: join(web, 'node_modules/axe-core/axe.min.js') });
    await settled(page);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html)}`),
      [],
    );
    await close();
  }
});
