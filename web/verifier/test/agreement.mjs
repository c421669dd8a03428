// Judges the cases that `make agreement` made of the Go tests (verifier/agreement_test.go), and tells where this implementation
// says something else than that one. The one thing that it may do is to say "unknown" of what it does not read.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Refused, readProof, readTrust, verify } from '../dist/verify.js';

// What is not read, and the share of all cases for which that may make a difference. The shares keep it from growing unseen.
const CEILINGS = { document: 0.2, identity: 0.03, dates: 0.15, 'own signature': 0.3, recipient: 0.01, 'asked issuer': 0.01 };

const trusts = new Map(); // those of a test are mostly one
function trustOf(base64) {
  if (!trusts.has(base64)) {
    if (trusts.size > 100) trusts.clear();
    trusts.set(base64, readTrust(bytes(base64)));
  }
  return trusts.get(base64);
}

const bytes = (base64) => (base64 === null ? undefined : new Uint8Array(Buffer.from(base64, 'base64')));

function judge(c) {
  try {
    if (c.kind === 'trust') return readTrust(bytes(c.proof)) && {};
    if (c.kind === 'proof') return readProof(bytes(c.proof)) && {};
    const options = { ...c.options, trust: trustOf(c.trust), hops: c.options.hops?.map(bytes) };
    return verify(bytes(c.proof), bytes(c.document), options);
  } catch (e) {
    if (e instanceof Refused) return undefined;
    throw e;
  }
}

function differences(c, got, counts) {
  const { want } = c;
  if (want === undefined || got === undefined)
    return want === got ? [] : [`${want ? 'read' : 'refused'} there, ${got ? 'read' : 'refused'} here`];
  if (!want.checks) return [];
  const out = [];
  let unread = false;
  for (const w of want.checks) {
    const g = got.checks.find((x) => x.check === w.check);
    if (g?.result === w.result && (g.reason ?? '') === (w.reason ?? '')) continue;
    if (g?.result === 'unknown' && g.unread) {
      unread = true;
      counts[g.unread] = (counts[g.unread] ?? 0) + 1;
      if (!(g.unread in CEILINGS)) out.push(`${g.unread}: not declared`);
      continue;
    }
    out.push(`${w.check}: ${w.result} ${w.reason ?? ''} (${w.detail}) there, ${g?.result} ${g?.reason ?? ''} (${g?.detail}) here`);
  }
  if (got.checks.length !== want.checks.length) out.push('other checks');
  if (got.verdict !== want.verdict || (got.reason ?? '') !== want.reason) {
    const failed = want.checks.find((x) => x.result === 'fail')?.check; // may weigh nothing here
    const weightless = failed === 'issuerSignature' || c.options.allowUnknown?.includes(failed);
    if (
      !unread ||
      (!(weightless && got.checks.some((x) => x.check === failed && x.unread)) && got.verdict !== want.verdict && got.verdict !== 'UNKNOWN')
    ) {
      out.push(`${want.verdict} ${want.reason} there, ${got.verdict} ${got.reason} here`);
    }
  }
  for (const name of ['replacedBy', 'anchoredAt', 'statusAsOf']) {
    if (want[name] !== got[name] && out.length === 0 && !unread) out.push(`${name}: ${want[name]} there, ${got[name]} here`);
  }
  return out;
}

const started = performance.now();
const counts = {};
const verdicts = {};
let [cases, wrong, slowest] = [0, 0, { took: 0 }];
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const c = JSON.parse(line);
  const from = performance.now();
  let got;
  let different;
  try {
    got = judge(c);
    different = differences(c, got, counts);
  } catch (e) {
    different = [`threw ${e.stack}`];
  }
  const took = performance.now() - from;
  if (took > slowest.took) slowest = { took, test: c.test };
  cases++;
  const verdict = got === undefined ? 'refused' : (got.verdict ?? 'read');
  verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  if (different.length > 0 && ++wrong <= Number(process.env.SHOW ?? 20)) {
    console.log(`${c.test} (${c.kind}):\n  ${different.join('\n  ')}`);
    if (process.env.DUMP) console.log(JSON.stringify(c), c.proof && Buffer.from(c.proof, 'base64').toString());
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${cases} cases in ${seconds} s: ${wrong} not alike; ${JSON.stringify(verdicts)}; not read: ${JSON.stringify(counts)}`);
console.log(`slowest: ${slowest.took.toFixed(0)} ms in ${slowest.test}`);
for (const [name, share] of Object.entries(CEILINGS)) {
  if ((counts[name] ?? 0) > share * cases) {
    console.log(`${name}: not read in ${counts[name]} of ${cases} cases, more than ${share}`);
    wrong++;
  }
}
process.exit(wrong > 0 ? 1 : 0);
