package proof

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// agree fails when the fast way proves what reading the file in full does not.
func agree(t *testing.T, p *Prover, path, text string, s Subject) (fast bool) {
	t.Helper()
	v, fast := p.canonical(path, []byte(text), s)
	if !fast || !v.Proven() {
		return false
	}
	full := p.dashboard(path, []byte(text), p.identityOf(s)).verdict(s)
	if !full.Proven() || full.Queries != v.Queries || full.Selectors != v.Selectors || len(full.Shared) != len(v.Shared) {
		t.Errorf("%+v is proven by its canonical document, but not in full: %v\n%s", s, full.Findings, text)
	}
	return true
}

var hostile = []Subject{
	acme, odd, other,
	{ID: "d", Slug: "d", Name: "d"},
	{ID: "7", Slug: "jobs", Name: "Jobs"},
	{ID: "a=", Slug: "a", Name: "See"},
	{ID: "}#'`(", Slug: "b", Name: "customer_id"},
	{ID: "x,b=", Slug: "c", Name: "A, d"},
	{ID: "Ünïcode 1", Slug: "u", Name: "Ünïcode"},
	{ID: "${job_type}", Slug: "m", Name: "${job_type:raw}"},
	{ID: "[[job_type]]", Slug: "n", Name: "/d/jobs"},
}

// TestCanonical writes the customer's own texts, links and quotes into random places of a file.
func TestCanonical(t *testing.T) {
	p := New(testTree(t))
	r := rand.New(rand.NewPCG(9, 10))
	fast := 0
	for _, s := range hostile {
		path, text := variant(s)
		simple := strings.Replace(text, `, job_type=~\"$job_type\"`, "", 1)
		pieces := []string{s.ID, s.Name, s.Slug, "customer:" + s.Slug, "-" + s.Slug, "jobs-" + s.Slug, " - " + s.Name, "/", "d/", "/d/", `\"`, `"`, "customer_id=", ":", " ",
			"%64", "$", "[", "&#47;", "\uE001", "\uE003", `customer_id=\"` + s.ID + `\"`, ",", "#"}
		for i := range 1500 {
			mutated := []string{text, simple}[i%2]
			for range 1 + r.IntN(2) {
				at := r.IntN(len(mutated))
				cut := 0
				if r.IntN(3) == 0 {
					cut = min(r.IntN(4), len(mutated)-at)
				}
				mutated = mutated[:at] + pieces[r.IntN(len(pieces))] + mutated[at+cut:]
			}
			if agree(t, p, path, mutated, s) {
				fast++
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d files were proven by their canonical documents", fast)
	if fast < 500 {
		t.Error("too few for the test to mean something")
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range hostile {
		_, text := variant(s)
		f.Add(text, s.ID, s.Slug, s.Name)
	}
	p := New(testTree(f))
	f.Fuzz(func(t *testing.T, text, id, slug, name string) {
		s := Subject{ID: id, Slug: slug, Name: name}
		if s.flaw() == "" {
			agree(t, p, "grafana/dashboards/customers/"+slug+"/jobs.json", text, s)
		}
	})
}
