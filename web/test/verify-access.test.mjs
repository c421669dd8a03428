// The page that verifies for everybody: assistive technology, keyboards, languages, print, phones, many files, no network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { badge, issueSamples, launch, repository, settled, startNode, visit } from './fixture.mjs';

let node;
let samples;
let browser;

before(async () => {
  node = await startNode();
  [samples, browser] = await Promise.all([issueSamples(node), launch()]);
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

const files = '[data-pick=files]';
const axe = readFileSync(join(repository, 'web/node_modules/axe-core/axe.min.js'), 'utf8');

/** accessible fails on whatever axe finds against WCAG 2.2 AA. */
async function accessible(page, what) {
  await page.evaluate(axe);
  await settled(page);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  const found = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
  assert.deepEqual(found, [], what);
}

function unfold(page) {
  return page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) {
      fold.open = true;
    }
  });
}

for (const [name, options] of Object.entries({
  light: {},
  dark: { colorScheme: 'dark' },
  'right to left': { language: 'ar' },
  'right to left, dark, phone': { language: 'ar', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
})) {
  test(`axe finds nothing: ${name}`, async () => {
    const { page, complaints, close } = await visit(browser, node.url, samples, options);
    assert.equal(await page.locator('html').getAttribute('dir'), options.language === 'ar' ? 'rtl' : 'ltr');
    await accessible(page, 'at first');
    await unfold(page);
    await accessible(page, 'unfolded');
    for (const one of ['valid', 'revoked', 'pending', 'validProof']) {
      const proof = one === 'validProof' ? [] : [samples.proofOf(samples[one])];
      await page.reload();
      await page.setInputFiles(files, [samples[one], ...proof]);
      await page.locator('article .verdict').waitFor();
      await unfold(page);
      await accessible(page, one);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, `${one} is wider than the screen`);
    }
    await page.reload();
    await page.setInputFiles(files, [samples.png, samples.pdf, samples.revoked, samples.proofOf(samples.revoked)]);
    await page.locator('table').waitFor();
    await accessible(page, 'table');
    assert.deepEqual(complaints, []);
    await close();
  });
}

test('with the keyboard alone, and told to who does not see', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  const tabTo = async (name) => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()) === name) {
        return;
      }
    }
    assert.fail(`${name} cannot be reached`);
  };
  const choosing = page.waitForEvent('filechooser');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the content');
  await tabTo('Choose files');
  await page.keyboard.press('Enter');
  const chooser = await choosing;
  await chooser.setFiles([samples.valid, samples.validProof]);
  await page.locator('article .verdict').waitFor();
  // The verdict has the focus, and is in the live region.
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('verdict')));
  await page.locator('[role=status].unseen').filter({ hasText: 'TEST: Valid' }).waitFor({ state: 'attached' });
  await tabTo('The checks one by one');
  await page.keyboard.press('Enter');
  await page.locator('.checks').waitFor();
  await tabTo('Check another');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Check a credential' }).waitFor();

  await page.setInputFiles(files, [samples.png, samples.pdf]);
  await page.locator('table').waitFor();
  await tabTo('welding.png');
  await page.keyboard.press('Enter');
  await page.locator('article .verdict').waitFor();
  await close();
});

test('the camera of a device that has none is said plainly, and Escape leads back', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  await page.getByRole('button', { name: 'Scan a code' }).click();
  await page.getByText('There is no camera that this page may use').waitFor();
  await accessible(page, 'camera');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Scan a code');
  await close();
});

