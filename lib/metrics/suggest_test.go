package metrics

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func example(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load("../..", "jsonnet/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSuggest(t *testing.T) {
	c := example(t)
	for _, test := range []struct {
		name  string
		use   Use
		first string
		also  []string
	}{
		{name: "django_http_requests_latency_seconds_bucket", first: "django_http_requests_latency_seconds_by_view_method_bucket"},
		{name: "django_http_requests_latency_seconds_bucket", use: Use{Counter: true, Labels: []string{"le", "view"}}, first: "django_http_requests_latency_seconds_by_view_method_bucket"},
		{name: "django_http_requests_total_by_view_method_total", first: "django_http_requests_total_by_view_transport_method_total"},
		{name: "django_db_query_total", use: Use{Counter: true}, first: "django_db_execute_total"},
		{name: "django_db_query_total", first: "django_db_execute_total"},
		{name: "django_db_connections_active", first: "django_db_new_connections_total", also: []string{"pg_stat_activity_count"}},
		{name: "django_http_responses_total_by_view_status_total", first: "django_http_responses_total_by_status_view_method_total"},
		{name: "django_db_query_duration_seconds", first: "django_db_query_duration_seconds_bucket"},
		{name: "process_memory_bytes", first: "process_resident_memory_bytes"},
		{name: "upstream_task_duration_seconds_bucket", first: "upstream_background_job_duration_seconds_bucket"},
		{name: "upstream_job_failures_total", use: Use{Counter: true, Labels: []string{"job_type"}}, first: "upstream_background_job_failed_total"},
		{name: "postgres_up", first: "pg_up"},
		{name: "kube_pod_container_restarts_total"},
		{name: "node_load1"},
		{name: "go_goroutines"},
		{name: "zzz"},
		{name: ""},
		{name: "_"},
	} {
		got := c.Suggest(test.name, test.use)
		t.Logf("%s %v: %v", test.name, test.use, got)
		if test.first == "" {
			if len(got) > 0 {
				t.Errorf("%s: %v, want none", test.name, got)
			}
			continue
		}
		if len(got) == 0 || got[0] != test.first {
			t.Errorf("%s: %v, want %s first", test.name, got, test.first)
		}
		for _, name := range test.also {
			if !slices.Contains(got, name) {
				t.Errorf("%s: %v, want %s too", test.name, got, name)
			}
		}
		if len(got) > maxSuggestions {
			t.Errorf("%s: %d suggestions", test.name, len(got))
		}
	}
}

// A name with one wrong letter is that name.
func TestSuggestTyping(t *testing.T) {
	c := example(t)
	random := rand.New(rand.NewPCG(1, 2))
	names := c.SeriesNames()
	for _, name := range names {
		for range 40 {
			typed := mistype(random, name)
			if slices.ContainsFunc(names, func(other string) bool { return other != name && distance(typed, other) <= 1 }) || typed == name {
				continue // a mistake that makes two names equally likely
			}
			if got := c.Suggest(typed, Use{}); len(got) == 0 || got[0] != name {
				t.Fatalf("%s: %v, want %s", typed, got, name)
			}
		}
	}
}

func mistype(random *rand.Rand, name string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz_"
	at, letter := random.IntN(len(name)), string(letters[random.IntN(len(letters))])
	switch random.IntN(3) {
	case 0:
		return name[:at] + letter + name[at:]
	case 1:
		return name[:at] + letter + name[at+1:]
	}
	return name[:at] + name[at+1:]
}

func TestSuggestEmpty(t *testing.T) {
	if got := new(Catalogue).Suggest(strings.Repeat("a", 10000), Use{}); got != nil {
		t.Fatal(got)
	}
}
