package diagnostic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// The parts of SARIF 2.1.0 that are used, in the order in which they are written. Properties
// that GitHub's code scanning wants are never left out.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
// https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string        `json:"id"`
		ShortDescription sarifText     `json:"shortDescription"`
		FullDescription  sarifText     `json:"fullDescription"`
		Help             sarifText     `json:"help"`
		HelpURI          string        `json:"helpUri,omitempty"`
		Default          sarifSeverity `json:"defaultConfiguration"`
	}
	sarifSeverity struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints sarifFingerprints  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Stacks       []sarifStack       `json:"stacks,omitempty"`
		Properties   *sarifProperties   `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI     string `json:"uri"`
		URIBase string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	// sarifFingerprints holds the one fingerprint that GitHub compares between runs.
	sarifFingerprints struct {
		Primary string `json:"primaryLocationLineHash"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifStack struct {
		Frames []sarifFrame `json:"frames"`
	}
	sarifFrame struct {
		Location sarifLocation `json:"location"`
	}
	sarifProperties struct {
		Environments []string `json:"environments,omitempty"`
		Artifact     string   `json:"artifact,omitempty"`
		Query        string   `json:"query,omitempty"`
	}
)

// writeSARIF writes one run. Text and columns count Unicode code points, as positions do.
func writeSARIF(w io.Writer, list []Diagnostic, o Options) error {
	rules := sarifRules(list, o)
	return EncodeJSON(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:       sarifTool{sarifDriver{Name: "dashc", Version: o.Tool, Rules: rules}},
			ColumnKind: "unicodeCodePoints",
			Results:    sarifResults(list, rules, o),
		}},
	})
}

// sarifRules describes every rule that has a finding, sorted by its identifier.
func sarifRules(list []Diagnostic, o Options) []sarifRule {
	rules := map[string]sarifRule{}
	for _, d := range list {
		rule, known := rules[d.Rule]
		if !known {
			rule = sarifRule{ID: printable(d.Rule), ShortDescription: sarifText{printable(d.Rule)}, Default: sarifSeverity{"warning"}}
		}
		if d.Why != "" {
			rule.ShortDescription.Text = printable(d.Why)
		}
		if d.Page != "" {
			rule.HelpURI = o.Pages + (&url.URL{Path: d.Page}).String()
		}
		if d.Severity == Error {
			rule.Default.Level = "error"
		}
		rules[d.Rule] = rule
	}
	sorted := []sarifRule{}
	for _, rule := range rules {
		rule.FullDescription = rule.ShortDescription
		rule.Help = rule.ShortDescription
		if rule.HelpURI != "" {
			rule.Help.Text += "\n\nSee " + rule.HelpURI
		}
		sorted = append(sorted, rule)
	}
	slices.SortFunc(sorted, func(a, b sarifRule) int { return strings.Compare(a.ID, b.ID) })
	return sorted
}

func sarifResults(list []Diagnostic, rules []sarifRule, o Options) []sarifResult {
	results := []sarifResult{}
	seen := map[string]int{}
	for _, d := range list {
		result := sarifResult{
			RuleID:    printable(d.Rule),
			RuleIndex: slices.IndexFunc(rules, func(r sarifRule) bool { return r.ID == printable(d.Rule) }),
			Level:     d.Severity.String(),
			Message:   sarifText{messageText(d)},
			Locations: []sarifLocation{sarifLocationOf(d, o)},
		}
		print := fingerprint(d)
		seen[print]++
		result.Fingerprints.Primary = fmt.Sprintf("%s:%d", print, seen[print])
		if d.Suppressed != "" {
			result.Suppressions = []sarifSuppression{{Kind: "external", Justification: printable(d.Suppressed)}}
		}
		result.Stacks = sarifStacks(d, o)
		if len(d.Environments) > 0 || d.Artifact != "" || d.Query != nil {
			result.Properties = &sarifProperties{Environments: d.Environments, Artifact: printable(d.Artifact)}
			if d.Query != nil {
				result.Properties.Query = printable(d.Query.Expression)
			}
		}
		results = append(results, result)
	}
	return results
}

// messageText is the message with what a viewer of SARIF would not show by itself.
func messageText(d Diagnostic) string {
	text := d.Message
	if place := d.place(); place != "" {
		text = place + ": " + text
	}
	if d.Hint != "" {
		text += "\nhelp: " + d.Hint
	}
	return printable(text)
}

// sarifLocationOf always names a file and a line: code scanning refuses a whole report for
// one result without them.
func sarifLocationOf(d Diagnostic, o Options) sarifLocation {
	at := d.Position
	if at.File == "" {
		at = Position{File: o.Anchor}
	}
	location := sarifLocation{Physical: sarifPhysical{artifactLocation(at.File, o), sarifRegion{StartLine: max(at.Line, 1), StartColumn: at.Column}}}
	if place := d.place(); place != "" {
		name := d.Where
		if name == "" {
			name = d.Dashboard
		}
		location.Logical = []sarifLogical{{Name: printable(name), Full: printable(place), Kind: "object"}}
	}
	return location
}

// sarifStacks is the Jsonnet trace below the place itself.
func sarifStacks(d Diagnostic, o Options) []sarifStack {
	var frames []sarifFrame
	for _, frame := range d.Trace {
		if frame.Position.File == "" {
			continue // a note about frames that were left out
		}
		location := sarifLocationOf(Diagnostic{Position: frame.Position}, o)
		location.Message = &sarifText{printable(frame.Name)}
		frames = append(frames, sarifFrame{location})
	}
	if len(frames) == 0 {
		return nil
	}
	return []sarifStack{{frames}}
}

// artifactLocation names a file from the repository's root, or by a file: URI outside of it.
func artifactLocation(file string, o Options) sarifArtifact {
	file = inRepository(file, o)
	if path.IsAbs(file) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarifArtifact{URI: (&url.URL{Path: file}).String(), URIBase: "%SRCROOT%"}
}

// fingerprint names a finding by everything but its line and column, so that an edit above it
// does not make it a new one.
func fingerprint(d Diagnostic) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{d.Rule, d.Position.File, d.Artifact, d.Where, d.Message}, "\x00")))
	return hex.EncodeToString(sum[:8])
}