test('six languages, chosen or the browser’s, and kept', async () => {
  const says = { en: 'Valid', de: 'Gültig', es: 'Válida', fr: 'Valable', zh: '有效', ar: 'صالحة' };
  for (const [language, word] of Object.entries(says)) {
    const { page, close } = await visit(browser, node.url, samples, { language });
    assert.equal(await page.locator('html').getAttribute('lang'), language);
    await page.setInputFiles(files, [samples.png]);
    await page.locator('article .verdict h2').filter({ hasText: word }).waitFor();
    await close();
  }
  const { page, close } = await visit(browser, node.url, samples);
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('heading', { name: 'Nachweis prüfen' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Nachweis prüfen' }).waitFor();
  await close();
});

test('what is printed is the answer', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [samples.png]);
  await page.locator('article .verdict').waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('article .verdict').isVisible());
  assert.ok(await page.locator('.checks').isVisible(), 'the checks are printed though they are folded');
  for (const part of ['nav', '.language', 'button', '#trust']) {
    assert.equal(await page.locator(part).filter({ visible: true }).count(), 0, part);
  }
  await close();
});

test('200 files at once: the page answers all the while, and can be stopped', async () => {
  const paths = [];
  for (let i = 0; i < 200; i++) {
    const path = join(node.folder, `badge-${i}.json`);
    writeFileSync(path, JSON.stringify(badge(`Person ${i}`, 'Soldering')));
    paths.push(path);
  }
  await node.cli('submit', ...node.keys, '--wait', ...paths);
  const { page, close } = await visit(browser, node.url, samples);
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) {
        globalThis.longest = Math.max(globalThis.longest, task.duration);
      }
    }).observe({ type: 'longtask' });
  });
  await page.setInputFiles(files, [...paths, ...paths.map((path) => samples.proofOf(path))]);
  await page.getByRole('heading', { name: '200 answers' }).waitFor();
  await page.getByRole('button', { name: 'Check another' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 200);
  const longest = await page.evaluate(() => globalThis.longest);
  assert.ok(longest < 500, `the page did nothing else for ${longest} ms`);

  await page.getByRole('button', { name: 'Check another' }).click();
  await page.setInputFiles(files, [...paths, ...paths.map((path) => samples.proofOf(path))]);
  await page.locator('tbody tr').first().waitFor();
  const stop = page.getByRole('button', { name: 'Stop' });
  if (await stop.isVisible()) {
    await stop.click();
    await page.getByText('These are the answers up to then').waitFor();
  }
  // After that it works as before.
  await page.getByRole('button', { name: 'Check another' }).click();
  await page.setInputFiles(files, [samples.png]);
  await page.locator('article .verdict h2').filter({ hasText: 'Valid' }).waitFor();
  await close();
});

