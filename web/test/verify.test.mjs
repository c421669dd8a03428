// The page that verifies, as people use it: a real browser, a real node, real credentials.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { badge, issueSamples, launch, startNode, visit, vouched } from './fixture.mjs';

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
const verdict = (page) => page.locator('article .verdict h2');

async function answered(page, what) {
  await verdict(page).filter({ hasText: what }).waitFor();
}

/** dropped drops files on the page, as a mouse does. */
async function dropped(page, paths) {
  const all = paths.map((path) => [basename(path), readFileSync(path).toString('base64')]);
  await page.evaluate((given) => {
    const data = new DataTransfer();
    for (const [name, base64] of given) {
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, all);
}

test('a badge and its proof: the answer first, then who, what, to whom and when', async () => {
  const { page, requests, complaints, close } = await visit(browser, node.url, samples);
  await dropped(page, [samples.valid, samples.validProof]);
  await answered(page, 'Valid – TEST');
  const text = await page.locator('article').textContent();
  for (const fact of ['TEST – this was issued on a test network', 'Example College', 'Welding, level 2', 'Anna Berg']) {
    assert.ok(text.includes(fact), `${fact} is not in ${text}`);
  }
  assert.match(text, /Still good\s*Yes: not taken back as of \d+ \w+ 2026/);
  // The checks are behind a fold.
  const checks = page.getByText('The paths lead', { exact: false }).first();
  assert.ok(!(await checks.isVisible()));
  await page.getByText('The checks one by one').click();
  assert.ok(await checks.isVisible());
  assert.equal(await page.locator('.checks li').count(), 9);

  // Nothing was sent: all that was asked for are the parts of the page, and they were asked for without a body.
  for (const request of requests) {
    assert.equal(request.method(), 'GET', request.url());
    assert.equal(request.postData(), null);
    assert.match(request.url(), new RegExp(`^(${node.url}/(assets/[\\w.-]+)?|blob:.*)$`));
  }
  assert.deepEqual(complaints, []);
  await close();
});

test('what the browser lets a page do: it cannot send a file anywhere', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  const headers = await page.goto(node.url).then((response) => response.headers());
  const policy = headers['content-security-policy'];
  for (const rule of [
    "default-src 'none'",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]) {
    assert.ok(policy.includes(rule), policy);
  }
  assert.ok(!/unsafe-inline|[^-]unsafe-eval'|https?:/.test(policy.replace("'wasm-unsafe-eval'", '')), policy);
  const sent = await page.evaluate(async () => {
    const refused = [];
    const three = new Promise((done) => {
      addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective) === 3 && done());
    });
    await fetch('https://elsewhere.example/', { method: 'POST', body: 'x' }).catch(() => undefined);
    new Image().src = 'https://elsewhere.example/?x';
    navigator.sendBeacon('https://elsewhere.example/', 'x');
    await three;
    return refused;
  });
  assert.ok(sent.includes('connect-src') && sent.includes('img-src'), sent.join());
  await close();
});

for (const [name, what, says] of [
  ['png', 'Valid', 'still good'],
  ['svg', 'Valid', 'still good'],
  ['pdf', 'Valid', 'still good'],
  ['revoked', 'Not valid', 'The issuer has taken this back.'],
  ['suspended', 'Not valid', 'suspended this for the time being'],
  ['expired', 'Not valid', 'This has expired.'],
  ['tampered', 'Not valid', 'This file is not the one that was issued.'],
  ['pending', 'Cannot be told', 'does not yet show that it was recorded'],
]) {
  test(`${name}: ${what}`, async () => {
    const { page, close } = await visit(browser, node.url, samples);
    const carried = ['png', 'svg', 'pdf'].includes(name);
    await page.setInputFiles(files, carried ? [samples[name]] : [samples[name], samples.proofOf(samples[name])]);
    await answered(page, what);
    assert.ok((await page.locator('article .verdict').textContent()).includes(says));
    const next = page.getByRole('heading', { name: 'What to do next' });
    assert.equal(await next.isVisible(), what !== 'Valid');
    // Of a file that was changed nothing is shown as if it were the issuer's.
    assert.equal(await page.getByText('Anna Burg').count(), 0);
    await close();
  });
}

