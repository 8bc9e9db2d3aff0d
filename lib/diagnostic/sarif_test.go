package diagnostic

import (
	"encoding/json"
	"net/url"
	"testing"
)

// What GitHub's code scanning asks of a report; see writeSARIF.
func TestSARIFSatisfiesCodeScanning(t *testing.T) {
	for name, list := range map[string][]Diagnostic{"everything": everything, "hostile": hostile, "nothing": nil} {
		var log sarifLog
		if err := json.Unmarshal([]byte(written(t, SARIF, list)), &log); err != nil {
			t.Fatal(err)
		}
		if log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 {
			t.Fatalf("%s: %+v", name, log)
		}
		run := log.Runs[0]
		if run.Tool.Driver.Name != "dashc" || run.Tool.Driver.Rules == nil || run.Results == nil || len(run.Results) != len(list) {
			t.Fatalf("%s: %+v", name, run)
		}
		for _, rule := range run.Tool.Driver.Rules {
			if rule.ID == "" || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" || rule.Default.Level == "" {
				t.Errorf("%s: the rule lacks something: %+v", name, rule)
			}
			if help, err := url.Parse(rule.HelpURI); err != nil || rule.HelpURI != "" && !help.IsAbs() {
				t.Errorf("%s: helpUri %q: %v", name, rule.HelpURI, err)
			}
		}
		prints := map[string]bool{}
		for _, result := range run.Results {
			checkResult(t, run, result)
			prints[result.Fingerprints.Primary] = true
		}
		if len(prints) != len(list) {
			t.Errorf("%s: %d findings have %d fingerprints", name, len(list), len(prints))
		}
	}
}

func checkResult(t *testing.T, run sarifRun, result sarifResult) {
	t.Helper()
	if result.RuleIndex < 0 || run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
		t.Errorf("ruleIndex %d is not that of %s", result.RuleIndex, result.RuleID)
	}
	if len(result.Locations) != 1 {
		t.Fatalf("%d locations", len(result.Locations))
	}
	at := result.Locations[0].Physical
	uri, err := url.Parse(at.Artifact.URI)
	if err != nil || at.Artifact.URI == "" || uri.IsAbs() != (at.Artifact.URIBase == "") {
		t.Errorf("artifactLocation %+v: %v", at.Artifact, err)
	}
	if at.Region.StartLine < 1 {
		t.Errorf("startLine %d", at.Region.StartLine)
	}
}

func TestFingerprintsSurviveEdits(t *testing.T) {
	before := Diagnostic{Rule: "r", Position: Position{File: "a", Line: 3, Column: 4}, Message: "m", Where: "w"}
	moved, other := before, before
	moved.Position = Position{File: "a", Line: 30, Column: 1}
	moved.Hint, moved.Environments = "h", []string{"prod"}
	other.Message = "n"
	if fingerprint(before) != fingerprint(moved) {
		t.Error("a finding that moved is a new one")
	}
	if fingerprint(before) == fingerprint(other) {
		t.Error("two findings have one fingerprint")
	}
}
