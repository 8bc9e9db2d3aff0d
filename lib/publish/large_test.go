//go:build unix

package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/artifact"
)

// largeWriters is the number of goroutines that the large trees are written by.
const largeWriters = 2

// variants returns the tree of n dashboards, four a customer and 20 kB each, rendered as a
// template would: literal text with the customer in its holes.
func variants(n int) Build {
	literal := []byte(strings.Repeat("0123456789abcdef\n", 20000/17/4))
	b := Build{Project: "shop", Environment: "prod", Tool: "v1", Inputs: "inputs", Identity: "v1", Artifacts: make([]artifact.Artifact, n)}
	for i := range b.Artifacts {
		customer := fmt.Sprintf("customer-%05d", i/4)
		b.Artifacts[i] = artifact.Artifact{
			Path:   artifact.Path(fmt.Sprintf("grafana/dashboards/customers/%s/board-%d.json", customer, i%4)),
			Kind:   artifact.Dashboard,
			Render: variant(literal, customer),
			Key:    customer + "@1",
			Source: fmt.Sprintf("jsonnet/dashboards/Shop/board-%d.jsonnet", i%4), Customer: customer, Proof: "proven: 12 selectors",
		}
	}
	return b
}

func variant(literal []byte, customer string) func([]byte) []byte {
	return func(dst []byte) []byte {
		for range 4 {
			dst = append(append(dst, literal...), customer...)
		}
		return dst
	}
}

// publishLarge does a whole build and returns how long it took.
func publishLarge(ctx context.Context, dir string, b Build) (time.Duration, error) {
	start := time.Now()
	tr, err := Open(ctx, dir, Options{Writers: largeWriters})
	if err != nil {
		return 0, err
	}
	plan, err := tr.Compare(ctx, b)
	if err == nil {
		var staged *Staged
		if staged, err = tr.Stage(ctx, plan); err == nil {
			err = staged.Commit(ctx)
		}
	}
	err = errors.Join(err, tr.Close())
	return time.Since(start), err
}

// writePlain writes the same bytes as plain files.
func writePlain(dir string, b Build) (time.Duration, error) {
	start := time.Now()
	errs := make([]error, largeWriters)
	var group sync.WaitGroup
	for w := range largeWriters {
		group.Go(func() {
			var buffer []byte
			last := ""
			for i := w * len(b.Artifacts) / largeWriters; i < (w+1)*len(b.Artifacts)/largeWriters; i++ {
				a := &b.Artifacts[i]
				name := filepath.Join(dir, string(a.Path))
				if parent := filepath.Dir(name); parent != last {
					last = parent
					errs[w] = errors.Join(errs[w], os.MkdirAll(parent, 0o755))
				}
				buffer = a.Content(buffer)
				errs[w] = errors.Join(errs[w], os.WriteFile(name, buffer, 0o644))
			}
		})
	}
	group.Wait()
	return time.Since(start), errors.Join(errs...)
}

// BenchmarkLargeTree measures whole builds against each other, all in one run:
// first/plain is a first build against writing the same bytes as plain files, same/first one that
// changes nothing, summed/first the same without artifacts' keys, customer/first one that changes a customer's four files, fresh/first a look at the stamp.
func BenchmarkLargeTree(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			what := variants(n)
			changed, unkeyed := variants(n), variants(n)
			for i := range unkeyed.Artifacts {
				unkeyed.Artifacts[i].Key = ""
			}
			for i := range 4 {
				a := &changed.Artifacts[n/2+i]
				a.Render, a.Key = variant([]byte("other "), "x"), "x"
			}
			var plain, first, same, customer, fresh, summed []time.Duration
			took := func(to *[]time.Duration) func(time.Duration, error) {
				return func(d time.Duration, err error) {
					if err != nil {
						b.Fatal(err)
					}
					*to = append(*to, d)
				}
			}
			for b.Loop() {
				dir := b.TempDir()
				took(&plain)(writePlain(filepath.Join(dir, "plain"), what))
				took(&first)(publishLarge(b.Context(), filepath.Join(dir, "out"), what))
				took(&same)(publishLarge(b.Context(), filepath.Join(dir, "out"), what))
				took(&same)(publishLarge(b.Context(), filepath.Join(dir, "out"), what))
				took(&summed)(publishLarge(b.Context(), filepath.Join(dir, "out"), unkeyed))
				took(&fresh)(freshLarge(b, filepath.Join(dir, "out"), what))
				took(&customer)(publishLarge(b.Context(), filepath.Join(dir, "out"), changed))
				took(&customer)(publishLarge(b.Context(), filepath.Join(dir, "out"), what))
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
			base := float64(median(first))
			b.ReportMetric(base/float64(median(plain)), "first/plain")
			b.ReportMetric(float64(median(same))/base, "same/first")
			b.ReportMetric(float64(median(summed))/base, "summed/first")
			b.ReportMetric(float64(median(customer))/base, "customer/first")
			b.ReportMetric(float64(median(fresh))/base, "fresh/first")
			b.ReportMetric(base/float64(n)/1e3, "µs/file")
		})
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func freshLarge(b *testing.B, dir string, what Build) (time.Duration, error) {
	start := time.Now()
	tr, err := Open(b.Context(), dir, Options{Writers: largeWriters})
	if err != nil {
		return 0, err
	}
	if _, fresh := tr.Fresh(b.Context(), "prod", what.Identity, what.Inputs); !fresh {
		b.Error("not fresh")
	}
	err = tr.Close()
	return time.Since(start), err
}

