#!/bin/sh
# Builds the pages into web/dist, or into the folder that is given: the same bytes wherever it is built.
set -eu
cd "$(dirname "$0")"
dist=$(realpath -m "${1:-dist}")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
../contracts/tools/install.sh "$PWD"

wasm/build.sh src/engine/verifier.wasm
cp "$(GOTOOLCHAIN=go1.26.8 go env GOROOT)/lib/wasm/wasm_exec.js" src/engine/

npx vite build --logLevel warn --outDir "$build/dist"
for page in index portfolio; do # those that are also one file
	if [ -f "$page.html" ]; then
		PAGE="$page.html" npx vite build --logLevel error --mode standalone --outDir "$build/$page"
		node standalone.mjs "$build/$page" "$page.html" "$build/dist/$page.standalone.html"
	fi
done

go run ./pack "$build/dist" node_modules/.cache/brotli
find "$dist" -mindepth 1 ! -name '.*' -delete
cp -R "$build/dist/." "$dist/"
