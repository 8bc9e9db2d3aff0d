package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

// finding is one violation of the rule that returned it. Run fills in the rule.
type finding struct {
	rule     rule
	document Document
	severity diagnostic.Severity
	// where names the place for a person, path for a program: panels[3].targets[0].expr.
	where, path string
	// panel is the panel that the finding is about, if any.
	panel *dashboard.Panel
	// texts are what stands at the place, the most telling first; the source line is found by them.
	texts   []string
	query   *diagnostic.Query
	message string
	hint    string
	// at is the place of a finding about the project's configuration.
	at diagnostic.Position
	// suppressed is the reason for which the finding was switched off.
	suppressed string
}

// failure is a finding that stops the build.
func failure(document Document, where, message, hint string) finding {
	return finding{document: document, severity: diagnostic.Error, where: where, path: where, message: message, hint: hint}
}

// warning is a finding that does not stop the build.
func (f finding) warning() finding {
	f.severity = diagnostic.Warning
	return f
}

// reported is a finding that lib/artifact has made about a document.
func reported(document Document, d diagnostic.Diagnostic) finding {
	return finding{document: document, severity: d.Severity, where: d.Where, path: d.Where, message: d.Message, hint: d.Hint}
}

// onPanel is a failure at a key of a panel, "" for the panel as a whole. Keys may be paths:
// fieldConfig.defaults.unit.
func onPanel(b board, panel dashboard.Panel, key, message, hint string) finding {
	f := failure(b.Document, panel.String(), message, hint)
	f.path = panel.Path
	if key != "" {
		f.where += " " + key
		f.path += "." + key
	}
	f.panel = &panel
	return f.saying(panel.Title())
}

// saying adds the text that stands at the place and by which its source line is found. It is
// more telling than those that are there.
func (f finding) saying(text string) finding {
	if text != "" {
		f.texts = append([]string{text}, f.texts...)
	}
	return f
}

// alsoSaying adds a text that is less telling than those that are there.
func (f finding) alsoSaying(text string) finding {
	if text != "" {
		f.texts = append(f.texts, text)
	}
	return f
}

// diagnostic turns a finding into what reports show.
func (s *subject) diagnostic(f finding) diagnostic.Diagnostic {
	d := diagnostic.Diagnostic{
		Rule:         f.rule.id,
		Severity:     f.severity,
		Position:     s.position(f),
		Why:          f.rule.why,
		Artifact:     string(f.document.Path),
		Where:        f.where,
		Message:      f.message,
		Hint:         f.hint,
		Query:        f.query,
		Page:         f.rule.page(),
		Environments: []string{s.Name},
		Suppressed:   f.suppressed,
	}
	if s.Partial {
		d.Environments = nil
	}
	if f.document.Kind == artifact.Dashboard {
		object, _ := f.document.Value.(map[string]any)
		d.Dashboard = dashboard.Dashboard{JSON: object}.Title()
	}
	if f.query != nil {
		d.Snippet = diagnostic.Snippet(f.query.Expression, f.query.Start, f.query.End)
	}
	return d
}

// position is the best known place in the sources.
func (s *subject) position(f finding) diagnostic.Position {
	switch {
	case f.at != diagnostic.Position{}:
		return f.at
	case s.Locate == nil || f.document.Source == "":
		return diagnostic.Position{File: f.document.Source}
	}
	return s.Locate(f.document, f.path, f.texts)
}

// didYouMean returns the nearest known name, or the given remedy where none is near.
func didYouMean(name string, known map[string]bool, remedy string) string {
	if nearest, ok := diagnostic.Nearest(name, slices.Collect(maps.Keys(known))); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return remedy
}
