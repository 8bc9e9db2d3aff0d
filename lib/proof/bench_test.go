package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchFiles returns n variants of a dashboard of about 20 kB.
func benchFiles(n int) (list []Subject, paths []string, texts [][]byte) {
	panel := `{"type": "stat", "id": 3, "title": "Queue", "datasource": {"type": "prometheus", "uid": "prometheus"},` + "\n" +
		strings.Repeat(" ", 900) + `"targets": [{"expr": "histogram_quantile(0.95, sum by (le) (rate(job_seconds_bucket{customer_id=\"7\"}[$__rate_interval])))", "refId": "A"}]}` + "\n"
	big := strings.Replace(goodDashboard, `"panels": [`, `"panels": [`+strings.Repeat(panel+",", 14), 1)
	for i := range n {
		s := Subject{ID: fmt.Sprint("customer ", i), Slug: fmt.Sprint("c-", i), Name: fmt.Sprint("Customer ", i)}
		path, _ := variant(s)
		text := strings.NewReplacer(`customer_id=\"7\"`, `customer_id=\"`+s.ID+`\"`, "jobs-acme", "jobs-"+s.Slug, "customer:acme", "customer:"+s.Slug,
			"Acme", s.Name).Replace(big)
		list, paths, texts = append(list, s), append(paths, path), append(texts, []byte(text))
	}
	return list, paths, texts
}

// BenchmarkVariants reads files that differ in their customer alone, as a build does.
func BenchmarkVariants(b *testing.B) {
	list, paths, texts := benchFiles(1000)
	p := New(testTree(b))
	b.SetBytes(int64(len(texts[0])))
	b.ResetTimer()
	for i := range b.N {
		n := i % len(list)
		if v := p.Dashboard(paths[n], texts[n], list[n]); !v.Proven() {
			b.Fatal(v.Findings)
		}
	}
}

// BenchmarkInFull reads each file without what is known of others.
func BenchmarkInFull(b *testing.B) {
	list, paths, texts := benchFiles(100)
	p := New(testTree(b))
	b.SetBytes(int64(len(texts[0])))
	b.ResetTimer()
	for i := range b.N {
		n := i % len(list)
		if v := p.dashboard(paths[n], texts[n], p.identityOf(list[n])).verdict(list[n]); !v.Proven() {
			b.Fatal(v.Findings)
		}
	}
}

func BenchmarkAlerts(b *testing.B) {
	p := New(testTree(b))
	_, rules, _ := strings.Cut(goodAlerts, "groups:\n")
	data := []byte("apiVersion: 1\ngroups:\n" + strings.Repeat(rules, 100))
	find := func(string) (Subject, bool) { return acme, true }
	b.SetBytes(int64(len(data)))
	b.ResetTimer()
	for range b.N {
		if v := p.Alerts("a.yaml", data, find); !v.Proven() {
			b.Fatal(v.Findings)
		}
	}
}

// BenchmarkExample reads a real dashboard whose panels are not scoped, which shows how much a
// refusal costs.
func BenchmarkExample(b *testing.B) {
	data, err := os.ReadFile(filepath.FromSlash("../../out/prod/grafana/dashboards/Upstream/celery-tasks.json"))
	if err != nil {
		b.Fatal(err)
	}
	p := New(testTree(b))
	b.SetBytes(int64(len(data)))
	for range b.N {
		if p.Dashboard(acmePath, data, acme).Proven() {
			b.Fatal("proven")
		}
	}
}
