# Every target works on a fresh machine with Go, gcc, Node, git and make; what else
# is needed is installed into folders of this checkout.

.DEFAULT_GOAL := help
SHELL := /bin/sh

TOOLS := $(CURDIR)/.tools/bin
GOLANGCI_VERSION := v2.15.0
VERSITY_VERSION := v1.8.0
SQLC_VERSION := v1.31.1
BENCHSTAT_VERSION := v0.0.0-20260908200009-22c9c6c9d4da
FUZZTIME ?= 30s
KILLS ?= 100
ROUNDS ?= 100
SOAK ?= 1h
MUTATIONS ?= 10000
RACE ?= ./...

## Using it

.PHONY: demo
demo: ## issue, anchor and verify badges on a chain of its own, in one go
	go run ./cmd/hallmark demo

.PHONY: build
build: ## build the programs into bin/
	go build -trimpath -ldflags '-s -w' -tags urfave_cli_no_docs -o bin/ ./cmd/...

.PHONY: load
load: ## build hallmark-load, which puts a node under load, into bin/
	go build -C bench -trimpath -ldflags '-s -w' -tags urfave_cli_no_docs -o ../bin/ ./cmd/hallmark-load

.PHONY: man
man: ## write the manual pages to man/
	mkdir -p man
	go run -tags man ./cmd/hallmark --man > man/hallmark.1
	go run -tags man ./cmd/verify --man > man/verify.1

## Checking it

.PHONY: test
test: contracts/node_modules credential/testdata/npm/node_modules engines ## all tests, once (Go on geth and anvil, Solidity; trees on slower kernels too)
	go test -timeout 12m ./...
	cd bench && go test -timeout 5m ./...
	cd testnet/boxo && go test -timeout 5m ./...
	cd deploy && go test -timeout 10m ./...
	for off in cpu.avx512f=off cpu.avx512f=off,cpu.avx2=off; do \
		GODEBUG=$$off go test -count=1 ./merkle/internal/keccakf1600 ./merkle || exit 1; \
	done
	cd contracts && PATH="$$PWD/node_modules/.bin:$$PATH" forge test
	$(MAKE) --no-print-directory test-web

.PHONY: race
race: contracts/node_modules credential/testdata/npm/node_modules engines ## the Go tests, or those of RACE=./issuer/..., with the race detector (compiles go-ethereum anew)
	go test -race -timeout 25m $(RACE)
	cd bench && go test -race -timeout 10m ./...

.PHONY: test-arm64
test-arm64: ## the trees on arm64 with its SHA3 instructions, under qemu-aarch64 (installed from Debian if it is missing)
	@command -v qemu-aarch64 >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends qemu-user >/dev/null; } || \
		{ echo 'install qemu-aarch64 (Debian: qemu-user), as root' >&2; exit 1; }
	HALLMARK_KERNEL=sha3 CGO_ENABLED=0 GOARCH=arm64 go test -count=1 -exec 'qemu-aarch64 -cpu max' ./merkle/internal/keccakf1600 ./merkle

.PHONY: test-web
test-web: web chromium ## the pages in a browser, against a real node
	go build -o bin/hallmark ./cmd/hallmark
	HALLMARK=$(CURDIR)/bin/hallmark node --test --test-concurrency=1 web/test/*.test.mjs

.PHONY: chromium
chromium:
	@command -v $${CHROMIUM:-chromium} >/dev/null && command -v pdftoppm >/dev/null || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium poppler-utils >/dev/null; } || \
		{ echo 'install chromium and pdftoppm (Debian: chromium, poppler-utils), as root' >&2; exit 1; }

.PHONY: screenshots
screenshots: web chromium ## pictures of the pages, into docs/screenshots
	go build -o bin/hallmark ./cmd/hallmark
	HALLMARK=$(CURDIR)/bin/hallmark node web/test/screenshots.mjs docs/screenshots

.PHONY: lighthouse
lighthouse: web chromium bench/lighthouse/node_modules ## what Lighthouse says of the pages; accessibility and best practices below 95 fail
	go build -o bin/hallmark ./cmd/hallmark
	HALLMARK=$(CURDIR)/bin/hallmark node web/test/lighthouse.mjs

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) contracts/node_modules web/node_modules ## linters and formatters of Go, Solidity and TypeScript, and of deploy/
	$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) run
	cd bench && $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) run
	cd deploy && $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) run
	@command -v haproxy >/dev/null && command -v systemd-analyze >/dev/null || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends haproxy systemd >/dev/null; } || \
		{ echo 'install haproxy and systemd-analyze (Debian: haproxy, systemd), as root' >&2; exit 1; }
	cd deploy && go test -short ./...
	cd web && npm run --silent check
	cd contracts && PATH="$$PWD/node_modules/.bin:$$PATH" && forge fmt --check && solhint --disc --max-warnings 0 'src/**/*.sol' 'script/**/*.sol' 'test/**/*.sol'

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	@for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$pkg || exit 1; \
		done; \
	done

