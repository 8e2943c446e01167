# The commands of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One cache for all build folders and clones.
export CCACHE_NOHASHDIR := 1
export CCACHE_BASEDIR := $(CURDIR)

JOBS ?= $(shell nproc)
LISTEN ?= 127.0.0.1:8080
DATA ?= ./var
BUILD := cmake --build --preset

.PHONY: help run build deps dev-deps assets tests-build test test-unit test-e2e test-fault sanitize \
        asan tsan fuzz redteam gcc profile coverage bench lint tidy format docs clean

help: ## Lists these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: build ## Builds, then starts Gatehouse on its embedded defaults and prints a curl line
	build/release/gatehouse serve --data $(DATA) --listen $(LISTEN)

deps:
	@tools/install_deps

dev-deps:
	@tools/install_deps dev

assets: deps
	@tools/fetch_assets
	@tools/build_llama

# A folder that has the tests keeps them; a fresh one needs nothing that only tests need.
build: assets ## Builds build/release/gatehouse
	@cmake --preset release --log-level=WARNING $(if $(wildcard build/release/CMakeCache.txt),,-D GATEHOUSE_TESTS=OFF)
	@$(BUILD) release --target gatehouse -j $(JOBS)

tests-build: dev-deps assets
	@cmake --preset release --log-level=WARNING -D GATEHOUSE_TESTS=ON
	@$(BUILD) release -j $(JOBS)

test: test-unit test-e2e test-fault ## Runs the unit, end-to-end and fault tests

test-unit: tests-build
	ctest --preset release --output-on-failure -j $(JOBS) -L unit

test-e2e: tests-build
	tests/run_e2e tests/e2e

test-fault: tests-build
	tests/run_e2e tests/fault

sanitize: asan tsan ## Runs the unit tests under ASan+UBSan and under TSan

asan tsan: dev-deps assets
	@cmake --preset $@ --log-level=WARNING
	@$(BUILD) $@ -j $(JOBS) --target unit_tests
	ctest --preset $@ --output-on-failure -L unit

fuzz: dev-deps assets ## Runs every fuzz target for FUZZ_SECONDS (10) each, from the kept corpus
	@cmake --preset fuzz --log-level=WARNING
	@$(BUILD) fuzz -j $(JOBS) --target fuzz_targets
	tools/run_fuzz $${FUZZ_SECONDS:-10}

redteam: build ## An adaptive attacker against the firewall: what share of blocked attacks gets through
	tools/redteam/adaptive
	tools/redteam/adaptive --known

gcc: dev-deps assets ## Builds everything with g++ 12
	@cmake --preset gcc --log-level=WARNING
	@$(BUILD) gcc -j $(JOBS)

profile: dev-deps assets ## Renews profile/gatehouse.profdata, from which the release is built
	@cmake --preset profile --log-level=WARNING
	@$(BUILD) profile --target gatehouse -j $(JOBS)
	tools/profile/renew

coverage: dev-deps assets ## Line coverage of the unit tests, in build/coverage/report
	@cmake --preset coverage --log-level=WARNING
	@$(BUILD) coverage -j $(JOBS)
	ctest --preset coverage -L unit
	lcov -q -c -d build/coverage -o build/coverage/all.info --no-external -b $(CURDIR)/src
	genhtml -q build/coverage/all.info -o build/coverage/report

bench: tests-build ## Gatehouse beside nginx; the other figures are build/release/bench/*
	@tools/build_llama --server
	bench/proxy

lint: dev-deps ## clang-format, layers and the length of files
	tools/lint

tidy: dev-deps assets ## clang-tidy over the sources; takes minutes
	@cmake --preset release --log-level=WARNING
	tools/tidy

format: dev-deps ## Formats the sources in place
	git ls-files 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' 'bench/*.h' 'bench/*.cc' | xargs clang-format-16 -i

docs: build ## Writes the generated documents anew
	tools/generate_docs

clean: ## Removes the project's build, keeps assets and llama.cpp
	rm -rf build/release build/debug build/clang build/asan build/tsan build/fuzz build/coverage
