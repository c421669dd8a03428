#!/usr/bin/env node
// What other projects' JavaScript takes for the work that Hallmark's Go does. Each call does one thing once and
// prints its figures as JSON, in milliseconds; what it works on is made before the clock runs.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");

const clock = () => Number(process.hrtime.bigint()) / 1e6;
const print = (value) => process.stdout.write(JSON.stringify(value) + "\n");

/** As many values as there are leaves: a CID of 36 bytes and a salt of 32. */
function values(n) {
  return Array.from({ length: n }, (_, i) => {
    const digest = crypto.createHash("sha256").update(`credential ${i}`).digest("hex");
    const salt = crypto.createHash("sha256").update(`salt ${i}`).digest("hex");
    return ["0x01551220" + digest, "0x" + salt];
  });
}

/** How many paths are made and checked: the time for one is what counts, and all would take minutes. */
const SAMPLE = 1000;

/** Runs f on evenly spread numbers below n and returns the time for one. */
function sampled(n, f) {
  const times = Math.min(n, SAMPLE);
  return timed(() => {
    for (let k = 0; k < times; k++) f(Math.floor((k * n) / times), k);
  }) / times;
}

function timed(f) {
  const begin = clock();
  f();
  return clock() - begin;
}

/** @openzeppelin/merkle-tree: leaves hashed and sorted and the tree; a path; a path checked. */
function openzeppelin(n) {
  const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
  const input = values(n);
  let tree;
  const proofs = [];
  const build = timed(() => (tree = StandardMerkleTree.of(input, ["bytes", "bytes32"])));
  const path = sampled(n, (i, k) => (proofs[k] = tree.getProof(i)));
  const check = sampled(n, (i, k) => {
    if (!tree.verify(input[i], proofs[k])) throw new Error("a path does not hold");
  });
  return { build, path, check };
}

/** merkletreejs with the settings that its documentation has for OpenZeppelin's contracts. Leaves are given hashed. */
function merkletreejs(n) {
  const { MerkleTree } = require("merkletreejs");
  const { keccak_256 } = require("@noble/hashes/sha3");
  const hash = (data) => Buffer.from(keccak_256(data));
  const input = values(n).map(([cid, salt]) => hash(Buffer.from(cid.slice(2) + salt.slice(2), "hex")));
  let tree;
  const proofs = [];
  const build = timed(() => (tree = new MerkleTree(input, hash, { sortPairs: true, sortLeaves: true })));
  const leaves = tree.getLeaves();
  const root = tree.getRoot();
  const path = sampled(n, (i, k) => (proofs[k] = tree.getProof(leaves[i], i)));
  const check = sampled(n, (i, k) => {
    if (!tree.verify(proofs[k], leaves[i], root)) throw new Error("a path does not hold");
  });
  return { build, path, check };
}

/** A small certificate in the form of OpenAttestation 2.0. */
function certificate(i) {
  return {
    $template: { name: "main", type: "EMBEDDED_RENDERER", url: "https://example.com/renderer" },
    issuers: [
      {
        name: "Example College",
        documentStore: "0x8bA63EAB43342AAc3AdBB4B827b68Cf4aAE5Caca",
        identityProof: { type: "DNS-TXT", location: "example.com" },
      },
    ],
    recipient: { name: `Recipient ${i}` },
    name: "Welding, level 2",
    issuedOn: "2026-01-01T00:00:00Z",
    id: `certificate-${i}`,
  };
}

/** @govtechsg/open-attestation: n documents wrapped together; one of them verified. */
function openattestation(n) {
  const { wrapDocuments, verifySignature } = require("@govtechsg/open-attestation");
  const documents = Array.from({ length: n }, (_, i) => certificate(i));
  let wrapped;
  const build = timed(() => (wrapped = wrapDocuments(documents)));
  const verify = sampled(n, (i) => {
    if (!verifySignature(wrapped[i])) throw new Error("a document does not hold");
  });
  return { build, verify };
}

/** Writes a wrapped document, one of 1,024, for verify. */
function wrap(path) {
  const { wrapDocuments } = require("@govtechsg/open-attestation");
  fs.writeFileSync(path, JSON.stringify(wrapDocuments(Array.from({ length: 1024 }, (_, i) => certificate(i)))[0]));
}

/** Verifies a wrapped document, as a process of its own does. */
function verify(path) {
  const { verifySignature } = require("@govtechsg/open-attestation");
  if (!verifySignature(JSON.parse(fs.readFileSync(path, "utf8")))) throw new Error("the document does not hold");
}

/** The contracts of others as they are published. */
function contracts() {
  const artifact = (name) => {
    const { abi, bytecode } = require(`@ethereum-attestation-service/eas-contracts/artifacts/contracts/${name}.sol/${name}.json`);
    return { abi, bytecode };
  };
  const { DocumentStore__factory: store } = require("@govtechsg/document-store/dist/contracts/factories/contracts/DocumentStore__factory.js");
  return {
    SchemaRegistry: artifact("SchemaRegistry"),
    EAS: artifact("EAS"),
    DocumentStore: { abi: store.abi, bytecode: store.bytecode },
  };
}

const [what, argument] = process.argv.slice(2);
switch (what) {
  case "openzeppelin":
    return print(openzeppelin(Number(argument)));
  case "merkletreejs":
    return print(merkletreejs(Number(argument)));
  case "openattestation":
    return print(openattestation(Number(argument)));
  case "contracts":
    return print(contracts());
  case "wrap":
    return wrap(argument);
  case "verify":
    return verify(argument);
  default:
    console.error("peer.js: openzeppelin N | merkletreejs N | openattestation N | contracts | wrap FILE | verify FILE");
    process.exit(2);
}