// BenchmarkLargeMemory measures the peak memory of processes that build large trees: a first
// build, then one that changes nothing.
func BenchmarkLargeMemory(b *testing.B) {
	for b.Loop() {
		for _, n := range []int{10_000, 100_000} {
			peak := 0.0
			dir := b.TempDir()
			for range 2 {
				command := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$")
				command.Env = append(os.Environ(), largeDir+"="+dir, largeFiles+"="+strconv.Itoa(n))
				output, err := command.CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, output)
				}
				mega, err := strconv.ParseFloat(strings.TrimSpace(string(output)), 64)
				if err != nil {
					b.Fatal(err)
				}
				peak = max(peak, mega)
			}
			b.ReportMetric(peak, fmt.Sprintf("MB/%d-files", n))
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// largeDir makes the test binary a publisher of a large tree that prints its peak memory in MB.
const (
	largeDir   = "DASHC_TEST_LARGE_DIR"
	largeFiles = "DASHC_TEST_LARGE_FILES"
)

func publishLargeAndMeasure() error {
	n, err := strconv.Atoi(os.Getenv(largeFiles))
	if err != nil {
		return err
	}
	if _, err := publishLarge(context.Background(), os.Getenv(largeDir), variants(n)); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range bytes.Lines(status) {
		if value, found := bytes.CutPrefix(line, []byte("VmHWM:")); found {
			kilo, err := strconv.Atoi(strings.Fields(string(value))[0])
			fmt.Println(float64(kilo) / 1000)
			return err
		}
	}
	return errors.New("no VmHWM")
}

// BenchmarkLargeState reads and writes the manifest and the stamp of a large tree; "json" is
// what encoding/json alone would take.
func BenchmarkLargeState(b *testing.B) {
	what := variants(100_000)
	contents := make([]content, len(what.Artifacts))
	s := stamp{Identity: "v1", Inputs: "x", Manifest: "y", files: make([]stat, len(contents)), keys: make([]key, len(contents))}
	for i := range contents {
		contents[i] = content{Artifact: &what.Artifacts[i], size: 20_000}
		s.files[i] = stat{20_000, int64(i) << 40, int64(i) << 41, uint64(i)}
	}
	m := newManifest(what, contents, nil)
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(string(a.Path), string(b.Path)) })
	written := m.encode()
	stamped, err := s.encode()
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		do   func() error
	}{
		{"manifest/encode", func() error { m.encode(); return nil }},
		{"manifest/encode/json", func() error { _, err := json.MarshalIndent(m, "", "  "); return err }},
		{"manifest/decode", func() error { _, err := ParseManifest("m", written); return err }},
		{"manifest/decode/json", func() error { _, err := decodeManifest("m", written); return err }},
		{"stamp/encode", func() error { _, err := s.encode(); return err }},
		{"stamp/decode", func() error {
			if _, ok := decodeStamp(stamped); !ok {
				return errors.New("damaged")
			}
			return nil
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if err := bench.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
