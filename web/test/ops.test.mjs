// The operator's page and the explorer of batches, with a real node.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Account, Gate } from './chain.mjs';
import { badge, launch, settled, startNode } from './fixture.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const languages = ['en', 'de', 'es', 'fr', 'zh', 'ar'];

const gate = new Gate();
let node;
let browser;
let issuer;
let leaf;

before(async () => {
  node = await startNode('--bump-after', '5s', { way: (rpc) => gate.to(rpc) });
  browser = await launch();
  await submit('first', 3);
  const proof = JSON.parse(readFileSync(join(node.folder, 'first-0.json.proof.json'), 'utf8'));
  issuer = proof.submission.issuer;
  const steps = (await node.hallmark('inspect', '--json', 'first-0.json.proof.json')).stdout;
  leaf = /again: leaf","value":"(0x[0-9a-f]{64})"/.exec(steps)[1];
});

after(async () => {
  await browser?.close();
  await node?.stop();
  await gate.shut();
});

/** submit has credentials anchored, in one submission, and waits until that is final. */
async function submit(name, count, wait = true) {
  const files = Array.from({ length: count }, (_, i) => `${name}-${i}.json`);
  for (const [i, file] of files.entries()) {
    writeFileSync(join(node.folder, file), JSON.stringify(badge(`Person ${i}`, name)));
  }
  await node.cli('submit', ...node.keys, ...(wait ? ['--wait'] : []), ...files);
}

/** open opens a page of the node; a message of the browser's that something is wrong fails the test. */
async function open(path, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    // What is looked up and not found is an answer.
    if (message.type() === 'error' && !/404|Failed to load resource|ERR_/.test(message.text())) {
      wrong.push(message.text());
    }
  });
  await page.goto(node.url + path);
  return { page, wrong, close: () => context.close() };
}