test('the page as one file, from disk, without a network', async () => {
  const path = join(node.folder, 'verify.html');
  const response = await fetch(`${node.url}/verify.html`);
  assert.equal(response.status, 200);
  writeFileSync(path, Buffer.from(await response.arrayBuffer()));
  const { page, context, requests, complaints, close } = await visit(browser, 'about:blank', samples, { trust: false });
  await context.setOffline(true);
  await page.goto(pathToFileURL(path).href);
  await page.locator('summary', { hasText: 'Whom I trust' }).click();
  await page.setInputFiles('[data-pick=trust]', [samples.trust]);
  await page.getByLabel('Take credentials that were issued on test networks').check();
  await page.setInputFiles(files, [samples.valid, samples.validProof]);
  await page.locator('article .verdict h2').filter({ hasText: 'Valid – TEST' }).waitFor();
  assert.equal(await page.locator('nav').count(), 0);
  const link = page.getByRole('link', { name: /Download newer evidence/ });
  assert.ok((await link.getAttribute('href')).startsWith(`${node.url}/v1/proofs/`));

  // What was downloaded elsewhere is dropped here.
  const served = await fetch(await link.getAttribute('href'));
  await page.evaluate(
    (text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'evidence.json'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    await served.text(),
  );
  await page.locator('article .verdict').waitFor();

  // A code in a picture is read, too, and other pages are not asked for.
  await page.getByRole('button', { name: 'Check another' }).click();
  const code = join(node.folder, 'offline.png');
  await node.hallmark('qr', '--out', code, samples.validProof);
  await page.setInputFiles(files, [code]);
  await page.locator('article .verdict h2').filter({ hasText: 'Cannot be told' }).waitFor();
  const outside = requests.map((r) => r.url()).filter((url) => !/^(file|blob|data|about):/.test(url));
  assert.deepEqual(outside, []);
  assert.deepEqual(complaints, []);
  await close();
});

test('evidence of another host comes through a frame that is told the address alone', async () => {
  const proof = JSON.parse(readFileSync(samples.validProof, 'utf8'));
  proof.hints = { ...proof.hints, node: 'https://node.elsewhere.example' };
  const { page, context, requests, close } = await visit(browser, node.url, samples);
  const asked = [];
  await context.route('https://node.elsewhere.example/**', async (route) => {
    const url = new URL(route.request().url());
    asked.push({ path: url.pathname, method: route.request().method(), headers: route.request().headers() });
    const answer = await fetch(`${node.url}${url.pathname}${url.search}`);
    await route.fulfill({
      status: answer.status,
      headers: { 'access-control-allow-origin': '*' },
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  await page.setInputFiles(files, [
    { name: 'anna.json', mimeType: 'application/json', buffer: readFileSync(samples.valid) },
    { name: 'anna.json.proof.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(proof)) },
  ]);
  await page.locator('article .verdict').waitFor();
  assert.ok(!requests.some((r) => r.url().includes('elsewhere')));
  await page.getByRole('button', { name: 'Get newer evidence from node.elsewhere.example' }).click();
  await page.getByText(/node.elsewhere.example has nothing newer|Newer evidence came from/).waitFor();
  // Whether it is a node or a folder of files, the proof of one leaf, and the hops of its chain.
  assert.deepEqual(
    asked.map(({ path }) => path.replace(/0x[0-9a-f]{64}$/, 'LEAF')),
    ['/v1/info', '/v1/proofs/LEAF', '/v1/chains/eip155:31337/hops'],
  );
  for (const { method, headers } of asked) {
    assert.equal(method, 'GET');
    assert.equal(headers.origin, 'null'); // it is nobody's
    assert.equal(headers.referer, undefined);
    assert.equal(headers.cookie, undefined);
  }
  await close();
});

test('a phone and a paper certificate: the answer in three taps', async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
  const pdf = join(node.folder, 'anna.certificate.pdf');
  await node.hallmark('certificate', '--out', pdf, samples.valid);
  const film = filmed(pdf);
  const args = [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ];
  const withCamera = await launch({ args });
  const { page, close } = await visit(withCamera, node.url, samples, phone);
  let taps = 0;
  const tap = async (name) => {
    await page.getByRole('button', { name }).tap();
    taps++;
  };
  await tap('Scan a code');
  await page.locator('article .verdict').waitFor();
  await tap(/^Get newer evidence from/);
  await page.locator('article .verdict h2').filter({ hasText: 'Proof is good – TEST' }).waitFor();
  assert.ok(taps <= 3);
  const text = await page.locator('article').textContent();
  assert.match(text, /Example College/);
  assert.match(text, /Yes: not taken back as of/);
  assert.match(text, /its words were not checked/);
  await close();
  await withCamera.close();
});

/** filmed is what a camera sees of a certificate as it is printed, as a film of one gray frame. */
function filmed(pdf) {
  const [width, height] = [1600, 1132];
  const scale = ['-scale-to-x', String(width), '-scale-to-y', String(height)];
  const picture = execFileSync('pdftoppm', ['-gray', ...scale, '-singlefile', pdf], { maxBuffer: 1 << 26 });
  const gray = picture.subarray(picture.length - width * height).map((light) => 16 + (light * 219) / 255);
  const film = join(node.folder, 'paper.y4m');
  const none = Buffer.alloc((width * height) / 2, 128); // no colour
  const head = `YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`;
  const frame = [Buffer.from('FRAME\n'), gray, none];
  writeFileSync(film, Buffer.concat([Buffer.from(head), ...frame, ...frame]));
  return film;
}
