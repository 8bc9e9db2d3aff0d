package build

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/publish"
)

// VerifyOptions say which trees Verify compares.
type VerifyOptions struct {
	// OutDir is the folder of the trees.
	OutDir string
	// Root is the project's folder, from which findings name files; empty without a project.
	Root string
	// Names are the trees to compare; each must be there. Without names it is every tree in OutDir.
	Names []string
	// Known are the project's environments, if there is a project. Without Names, the tree of
	// each that a build has written here must be there still.
	Known []string
}

// VerifyReport is what Verify found.
type VerifyReport struct {
	// Files and Trees count what was compared.
	Files, Trees int
	Differences  []Difference
	// Missing holds a finding for each tree that is not there.
	Missing []diagnostic.Diagnostic
}

// Verify compares rendered trees with their manifests and needs no sources. Where there is no
// tree to compare, that is a finding: nothing has been verified then.
func Verify(ctx context.Context, options VerifyOptions) (VerifyReport, error) {
	var report VerifyReport
	present, err := treesIn(options.OutDir)
	if err != nil {
		return report, err
	}
	names := options.Names
	if len(names) == 0 {
		names = expectedTrees(options, present)
	}
	disk, err := publish.Open(ctx, options.OutDir, publish.Options{ReadOnly: true, Writers: runtime.GOMAXPROCS(0)})
	if err != nil {
		return report, err
	}
	for _, name := range names {
		if missing := MissingTrees(options.Root, options.OutDir, name); len(missing) > 0 {
			report.Missing = append(report.Missing, missing...)
			continue
		}
		tree, err := disk.Verify(ctx, name)
		if err != nil {
			return report, errors.Join(err, disk.Close())
		}
		report.Trees++
		report.Files += tree.Files
		report.Differences = append(report.Differences, verifyDifferences(options.OutDir, tree)...)
	}
	if len(names) == 0 {
		report.Missing = append(report.Missing, missingTree(options.Root, options.OutDir,
			"there is no tree in this folder", "run `dashc build`, or name the folder above the trees with --out-dir"))
	}
	return report, disk.Close()
}

// MissingTrees makes a finding of each environment that has no tree in outDir.
func MissingTrees(root, outDir string, environments ...string) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	for _, name := range environments {
		dir := filepath.Join(outDir, name)
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			findings = append(findings, missingTree(root, dir, "there is no tree of environment "+name, "run `dashc build`", name))
		}
	}
	return findings
}

// treesIn lists the folders of outDir that can be trees, sorted. A folder that is not there has none.
func treesIn(outDir string) ([]string, error) {
	listing, err := os.ReadDir(outDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &publish.MachineError{Op: "read", Path: outDir, Err: err}
	}
	var names []string
	for _, item := range listing {
		if item.IsDir() && !strings.HasPrefix(item.Name(), ".") {
			names = append(names, item.Name())
		}
	}
	return names, nil
}

// expectedTrees are the trees that are there and those that a build has left its stamp of.
func expectedTrees(options VerifyOptions, present []string) []string {
	names := slices.Clone(present)
	for _, name := range options.Known {
		if wasBuilt(options.OutDir, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wasBuilt tells whether the last build in outDir left its stamp of an environment's tree. A copy
// of the trees, or a fresh checkout, has no stamps.
func wasBuilt(outDir, environment string) bool {
	_, err := os.Lstat(filepath.Join(outDir, ".dashc", environment+".stamp.json"))
	return err == nil
}

func verifyDifferences(outDir string, report *publish.Report) []Difference {
	var all []Difference
	add := func(paths []string, what string) {
		for _, path := range paths {
			all = append(all, Difference{Environment: report.Environment, Path: path, What: what})
		}
	}
	if report.Manifest != "" {
		place := filepath.Join(outDir, report.Environment, publish.ManifestName) + ": "
		add([]string{publish.ManifestName}, strings.TrimPrefix(report.Manifest, place))
	}
	if report.Unfinished {
		add([]string{publish.ManifestName}, "a build was killed and has not been finished")
	}
	add(report.Missing, "missing")
	add(report.Changed, "changed")
	add(report.Unexpected, "not in the manifest")
	return all
}