async function accessible(page, what) {
  await page.evaluate(axe);
  await settled(page);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`),
    [],
    what,
  );
}

const state = (page, is) => page.locator(`[data-connection="${is}"]`).waitFor({ timeout: 40_000 });
const fault = (page, code) => page.locator(`[data-fault="${code}"]`);

test('all is well, and what was done is seen at once', async () => {
  const { page, wrong, close } = await open('/ops');
  await state(page, 'live');
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
  const count = page.locator('[data-stage="final"] .step-count');
  const earlier = Number(await count.textContent());
  await submit('second', 1);
  await page.waitForFunction(
    ([n]) => Number(document.querySelector('[data-stage="final"] .step-count')?.textContent) > n,
    [earlier],
  );
  const row = page.locator('[data-list="recent"] tbody tr').first();
  assert.match(await row.textContent(), /final/);
  assert.match(await row.textContent(), /ETH/); // what it cost
  await page.locator('[data-list="batches"] tbody tr').nth(1).waitFor();
  assert.match(await page.locator('[data-balance]').textContent(), /ETH/);
  assert.deepEqual(wrong, []);
  await close();
});

test('the chain goes away, and comes back', async () => {
  const { page, close } = await open('/ops');
  await state(page, 'live');
  await gate.shut();
  const notice = fault(page, 'chain_away');
  await notice.waitFor({ timeout: 30_000 });
  assert.match(await notice.textContent(), /name another one with rpc/);
  assert.equal(await page.getByRole('heading', { name: 'All is well' }).count(), 0);
  assert.equal(await page.locator('[data-connection="live"]').count(), 1); // the node itself is there
  await gate.raise();
  await notice.waitFor({ state: 'detached', timeout: 60_000 });
  await page.getByRole('heading', { name: 'All is well' }).waitFor({ timeout: 30_000 });
  await close();
});

test('the money is spent, and sent back', async () => {
  const { page, close } = await open('/ops');
  await state(page, 'live');
  const account = new Account(node.rpc, readFileSync(join(node.folder, 'secret'), 'utf8'));
  const purse = new Account(node.rpc);
  await account.sendAll(purse.address);
  const notice = fault(page, 'no_money');
  await notice.waitFor({ timeout: 30_000 });
  const text = await notice.textContent();
  assert.match(text, /Send ether to the account/);
  assert.ok(text.toLowerCase().includes(account.address), text);
  await submit('poor', 1, false);
  await submit('poorer', 2, false); // into the same batch, once it can be paid for
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-stage="waiting"] .step-count, [data-stage="batched"] .step-count')].some(
      (count) => Number(count.textContent) > 0,
    ),
  );
  await purse.sendAll(account.address);
  await notice.waitFor({ state: 'detached', timeout: 30_000 });
  const row = page.locator('[data-list="batches"] tbody tr', {
    has: page.getByRole('cell', { name: '3', exact: true }),
  });
  await row.first().waitFor({ timeout: 30_000 });
  await close();
});

test('the node goes away: nothing old is shown as new', async () => {
  const { page, close } = await open('/ops');
  await state(page, 'live');
  const context = page.context();
  await context.setOffline(true);
  await node.restart(); // what ends the connection that was there
  await state(page, 'lost');
  assert.match(await page.locator('[data-connection]').textContent(), /No connection to the node since \d/);
  assert.ok(await page.locator('.old').isVisible());
  const ages = () => page.locator('[data-list="recent"]').textContent();
  const then = await ages();
  await page.waitForTimeout(2500); // ages would have counted on
  assert.equal(await ages(), then);
  await context.setOffline(false);
  await state(page, 'live');
  assert.equal(await page.locator('.old').count(), 0);
  await close();
});

test('a stranger sees nothing of it, who knows the password does', async () => {
  writeFileSync(join(node.folder, 'ops'), 'correct horse battery staple\n');
  await node.restart('--ops-password', 'ops');
  const away = { extraHTTPHeaders: { 'X-Forwarded-For': '192.0.2.1' } }; // as a proxy has it
  const stranger = await browser.newContext(away);
  const page = await stranger.newPage();
  for (const path of ['/ops', '/v1/status', '/v1/status/events', '/metrics']) {
    const answer = await page.request.get(node.url + path);
    assert.equal(answer.status(), 401, path);
  }
  await stranger.close();
  const operator = await browser.newContext({
    ...away,
    httpCredentials: { username: 'ops', password: 'correct horse battery staple' },
  });
  const seen = await operator.newPage();
  await seen.goto(`${node.url}/ops`);
  await state(seen, 'live');
  await operator.close();
  await node.restart();
});

test('the explorer: from the list to a batch, a submission, an issuer and back', async () => {
  const { page, wrong, close } = await open('/batches');
  const rows = page.locator('[data-list="batches"] tbody tr');
  await rows.first().waitFor();
  const both = (await (await fetch(`${node.url}/v1/batches`)).json()).batches.find((b) => b.count === 2);
  await rows.locator(`a[href$="${both.root}"]`).click();
  const view = page.locator('[data-view="batch"]');
  await view.waitFor();
  assert.match(await view.textContent(), /final/);
  const submissions = view.locator('[data-list="submissions"] tbody tr');
  await submissions.first().waitFor();
  await submissions.first().locator('a').first().click();
  await page.locator('[data-view="submission"]').waitFor();
  await page.goBack();
  await submissions.first().locator('a').nth(1).click();
  const of = page.locator('[data-view="issuer"]');
  await of.waitFor();
  await of.locator('[data-list="submissions"] tbody tr').nth(1).waitFor();
  await page.getByRole('link', { name: 'All batches' }).click();
  await rows.first().waitFor();
  assert.deepEqual(wrong, []);
  await close();
});

test('the explorer finds what is typed, and says so if it does not', async () => {
  const { page, close } = await open('/batches');
  const find = async (text) => {
    await page.getByLabel('Look up').fill(text);
    await page.keyboard.press('Enter');
  };
  await find('<img src=x onerror=alert(1)>');
  await page.getByText('That is none of them').waitFor();
  await find(issuer);
  await page.locator('[data-view="issuer"]').waitFor();
  await find(`0x${'00'.repeat(32)}`);
  await page.getByText('This node does not know that').waitFor();
  await find(`0x${'11'.repeat(20)}`);
  await page.getByText('No submission was found').waitFor();
  const batches = await (await fetch(`${node.url}/v1/batches`)).json();
  await find(batches.batches[0].root);
  await page.locator('[data-view="batch"]').waitFor();
  const both = batches.batches.find((b) => b.count === 2);
  const list = await (await fetch(`${node.url}/v1/batches/${both.root}/submissions`)).json();
  await find(list.submissions[0].id.toUpperCase().replace('0X', '0x'));
  await page.locator('[data-view="submission"]').waitFor();
  await find(leaf);
  await page.locator('[data-view="leaf"]').waitFor();
  await page.goto(`${node.url}/batches#%3Cscript%3E`);
  await page.getByText('That is none of them').waitFor();
  await close();
});

test('both are accessible, in every language, by day and night, on a phone', async () => {
  for (const [path, ready] of [
    ['/ops', '[data-connection="live"]'],
    ['/batches', '[data-list="batches"]'],
  ]) {
    for (const lang of languages) {
      const colorScheme = languages.indexOf(lang) % 2 === 0 ? 'light' : 'dark';
      const viewport = lang === 'en' || lang === 'fr' ? { width: 390, height: 844 } : { width: 1280, height: 900 };
      const { page, wrong, close } = await open(`${path}?lang=${lang}`, { colorScheme, viewport });
      await page.locator(ready).waitFor();
      await page.locator('[data-list="batches"] tbody tr').first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dir), lang === 'ar' ? 'rtl' : 'ltr');
      await accessible(page, `${path} in ${lang}`);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(wide <= 0, `${path} in ${lang} is ${wide} pixels too wide`);
      if (process.env.SCREENSHOTS) {
        await page.screenshot({ path: join(process.env.SCREENSHOTS, `${path.slice(1)}-${lang}.png`), fullPage: true });
      }
      assert.deepEqual(wrong, []);
      await close();
    }
  }
});
