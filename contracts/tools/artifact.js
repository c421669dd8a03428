#!/usr/bin/env node
// Writes artifact/AnchorRegistry.json from what forge built: the interface, the code, the settings that made it and
// the storage layout that offline proofs rest on. Members and their order are fixed, so that the same sources give
// the same bytes.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const built = JSON.parse(fs.readFileSync(path.join(root, "out/AnchorRegistry.sol/AnchorRegistry.json"), "utf8"));
const { compiler, settings } = JSON.parse(built.rawMetadata);

if (Object.keys(built.deployedBytecode.immutableReferences ?? {}).length !== 0) {
  throw new Error("AnchorRegistry has immutable variables: its code hash would differ from chain to chain");
}
if (Object.keys(built.bytecode.linkReferences ?? {}).length !== 0) {
  throw new Error("AnchorRegistry links a library: its code would depend on the library's address");
}

// Type names carry numbers of the compiler's syntax tree, which move when any source does.
const layout = built.storageLayout.storage.map(({ label, slot, offset, type }) => ({
  label,
  slot: Number(slot),
  offset,
  type: built.storageLayout.types[type].label,
}));

const artifact = {
  contractName: "AnchorRegistry",
  compiler: {
    name: "solc",
    version: compiler.version,
    evmVersion: settings.evmVersion,
    optimizer: settings.optimizer,
    viaIR: settings.viaIR ?? false,
    metadata: settings.metadata,
  },
  storageLayout: layout,
  abi: built.abi,
  bytecode: built.bytecode.object,
  deployedBytecode: built.deployedBytecode.object,
};
fs.writeFileSync(path.join(root, "artifact/AnchorRegistry.json"), JSON.stringify(artifact, null, 2) + "\n");

// What abigen reads; not committed.
fs.writeFileSync(path.join(root, "out/AnchorRegistry.abi"), JSON.stringify(built.abi));
fs.writeFileSync(path.join(root, "out/AnchorRegistry.bin"), built.bytecode.object);
