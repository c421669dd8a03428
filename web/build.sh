#!/bin/sh
# Builds the pages into web/dist.
set -eu
cd "$(dirname "$0")"
../contracts/tools/install.sh "$PWD"
rm -rf dist/assets dist/*.html
npx vite build --logLevel warn
