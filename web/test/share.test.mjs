// The page of a shared credential, as people see it in a browser.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { issueSamples, launch, settled, startNode } from './fixture.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let node;
let samples;
let browser;
const links = {};

before(async () => {
  node = await startNode('--shares', '64MiB');
  samples = await issueSamples(node);
  // The operator knows the issuer, and takes this chain for a real one: what most people will see.
  const trust = JSON.parse(readFileSync(samples.trust, 'utf8'));
  for (const chain of Object.values(trust.chains)) {
    delete chain.test;
  }
  writeFileSync(join(node.folder, 'operator.json'), JSON.stringify(trust));
  await node.restart('--shares', '64MiB', '--shares-trust', join(node.folder, 'operator.json'));
  for (const name of ['valid', 'revoked', 'expired', 'hostile', 'png']) {
    const { stdout } = await node.cli('share', '--json', samples.proofOf(samples[name]), samples[name]);
    links[name] = JSON.parse(stdout);
  }
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

/** open shows a page and fails at the end if anything went wrong on it, or was loaded from elsewhere. */
async function open(t, url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('503')) {
      wrong.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (
      !request.url().startsWith(node.url) &&
      !request.url().startsWith('blob:') &&
      !request.url().startsWith('data:')
    ) {
      wrong.push(`asked ${request.url()}`);
    }
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  const response = await page.goto(url);
  assert.equal(response.status(), 200);
  return page;
}

/** accessible fails if axe finds anything against WCAG 2.2 AA. */
async function accessible(page) {
  await settled(page);
  const found = await page.evaluate(async (source) => {
    // biome-ignore lint/security/noGlobalEval: the policy of the page forbids scripts that stand in it, and this is the test's
    globalThis.eval(source);
    const { violations } = await globalThis.axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
  }, axe);
  assert.deepEqual(found, []);
}

const word = (page) => page.locator('.verdict .word').innerText();

test('a good credential', async (t) => {
  const page = await open(t, links.valid.url, { permissions: ['clipboard-read', 'clipboard-write'] });
  assert.equal(await word(page), 'Valid');
  assert.equal(await page.locator('h1').innerText(), 'Welding, level 2');
  assert.match(
    await page.locator('.what').innerText(),
    /Example College[\s\S]*the key that signed it is known[\s\S]*Anna Berg/,
  );
  await page.getByRole('button', { name: 'Copy: Credential ID' }).click();
  assert.match(await page.locator('.linkedin [role=status]').innerText(), /Copied: Credential ID/);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), links.valid.shortCode);
  const linkedIn = new URL(await page.getByRole('link', { name: 'Add to LinkedIn' }).getAttribute('href'));
  assert.equal(linkedIn.origin + linkedIn.pathname, 'https://www.linkedin.com/profile/add');
  assert.equal(linkedIn.searchParams.get('name'), 'Welding, level 2');
  assert.equal(linkedIn.searchParams.get('certUrl'), links.valid.url);
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the credential' }).click(),
  ]);
  assert.equal(readFileSync(await saved.path(), 'utf8'), readFileSync(samples.valid, 'utf8'));
});

test('what is bad says so at once', async (t) => {
  assert.equal(await word(await open(t, links.revoked.url)), 'Revoked');
  assert.equal(await word(await open(t, links.expired.url)), 'Expired');
});

/** own is what the browser says that checks by itself. */
async function own(page) {
  await page.waitForFunction(() => document.querySelector('#browser')?.dataset.verdict !== undefined);
  return page.locator('#browser').innerText();
}

test('the browser checks by itself', async (t) => {
  // By what is built in, it knows neither this chain nor the issuer; by whom the person trusts, it does.
  const page = await open(t, links.valid.url);
  assert.match(await own(page), /^Checked by your browser: by itself it cannot tell\./);
  const trust = readFileSync(join(node.folder, 'operator.json'), 'utf8');
  await page.evaluate(
    (trust) => localStorage.setItem('hallmark.trust', JSON.stringify({ trust, trustName: 'mine' })),
    trust,
  );
  await page.reload();
  assert.equal(await own(page), 'Checked by your browser: it comes to the same result by itself.');
  await page.goto(links.revoked.url);
  assert.match(await own(page), /^Checked by your browser: not valid\. The issuer/);
  // Files of another credential, however good, are not those of this page.
  for (const file of ['badge', 'proof.json']) {
    const other = await fetch(`${links.valid.url}/${file}`);
    const body = Buffer.from(await other.arrayBuffer());
    await page.route(`${links.revoked.url}/${file}`, (route) => route.fulfill({ body }));
  }
  await page.reload();
  assert.match(await own(page), /^Your browser could not check it\./);
  // A node that cannot serve the files is no word about the credential.
  await page.route('**/proof.json', (route) => route.fulfill({ status: 503, body: '' }));
  await page.goto(links.valid.url);
  assert.match(await own(page), /^Your browser could not check it\. That says nothing/);
});

test('without scripts', async (t) => {
  const page = await open(t, links.valid.url, { javaScriptEnabled: false });
  assert.equal(await word(page), 'Valid');
  assert.equal(await page.getByRole('button').count(), 0);
});

test('markup in a badge is text', async (t) => {
  const page = await open(t, links.hostile.url);
  assert.equal(await page.locator('h1').innerText(), '<script>globalThis.hacked=1</script>');
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
});

test('a picture that is not covered is marked', async (t) => {
  const page = await open(t, links.png.url);
  assert.ok((await page.locator('figure img').evaluate((img) => img.naturalWidth)) > 10);
  assert.match(await page.locator('figcaption').innerText(), /not part of what was checked/);
});

test('a phone and a paper certificate', async (t) => {
  const page = await open(t, `${node.url}/b/`, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await page
    .getByLabel(/Short code/)
    .fill(links.valid.shortCode.toLowerCase().replaceAll('0', 'o').replaceAll('-', ' '));
  await page.getByRole('button', { name: 'Look up' }).tap();
  await page.waitForURL(/\/b\/0x/);
  assert.equal(await word(page), 'Valid');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels wide`);
});

test('everybody can use it, in each language and look', async (t) => {
  for (const [lang, options] of [
    ['en', {}],
    ['de', { colorScheme: 'dark' }],
    ['es', {}],
    ['fr', {}],
    ['zh', { viewport: { width: 390, height: 844 } }],
    ['ar', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
  ]) {
    for (const url of [links.valid.url, links.revoked.url, `${node.url}/b/`]) {
      const page = await open(t, `${url}?lang=${lang}`, { bypassCSP: true, ...options });
      assert.equal(await page.getAttribute('html', 'lang'), lang);
      await accessible(page);
    }
  }
});

test('a test cannot be overlooked, and a node that knows nobody says so', async (t) => {
  await node.restart('--shares', '64MiB');
  const page = await open(t, links.valid.url);
  assert.match(await page.locator('.testing-line').innerText(), /^TEST/);
  assert.equal(await word(page), 'Cannot be told');
  await accessible(await open(t, links.valid.url, { bypassCSP: true }));
});
