#!/usr/bin/env bash
# Runs every check of the repository. Installs what is missing with apt-get (as root or
# through sudo): git, gcc for the race detector, promtool from the package prometheus, and
# dashboards that others wrote from ceph-grafana-dashboards.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

install_missing() {
  local packages=()
  command -v git >/dev/null || packages+=(git)
  command -v gcc >/dev/null || packages+=(gcc libc6-dev)
  command -v promtool >/dev/null || packages+=(prometheus)
  [ -d /etc/grafana/dashboards/ceph-dashboard ] || packages+=(ceph-grafana-dashboards)
  [ ${#packages[@]} -eq 0 ] && return
  if ! command -v apt-get >/dev/null; then
    echo "missing: ${packages[*]}; install them and run this script again" >&2
    exit 1
  fi
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q
  # The test suite wants the binaries only, not a running Prometheus.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -q -y --no-install-recommends "${packages[@]}"
}

# The Jsonnet files outside of the example's own sources: the libraries.
jsonnet_libraries() {
  git ls-files --cached --others --exclude-standard '*.jsonnet' '*.libsonnet' | grep -v -e '/testdata/' -e '^jsonnet/'
}

step "tools"
install_missing
go version

step "build, vet, staticcheck, gofmt"
mkdir -p bin
go build -o bin/dashc ./cmd/dashc
go vet ./...
go tool staticcheck ./...
unformatted=$(gofmt -l cmd lib)
if [ -n "$unformatted" ]; then
  echo "not gofmt-clean: $unformatted" >&2
  exit 1
fi

step "Jsonnet is formatted and lints clean"
bin/dashc fmt --test
bin/dashc lint
jsonnet_libraries | xargs go tool jsonnetfmt --test

step "out/ is what the sources say"
bin/dashc build --check
bin/dashc verify
bin/dashc verify --tenancy

step "Prometheus accepts the rendered files"
for environment in out/*/; do
  promtool check config "${environment}prometheus/prometheus.yml"
done

step "tests"
go test -timeout 10m ./...

step "tests with the race detector"
go test -race -timeout 10m ./lib/evaluate ./lib/publish ./lib/build

# Each target meets new input for as long as FUZZTIME says. What it finds is written to its
# package's testdata/fuzz and fails every run from then on.
fuzz() { go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 1x "./lib/$1"; }

step "fuzzing"
fuzz promql FuzzExpand
fuzz metrics FuzzScrape
fuzz check FuzzRules
