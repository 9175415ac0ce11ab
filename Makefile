# Noria. `make help` lists what there is.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
# uv where it is on the path; else fetched once into .tools by pip (which needs no venv of its own).
UV := $(shell command -v uv || echo .tools/bin/uv)
NORIA := $(VENV)/bin/noria
STAMP := $(VENV)/.set-up
# The container image and the engine that builds and runs it; infra/image/build.sh lists more.
CONTAINER_ENGINE ?= $(if $(shell command -v podman),podman,docker)
IMAGE ?= noria
TAG ?= dev
export CONTAINER_ENGINE IMAGE TAG
BENCHMARKS := orchestration_overhead temporal_features sampling simulator agents fresh_clone

# A shell may forbid bytecode; then every start would compile ten thousand modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Install everything into .venv, from the lock file

$(STAMP): uv.lock pyproject.toml setup.py | $(UV)
	$(UV) sync --frozen --compile-bytecode --python $(PYTHON)
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m pip install --quiet --target .tools 'uv>=0.9'

.PHONY: demo
demo: setup ## Run the graph pipeline on Debian's package graph, to the end
	$(NORIA) run graph

.PHONY: demo-temporal
demo-temporal: setup ## Forecast every department's sales from 1.47 million sales lines (installs the data, 31 MB)
	$(UV) sync --frozen --inexact --compile-bytecode --extra temporal-demo
	$(NORIA) run temporal

.PHONY: demo-games
demo-games: setup ## Train, export and register players of Plane Strike and of tic-tac-toe
	$(NORIA) run board_game
	$(NORIA) run board_game --config configs/board_game_tic_tac_toe.yaml

.PHONY: demo-playlist
demo-playlist: setup ## Train agents that fill playlists, and measure them beside heuristics with true users
	$(NORIA) run playlist

.PHONY: demo-spectral
demo-spectral: setup ## Transform fields on a device mesh, denoise them, classify images by their spectra
	$(NORIA) run spectral

.PHONY: test
test: setup ## Pass the linters, the type checker and all tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest

.PHONY: test-fast
test-fast: setup ## Only the tests that take less than five seconds each
	$(VENV)/bin/pytest -m 'not slow'

.PHONY: test-flink
test-flink: setup ## Sample on real Flinks: every seed node, and a session cluster with a worker pool (Java, Maven)
	$(VENV)/bin/pytest --durations=0 tests/job_servers/test_flink.py tests/job_servers/check_flink.py

.PHONY: test-spark
test-spark: setup ## Sample on a real Spark through Beam's job server (Java, Maven)
	$(VENV)/bin/pytest --durations=0 tests/job_servers/check_spark.py

.PHONY: format
format: setup ## Let ruff mend and format the code
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: bench
bench: setup ## Measure everything that the README's last table says, and write it there
	@mkdir -p benchmarks/results
	for name in $(BENCHMARKS); do \
		$(VENV)/bin/python -m benchmarks.$$name --json benchmarks/results/$$name.json || exit 1; \
	done
	$(VENV)/bin/python -m benchmarks.spectral_fft --write --json benchmarks/results/spectral_fft.json
	$(VENV)/bin/python -m benchmarks.readme_benchmarks

.PHONY: dashboard
dashboard: setup ## Serve the dashboard on loopback: runs, schedules, comparisons, models, MLflow
	-$(VENV)/bin/python -m components.device_lab.web_runtime
	$(NORIA) dashboard

.PHONY: mlflow
mlflow: setup ## Serve the MLflow page on loopback
	$(NORIA) mlflow

.PHONY: image
image: ## Build and check the container images of the steps and of MLflow's server (docs/image.md)
	infra/image/build.sh steps
	infra/image/build.sh mlflow-server

.PHONY: image-gpu
image-gpu: ## Build and check the GPU variant (downloads gigabytes of CUDA libraries)
	infra/image/build.sh gpu

.PHONY: test-containers
test-containers: setup ## Run the Kubeflow contract test with each step in a container of the image
	NORIA_TEST_IMAGE=$(IMAGE):$(TAG) NORIA_TEST_ENGINE=$(CONTAINER_ENGINE) \
		$(VENV)/bin/pytest --durations=0 tests/orchestration/kubeflow/test_contract.py

.PHONY: kind-up kind-demo kind-down
kind-up: setup ## Make a Kubeflow cluster on this machine with kind, Noria in it
	infra/kind/up.sh

kind-demo: setup ## Run the graph pipeline on that cluster, with a small configuration
	NORIA=$(NORIA) infra/kind/demo.sh

kind-down: ## Remove that cluster and all that is in it
	infra/kind/down.sh

.PHONY: test-stack
test-stack: setup ## Start MLflow, Postgres and SeaweedFS of the manifests with podman, and test them
	infra/stack/build.sh
	$(VENV)/bin/pytest infra/stack

.PHONY: test-kfp
test-kfp: setup ## Run pipelines on KFP's own programs: KFP_BINARIES=FOLDER, as root (docs/kfp-backend-proof.md)
	@test -d "$(KFP_BINARIES)" || { echo "KFP_BINARIES: a folder with the programs of docs/kfp-backend-proof.md"; exit 2; }
	go build -C tests/kfp_backend/kube_json -buildvcs=false -o $(abspath $(KFP_BINARIES))/kube-json .
	KFP_BINARIES=$(abspath $(KFP_BINARIES)) $(VENV)/bin/pytest --durations=0 \
		tests/kfp_backend/test_runs.py tests/kfp_backend/test_schedules.py

.PHONY: clean
clean: ## Remove the environment and caches; runs in .noria are kept
	rm -rf $(VENV) .tools .pytest_cache .mypy_cache .ruff_cache noria.egg-info
