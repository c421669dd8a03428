#!/bin/sh
# Installs the pinned tools and libraries into contracts/node_modules, unless what package-lock.json names is there.
#
# npm writes node_modules/.package-lock.json last, so it is newer than our lock file only after a complete install.
set -eu
cd "$(dirname "$0")/.."

if [ node_modules/.package-lock.json -nt package-lock.json ]; then
	exit 0
fi
npm ci --prefer-offline --no-progress --loglevel=error
touch node_modules/.package-lock.json