test('on a slow link there is a verdict before the verifier is loaded, and the verifier gives the same one', async () => {
  const folder = join(node.folder, 'early');
  mkdirSync(folder);
  const at = (name) => join(folder, name);
  const write = (name, person, id) => writeFileSync(at(name), JSON.stringify(badge(person, 'Welding', { id })));
  write('good.json', 'Gro Dahl', 'https://college.example/badges/1');
  await node.cli('submit', ...node.keys, '--wait', at('good.json'));
  await vouched(node, [samples.proofOf(at('good.json'))]);
  write('changed.json', 'Gro Dahle', 'https://college.example/badges/1');
  copyFileSync(samples.proofOf(at('good.json')), samples.proofOf(at('changed.json')));

  for (const [path, what, early] of [
    [at('good.json'), 'Valid – TEST', true],
    [at('changed.json'), 'Not valid', true],
    [samples.valid, 'Valid – TEST', false], // what is in its id only the verifier reads
  ]) {
    const { page, context, close } = await visit(browser, 'about:blank', samples);
    let arrive;
    const arrived = new Promise((done) => {
      arrive = done;
    });
    await context.route('**/*.wasm', (route) => arrived.then(() => route.continue()));
    const second = page.waitForEvent('request', (request) => request.url().includes('/early-'));
    await page.goto(node.url);
    await dropped(page, [path, samples.proofOf(path)]);
    if (early) {
      await page.locator('.verdict h2').filter({ hasText: what }).waitFor();
      await page.getByText('This is the answer of a short second verifier.').waitFor();
    } else {
      await second;
    }
    assert.equal(await page.locator('article').count(), 0);
    assert.equal(await page.locator('.verdict').count(), early ? 1 : 0);
    arrive();
    await answered(page, what);
    assert.equal(await page.getByText('This is the answer of a short second verifier.').count(), 0);
    await close();
  }
});

test('a document asks for its proof, a proof for its document', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [samples.valid]);
  await answered(page, 'No proof');
  await page.setInputFiles('[data-pick=more]', [samples.validProof]);
  await answered(page, 'Valid');

  await page.getByRole('button', { name: 'Check another' }).click();
  await page.setInputFiles(files, [samples.validProof]);
  await answered(page, 'Proof is good');
  assert.ok((await page.locator('article .verdict').textContent()).includes('its words were not checked'));
  await dropped(page, [samples.valid]);
  await answered(page, 'Valid');
  await close();
});

test('texts and pictures that are pasted', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  const carrying = join(node.folder, 'carrying.json');
  await node.hallmark('embed', '--out', carrying, samples.validProof);
  await page.evaluate(
    (text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    },
    readFileSync(carrying, 'utf8'),
  );
  await answered(page, 'Valid');

  await page.getByRole('button', { name: 'Check another' }).click();
  await page.locator('summary', { hasText: 'Paste text' }).click();
  await page.getByRole('textbox').first().fill(readFileSync(carrying, 'utf8'));
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await answered(page, 'Valid');

  // A screenshot of the code of a proof: what it says alone is not enough, and what is missing is asked for.
  await page.getByRole('button', { name: 'Check another' }).click();
  const code = join(node.folder, 'code.png');
  await node.hallmark('qr', '--out', code, samples.validProof);
  await page.evaluate(async (base64) => {
    const data = new DataTransfer();
    data.items.add(
      new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'image.png', { type: 'image/png' }),
    );
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, readFileSync(code).toString('base64'));
  await answered(page, 'Cannot be told');
  assert.ok((await page.locator('article .verdict').textContent()).includes('does not yet show that it was recorded'));
  await close();
});

test('whom to trust is asked for, and never taken from among the files', async () => {
  const { page, close } = await visit(browser, node.url, samples, { trust: false });
  await page.setInputFiles(files, [samples.valid, samples.validProof, samples.trust]);
  await answered(page, 'Cannot be told');
  await page.getByText('Use it only if it comes from somebody whom you trust').waitFor();
  await page.getByRole('button', { name: 'Use it', exact: true }).click();
  await page.locator('article .verdict').getByText('issued on a test network').waitFor();
  await page.getByRole('button', { name: 'Whom I trust' }).click();
  await page.getByLabel('Take credentials that were issued on test networks').check();
  await answered(page, 'Valid – TEST');

  // Who must have issued it, whom it is about, and when.
  const about = page.getByLabel('Whom it must be about');
  await about.fill('anna.berg@mail.example');
  await about.press('Tab');
  await answered(page, 'Valid');
  await about.fill('somebody@mail.example');
  await about.press('Tab');
  await answered(page, 'Not valid');
  await about.fill('');
  await about.press('Tab');
  await answered(page, 'Valid');
  await page.getByLabel('As of').fill('2026-01-20');
  await answered(page, 'Cannot be told');
  await page.getByLabel('As of').fill('');
  await answered(page, 'Valid');

  // It is kept for next time, and can be taken away.
  await page.reload();
  await page.setInputFiles(files, [samples.valid, samples.validProof]);
  await answered(page, 'Valid – TEST');
  await page.getByText('Whom I trust, and what I ask for').click();
  await page.getByRole('button', { name: /Remove/ }).click();
  await answered(page, 'Cannot be told');
  await page.setInputFiles('[data-pick=trust]', [samples.valid]);
  await page.getByText('This file is not a trust list.').waitFor();
  await close();
});

