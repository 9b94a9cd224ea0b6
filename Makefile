# make run    start the dashboard        make bench        time what the project promises
# make test   everything that CI runs    make screenshots  take the README's pictures again
# make lint   style and types alone      make clean        remove all that these made
# make docs   build the documentation's site into build/site, in an environment of its own
# make matrix the wheel in empty environments of Python 3.11 to 3.13 and beside the newest torch, 6 GB each
# make slow   the longest tests, which make test leaves out
# make frameworks       install JAX, TensorFlow and others to compare with, 3 GB, in an environment of their own
# make test-frameworks  the tests of these
# make login-providers  install two OpenID Connect providers from npm, for `pytest -m slow tests/login`
# make test-ray         the tests on a Ray cluster of two nodes on this machine; installs Ray, 270 MB, beside the product
# make load             200 people on one server for ten minutes (LOAD="--sessions 50 --seconds 60"); installs Locust, 60 MB

PORT ?=
# The first Python that is new enough and can make a virtual environment; PYTHON=... names another.
PYTHON ?= $(shell for name in python3 python3.12 python3.11 python3.13 python3.14; do \
	$$name -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))" \
	2>/dev/null && echo $$name && break; done)

# Tests start some hundreds of Pythons, which are to find our files compiled.
test slow: export PYTHONDONTWRITEBYTECODE =

bin := .venv/bin
pip := $(bin)/python -m pip install --disable-pip-version-check

.PHONY: run test slow lint types types-on-win32 types-on-darwin bench load docs matrix screenshots clean frameworks test-frameworks test-ray login-providers

run: .venv/installed
	@exec $(bin)/python -m streamlit run dashboard/app.py $(if $(PORT),--server.port $(PORT))

test: .venv/installed-for-tests
	@.ci/install-system-packages
	@$(MAKE) --no-print-directory lint
	@$(bin)/python -m core.commands compile
	$(bin)/python -m pytest -n 2 --dist worksteal

slow: .venv/installed-for-tests .venv-load/installed .venv-deploy/installed .venv-docs/installed
	$(bin)/python -m pytest -n 2 --dist worksteal -m slow

frameworks: .venv-frameworks/installed

test-frameworks: .venv/installed-for-tests .venv-frameworks/installed
	$(bin)/python -m pytest -m frameworks

# Ray listens on every address, so that it gets a network of its own that leads nowhere.
test-ray: .venv-ray/installed
	unshare --net --map-root-user sh -c 'ip link set lo up && exec "$$@"' sh \
		.venv-ray/bin/python -m pytest -m ray

login-providers:
	npm ci --prefix tests/login --no-audit --no-fund

lint: .venv/installed-for-tests
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	@$(MAKE) --no-print-directory -j 2 types types-on-win32 types-on-darwin  # mypy keeps to one core

types: .venv/installed-for-tests
	$(bin)/mypy

# What Windows and macOS lack, told by the standard library's types alone: some seconds for both.
types-on-win32 types-on-darwin: types-on-%: .venv/installed-for-tests
	@$(bin)/mypy --platform $* --cache-dir .mypy_cache/$* \
		--no-site-packages --ignore-missing-imports --disable-error-code valid-type \
		--no-warn-unused-ignores --no-warn-redundant-casts

bench: .venv/installed-for-tests
	@for file in benchmarks/*.py; do echo "== $$file" && $(bin)/python $$file || exit 1; done

load: .venv-load/installed
	.venv-load/bin/python -m tests.load $(LOAD)

matrix: .venv/installed-for-tests
	$(bin)/python -m tests.matrix $(MATRIX)

docs: .venv-docs/installed
	.venv-docs/bin/python -m docs.site

screenshots: .venv/installed-for-tests
	$(bin)/python -m docs.screenshots $(SCREENSHOTS)

clean:
	rm -rf .venv .venv-frameworks .venv-ray .venv-load .venv-deploy .venv-docs .venv-matrix .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf tests/login/node_modules build dist screenshots *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps inside .venv: what is installed is installed again only when a list of requirements changes.
.venv/installed: requirements.txt requirements-dashboard.txt requirements-core.txt pyproject.toml
	@$(bin)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory .venv-made
	$(pip) -r requirements.txt
	@echo "Compiling the training steps of small networks, once ..."
	@$(bin)/python -m core.commands compile || true  # where it cannot, trainings take longer
	@touch $@

.venv/installed-for-tests: .venv/installed requirements-test.txt
	$(pip) -r requirements-test.txt
	@touch $@

# Apart from .venv: PyTensor wants an older numba, and TensorFlow beside PyTorch in one process can hang.
.venv-frameworks/installed: requirements-frameworks.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 with its venv module is needed"; exit 1; }
	@test -x .venv-frameworks/bin/python || $(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --disable-pip-version-check -r requirements-frameworks.txt
	@command -v clang >/dev/null || echo "tinygrad also needs clang (on Debian and Ubuntu: apt install clang)."
	@touch $@

# Apart from .venv: the product needs nothing of it.
.venv-docs/installed: requirements-docs.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 with its venv module is needed"; exit 1; }
	@test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --disable-pip-version-check -r requirements-docs.txt
	@touch $@

# .venv-ray and .venv-load: the packages of .venv with Ray or Locust on top of them: torch need not be there twice.
purelib := -c "import sysconfig; print(sysconfig.get_path('purelib'))"
.venv-%/installed: requirements-%.txt .venv/installed-for-tests
	$(bin)/python -m venv .venv-$*
	$(bin)/python $(purelib) > "$$(.venv-$*/bin/python $(purelib))/product.pth"
	.venv-$*/bin/python -m pip install --disable-pip-version-check -r requirements-$*.txt
	@touch $@

# What checks the files of deploy/; nothing of it is imported.
.venv-deploy/installed: requirements-deploy.txt .venv/installed-for-tests
	$(bin)/python -m venv .venv-deploy
	.venv-deploy/bin/python -m pip install --disable-pip-version-check -r requirements-deploy.txt
	@touch $@

.PHONY: .venv-made
.venv-made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 with its venv module is needed" \
		"(on Debian and Ubuntu: apt install python3-venv), or name one: make run PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
