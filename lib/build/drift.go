package build

import (
	"path/filepath"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
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
// place is the file in outDir, named from the project's root; root may be empty.
func Drift(root, outDir string, differences []Difference, hint string) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	for _, difference := range differences {
		findings = append(findings, diagnostic.Diagnostic{
			Rule: driftRule, Severity: diagnostic.Error, Message: difference.What, Hint: hint,
			Position:     diagnostic.Position{File: fromRoot(root, filepath.Join(outDir, difference.Environment, filepath.FromSlash(difference.Path)))},
			Artifact:     difference.Path,
			Environments: []string{difference.Environment},
		})
	}
	return findings
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
