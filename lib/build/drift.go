package build

import (
	"path/filepath"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/publish"
)

// The rules of findings about rendered trees. Their prefix tells that the trees differ and the
// sources may well be right.
const (
	driftRule   = "out/drift"   // a file is not what it should be
	missingRule = "out/missing" // a whole tree is not there
)

// IsDrift tells whether a finding is about a rendered tree that is not as it should be.
func IsDrift(d diagnostic.Diagnostic) bool { return strings.HasPrefix(d.Rule, "out/") }

// Drift makes a finding of each file that differs, so that every form of report shows it. The
// place is the file in outDir, named from the project's root; root may be empty. The hint is for
// what a build would replace.
func Drift(root, outDir string, differences []Difference, hint string) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	for _, difference := range differences {
		help := hint
		if difference.Theirs {
			help = "carry the edit over to the sources and restore the file, or build with --force to replace it"
		}
		findings = append(findings, diagnostic.Diagnostic{
			Rule: driftRule, Severity: diagnostic.Error, Message: difference.What, Hint: help,
			Position:     diagnostic.Position{File: fromRoot(root, filepath.Join(outDir, difference.Environment, filepath.FromSlash(difference.Path)))},
			Artifact:     difference.Path,
			Environments: []string{difference.Environment},
		})
	}
	return findings
}

// Occupied makes findings of an error about what stands in the output folder already (see
// publish.IsOccupied), named from the project's root; of any other error it makes none.
func Occupied(root string, err error) []diagnostic.Diagnostic {
	drift := func(path, message, hint string) []diagnostic.Diagnostic {
		return []diagnostic.Diagnostic{{
			Rule: driftRule, Severity: diagnostic.Error, Message: message, Hint: hint,
			Position: diagnostic.Position{File: fromRoot(root, path)},
		}}
	}
	switch e := err.(type) {
	case *publish.ConflictError:
		var differences []Difference
		for _, change := range e.Conflicts {
			differences = append(differences, Difference{e.Environment, string(change.Path), change.Reason, true})
		}
		return Drift(root, e.Directory, differences, "")
	case *publish.ManifestError:
		return drift(e.Path, strings.TrimPrefix(e.Error(), e.Path+": "), "")
	case *publish.TreeError:
		return drift(e.Path, e.Problem, e.Remedy)
	case interface{ Unwrap() []error }:
		var findings []diagnostic.Diagnostic
		for _, part := range e.Unwrap() {
			findings = append(findings, Occupied(root, part)...)
		}
		return findings
	case interface{ Unwrap() error }:
		return Occupied(root, e.Unwrap())
	}
	return nil
}

// missingTree is the finding that a tree, or every tree, is not there.
func missingTree(root, dir, message, hint string, environments ...string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Rule: missingRule, Severity: diagnostic.Error, Message: message, Hint: hint,
		Position: diagnostic.Position{File: fromRoot(root, dir)}, Environments: environments,
	}
}

// fromRoot names a file from the project's root, or in full where it stands outside.
func fromRoot(root, path string) string {
	if root == "" {
		return filepath.ToSlash(path)
	}
	short, err := filepath.Rel(root, path)
	if err != nil || short == ".." || strings.HasPrefix(short, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(short)
}
