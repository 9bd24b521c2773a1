# Everything that Gantry does at the command line. `make` alone lists it; `cargo xtask --help` has the details.

export PATH := $(PATH):$(HOME)/.cargo/bin
.DEFAULT_GOAL := help

# The first build of the tool itself takes a minute or two and is shown; later ones say nothing.
TOOL = { [ -x "$${CARGO_TARGET_DIR:-target}/debug/xtask" ] || \
	{ echo "▸ Building the build tool (once)" >&2; cargo build --locked --package xtask; }; } && exec cargo xtask
.PHONY: help run test check bench release test-cluster sqlx clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set up what is missing, build, and serve the demo at http://127.0.0.1:3000
	@sh scripts/setup.sh run && $(TOOL) run

test: ## Set up what is missing and run everything: format, lints, unit, service and browser tests
	@sh scripts/setup.sh test && $(TOOL) test

check: ## Format, lints, licences, and, where cargo-deny is installed, advisories
	@sh scripts/setup.sh run && $(TOOL) check

bench: ## Build optimised and measure the figures of BENCHMARKS.md
	@sh scripts/setup.sh bench && $(TOOL) bench

release: ## Build the optimised program and the browser's files into target/release and target/site
	@sh scripts/setup.sh run && $(TOOL) release

test-cluster: ## Run the cluster tests on the cluster of KUBECONFIG, in namespaces of their own; its kubelet has to be a fake one
	@sh scripts/setup.sh cluster && $(TOOL) test-cluster

sqlx: ## Describe the SQL statements anew after one of them, or a migration, has changed
	@sh scripts/setup.sh run && $(TOOL) sqlx

clean: ## Remove everything that was built, and the demo's data
	@exec cargo xtask clean