test('newer evidence comes when the button is pressed that says from where', async () => {
  const path = join(node.folder, 'badges', 'gerda.json');
  writeFileSync(path, JSON.stringify(badge('Gerda Falk', 'Lathe work')));
  await node.cli('submit', ...node.keys, '--wait', path);
  const { page, requests, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [path, `${path}.proof.json`]);
  await page.locator('article .verdict').waitFor();
  await node.cli('revoke', ...node.keys, `${path}.proof.json`);
  const asked = () => requests.filter((r) => r.url().includes('/v1/')).map((r) => r.url().replace(node.url, ''));
  assert.deepEqual(asked(), []);
  const host = new URL(node.url).host;
  const button = page.getByRole('button', { name: `Get newer evidence from ${host}` });
  await page.getByText(`${host} learns that somebody asks about this credential`).waitFor();
  for (let tries = 0; tries < 100 && (await page.getByText('The issuer has taken this back.').count()) === 0; tries++) {
    await button.click(); // the voucher for the newest block comes a little later
    await page.getByText(/has nothing newer|Newer evidence came from/).waitFor();
    await page.locator('article .verdict').waitFor();
  }
  await answered(page, 'Not valid');
  const leaf = /\/v1\/proofs\/0x[0-9a-f]{64}\?fresh=true/;
  assert.ok(
    asked().every((path) => leaf.test(path) || path.startsWith('/v1/chains/eip155:31337/hops')),
    asked().join(),
  );
  await close();
});

test('newer evidence comes from a folder of files as from a node', async () => {
  const path = join(node.folder, 'badges', 'hilda.json');
  writeFileSync(path, JSON.stringify(badge('Hilda Moen', 'Bench work')));
  await node.cli('submit', ...node.keys, '--wait', path);
  const before = JSON.parse(readFileSync(`${path}.proof.json`, 'utf8'));
  await node.cli('revoke', ...node.keys, `${path}.proof.json`);
  await node.cli('refresh', '--wait', `${path}.proof.json`);
  await vouched(node, [`${path}.proof.json`]);
  await node.cli('export', '--static', 'site');
  const asked = [];
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    asked.push(name);
    response.setHeader('Access-Control-Allow-Origin', '*');
    try {
      response.end(readFileSync(join(node.folder, 'site', name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${server.address().port}`;
  before.hints = { node: `http://${host}` };
  writeFileSync(`${path}.proof.json`, JSON.stringify(before));
  const { page, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [path, `${path}.proof.json`]);
  await page.locator('article .verdict').waitFor();
  assert.deepEqual(asked, []);
  await page.getByRole('button', { name: `Get newer evidence from ${host}` }).click();
  await page.getByText('The issuer has taken this back.').waitFor();
  await answered(page, 'Not valid');
  assert.ok(asked.includes('/v1/info') && asked.some((name) => name.startsWith('/lists/')), asked.join());
  // Half a folder says nothing of the credential.
  rmSync(join(node.folder, 'site', 'lists'), { recursive: true });
  await page.reload();
  await page.setInputFiles(files, [path, `${path}.proof.json`]);
  await page.locator('article .verdict').waitFor();
  await page.getByRole('button', { name: `Get newer evidence from ${host}` }).click();
  await page.getByText(`No answer could be had from ${host}`).waitFor();
  assert.equal(await page.getByText('The issuer has taken this back.').count(), 0);
  await close();
  server.close();
});

test('newer evidence that comes late is not mixed with other files', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [samples.valid, samples.validProof]);
  await answered(page, 'Valid – TEST');
  let pass;
  const asked = new Promise((done) => {
    void page.route('**/v1/proofs/**', async (route) => {
      done();
      await new Promise((go) => {
        pass = go;
      });
      await route.continue();
    });
  });
  await page.getByRole('button', { name: /^Get newer evidence from/ }).click();
  await asked;
  await dropped(page, [samples.expired, samples.proofOf(samples.expired)]);
  await answered(page, 'Not valid');
  const [answer] = await Promise.all([page.waitForResponse('**/v1/proofs/**'), pass()]);
  await answer.finished();
  await page.waitForLoadState('networkidle'); // what it asks for afterwards has come, too
  await page.locator('#trust summary').click();
  await page.getByLabel('Take credentials that have expired').check(); // has all files checked again
  await answered(page, 'Valid – TEST');
  assert.match(await page.locator('h1').textContent(), /Food hygiene/); // one answer, no table
  // Valid only since that was asked for, and only on that day: the answer says so.
  assert.match(await page.locator('.verdict').textContent(), /Take credentials that have expired/);
  await page.getByLabel('Take credentials that have expired').uncheck();
  await answered(page, 'Not valid');
  await page.getByLabel('As of').fill('2026-01-20');
  await page.locator('.verdict', { hasText: 'As of: 20 January 2026' }).waitFor();
  await close();
});

test('many become a table, which sorts, filters, opens and is saved as verify --csv writes it', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  const all = ['valid', 'revoked', 'suspended', 'expired', 'tampered', 'pending', 'hostile'].map(
    (name) => samples[name],
  );
  const given = [...all.flatMap((path) => [path, samples.proofOf(path)]), samples.png, samples.svg, samples.pdf];
  await page.setInputFiles(files, given);
  await page.getByRole('heading', { name: '10 answers' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 10);

  await page.getByRole('button', { name: 'Sort by File' }).click();
  const names = () => page.locator('tbody tr td:first-child').allTextContents();
  const up = await names();
  assert.deepEqual(up, [...up].sort());
  await page.getByRole('button', { name: 'Sort by File' }).click();
  assert.deepEqual(await names(), [...up].reverse());
  assert.equal(await page.locator('th[aria-sort=descending]').count(), 1);

  await page.getByLabel('Show').selectOption({ label: 'Not valid (4)' });
  assert.equal(await page.locator('tbody tr').count(), 4);
  await page.getByRole('button', { name: 'revoked.json' }).click();
  await answered(page, 'Not valid');
  await page.goBack();
  await page.getByRole('heading', { name: '10 answers' }).waitFor();

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /CSV/ }).click(),
  ]);
  const saved = readFileSync(await download.path(), 'utf8')
    .split('\r\n')
    .sort();
  const folder = join(node.folder, 'same');
  mkdirSync(folder);
  for (const path of given) {
    writeFileSync(join(folder, basename(path)), readFileSync(path));
  }
  const { stdout } = await node.hallmark('verify', '--csv', '--trust', samples.trust, '--allow-test', folder, {
    status: 1,
  });
  const written = stdout.replaceAll(`${folder}/`, '').split('\r\n').sort();
  assert.deepEqual(saved, written);
  await close();
});

