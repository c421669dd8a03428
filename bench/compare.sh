#!/bin/sh
# Compares the Go benchmarks of this checkout with those of a base commit, by default the commit before, and prints what
# benchstat says of them. It reports: whatever it finds, and also where there is no base, it succeeds. Each of COUNT (6)
# turns runs the base's benchmarks and then ours.
set -eu
cd "$(dirname "$0")/.."

packages=${PACKAGES:-merkle verifier merkle/internal/keccakf1600}
count=${COUNT:-6}

if ! base=$(git rev-parse --verify --quiet "${1:-HEAD^}^{commit}"); then
	echo "there is no commit ${1:-before this one} to compare with"
	exit 0
fi

temp=$(mktemp -d)
trap 'git worktree remove --force "$temp/base" 2>/dev/null || true; rm -rf "$temp"' EXIT
git worktree add --quiet --detach "$temp/base" "$base"

# build ROOT NAME: the test programs of the packages that ROOT has
build() {
	for package in $packages; do
		if [ -d "$1/$package" ]; then
			(cd "$1" && go test -c -o "$temp/$2-$(echo "$package" | tr / -)" "./$package")
		fi
	done
}

# run ROOT NAME: one turn of them
run() {
	for package in $packages; do
		program=$temp/$2-$(echo "$package" | tr / -)
		if [ -x "$program" ]; then
			(cd "$1/$package" && "$program" -test.run '^$' -test.bench . -test.benchtime 10ms -test.short) >>"$temp/$2.txt" || true
		fi
	done
}

if ! build "$temp/base" base || ! build . ours; then
	echo "one of the two does not compile"
	exit 0
fi
for _ in $(seq "$count"); do
	run "$temp/base" base
	run . ours
done
"${BENCHSTAT:-benchstat}" "base=$temp/base.txt" "ours=$temp/ours.txt" || true
