# Builds, checks and runs feedgate. `make` alone lists what there is to make.
#
# Everything that is fetched goes under .tools/ and end2end/node_modules/, both ignored by git;
# the only things that are put elsewhere are rustup's wasm target and, where it is missing,
# Debian's Chromium. Each fetched thing has a stamp in .tools/, so a second run does not look.

SHELL         := /bin/bash
MAKEFLAGS     += --no-print-directory
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

export CLIPPY_CONF_DIR := .ci
export FEEDGATE_MONGOD := $(CURDIR)/.tools/mongod

SSR     := --features ssr
HYDRATE := --lib --features hydrate --target wasm32-unknown-unknown

# The command-line tool and the crate speak to each other, and only in the same version.
BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)

BINDGEN  := .tools/wasm-bindgen-$(BINDGEN_VERSION).stamp
WASM     := .tools/rust-wasm.stamp
MONGOD   := .tools/mongod.stamp
NODE     := .tools/node.stamp
CHROMIUM := .tools/chromium.stamp
COMPARE  := .tools/compare.stamp
# Heavy, and for the benchmark alone, so not among what the browser tests need.
LIGHTHOUSE_VERSION := 12.8.2
LIGHTHOUSE := .tools/lighthouse-$(LIGHTHOUSE_VERSION).stamp

DEBUG_WASM   := target/wasm32-unknown-unknown/debug/feedgate.wasm
RELEASE_WASM := target/wasm32-unknown-unknown/wasm-release/feedgate.wasm
STATIC       := .ci/site $(wildcard style/* public/*)

##@ To try and to run it

.PHONY: demo
demo: build $(MONGOD) ## a full feedgate with 52 partners and 30 days of deliveries; Ctrl-C ends it
	@FEEDGATE_SITE=target/site exec target/release/feedgate demo --data-dir data/demo

.PHONY: build
build: target/site/.built ## the release binary and its site: target/release/feedgate, target/site
	cargo build --release $(SSR)

##@ To work on it

.PHONY: dev
dev: debug $(MONGOD) ## a small feedgate from a debug build, on data/dev; Ctrl-C ends it
	@FEEDGATE_SITE=target/site-debug exec target/debug/feedgate demo --small --data-dir data/dev

.PHONY: debug
debug: target/site-debug/.built
	cargo build $(SSR)

.PHONY: check
check: $(WASM) ## format, lints for the server's side and the browser's, documentation
	cargo fmt --check
	cargo clippy $(SSR) --all-targets -- -D warnings
	cargo clippy $(HYDRATE) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(SSR) --no-deps --document-private-items

.PHONY: unit
unit: $(MONGOD) ## unit and integration tests, on a real mongod
	cargo test $(SSR) --no-fail-fast

.PHONY: e2e
e2e: debug $(MONGOD) $(NODE) $(CHROMIUM) ## browser tests, with JavaScript and without
	cd end2end && FEEDGATE_SITE=../target/site-debug npx --no-install playwright test

.PHONY: pictures
pictures: debug $(MONGOD) $(NODE) $(CHROMIUM) ## takes the pictures that are kept with the tests anew; look at each
	FEEDGATE_WRITE_PICTURES=1 cargo test $(SSR) --test integration pictures::
	cd end2end && mkdir -p pictures && KEEP_PICTURES=1 FEEDGATE_SITE=../target/site-debug npx --no-install playwright test pictures --project chromium

.PHONY: test
test: check unit e2e ## everything that has to be green: check, unit, e2e

.PHONY: bench
bench: build $(MONGOD) $(COMPARE) $(NODE) $(CHROMIUM) $(LIGHTHOUSE) ## the figures of the README's table
	@FEEDGATE_SITE=target/site target/release/feedgate bench --compare .tools/compare/bin/python
	@node end2end/measure.mjs target/release/feedgate target/site $(CURDIR)/.tools/lighthouse/node_modules/lighthouse/core/index.js

.PHONY: clean
clean: ## removes what was built, not what was fetched
	cargo clean

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile
	@echo

# ---------------------------------------------------------------------------------------------
# The site: what the browser gets. A debug server and a release wasm do not fit together, so
# each kind has its own directory.

.PHONY: FORCE
FORCE:

$(DEBUG_WASM): FORCE $(WASM)
	cargo build $(HYDRATE)

$(RELEASE_WASM): FORCE $(WASM)
	cargo build $(HYDRATE) --profile wasm-release

target/site-debug/.built: $(DEBUG_WASM) $(STATIC) $(BINDGEN)
	.ci/site debug $(DEBUG_WASM) target/site-debug

target/site/.built: $(RELEASE_WASM) $(STATIC) $(BINDGEN) $(NODE)
	.ci/site release $(RELEASE_WASM) target/site

# ---------------------------------------------------------------------------------------------
# What is fetched.

.PHONY: tools
tools: $(WASM) $(BINDGEN) $(MONGOD) $(NODE) $(CHROMIUM) ## fetches everything that the other targets need

$(WASM):
	@mkdir -p .tools
	rustup target add wasm32-unknown-unknown
	@touch $@

# Its own lock file is tried first; where that names a crate that is not to be had, without it.
$(BINDGEN): $(WASM)
	cargo install wasm-bindgen-cli --version $(BINDGEN_VERSION) --root .tools --locked \
	  || cargo install wasm-bindgen-cli --version $(BINDGEN_VERSION) --root .tools
	@touch $@

$(MONGOD): .ci/get-mongod
	.ci/get-mongod .tools
	@touch $@

# What the benchmark compares with: Python tools in an environment of their own.
$(COMPARE): .ci/compare/requirements.txt
	@mkdir -p .tools
	python3 -m venv .tools/compare
	.tools/compare/bin/pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

$(LIGHTHOUSE): $(NODE)
	npm install --prefix .tools/lighthouse --no-audit --no-fund --no-save lighthouse@$(LIGHTHOUSE_VERSION)
	@touch $@

$(NODE): end2end/package-lock.json
	@mkdir -p .tools
	@node -e 'if (parseInt(process.versions.node) < 20) { console.error("Node.js 20 or newer is needed; this is " + process.version); process.exit(1) }'
	cd end2end && npm ci --no-audit --no-fund
	@touch $@

$(CHROMIUM): .ci/get-chromium
	@mkdir -p .tools
	.ci/get-chromium
	@touch $@
