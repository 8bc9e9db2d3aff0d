package build

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"

	"github.com/dashc/dashc/lib/publish"
)

// TreeReport is what Verify found in one environment's tree.
type TreeReport struct {
	Name        string
	Files       int
	Differences []Difference
}

// Verify compares rendered trees with their manifests and needs no sources. Without names it
// takes every folder of outDir.
func Verify(ctx context.Context, outDir string, names []string) ([]TreeReport, error) {
	if len(names) == 0 {
		listing, err := os.ReadDir(outDir)
		if err != nil {
			return nil, &publish.MachineError{Op: "read", Path: outDir, Err: err}
		}
		for _, item := range listing {
			if item.IsDir() && !strings.HasPrefix(item.Name(), ".") {
				names = append(names, item.Name())
			}
		}
	}
	disk, err := publish.Open(ctx, outDir, publish.Options{ReadOnly: true, Writers: runtime.GOMAXPROCS(0)})
	if err != nil {
		return nil, err
	}
	var reports []TreeReport
	for _, name := range names {
		report, err := disk.Verify(ctx, name)
		if err != nil {
			return nil, errors.Join(err, disk.Close())
		}
		reports = append(reports, TreeReport{Name: name, Files: report.Files, Differences: verifyDifferences(report)})
	}
	return reports, disk.Close()
}

func verifyDifferences(report *publish.Report) []Difference {
	var all []Difference
	add := func(paths []string, what string) {
		for _, path := range paths {
			all = append(all, Difference{report.Environment, path, what})
		}
	}
	if report.Manifest != "" {
		add([]string{publish.ManifestName}, report.Manifest)
	}
	if report.Unfinished {
		add([]string{publish.ManifestName}, "a build was killed and has not been finished")
	}
	add(report.Missing, "missing")
	add(report.Changed, "changed")
	add(report.Unexpected, "not in the manifest")
	return all
}
