#!/usr/bin/env node
// The Solidity compiler as forge wants it: a program that answers `--version` and `--standard-json`.
// It runs the compiler of the pinned npm package `solc` (the official build, compiled to WebAssembly), so
// that nothing is downloaded outside `npm ci` and every machine compiles the same bytes.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const solc = require(path.join(__dirname, "..", "node_modules", "solc"));

const args = process.argv.slice(2);
if (args.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log("Version: " + solc.version());
} else if (args.includes("--standard-json")) {
  // forge puts every source into the input, so no import callback and no search path is needed.
  const output = solc.compile(fs.readFileSync(0, "utf8"));
  process.stdout.write(output);
} else {
  console.error("solc.js: only --version and --standard-json are supported, got: " + args.join(" "));
  process.exit(2);
}
