#!/bin/sh
# Makes the committed artifact and the Go bindings from the Solidity sources. Running it again changes nothing:
# compiler, settings and libraries are pinned (foundry.toml, package-lock.json), abigen by go.mod.
#
#   contracts/generate.sh
#
# What it writes: contracts/artifact/AnchorRegistry.json, contracts/anchorregistry.go.
set -eu
cd "$(dirname "$0")"

./tools/install.sh
PATH="$PWD/node_modules/.bin:$PATH"

forge build --force --quiet src
node tools/artifact.js
# In Go the errors need not say AnchorRegistry twice.
aliases=$(node -p 'require("./artifact/AnchorRegistry.json").abi.filter((e) => e.type === "error")
	.map(({ name }) => name + "=" + name.replace("AnchorRegistry", "")).join(",")')
go tool abigen --v2 --pkg contracts --type AnchorRegistry --alias "$aliases" \
	--abi out/AnchorRegistry.abi --bin out/AnchorRegistry.bin --out anchorregistry.go
gofmt -w anchorregistry.go
