# make run and make test are all that is needed; each sets up what it needs first.

SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO_HOME ?= $(HOME)/.cargo
export PATH := $(CARGO_HOME)/bin:$(PATH)

.PHONY: help run test test-nodes bench fuzz install screens peers

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build it and open the demo desk
	@scripts/setup
	cargo run --release --locked

test: ## Check the format, lint, and run every test
	@scripts/setup --lint
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --no-fail-fast

test-nodes: ## Run the tests against real nodes (bitcoind, anvil); builds them first, once
	@scripts/setup
	@scripts/nodes
	cargo test --locked --test nodes -- --ignored

bench: ## Measure everything that docs/performance.md tells; wants a quiet machine
	@scripts/setup
	cargo bench --locked
	scripts/soak 60

fuzz: ## Run each fuzz target for a minute; needs nightly Rust and cargo-fuzz
	for target in $$(cargo +nightly fuzz list); do cargo +nightly fuzz run $$target -- -max_total_time=60 || exit 1; done

install: ## Install it for yourself, into Cargo's bin folder
	@scripts/setup
	cargo install --locked --path .

screens: ## Take the pictures in docs/screens anew
	@scripts/setup
	scripts/screens

peers: ## Measure it beside barter-data and the fastest JSON parsers, on captured frames
	@scripts/setup
	cargo bench --manifest-path benches/peers/Cargo.toml