.PHONY: agreement
agreement: web/node_modules ## the TypeScript verifier: its tests, then all that the Go tests verify and MUTATIONS (10000) of it, by both
	cd web && npx tsc -p verifier && node --test verifier/test/*.test.mjs
	cd verifier && HALLMARK_AGREEMENT=$(MUTATIONS) go test -short -count=1 -timeout 40m

.PHONY: test-faults
test-faults: contracts/node_modules ## every fault of chain, server, account and disk, on geth and anvil (5 minutes)
	HALLMARK_FAULTS=full HALLMARK_KILLS=1 go test -count=1 -v -timeout 30m -skip TestSoak ./anchor/faults
	go test -count=1 -v -timeout 10m ./testnet/faultproxy

.PHONY: test-crash
test-crash: contracts/node_modules ## kills at every step and at KILLS (100) random moments on each chain, full disks, power failures
	HALLMARK_FAULTS=full HALLMARK_KILLS=$(KILLS) go test -count=1 -p 1 -v -timeout 60m -run 'TestKilled|TestPower|TestFailedSync|Disk' ./anchor/...

.PHONY: soak
soak: ## submissions and random faults for SOAK (1h), proofs verified all the while, memory flat
	HALLMARK_SOAK=$(SOAK) go test -count=1 -v -timeout 0 -run TestSoak ./anchor/faults

.PHONY: test-cluster
test-cluster: engines ## three processes and a mirror over PostgreSQL and S3: ROUNDS (100) faults under load, of each kind in turn (25 minutes)
	HALLMARK_CLUSTER=$(ROUNDS) go test -count=1 -v -timeout 0 -run TestRounds ./anchor/cluster

.PHONY: soak-cluster
soak-cluster: engines ## the same with random faults for SOAK (1h), memory flat
	HALLMARK_CLUSTER_SOAK=$(SOAK) go test -count=1 -v -timeout 0 -run TestSoak ./anchor/cluster

.PHONY: bench-stream
bench-stream: ## a tree of 100 million leaves in bounded memory (a few seconds)
	HALLMARK_LEAVES=100000000 go test -run '^$$' -bench Stream -benchtime 1x ./merkle

.PHONY: bench
bench: contracts/node_modules bench/peers/js/node_modules web chromium engines ## everything that is fast beside peers and limits, or ROW=tree-1m (35 minutes, 20 GB)
	go build -C bench -o ../bin/ .
	bin/bench -row '$(ROW)'

.PHONY: simulate
simulate: ## the tables of docs/scale.md, from what make bench measured and bench/cmd/simulate/assumptions.json
	go build -C bench -o ../bin/simulate ./cmd/simulate
	bin/simulate

.PHONY: benchstat
benchstat: $(TOOLS)/benchstat-$(BENCHSTAT_VERSION) ## the Go benchmarks, compared with those of BASE (the commit before)
	BENCHSTAT=$< bench/compare.sh $(BASE)

## Making what is committed

.PHONY: generate
generate: contracts/node_modules web $(TOOLS)/sqlc-$(SQLC_VERSION) ## contract artifact, Go bindings, Keccak kernels, queries, JSON-LD contexts, sample badges and pages
	contracts/generate.sh
	merkle/internal/keccakf1600/generate.sh
	credential/secured/internal/rdf/contexts/generate.sh
	cd anchor/store/postgres && $(TOOLS)/sqlc-$(SQLC_VERSION) generate
	go run ./testdata/badges/gen testdata/badges

.PHONY: generate-check
generate-check: generate ## fail if generating changes what is committed
	git diff --exit-code -- contracts merkle/internal/keccakf1600 credential/secured/internal/rdf/contexts anchor/store/postgres/internal/queries testdata/badges web/dist

.PHONY: web
web: ## the pages with the verifier as WebAssembly, into web/dist
	web/build.sh

## Tools

.PHONY: anvil
anvil: contracts/node_modules ## install anvil (and forge, solc) into contracts/node_modules

.PHONY: engines
engines: $(TOOLS)/versitygw-$(VERSITY_VERSION) ## install what clusters are tested on: PostgreSQL 15 and PgBouncer of Debian, versitygw (S3)
	@test -x /usr/lib/postgresql/15/bin/postgres && test -x /usr/sbin/pgbouncer || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql-15 pgbouncer >/dev/null; } || \
		{ echo 'install PostgreSQL 15 and PgBouncer (Debian: postgresql-15, pgbouncer), as root' >&2; exit 1; }

.PHONY: contracts/node_modules
contracts/node_modules:
	contracts/tools/install.sh

.PHONY: web/node_modules
web/node_modules:
	contracts/tools/install.sh web

.PHONY: bench/lighthouse/node_modules
bench/lighthouse/node_modules:
	contracts/tools/install.sh bench/lighthouse

.PHONY: bench/peers/js/node_modules
bench/peers/js/node_modules:
	contracts/tools/install.sh bench/peers/js

credential/testdata/npm/node_modules: credential/testdata/npm/package-lock.json
	cd credential/testdata/npm && npm ci --prefer-offline --no-progress --no-audit --no-fund --loglevel=error
	touch $@

$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@

$(TOOLS)/versitygw-$(VERSITY_VERSION):
	GOBIN=$(TOOLS) go install github.com/versity/versitygw/cmd/versitygw@$(VERSITY_VERSION)
	ln -sf versitygw $@

$(TOOLS)/sqlc-$(SQLC_VERSION):
	GOBIN=$(TOOLS) go install github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION)
	mv $(TOOLS)/sqlc $@

$(TOOLS)/benchstat-$(BENCHSTAT_VERSION):
	GOBIN=$(TOOLS) go install golang.org/x/perf/cmd/benchstat@$(BENCHSTAT_VERSION)
	mv $(TOOLS)/benchstat $@

.PHONY: clean
clean: ## remove what was built or installed here
	rm -rf bin man .tools contracts/node_modules bench/peers/js/node_modules bench/lighthouse/node_modules contracts/out contracts/cache

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
