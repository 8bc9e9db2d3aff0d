package diagnostic

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestMergeFoldsEnvironments(t *testing.T) {
	in := func(environments ...string) Diagnostic {
		return Diagnostic{Rule: "r", Position: Position{File: "a"}, Message: "m", Dashboard: "of " + environments[0], Environments: environments}
	}
	got := Merge([]Diagnostic{in("prod"), in("staging", "dev"), in("prod")})
	want := []Diagnostic{{
		Rule: "r", Position: Position{File: "a"}, Message: "m", Dashboard: "of staging", Environments: []string{"dev", "prod", "staging"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestMergeKeepsWhatDiffers(t *testing.T) {
	base := Diagnostic{Rule: "r", Severity: Error, Position: Position{File: "a", Line: 1, Column: 1}, Message: "m", Environments: []string{"dev"}}
	for name, change := range map[string]func(*Diagnostic){
		"rule":       func(d *Diagnostic) { d.Rule = "s" },
		"severity":   func(d *Diagnostic) { d.Severity = Warning },
		"file":       func(d *Diagnostic) { d.Position.File = "b" },
		"line":       func(d *Diagnostic) { d.Position.Line = 2 },
		"column":     func(d *Diagnostic) { d.Position.Column = 2 },
		"message":    func(d *Diagnostic) { d.Message = "n" },
		"artifact":   func(d *Diagnostic) { d.Artifact = "x" },
		"where":      func(d *Diagnostic) { d.Where = "x" },
		"suppressed": func(d *Diagnostic) { d.Suppressed = "x" },
	} {
		other := base
		change(&other)
		if got := Merge([]Diagnostic{other, base}); len(got) != 2 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestMergeDoesNotDependOnTheOrder(t *testing.T) {
	list := append(append([]Diagnostic{}, everything...), hostile...)
	for _, environment := range []string{"b", "a", "c"} {
		for _, d := range everything {
			d.Environments = []string{environment}
			d.Dashboard = "in " + environment
			list = append(list, d)
		}
	}
	before := append([]Diagnostic{}, list...)
	want := Merge(list)
	if !reflect.DeepEqual(list, before) {
		t.Error("Merge changes its argument")
	}
	if again := Merge(want); !reflect.DeepEqual(again, want) {
		t.Error("merging twice is not merging once")
	}
	for range 50 {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := Merge(list); !reflect.DeepEqual(got, want) {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestSuppressedFindingsDoNotStopABuild(t *testing.T) {
	suppressed := Diagnostic{Severity: Error, Suppressed: "known"}
	if HasErrors([]Diagnostic{suppressed, {Severity: Warning}}) {
		t.Error("a suppressed error stops the build")
	}
	if !HasErrors([]Diagnostic{suppressed, {Severity: Error}}) {
		t.Error("an error does not stop the build")
	}
}
