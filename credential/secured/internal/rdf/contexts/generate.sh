#!/bin/sh
# Writes the pinned contexts anew, from the packages that npm/package-lock.json names.
set -eu
cd "$(dirname "$0")"
../../../../../contracts/tools/install.sh "$PWD/npm"
node generate.mjs
