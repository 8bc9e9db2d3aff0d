package metrics

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func served(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestReadURL(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"text", answer(200, "text/plain; version=0.0.4; charset=utf-8", "up 1\n"), ""},
		{"open metrics", answer(200, "application/openmetrics-text; version=1.0.0", "up 1\n# EOF\n"), ""},
		{"cut off", answer(200, "application/openmetrics-text; version=1.0.0", "up 1\n"), "cut off"},
		{"html", answer(200, "text/html", "<p>log in</p>"), "HTML"},
		{"login", answer(401, "text/plain", "no"), "it wants a login"},
		{"missing", answer(404, "text/plain", "no"), "check the path"},
		{"broken", answer(500, "text/plain", "no"), "500 Internal Server Error"},
		{"empty", answer(200, "text/plain", ""), "empty"},
		{"large", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") }, "larger than 64 MiB"},
	} {
		scrape, err := ReadURL(context.Background(), served(t, test.handler)+"/metrics")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if err == nil && !scrape.Metrics["up"].Sampled {
			t.Errorf("%s: %v", test.name, scrape)
		}
	}
}

func TestReadURLFails(t *testing.T) {
	if _, err := ReadURL(context.Background(), "http://user:secret@127.0.0.1:1/metrics"); err == nil || !strings.Contains(err.Error(), "cannot be reached") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if _, err := ReadURL(context.Background(), "http:///metrics"); err == nil {
		t.Error("no host is accepted")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	slow := served(t, func(http.ResponseWriter, *http.Request) { <-done })
	if _, err := ReadURL(ctx, slow); err == nil || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}

// fake is a Prometheus that scrapes the application, itself and a node.
func fake(t *testing.T) string {
	labels := map[string]string{
		"up":                `"__name__","job","instance","pod"`,
		"jobs_total":        `"__name__","job","instance","pod","kind","extra"`,
		"job_seconds_count": `"__name__","job","instance","pod","zone"`,
	}
	return served(t, func(w http.ResponseWriter, r *http.Request) {
		data := ""
		switch strings.TrimPrefix(r.URL.Path, "/prefix") {
		case "/api/v1/label/__name__/values":
			data = `["up","jobs_total","job_seconds_bucket","job_seconds_count","job_seconds_sum","node_load1","go_gc:rate5m","app_new_total","scrape_duration_seconds"]`
			if len(r.URL.Query()["match[]"]) == 1 {
				data = strings.Replace(data, `"node_load1",`, "", 1)
			}
		case "/api/v1/labels":
			name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("match[]"), `{__name__="`), `"}`)
			if labels[name] == "" {
				t.Errorf("labels of %s are not needed", name)
			}
			data = "[" + labels[name] + "]"
		case "/api/v1/metadata":
			data = `{"jobs": [{"type":"counter"}], "job_seconds": [{"type":"histogram"},{"type":"gauge"}], "app_new": [{"type":"counter"}], "app_new_total": [{"type":"counter"}], "quiet": [{"type":"counter","help":"","unit":""}], "node_load1": [{"type":"unknown"}]}`
		default:
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
	})
}

func TestPrometheusDiff(t *testing.T) {
	c := load(t, `{"metrics": {
		"jobs_total": {"type": "counter", "labels": {"kind": ""}, "source": "web"},
		"job_seconds": {"type": "histogram", "labels": {"zone": "", "pod": ""}, "source": "web"},
		"quiet_total": {"type": "counter", "labels": {"kind": ""}, "source": "web"},
		"old_total": {"type": "counter", "labels": {}, "source": "web"},
		"pg_up": {"type": "gauge", "labels": {}, "source": "postgres"}
	}}`)
	for _, test := range []struct {
		selectors []string
		want      []string
	}{
		{nil, []string{"jobs_total: new label: extra", "old_total: gone: nothing exposes it"}},
		{[]string{`{job="web"}`}, []string{"app_new_total: new: the catalogue lacks this counter", "jobs_total: new label: extra", "old_total: gone: nothing exposes it"}},
	} {
		p, err := NewPrometheus(fake(t) + "/prefix/?x=y")
		if err != nil {
			t.Fatal(err)
		}
		p.Selectors = test.selectors
		scrape, err := p.Scrape(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range c.Diff(scrape, nil) {
			got = append(got, d.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.selectors, got, test.want)
		}
	}
}

func TestPrometheusOfOthers(t *testing.T) {
	p, err := NewPrometheus(fake(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Scrape(context.Background(), load(t, `{"metrics": {"ours": {"type": "gauge", "labels": {}}}}`))
	if err == nil || !strings.Contains(err.Error(), "knows none of the catalogue's metrics") {
		t.Error(err)
	}
}

func TestPrometheusErrors(t *testing.T) {
	for _, test := range []struct {
		status     int
		body, want string
	}{
		{200, "<html>", "is not a Prometheus"},
		{200, `{"metrics": 1}`, "is not a Prometheus"},
		{200, `{"status": "success", "data": 1}`, "is not a Prometheus"},
		{200, `null`, "is not a Prometheus"},
		{401, "login", "it wants a login"},
		{404, "404 page not found", "check the path"},
		{400, `{"status": "error", "errorType": "bad_data", "error": "parse error"}`, "refuses /api/v1/label/__name__/values: parse error"},
		{503, "down", "503 Service Unavailable"},
	} {
		address := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		})
		p, err := NewPrometheus(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Names(context.Background()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d %s: %v, want %q", test.status, test.body, err, test.want)
		}
	}
	p, err := NewPrometheus("http://user:secret@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Types(context.Background())
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	for _, address := range []string{"", "localhost:9090", "ftp://x", "http://", "http://[::1"} {
		if _, err := NewPrometheus(address); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
}

func TestPrometheusAuthorization(t *testing.T) {
	address, err := url.Parse(served(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "u" || password != "p" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":["b","a"]}`)
	}))
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("u", "p")
	p, err := NewPrometheus(address.String())
	if err != nil {
		t.Fatal(err)
	}
	if names, err := p.Names(context.Background()); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Error(names, err)
	}
	if strings.Contains(p.Address(), "p@") {
		t.Error(p.Address())
	}
}