test('what files and documents say is text', async () => {
  const { page, complaints, close } = await visit(browser, node.url, samples);
  const hostile = '<img src=x onerror=globalThis.hacked=1>\u202egnp.json';
  const script =
    '<svg xmlns="http://www.w3.org/2000/svg" onload="globalThis.hacked=1"><script>globalThis.hacked=1</script></svg>';
  await page.setInputFiles(files, [
    { name: hostile, mimeType: 'application/json', buffer: readFileSync(samples.hostile) },
    {
      name: `${hostile}.proof.json`,
      mimeType: 'application/json',
      buffer: readFileSync(samples.proofOf(samples.hostile)),
    },
    { name: 'script.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(script) },
    { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>globalThis.hacked=1</script>') },
  ]);
  await page.locator('table').waitFor();
  await page.getByRole('button', { name: /onerror/ }).click();
  await answered(page, 'Valid');
  const text = await page.locator('article').textContent();
  assert.ok(text.includes('<script>globalThis.hacked=1</script>'));
  assert.ok(text.includes('\\u202e') && !text.includes('\u202e'));
  assert.equal(await page.locator('article img, article script').count(), 0);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  assert.deepEqual(complaints, []);
  await close();
});

test('large and deep files, and a zip that grows, are answered and do not stop the page', async () => {
  const { page, close } = await visit(browser, node.url, samples);
  await page.setInputFiles(files, [
    { name: 'large.json', mimeType: 'application/json', buffer: Buffer.from(`{"a":"${'x'.repeat(10 << 20)}"}`) },
    { name: 'deep.json', mimeType: 'application/json', buffer: Buffer.from('['.repeat(1 << 20)) },
    { name: 'zeros.zip', mimeType: 'application/zip', buffer: zipOfZeros(64 << 20) },
    { name: basename(samples.png), mimeType: 'image/png', buffer: readFileSync(samples.png) },
  ]);
  await page
    .locator('tbody tr')
    .filter({ hasText: 'welding.png' })
    .filter({ hasText: 'Valid' })
    .waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('tbody .tag.good').count(), 1);
  await close();
});

/** zipOfZeros is a zip with one file of so many zeros. */
function zipOfZeros(size) {
  const data = deflateRawSync(Buffer.alloc(size));
  const name = Buffer.from('zeros.json');
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc32Zeros(size), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, data]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, Buffer.alloc(14), name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

function crc32Zeros(size) {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) {
      n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    }
    return n;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < size; i++) {
    crc = table[crc & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
