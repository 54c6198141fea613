# lbmaster runs on Linux only. Needed: Go and make. What else the tests want (a C compiler for the race detector, nginx,
# haproxy, hatop, wrk, curl) is installed with apt-get when we are root.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:

# One binary, the same wherever it is built: static, whatever C library and compiler are there. The race detector alone needs them.
export CGO_ENABLED := 0

GO       ?= go
FUZZTIME ?= 30s
SOAKTIME ?= 10m
# The version, where the source is no git repository: make RELEASE=1.2.3. Else the tag, or the commit, says it.
RELEASE  ?=
FUZZED   ?= $(UNITS)
# make test STRICT=-strict counts a skipped test as a failure.
STRICT   ?=

LINT  := $(GO) tool -modfile=tools/lint/go.mod
# What is tested beside the code; tests/ drives real processes and goes by itself.
UNITS  = $$($(GO) list ./... | grep -v '^lbmaster/tests$$')
# The race detector needs a C compiler.
UNITTEST = CGO_ENABLED=1 $(GO) test
RACE   = $$(if command -v $${CC:-gcc} >/dev/null; then echo -race; else echo "no C compiler: tests run without the race detector" >&2; fi)

.PHONY: help build run test unit blackbox bench bench-smoke bench-tcp bench-upgrade bench-code fuzz fdtrace portable soak lint lint-light clean FORCE

build: bin/lbmaster bin/lbctl ## build bin/lbmaster and bin/lbctl

# The compiler knows what has changed; make does not.
bin/lbmaster bin/lbctl: FORCE
	@$(GO) build -trimpath $(if $(RELEASE),-ldflags "-X lbmaster/shared/release.name=$(RELEASE)") -o $@ ./cmd/$(notdir $@)

bin/%: FORCE
	@$(GO) build -o $@ ./tools/$*

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: bin/lbmaster bin/demo ## show the main job: four servers, two workers; Ctrl-C ends it
	@bin/demo -lbmaster bin/lbmaster

test: bin/verdict bin/need ## every test; the last line is "N passed, N failed"
	@bin/need gcc nginx haproxy hatop wrk curl openssl iperf3 ssh ssh-keygen sshd psql redis-server mariadb mariadbd || true
	$(GO) vet ./...
	@{ $(UNITTEST) -json -timeout 5m $(RACE) $(UNITS); a=$$?; \
	   $(GO) test -json -count=1 -timeout 10m ./tests; b=$$?; exit $$((a | b)); } | bin/verdict $(STRICT)

unit: bin/verdict ## only the tests beside the code
	@$(UNITTEST) -json -timeout 5m $(RACE) $(UNITS) | bin/verdict $(STRICT)

blackbox: bin/verdict ## only the tests with real processes
	@$(GO) test -json -count=1 -timeout 10m ./tests | bin/verdict $(STRICT)

bench: bin/lbmaster bin/bench ## everything measured beside HAProxy and nginx, half an hour (BENCHFLAGS: see bin/bench -h)
	@bin/bench -lbmaster bin/lbmaster $(BENCHFLAGS)

bench-smoke: bin/lbmaster bin/bench ## the three most important ratios, under a minute
	@bin/bench -lbmaster bin/lbmaster -rounds 4 -duration 1s -only '^(http-64|close|dressed)$$' $(BENCHFLAGS)

bench-tcp: bin/lbmaster bin/bench ## what relaying costs
	@bin/bench -lbmaster bin/lbmaster -only tcp $(BENCHFLAGS)

bench-upgrade: bin/lbmaster bin/bench ## failed requests and latency during upgrades
	@bin/bench -lbmaster bin/lbmaster -only upgrade $(BENCHFLAGS)

bench-code: ## the benchmarks beside the code
	$(GO) test -run '^$$' -bench . -benchmem $(UNITS)

# Go before 1.27 takes the end of the time for a failure now and then (https://go.dev/issue/75804): then there is no input.
fuzz: ## every fuzz target for FUZZTIME (FUZZED: only those of these packages)
	@mkdir -p out; for p in $(FUZZED); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "fuzz $$p $$f"; \
	    $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p 2>&1 | tee out/fuzz.log || \
	      { grep -qx ' *context deadline exceeded' out/fuzz.log && ! grep -qE 'Failing input|panic|hung' out/fuzz.log && \
	        echo "fuzz $$p $$f: only the time was over"; } || exit 1; \
	  done; \
	done

fdtrace: ## what owns descriptors, with a build that knows who has made each, and stops at the first mistake
	$(GO) test -tags fdtrace ./worker/sock ./worker/proxy
	$(GO) build -trimpath -tags fdtrace -o bin/lbmaster-fdtrace ./cmd/lbmaster
	LBMASTER=$(CURDIR)/bin/lbmaster-fdtrace $(GO) test -count=1 -timeout 5m -run 'Upgrade|Tunnel|Crash|Pause|Retry|Limit' ./tests

portable: ## it builds for the other 64-bit machine, and for none of 32 bits
	GOARCH=arm64 $(GO) vet ./...
	GOARCH=arm64 $(GO) build ./...
	@if GOARCH=386 $(GO) build ./cmd/lbmaster 2>/dev/null; then echo "it builds for 32 bits, where counters tear"; exit 1; fi

soak: ## lives of instances, mixed load with dying workers for SOAKTIME, relays and servers in large numbers, upgrades, and a newer systemd
	$(GO) test -count=1 -timeout 0 -run '^TestSimulate$$' -v ./master -seeds 2000000 -first $$(date +%s)
	SOAKTIME=$(SOAKTIME) $(GO) test -count=1 -timeout 0 -tags soak -run '^TestSoak' -v ./tests

lint: lint-light ## everything that reads the source
	$(LINT) golangci-lint run ./...

lint-light: ## the part of it that is quick to build
	@files=$$(gofmt -l .) && test -z "$$files" || { echo "not formatted by gofmt:" $$files; exit 1; }
	@files=$$($(LINT) gofumpt -l .) && test -z "$$files" || { echo "not formatted by gofumpt:" $$files; exit 1; }
	$(GO) vet ./...
	$(LINT) staticcheck ./...

clean: ## remove what was built
	rm -rf bin out
