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
		circle := s.source.circle(name)
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

// circle returns the shortest way from a recorded series back to itself, nil if there is none.
func (src *source) circle(name string) []string {
	cameFrom := map[string]string{}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, next := range src.readBy(queue[0]) {
			if next == name {
				return wayBack(name, queue[0], cameFrom)
			}
			if _, seen := cameFrom[next]; !seen && len(src.rules[next]) > 0 {
				cameFrom[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// wayBack is the circle that ends with a step from last to name.
func wayBack(name, last string, cameFrom map[string]string) []string {
	way := []string{name}
	for at := last; at != name; at = cameFrom[at] {
		way = append(way, at)
	}
	way = append(way, name)
	slices.Reverse(way)
	return way
}

// readBy are the metrics that the rules of a recorded series read, sorted.
func (src *source) readBy(name string) []string {
	if names, known := src.reads[name]; known {
		return names
	}
	var names []string
	for _, q := range src.rules[name] {
		for _, e := range q.expansions {
			for _, selector := range promql.Selectors(e.Expr) {
				names = append(names, promql.MetricName(selector))
			}
		}
	}
	slices.Sort(names)
	src.reads[name] = slices.Compact(names)
	return src.reads[name]
}
