// A learner's portfolio as `hallmark portfolio` makes it: one file, opened from the disk with the network off.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { badge, issueSamples, launch, repository, settled, startNode, vouched } from './fixture.mjs';

let node;
let samples;
let browser;
let portfolio;
let told; // what the command said

before(async () => {
  node = await startNode();
  samples = await issueSamples(node);
  const folder = join(node.folder, 'mine');
  mkdirSync(folder);
  for (const badge of [
    samples.valid,
    samples.png,
    samples.pdf,
    samples.expired,
    samples.revoked,
    samples.hostile,
    samples.pending,
  ]) {
    copyFileSync(badge, join(folder, basename(badge)));
    if (existsSync(samples.proofOf(badge))) {
      copyFileSync(samples.proofOf(badge), join(folder, basename(samples.proofOf(badge))));
    }
  }
  portfolio = join(node.folder, 'portfolio.html');
  told = await node.hallmark('portfolio', '-o', 'portfolio.html', '-o', 'portfolio.pdf', 'mine');
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

/** open opens a portfolio offline, and gives what it asks for and what goes wrong in it. */
async function open(path = portfolio, options = {}) {
  const context = await browser.newContext({ offline: true, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const requests = [];
  const wrong = [];
  page.on('request', (r) => requests.push(r.url()));
  page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
  page.on('pageerror', (e) => wrong.push(String(e)));
  await page.goto(pathToFileURL(path).href);
  return { page, requests, wrong, close: () => context.close() };
}

/** checked waits until all badges were checked, and gives the words of the verdicts by the titles of badges. */
async function checked(page, counts = /\d/) {
  await page.locator('.counts').filter({ hasText: counts }).waitFor();
  const verdicts = {};
  for (const article of await page.locator('article').all()) {
    const title = (await article.locator('h3').textContent()).replace(/^\d+\. /, '');
    verdicts[title] = (await article.locator('.tag').first().textContent()).trim();
  }
  return verdicts;
}

async function trust(page) {
  await page.getByText('Whom I trust').click();
  await page.getByLabel('Trust list').setInputFiles(samples.trust);
  await page.getByLabel('Take badges that').check();
}

test('the command says what it leaves out', () => {
  assert.match(told.stdout, /^portfolio\.html, portfolio\.pdf: 5 badges$/m);
  assert.match(told.stderr, /revoked\.json is left out: the credential is revoked/);
  assert.match(told.stderr, /pending\.json is left out: its proof is still pending/);
});

test('each badge has its own verdict, without a network', async () => {
  const { page, requests, wrong, close } = await open();
  const first = await checked(page);
  assert.equal(first['Welding, level 2'], 'Cannot be told'); // nobody is trusted yet
  await trust(page);
  const verdicts = await checked(page, /^4 valid, 1 not valid, 0/);
  assert.deepEqual(verdicts, {
    'Welding, level 2': 'Valid', // two of that title
    'Certificate of Completion: Metal Work for Beginners': 'Valid',
    'Food hygiene': 'Not valid',
    '<script>globalThis.hacked=1</script>': 'Valid',
  });
  assert.match(await page.locator('article', { hasText: 'Food hygiene' }).textContent(), /This has expired/);
  assert.equal(await page.locator('article .tag.test').count(), 5);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  assert.match(await page.locator('.whose').textContent(), /<img src=x onerror="globalThis\.hacked=1">/);
  assert.deepEqual(
    requests.filter((url) => !/^(blob:|data:|file:)/.test(url)),
    [],
  );
  assert.deepEqual(wrong, []);
  await close();
});

test('skills are collected, and a badge that is not valid proves none', async () => {
  const { page, close } = await open();
  await trust(page);
  await checked(page, /^4 valid/);
  const row = page.locator('tbody tr', { hasText: 'weld metal' });
  assert.match(await row.textContent(), /http:\/\/data\.europa\.eu\/esco\/skill\//);
  const titles = async (cell) => {
    const links = await row.locator('td').nth(cell).locator('a').all();
    const ids = await Promise.all(links.map((a) => a.getAttribute('href')));
    return Promise.all(ids.map((id) => page.locator(`${id} h3`).textContent()));
  };
  assert.equal((await titles(0)).length, 2);
  assert.match((await titles(1)).join(), /Food hygiene/);
  await close();
});

test('a badge and its proof come out as they went in', async () => {
  const { page, close } = await open();
  await checked(page);
  const article = page.locator('article', { hasText: 'Food hygiene' });
  const save = async (name) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      article.getByRole('button', { name }).click(),
    ]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  assert.deepEqual(await save('Save the badge'), { name: 'expired.json', text: readFileSync(samples.expired, 'utf8') });
  const proof = await save('Save the proof');
  assert.equal(proof.name, 'expired.json.proof.json');
  assert.deepEqual(JSON.parse(proof.text), JSON.parse(readFileSync(samples.proofOf(samples.expired), 'utf8')));
  await close();
});

test('a badge that was changed in the page is found out', async () => {
  const changed = join(node.folder, 'changed.html');
  const old = readFileSync(samples.valid);
  const text = old.toString().replaceAll('Anna Berg', 'Anna Burg');
  const html = readFileSync(portfolio, 'utf8');
  assert.ok(html.includes(old.toString('base64')));
  writeFileSync(changed, html.replace(old.toString('base64'), Buffer.from(text).toString('base64')));
  const { page, close } = await open(changed);
  await trust(page);
  await checked(page, /^3 valid, 2 not valid/);
  assert.match(
    await page.locator('article').filter({ hasText: 'Welding, level 2' }).first().textContent(),
    /Not valid/,
  );
  await close();
});

test('who made the page cannot make it say more than is proven, nor run anything', async () => {
  const trusted = JSON.parse(readFileSync(samples.trust, 'utf8'));
  delete trusted.issuers;
  const bare = join(node.folder, 'bare.json');
  writeFileSync(bare, JSON.stringify(trusted));
  const folder = join(node.folder, 'own');
  mkdirSync(folder);
  const own = join(folder, 'own.json');
  const [space, chain] = JSON.parse(readFileSync(samples.validProof, 'utf8')).submission.home.split(':');
  const issuer = { id: `did:pkh:${space}:${chain}:${samples.issuer}`, type: ['Profile'], name: 'Great University' };
  writeFileSync(own, JSON.stringify(badge('Mallory', 'Doctor \u202eof \u200bMedicine', { issuer })));
  await node.cli('submit', ...node.keys, '--wait', own);
  await vouched(node, [samples.proofOf(own)]);
  await node.hallmark('portfolio', '-o', 'own.html', 'own');
  const html = readFileSync(join(node.folder, 'own.html'), 'utf8');
  const changed = join(node.folder, 'own-changed.html');
  writeFileSync(changed, html.replace('"document":', '"url":"javascript:globalThis.hacked=1","document":'));
  const { page, close } = await open(changed);
  await page.getByText('Whom I trust').click();
  await page.getByLabel('Trust list').setInputFiles(bare);
  await page.getByLabel('Take badges that').check();
  await checked(page, /^1 valid/);
  const text = await page.locator('article').innerText();
  assert.match(text, new RegExp(`Issued by\\s+${samples.issuer}`)); // the badge names its key itself
  assert.doesNotMatch(text, /Issued by\s+Great University/);
  assert.match(text, /Great University/);
  assert.match(text, /Doctor \\u202eof \\u200bMedicine/);
  assert.equal(await page.locator('article a[href^="javascript"]').count(), 0);
  await close();
});

test('without scripts it says that nothing was checked', async () => {
  const { page, close } = await open(portfolio, { javaScriptEnabled: false });
  assert.equal((await page.locator('#page').textContent()).trim(), '');
  assert.ok(await page.locator('noscript h1').isVisible());
  const text = await page.locator('noscript').textContent();
  assert.match(text, /Nothing here has been checked/);
  assert.match(text, /Food hygiene, says that it is from Example College/);
  assert.doesNotMatch(text, /\bvalid\b/i);
  await close();
});

test('it cannot connect to anything', async () => {
  const { page, close } = await open(portfolio, { offline: false });
  await checked(page);
  const blocked = await page.evaluate(
    (url) =>
      new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));
        fetch(url).then(
          () => done('fetched'),
          () => undefined,
        );
      }),
    node.url,
  );
  assert.equal(blocked, 'connect-src');
  await close();
});

test('axe finds nothing, in light, dark and from right to left', async () => {
  for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { locale: 'ar' }]) {
    const { page, close } = await open(portfolio, { ...options, bypassCSP: true });
    await checked(page);
    if (options.locale) {
      assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
    }
    await page.addScriptTag({ path: join(repository, 'web/node_modules/axe-core/axe.min.js') });
    await settled(page);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html)}`),
      [],
    );
    await close();
  }
});
