// What Lighthouse says of each page, as it looks at pages for phones. Accessibility and best practices below 95 fail;
// performance depends on how busy the machine is, and is told.
//
//   node lighthouse.mjs
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issueSamples, repository, startNode } from './fixture.mjs';

const aim = 95;
const categories = ['performance', 'accessibility', 'best-practices'];

const node = await startNode('--shares', '64MiB');
const samples = await issueSamples(node);
const { stdout } = await node.cli('share', '--json', samples.validProof, samples.valid);
const shared = new URL(JSON.parse(stdout).url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'hallmark-lighthouse-'));

async function look(path) {
  const report = join(folder, 'report.json');
  const words = [
    node.url + path,
    '--quiet',
    `--only-categories=${categories}`,
    `--chrome-flags=--headless=new${process.getuid?.() === 0 ? ' --no-sandbox' : ''}`,
    '--output=json',
    `--output-path=${report}`,
  ];
  await promisify(execFile)(join(repository, 'bench/lighthouse/node_modules/.bin/lighthouse'), words, {
    env: { ...process.env, CHROME_PATH: process.env.CHROMIUM || '/usr/bin/chromium' },
  });
  return JSON.parse(readFileSync(report, 'utf8'));
}

const low = [];
console.log(`| page | ${categories.join(' | ')} | first paint | largest paint | blocked | shift |`);
console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
for (const [name, path] of Object.entries({
  '/': '/',
  '/b/…': shared,
  '/issue': '/issue',
  '/batches': '/batches',
  '/ops': '/ops',
})) {
  const report = await look(path);
  const scores = categories.map((id) => Math.round(report.categories[id].score * 100));
  const times = [
    'first-contentful-paint',
    'largest-contentful-paint',
    'total-blocking-time',
    'cumulative-layout-shift',
  ];
  const cells = [...scores, ...times.map((id) => report.audits[id].displayValue)];
  console.log(`| \`${name}\` | ${cells.join(' | ')} |`);
  if (scores.slice(1).some((score) => score < aim)) {
    process.exitCode = 1;
  }
  for (const category of categories) {
    for (const { id, weight } of report.categories[category].auditRefs) {
      const { score, displayValue, details } = report.audits[id];
      if (weight > 0 && score !== null && score < 0.9) {
        low.push(`${name} ${id}: ${score} ${displayValue ?? ''}`);
        for (const item of category === 'performance' ? [] : (details?.items ?? [])) {
          low.push(`    ${item.node?.snippet ?? item.description ?? JSON.stringify(item)}`);
        }
      }
    }
  }
}
console.log(low.join('\n'));
rmSync(folder, { recursive: true });
await node.stop();
