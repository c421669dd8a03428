import { createServer } from 'vite';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { writeFileSync, readFileSync, mkdirSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
const vite = await createServer({ root: import.meta.dirname, server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' });
const load = (m) => vite.ssrLoadModule('/src/issue/' + m);
const B = await load('bytes.ts'), A = await load('address.ts'), S = await load('submission.ts'), P = await load('proof.ts'), T = await load('typed.ts'), L = await load('statuslist.ts'), C = await load('cid.ts');
const net = JSON.parse(readFileSync('/tmp/desk/net/net.json', 'utf8'));
const node = 'http://127.0.0.1:8799';
const H = '/tmp/desk/hallmark';
const run = (...a) => { try { return execFileSync(H, a, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }); } catch (e) { return `exit ${e.status}: ${e.stdout}${e.stderr}`; } };
const info = await (await fetch(node + '/v1/info')).json();
const key = B.unhex(net.accounts[1].privateKey);
const issuer = A.checksummed(B.keccak(secp256k1.getPublicKey(key, false).subarray(1)).subarray(12));
console.log(issuer === net.accounts[1].address, info.homes);
const sign = (data) => { const s = secp256k1.sign(T.digestOf(data), key, { prehash: false, format: 'recovered' }); return T.plainSignature(B.hex(B.concat(s.subarray(1), Uint8Array.of(s[0])))); };
const dir = '/tmp/desk/net/f'; rmSync(dir, { recursive: true, force: true }); mkdirSync(dir);
const items = [];
const b32 = (bytes) => { let o = '', v = 0, n = 0; for (const x of bytes) { v = v << 8 | x; n += 8; while (n >= 5) { o += 'abcdefghijklmnopqrstuvwxyz234567'[v >> n - 5 & 31]; n -= 5; } v &= (1 << n) - 1; } if (n) o += 'abcdefghijklmnopqrstuvwxyz234567'[v << 5 - n & 31]; return 'b' + o; };
for (let i = 0; i < 5; i++) { const data = `badge ${i} ${Date.now()}`; writeFileSync(`${dir}/${i}.txt`, data); items.push({ name: `${i}.txt`, cid: b32(B.concat(Uint8Array.of(1, 0x55, 0x12, 32), sha256(Buffer.from(data)))) }); }
console.log(items[0].cid, run('cid', dir + '/0.txt').trim(), !!C.parseCID(items[0].cid));
const home = A.parseHome(info.homes[0]);
const d = await S.draft(issuer, home, items);
const data = S.dataOf(d); const sig = sign(data);
console.log('signer', T.signerOf(T.digestOf(data), sig) === issuer);
const kept = S.signed(d, sig);
for (const f of P.pendingProofs(d, kept.signature, node)) writeFileSync(`${dir}/${f.name}`, f.text);
const again = await S.reopen(JSON.parse(JSON.stringify(kept)));
const r = await fetch(node + '/v1/submissions', { method: 'POST', headers: { 'Content-Type': 'application/vnd.hallmark.submission' }, body: S.binarySubmission(again, kept.signature) });
const st = await r.json(); console.log(r.status, st.id === kept.id, st);
console.log(run('submit', '--node', node, '--keystore', '/tmp/desk/net/nodekeys', ...items.map((i) => `${dir}/${i.name}`)));
console.log(run('upgrade', '--yes', '--wait', dir));
const trust = '/tmp/desk/net/trust.json'; rmSync(trust, { force: true });
run('trust', 'pin', '--trust', trust, '--rpc', net.rpc, '--test', ...items.map((i) => `${dir}/${i.name}.proof.json`));
console.log(run('trust', 'add-issuer', '--trust', trust, '--yes', '--from', dir + '/0.txt.proof.json', '--name', 'School'));
console.log(run('verify', '--trust', trust, '--allow-test', dir));
// complete in ts is what the CLI made
const pending = [...P.pendingProofs(d, kept.signature, node)][0];
const served = await (await fetch(`${node}/v1/proofs/${B.hex(d.leaves[0])}?submission=${kept.id}`)).json();
const mine = P.complete(pending.text, served); const theirs = readFileSync(`${dir}/0.txt.proof.json`, 'utf8');
const strip = (t) => { const p = JSON.parse(t); delete p.anchors; return JSON.stringify(p); };
console.log('same but for anchors', strip(mine) === strip(theirs), 'bytes', mine.length, theirs.length);
writeFileSync('/tmp/desk/net/mine.proof.json', mine);
// status
const proof = P.readProof('x', readFileSync(`${dir}/1.txt.proof.json`)), next = P.readProof('y', readFileSync(`${dir}/2.txt.proof.json`)), susp = P.readProof('z', readFileSync(`${dir}/3.txt.proof.json`));
const put = async (make) => {
  let s = await (await fetch(`${node}/v1/issuers/${issuer}/status`)).json();
  const root = s.items?.length || s.version ? B.hex(await L.listRoot(s.items ?? [])) : s.root; console.log('root agrees', root === s.root, s.version);
  const items = make(s.items ?? []); if (!items) return console.log('nothing to do');
  const v = await L.versionOf(issuer, s.version + 1, items); const deadline = Math.max(s.time, Math.floor(Date.now() / 1000)) + 3600;
  const body = { home: info.homes[0], version: v.version, items, root: B.hex(v.root), list: B.hex(v.list), deadline, signature: B.hex(sign(T.statusData(home, v, deadline))) };
  const r = await fetch(`${node}/v1/issuers/${issuer}/status`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }); console.log(r.status, await r.text());
  for (;;) { s = await (await fetch(`${node}/v1/issuers/${issuer}/status`)).json(); if (s.version >= v.version) break; await new Promise((d) => setTimeout(d, 300)); }
};
await put((l) => L.withReplaced(l, proof, next.credential));
await put((l) => L.withReplaced(l, proof, next.credential));
await put((l) => L.withStatus(l, [B.hex(susp.leaf)], 1));
console.log(run('refresh', '--yes', '--wait', dir));
run('trust', 'pin', '--trust', trust, '--rpc', net.rpc, '--test', ...items.map((i) => `${dir}/${i.name}.proof.json`));
console.log(run('verify', '--trust', trust, '--allow-test', dir));
await put((l) => L.withStatus(l, [B.hex(proof.leaf)], 0));
console.log(JSON.stringify((await (await fetch(`${node}/v1/issuers/${issuer}/status`)).json()).items));
// many
let t = performance.now(); const many = Array.from({ length: 10000 }, (_, i) => ({ name: `a/${i}`, cid: items[0].cid }));
const dm = await S.draft(issuer, home, many); console.log('10000 draft ms', performance.now() - t); t = performance.now();
let n = 0; for (const f of P.pendingProofs(dm, kept.signature, node)) n += f.text.length; console.log('proofs', performance.now() - t, n);
await vite.close();
