# Everything here needs Go, make and the ordinary package clients only. `make help` lists the targets.

GO      ?= go
ARGS    ?=
FUZZTIME ?= 20s
FOR     ?= 10m
N       ?= 10
BROKERS ?= 3
BIN     := bin/attune
PKGS    := ./...
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/attune
	@.ci/first-build $(FIRST)
	$(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/attune

.PHONY: demo
demo: FIRST := demo
demo: build ## everything in one process, with simulated patients (ARGS="--for 30s --json")
	$(BIN) demo $(ARGS)

.PHONY: test
test: ## unit, engine, sink and end-to-end tests, on the embedded parts and on Apache Kafka
	@.ci/test $(PKGS)

.PHONY: cases
cases: ## the tests of what happens in the field (docs/field.md), on Apache Kafka, Apicurio and ClickHouse
	@GO=$(GO) .ci/cases

.PHONY: flaky
flaky: ## all tests N times while both cores are busy: lists what did not pass every time (N=10 PKGS="./pipeline/kafka")
	@mkdir -p bin && $(GO) build -o bin/flaky-tests ./internal/flaky
	@bin/flaky-tests -n $(N) $(ARGS) $(PKGS)

.PHONY: race
race: ## the engine's and the operators' tests under the race detector
	@GO=$(GO) .ci/race

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## benchmarks; results with machine and commit go to benchmarks/results
	@.ci/bench

.PHONY: weights
weights: ## the weights that ship with the health taxonomy, from made-up patients (a few minutes)
	GOGC=400 $(GO) run ./benchmarks/priors

.PHONY: bench-peers
bench-peers: ## attune's engine beside Kafka Streams and Flink, on Apache Kafka; needs Java and Maven (ARGS="-quick")
	@$(GO) build -trimpath -o bin/peers ./benchmarks/peers
	@bin/peers -o benchmarks/results $(ARGS)

.PHONY: chaos
chaos: ## break everything for FOR on Apache Kafka with BROKERS (3 or 1), then verify everything
	$(GO) run ./benchmarks/chaos -for $(FOR) -brokers $(BROKERS) $(ARGS)

.PHONY: soak
soak: ## simulate processes in trouble, from seeds that nobody has run, for FOR
	$(GO) test -tags soak ./pipeline/simulation -run 'TestSoak$$' -count 1 -timeout 0 -v -for $(FOR)

.PHONY: repeat
repeat: ## simulate every seed four times, on one core and on several: all that happens is the same (ARGS="-first 1 -seeds 250")
	$(GO) test ./pipeline/simulation -run 'TestSameSeedThenSameRunToTheByte$$' -count 1 -timeout 0 -v -repeat 4 $(ARGS)

.PHONY: mutants
mutants: ## plant known bugs one at a time: a test must find each
	$(GO) run ./internal/mutants

.PHONY: desktops
desktops: ## what the desk's page says to Amazon Connect and Genesys, bundled from their SDKs (needs Node; sinks/desk/desktops)
	sinks/desk/desktops/build.sh

.PHONY: superset
superset: ## the boards in Apache Superset itself, which is installed in bin (ten minutes, 800 MB): figures by its API, pictures in bin
	@[ -x bin/superset/bin/superset ] || { python3 -m venv bin/superset && bin/superset/bin/pip install -q -r deploy/superset/requirements.txt; }
	@mkdir -p bin/superset-boards
	$(GO) test ./deploy/superset -run TestSupersetShowsTheBoards -count 1 -timeout 40m -v -superset $(CURDIR)/bin/superset/bin/superset -superset.pictures $(CURDIR)/bin/superset-boards $(ARGS)

.PHONY: lint
lint: ## gofmt, vet, staticcheck and the house rules
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet $(PKGS)
	$(GO) tool staticcheck $(PKGS)
	$(GO) test -count=1 ./internal/lint/

.PHONY: fmt
fmt: ## gofmt everything
	gofmt -w $$(git ls-files '*.go')

.PHONY: generate
generate: ## codecs and column mappings from the Avro schemas, config.example.yaml, and the boards for Grafana and Superset
	$(GO) generate ./schemas ./sinks/clickhouse ./internal/confgen ./deploy/grafana ./deploy/superset
