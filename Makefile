# The two commands to begin with are `make demo` and `make test`. `make help` lists the rest.
#
#   INSTALL=no    never install packages
#   WERROR=ON     warnings are errors (as in CI)
#   PYTHON=...    a Python that has the package which a check-... target compares with
#   ARGS="..."    passed on: to `transkimmer demo` by `make demo`, to ctest by `make test`

INSTALL ?= yes
WERROR ?= OFF
ARGS ?=
PYTHON ?= python3
JOBS ?= $(shell nproc)
SOURCES = find benchmarks examples fuzz include src tests -name '*.cc' -o -name '*.h'

.DEFAULT_GOAL := help
.PHONY: help demo test build runtime check-tokenizers check-hub check-python check-pipelines check-clusters wheel check-serve check-training asan tsan fuzz benchmark tidy format format-check install clean \
        dependencies developer-dependencies configure

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{ printf "  make %-17s %s\n", $$1, $$2 }'

dependencies:
ifeq ($(INSTALL),yes)
	@scripts/install-dependencies
endif

developer-dependencies:
ifeq ($(INSTALL),yes)
	@scripts/install-dependencies --developer
endif

configure: dependencies
	cmake --preset release -DTRANSKIMMER_WERROR=$(WERROR)

demo: configure ## train, evaluate and time a small model that skims, on generated text
	cmake --build --preset release --parallel $(JOBS) --target transkimmer transkimmer-train
	build/release/bin/transkimmer demo $(ARGS)

test: configure ## build everything and run every test
	cmake --build --preset release --parallel $(JOBS)
	ctest --preset release --parallel $(JOBS) $(ARGS)

build: configure ## programs, library, tests and benchmarks in build/release
	cmake --build --preset release --parallel $(JOBS)

runtime: ## the programs and library of a serving machine, without libtorch, in build/runtime
ifeq ($(INSTALL),yes)
	@scripts/install-dependencies --runtime-only
endif
	cmake --preset runtime -DTRANSKIMMER_WERROR=$(WERROR)
	cmake --build --preset runtime --parallel $(JOBS)

check-tokenizers: configure ## compare the tokenizers with the newest of Hugging Face (PyPI), installed below build/
	cmake --build --preset release --parallel $(JOBS) --target dump_ids
ifeq ($(INSTALL),yes)
	@scripts/install-tokenizers
endif
	tests/model_files/tokenizers/differential.py $(ARGS)

check-python: build ## build the package of Python into an empty environment and test it there
	WERROR=$(WERROR) scripts/test-python $(ARGS)

check-pipelines: build ## the package of Python beside transformers and sentence-transformers (PyPI)
	WERROR=$(WERROR) PACKAGES="torch transformers sentence-transformers" scripts/test-python -k "hugging_face" $(ARGS)

check-clusters: build ## the package of Python on local clusters of Ray and Spark (PyPI; Spark needs Java)
	WERROR=$(WERROR) PACKAGES="ray[data] pyspark pyarrow pandas" scripts/test-python --slow -k "clusters" $(ARGS)

wheel: ## the package of Python for other machines, with the libraries that it needs, in build/wheels
	WERROR=$(WERROR) scripts/build-wheel $(ARGS)

check-hub: configure ## exchange caches of models with the newest huggingface_hub (PyPI), installed below build/
	cmake --build --preset release --parallel $(JOBS) --target serve_model fetch_once
ifeq ($(INSTALL),yes)
	@scripts/install-huggingface-hub
endif
	@tests/hub/online/interchange.py $(ARGS) || [ $$? -eq 77 ]

check-serve: configure ## ask a server as the clients of others (PyPI) and a browser do, installed below build/
	cmake --build --preset release --parallel $(JOBS) --target transkimmer write_tiny_model
ifeq ($(INSTALL),yes)
	@scripts/install-serve-clients
endif
	tests/server/tei_clients.py $(ARGS)
	@tests/server/browser.py $(ARGS) || [ $$? -eq 77 ]

check-training: configure ## compare fine-tuning with a plain PyTorch loop; PYTHON has torch, ARGS="--data glue --model DIR"
	cmake --build --preset release --parallel $(JOBS) --target transkimmer-train training_batches
	$(PYTHON) tests/training/pytorch_parity.py $(ARGS)

asan: dependencies ## every test under the address and undefined-behaviour sanitizers
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS)
	ctest --preset asan --parallel $(JOBS) $(ARGS)

tsan: dependencies ## every test but training's under the thread sanitizer
	cmake --preset tsan
	cmake --build --preset tsan --parallel $(JOBS)
	ctest --preset tsan --parallel $(JOBS) $(ARGS)

fuzz: developer-dependencies ## run every fuzzer for a minute each
	scripts/fuzz 60

benchmark: configure ## run the microbenchmarks
	cmake --build --preset release --parallel $(JOBS)
	@set -e; for program in build/release/bin/benchmarks/*_benchmark; do echo "== $$program"; $$program $(ARGS); done

tidy: developer-dependencies configure ## clang-tidy with the checks of .clang-tidy
	run-clang-tidy -quiet -p build/release -j $(JOBS) '$(CURDIR)/src/.*'

format: developer-dependencies ## clang-format every source file
	$(SOURCES) | xargs clang-format -i

format-check: developer-dependencies ## fail when clang-format would change something
	$(SOURCES) | xargs clang-format --dry-run -Werror

install: build ## install programs, library, headers and the encoder that ships (PREFIX=/usr/local)
	cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

clean: ## remove everything built
	rm -rf build
