# `make run` and `make test` do everything, set-up included. PYTHON=... picks the interpreter,
# REQUIREMENTS=... the set.

# The newest Python of 3.11 to 3.13 that really starts: a newer jax comes with it. Version managers
# leave names on the path that only print an error.
CANDIDATES := python3.13 python3.12 python3.11 python3 python
FOUND := $(shell for name in $(CANDIDATES) \
	$$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[123].*/bin/python 2>/dev/null); do \
	"$$name" -c 'import ensurepip, sys; v = sys.version_info[:2]; \
	print(*v, sys.executable) if (3, 11) <= v <= (3, 13) else None' 2>/dev/null; \
	done | sort -k2,2nr -s | head -n 1 | cut -d " " -f 3-)
PYTHON ?= $(FOUND)
REQUIREMENTS ?= $(shell if nvidia-smi -L >/dev/null 2>&1; \
	then echo requirements.txt; else echo requirements-cpu.txt; fi)
# Tests of processes wait for them half of their time: one more than there are processors, five at most.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores + 1 : 5)))
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test lint types unit clean

run: .venv/run
	.venv/bin/python launch.py --experiment=genre_cnn1d

test: lint types unit

lint: .venv/dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

types: .venv/dev
	.venv/bin/pyright

unit: .venv/dev
	.venv/bin/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

.venv/run: requirements-cpu.txt requirements.txt constraints.txt
	@test -n "$(PYTHON)" || { \
	echo "no Python of 3.11 to 3.13 was found; install one, or make run PYTHON=/its/path" >&2; exit 2; }
	"$(PYTHON)" -m venv .venv
	$(PIP) -r $(REQUIREMENTS) -c constraints.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt requirements-beam.txt requirements-search.txt \
		requirements-dashboard.txt requirements-ray.txt requirements-slurm.txt
	$(PIP) -r requirements-dev.txt -c constraints.txt
	@touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache
