// A real node on a real chain with real credentials, and the browser that looks at its pages.
//
//   const node = await startNode();            // or with further flags of hallmark node
//   const samples = await issueSamples(node);  // files that verify, and that do not
//   const browser = await launch();
//
// HALLMARK names a program that is built already, CHROMIUM another browser. Everything that is started ends with the
// test process.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const badges = join(repository, 'testdata/badges');

const scratch = mkdtempSync(join(tmpdir(), 'hallmark-web-'));
const running = new Set();
process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
  rmSync(scratch, { recursive: true, force: true });
});

let built;

/** program is the path of hallmark, built with the pages that are in web/dist. */
export function program() {
  if (!built) {
    built = process.env.HALLMARK || join(scratch, 'hallmark');
    if (!process.env.HALLMARK) {
      execFileSync('go', ['build', '-o', built, './cmd/hallmark'], { cwd: repository, stdio: 'inherit' });
    }
  }
  return built;
}

/** started runs hallmark in the background and gives what it says first on standard output. */
function started(args, options) {
  const child = spawn(program(), args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  return new Promise((resolve, reject) => {
    let out = '';
    let log = '';
    child.stdout.on('data', (some) => {
      out += some;
      if (out.includes('\n')) {
        resolve({ child, first: out.split('\n')[0] });
      }
    });
    child.stderr.on('data', (some) => {
      log = (log + some).slice(-4000);
    });
    child.on('exit', (code) => {
      running.delete(child);
      reject(new Error(`hallmark ${args[0]} ended with ${code}: ${log}`));
    });
  });
}

function ended(child) {
  return new Promise((done) => {
    if (!running.has(child)) {
      return done();
    }
    child.on('exit', done);
    child.kill('SIGTERM');
  });
}

/**
 * startNode starts a chain with a stand-in for its beacon chain, and a node on it that takes submissions of anybody. It
 * resolves to { url, rpc, beacon, folder, hallmark, cli, restart, stop }: hallmark(...args) runs the program in the
 * node's folder with its keys, and resolves to { stdout, stderr, code }; whatever exit status is not 0 fails unless the
 * last argument is { status: N }. A last argument { way } of startNode gives the URL at which the node itself reaches
 * the chain's. restart(...args) starts the same node anew at the same address, with other flags.
 */
export async function startNode(...args) {
  const { way = (rpc) => rpc } = typeof args.at(-1) === 'object' ? args.pop() : {};
  const folder = mkdtempSync(join(scratch, 'node-'));
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config'), XDG_CACHE_HOME: join(folder, 'cache') };
  const chain = await started(['testnet', '--beacon'], { cwd: folder, env });
  const net = JSON.parse(chain.first);
  writeFileSync(join(folder, 'password'), 'secret\n');

  const hallmark = async (...words) => {
    const { status = 0 } = typeof words.at(-1) === 'object' ? words.pop() : {};
    const result = await promisify(execFile)(program(), words, { cwd: folder, env, maxBuffer: 1 << 26 }).then(
      ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
      (failed) => ({ stdout: failed.stdout, stderr: failed.stderr, code: failed.code }),
    );
    assert.equal(result.code, status, `hallmark ${words.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  };
  const keys = (keystore) => ['--keystore', keystore, '--password-file', 'password'];
  writeFileSync(join(folder, 'secret'), net.accounts[0].privateKey);
  await hallmark('key', 'import', '--light', ...keys('nodekeys'), 'secret');
  await hallmark('key', 'new', '--light', ...keys('keys'));

  let node;
  const flags = [
    '--data',
    'data',
    '--rpc',
    await way(net.rpc),
    '--beacon',
    net.beacon,
    '--issuers',
    'open',
    ...keys('nodekeys'),
  ];
  const quick = ['--batch-age', '0', '--poll', '100ms', '--rate', '0'];
  const run = async (listen, more) => {
    node = await started(['node', ...flags, ...quick, '--listen', listen, ...more], { cwd: folder, env });
    return node.first;
  };
  const url = await run('127.0.0.1:0', args);
  return {
    url,
    rpc: net.rpc,
    beacon: net.beacon,
    folder,
    hallmark,
    keys: keys('keys'), // flags of what signs as the issuer
    cli: (command, ...words) => hallmark(command, '--node', url, ...words),
    async restart(...more) {
      await ended(node.child);
      await run(new URL(url).host, more);
    },
    async stop() {
      await ended(node.child);
      await ended(chain.child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** badge is an Open Badge 3.0 of Example College for an invented person; with overwrites what it says. */
export function badge(person, title, overwrite = {}) {
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'],
    id: `urn:badge:${encodeURIComponent(person)}:${encodeURIComponent(title)}`,
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    name: title,
    issuer: { id: 'did:web:college.example', type: ['Profile'], name: 'Example College' },
    validFrom: '2026-01-15T09:00:00Z',
    credentialSubject: {
      id: `mailto:${encodeURIComponent(person.toLowerCase().replace(/[^a-z]+/g, '.'))}@mail.example`,
      type: ['AchievementSubject'],
      name: person,
      achievement: {
        id: 'https://college.example/achievements/1',
        type: ['Achievement'],
        name: title,
        criteria: { narrative: 'Passed the practical examination.' },
        alignment: [
          {
            type: ['Alignment'],
            targetName: 'weld metal',
            targetUrl: 'http://data.europa.eu/esco/skill/0c0ffee0-1111-4222-8333-444455556666',
          },
        ],
      },
    },
    ...overwrite,
  };
}

/**
 * issueSamples has the node anchor credentials and resolves to the paths of files:
 *
 *   trust      a trust store that knows the chain's beacon committee, marked as a test, and the issuer
 *   valid      anna.json, a badge, and validProof beside it
 *   png, svg, pdf    carry badge (or are the certificate) and proof in one file
 *   revoked, suspended, expired    badges whose proofs are beside them and say so (.proof.json)
 *   tampered   anna.json with another name, and a proof beside it
 *   pending    a badge whose proof is not anchored, as the proof beside it says
 *   hostile    a badge whose words are markup and signs that deceive
 */
export async function issueSamples(node) {
  const at = (name) => join(node.folder, 'badges', name);
  mkdirSync(at('.'), { recursive: true });
  const write = (name, what) => writeFileSync(at(name), JSON.stringify(what, null, 1));
  write('anna.json', badge('Anna Berg', 'Welding, level 2'));
  write('revoked.json', badge('Carl Ortiz', 'First aid'));
  write('suspended.json', badge('Dora Lind', 'Forklift driving'));
  write('expired.json', badge('Emil Sand', 'Food hygiene', { validUntil: '2026-02-01T00:00:00Z' }));
  write('pending.json', badge('Finn Holm', 'Soldering'));
  write(
    'hostile.json',
    badge('<img src=x onerror="globalThis.hacked=1"> \u202eadA', '<script>globalThis.hacked=1</script>'),
  );
  for (const [from, to] of [
    ['welding-badge.png', 'welding.png'],
    ['welding-badge.svg', 'welding.svg'],
    ['certificate.pdf', 'certificate.pdf'],
  ]) {
    copyFileSync(join(badges, from), at(to));
  }
  const all = [
    'anna.json',
    'revoked.json',
    'suspended.json',
    'expired.json',
    'hostile.json',
    'welding.png',
    'certificate.pdf',
  ];
  await node.cli('submit', ...node.keys, '--wait', ...all.map(at));
  await node.cli('revoke', ...node.keys, at('revoked.json.proof.json'));
  await node.cli('suspend', ...node.keys, at('suspended.json.proof.json'));
  await node.cli('refresh', '--wait', ...all.map((name) => at(`${name}.proof.json`)));
  await vouched(
    node,
    all.map((name) => at(`${name}.proof.json`)),
  );
  await node.hallmark('trust', 'update', '--trust', 'trust.json', '--beacon', node.beacon, '--rpc', node.rpc);
  await node.hallmark(
    'trust',
    'pin',
    '--trust',
    'trust.json',
    '--rpc',
    node.rpc,
    '--test',
    '--name',
    'devnet',
    '--block',
    '1',
  );
  const issuer = JSON.parse(readFileSync(at('anna.json.proof.json'), 'utf8')).submission.issuer;
  await node.hallmark(
    'trust',
    'add-issuer',
    '--trust',
    'trust.json',
    '--address',
    issuer,
    '--any-id',
    '--name',
    'Example College',
  );

  await node.cli('submit', ...node.keys, at('pending.json'));
  const proofOf = (name) => at(`${name}.proof.json`);
  copyFileSync(proofOf('welding.png'), proofOf('welding.svg')); // the picture has the same badge
  for (const name of ['welding.png', 'welding.svg', 'certificate.pdf']) {
    await node.hallmark('embed', proofOf(name));
  }
  writeFileSync(at('tampered.json'), readFileSync(at('anna.json'), 'utf8').replaceAll('Anna Berg', 'Anna Burg'));
  copyFileSync(proofOf('anna.json'), proofOf('tampered.json'));
  return {
    issuer,
    trust: join(node.folder, 'trust.json'),
    valid: at('anna.json'),
    validProof: proofOf('anna.json'),
    png: at('welding.png'),
    svg: at('welding.svg'),
    pdf: at('certificate.pdf'),
    revoked: at('revoked.json'),
    suspended: at('suspended.json'),
    expired: at('expired.json'),
    tampered: at('tampered.json'),
    pending: at('pending.json'),
    hostile: at('hostile.json'),
    proofOf: (path) => `${path}.proof.json`,
  };
}

/** vouched refreshes proofs until all have what the beacon chain signed, which comes a little after the evidence. */
export async function vouched(node, proofs) {
  for (let missing = proofs, tries = 0; ; tries++) {
    missing = missing.filter((proof) => !readFileSync(proof, 'utf8').includes('"kind": "beacon"'));
    if (missing.length === 0) {
      return;
    }
    assert.ok(tries < 300, `the node has no voucher for ${missing[0]}`);
    await sleep(100);
    await node.cli('refresh', ...missing);
  }
}

/** launch starts the browser. Further options are playwright's. */
export function launch(options = {}) {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  assert.ok(
    existsSync(executablePath),
    `there is no browser at ${executablePath}: make test-web installs it, CHROMIUM names another`,
  );
  const { args = [], ...rest } = options;
  // Without a sandbox only where it cannot be had: as root, in containers.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...sandbox, ...args], ...rest });
}

/**
 * visit opens a page in a context of its own, with the trust list of samples unless told otherwise. All that it asks of
 * the network is in requests, all that it complains about in complaints. Options are playwright's, and
 * { trust: false, language: 'de', before }, which is called with the page before it has loaded anything.
 */
export async function visit(browser, url, samples, options = {}) {
  const { trust = true, language = 'en', before, ...rest } = options;
  const context = await browser.newContext({ locale: language, ...rest });
  if (trust && samples) {
    const kept = { trust: readFileSync(samples.trust, 'utf8'), trustName: 'trust.json', allowTest: true };
    await context.addInitScript((all) => {
      localStorage.getItem('hallmark.trust') ?? localStorage.setItem('hallmark.trust', all);
    }, JSON.stringify(kept));
  }
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const requests = [];
  const complaints = [];
  context.on('request', (request) => requests.push(request));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await before?.(page);
  await page.goto(url);
  return { page, context, requests, complaints, close: () => context.close() };
}

/** settled resolves once nothing moves or changes its colour any more: a colour on its way is neither the old nor the new one. */
export async function settled(page) {
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(ending.map((one) => one.finished));
  });
}
