package diff

import (
	"io"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

// reportVersion changes when a field of the JSON report changes its meaning or goes away. New
// fields may appear at any time.
const reportVersion = 1

type jsonReport struct {
	Version      int          `json:"version"`
	Differs      bool         `json:"differs"`
	Environments []string     `json:"environments"`
	Failed       []string     `json:"failed"`
	Files        Counts       `json:"files"`
	Changes      []jsonChange `json:"changes"`
}

type jsonChange struct {
	Op      Op            `json:"op"`
	Kind    artifact.Kind `json:"kind"`
	File    artifact.Path `json:"file"`
	Subject string        `json:"subject,omitempty"`
	Name    string        `json:"name,omitempty"`
	// Text is what the text report says.
	Text string `json:"text"`
	// Old and New are left out where there is none; null is a value.
	Old      *any         `json:"old,omitempty"`
	New      *any         `json:"new,omitempty"`
	In       []Occurrence `json:"in"`
	Examples []Place      `json:"examples"`
}

func writeJSON(w io.Writer, r Report) error {
	report := jsonReport{
		Version: reportVersion, Differs: r.Differs(), Environments: append([]string{}, r.Environments...),
		Failed: append([]string{}, r.Failed...), Files: r.Files, Changes: []jsonChange{},
	}
	for _, g := range r.Groups {
		text, _ := g.sentence()
		change := jsonChange{Op: g.Op, Kind: g.Kind, File: g.File, Subject: g.Subject, Name: g.Name, Text: text, In: g.In, Examples: g.Examples}
		if g.Op != Added && g.Op != Unowned && g.style != file && g.style != formatting {
			change.Old = &g.Old
		}
		if g.Op != Removed && g.Op != Unowned && g.style != file && g.style != formatting {
			change.New = &g.New
		}
		report.Changes = append(report.Changes, change)
	}
	return diagnostic.EncodeJSON(w, report)
}
