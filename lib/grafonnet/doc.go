// Package grafonnet turns the type definitions that Grafana publishes into the vendored Jsonnet
// library: an intermediate schema (schema/v*.json, written by extract/) becomes one Jsonnet
// function or two for each property, and the parts that no schema describes are added from
// library/. It must never read anything but its two inputs: the same schema gives the same bytes.
package grafonnet

//go:generate go run ./generate -dir ../../vendor-libsonnet/github.com/grafana/grafonnet/gen
