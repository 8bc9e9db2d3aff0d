package build

import (
	"fmt"
	"maps"
	"path"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// applyPatches changes an environment's documents by its patches, in order. A patch that
// finds nothing to change is an error: it is a typing mistake or has outlived its target.
func applyPatches(environment project.Environment, documents []check.Document) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	for _, patch := range environment.Patches {
		matched, candidates := 0, []string(nil)
		for i := range documents {
			n, names := applyPatch(patch, &documents[i])
			matched += n
			candidates = append(candidates, names...)
		}
		if matched == 0 {
			findings = append(findings, diagnostic.Diagnostic{
				Rule: "config/patch", Severity: diagnostic.Error, Position: patch.Position,
				Message: "the patch matches nothing: " + selection(patch), Hint: nearestSelection(patch, candidates),
				Environments: []string{environment.Name},
			})
		}
	}
	return findings
}

// applyPatch changes one document if the patch selects it. It returns how many places were
// changed, and the names that the patch could have selected here.
func applyPatch(patch project.Patch, document *check.Document) (int, []string) {
	if len(patch.Files) > 0 {
		if !project.MatchesAny(patch.Files, string(document.Path)) {
			return 0, []string{string(document.Path)}
		}
		document.Value = project.MergePatch(document.Value, patch.Merge)
		return 1, nil
	}
	if document.Kind != artifact.Dashboard {
		return 0, nil
	}
	name := strings.TrimSuffix(path.Base(string(document.Path)), ".json")
	if !project.MatchesAny(patch.Dashboards, name) {
		return 0, []string{name}
	}
	if len(patch.Panels) == 0 {
		document.Value = project.MergePatch(document.Value, patch.Merge)
		return 1, nil
	}
	object, _ := document.Value.(map[string]any)
	changed, titles := 0, []string(nil)
	for _, panel := range (dashboard.Dashboard{JSON: object}).Panels() {
		if !project.MatchesAny(patch.Panels, panel.Title()) {
			titles = append(titles, panel.Title())
			continue
		}
		replace(panel.JSON, project.MergePatch(panel.JSON, patch.Merge).(map[string]any))
		changed++
	}
	return changed, titles
}

// replace makes an object that others hold equal to another one.
func replace(object, by map[string]any) {
	clear(object)
	maps.Copy(object, by)
}

func selection(patch project.Patch) string {
	if len(patch.Files) > 0 {
		return fmt.Sprintf("files %q", patch.Files)
	}
	if len(patch.Panels) > 0 {
		return fmt.Sprintf("panels %q in dashboards %q", patch.Panels, patch.Dashboards)
	}
	return fmt.Sprintf("dashboards %q", patch.Dashboards)
}

func nearestSelection(patch project.Patch, candidates []string) string {
	wanted := append(append(append([]string(nil), patch.Files...), patch.Panels...), patch.Dashboards...)
	for _, name := range wanted {
		if nearest, ok := diagnostic.Nearest(name, candidates); ok {
			return fmt.Sprintf("did you mean %q?", nearest)
		}
	}
	return "correct the names, or remove the patch"
}
