# make app, make pages, make test, make lint, make bench, make attacks, make fuzz, make soak, make lock, make audit,
# make train DATA=folder [INIT=file], make benchmark DATA=folder [INIT=folder]
# Python 3.11 or newer and make are all that has to be there.
PYTHON ?= python3
BIN := .venv/bin

app: .venv/app
	$(BIN)/streamlit run streamlit_app.py --server.headless true

# Every page opened once, with nothing installed but what the app asks for.
pages: .venv/app
	$(BIN)/python -m tests.every_page

test: .venv/tests
	$(BIN)/python -m pytest

lint: .venv/tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/tests
	$(BIN)/python -m tests.bench

# What one visitor can do to the others, against a server held to its memory; needs Linux and root.
attacks: .venv/tests
	$(BIN)/python -m tests.attacks

# Every version and file of the app's packages, with its hash; needs uv.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate --python-version 3.11 requirements.txt --output-file requirements.lock

# Every package of the lock against PyPI's advisories; needs uv and a way there.
audit:
	uvx pip-audit --requirement requirements.lock --disable-pip --require-hashes

# 200,000 damaged pictures, 2,000 of them through the page; goes on where it stopped.
fuzz: .venv/tests
	$(BIN)/python -m tests.fuzz

# Fifty visitors for ten minutes, and training killed twenty times: answers and weights compared.
soak: .venv/tests
	$(BIN)/python -m tests.soak

# The two shipped models. INIT is a safetensors file to start ResNet18 from, else torchvision's.
train: .venv/train
	$(BIN)/python -m training.train --model baseline_cnn --name baseline_cnn --replace \
	    --data $(DATA)
	$(BIN)/python -m training.train --model resnet18 --name resnet18 --replace --data $(DATA) \
	    $(if $(INIT),--init-from $(INIT),--init torchvision)

# Everything the page 'Compare models' reads; goes on where it was. INIT is a folder of weights to
# start from, BUDGET cpu or gpu, ONLY one network or track.
benchmark: .venv/train
	$(BIN)/python -m training.benchmark --data $(DATA) $(if $(INIT),--init-from $(INIT)) \
	    $(if $(BUDGET),--budget $(BUDGET)) $(if $(ONLY),--only $(ONLY))

# A stamp for each set of requirements; it is older than its file when that has changed.
.venv/app: requirements.txt
.venv/train: requirements.txt training/requirements.txt
.venv/tests: requirements.txt training/requirements.txt tests/requirements.txt
.venv/app .venv/train .venv/tests:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement $(or $(filter tests/%,$^),$(filter training/%,$^),requirements.txt)
	touch $@

# (pages is a folder too)
.PHONY: app pages test lint bench attacks fuzz soak lock audit train benchmark
