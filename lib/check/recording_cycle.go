package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/promql"
)

var recordingCycleRule = rule{
	id:   "recording/cycle",
	why:  "A series that is computed from itself has no beginning: it stays empty for ever, or keeps what it once was.",
	find: findRecordingCycles,
}

// findRecordingCycles reports recorded series that depend on themselves, each circle once.
func findRecordingCycles(s *subject) []finding {
	var found []finding
	reported := map[string]bool{}
	for _, q := range s.queries {
		name := textAt(q.object, "record")
		if q.surface != recordSurface || reported[name] {
			continue
		}
		circle := s.source.circle([]string{name})
		if circle == nil {
			continue
		}
		for _, member := range circle {
			reported[member] = true
		}
		found = append(found, q.about("expr", "the recorded series depends on itself: "+strings.Join(circle, " -> "), fmt.Sprintf("compute %s from scraped metrics", name)).saying(name))
	}
	return found
}

// circle returns a way from a recorded series back to itself, nil if there is none.
func (src *source) circle(way []string) []string {
	for _, next := range src.readBy(way[len(way)-1]) {
		if next == way[0] {
			return append(way, next)
		}
		if !slices.Contains(way, next) && len(src.rules[next]) > 0 {
			if found := src.circle(append(slices.Clone(way), next)); found != nil {
				return found
			}
		}
	}
	return nil
}

// readBy are the metrics that the rules of a recorded series read, sorted.
func (src *source) readBy(name string) []string {
	var names []string
	for _, q := range src.rules[name] {
		for _, e := range q.expansions {
			for _, selector := range promql.Selectors(e.Expr) {
				names = append(names, promql.MetricName(selector))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
