# The targets that people use while they work on dashc. `make test` is what CI runs.
.PHONY: build test unit bench generate update fmt

build: ## compile the sources of the example into out/
	go run ./cmd/dashc build

test: ## everything that CI checks
	./scripts/test.sh

unit: ## the Go tests alone
	go test ./...

bench: ## the ratios of docs/benchmarks.md
	go test -run '^$$' -bench . -benchtime 10x ./cmd/dashc

generate: ## the vendored Jsonnet library, from its committed schema
	go generate ./lib/grafonnet

update: ## golden files of the tests, from what the code does now
	go test ./lib/... ./cmd/... -update

fmt:
	gofmt -w cmd lib
	git ls-files '*.jsonnet' '*.libsonnet' | grep -v /testdata/ | xargs go tool jsonnetfmt -i
