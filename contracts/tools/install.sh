#!/bin/sh
# Installs what package-lock.json names into node_modules, unless it is there: for contracts, or for the folder that is
# given.
#
# npm writes node_modules/.package-lock.json last, so it is newer than our lock file only after a complete install.
set -eu
cd "${1:-$(dirname "$0")/..}"

if [ node_modules/.package-lock.json -nt package-lock.json ]; then
	exit 0
fi
npm ci --prefer-offline --no-progress --loglevel=error
touch node_modules/.package-lock.json
