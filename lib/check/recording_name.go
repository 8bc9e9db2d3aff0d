package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/series"
)

var recordingNameRule = rule{
	id:   "recording/name",
	why:  "A recorded series is known by its name alone: level:metric:operation tells by which labels it is grouped and what was done, so that nobody takes it for a raw metric or sums it up once more.",
	find: findBadRecordNames,
}

// recordPattern is the naming of Prometheus' documentation (practices/rules).
var recordPattern = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*:[a-zA-Z0-9_]+:[a-zA-Z0-9_]+$`)

// findBadRecordNames reports recorded names of another form, and levels that name a label
// which the series do not have.
func findBadRecordNames(s *subject) []finding {
	var found []finding
	for _, q := range s.queries {
		name := textAt(q.object, "record")
		if q.surface != recordSurface {
			continue
		}
		if !recordPattern.MatchString(name) {
			found = append(found, q.about("record", fmt.Sprintf("%q is not of the form level:metric:operation", name), "write for example job:http_requests:rate5m").warning().saying(name))
			continue
		}
		found = append(found, s.badLevel(q, name)...)
	}
	return found
}

// about is a finding about a key of the rule or target that holds the query.
func (q *query) about(key, message, hint string) finding {
	path := q.path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		path = path[:i]
	}
	f := failure(q.document, q.where, message, hint)
	f.path = path + "." + key
	f.texts = []string{q.text}
	return f
}

// badLevel reports labels in a name's level that the series lack. A level that is not made of
// labels, such as "service" or "cluster", is a word of its own.
func (s *subject) badLevel(q *query, name string) []finding {
	if len(q.analyses) == 0 {
		return nil
	}
	result := q.analyses[0].Result().Labels
	level, _, _ := strings.Cut(name, ":")
	labels, ok := segmented(strings.Split(level, "_"), s.source.labels())
	if !ok || result.Open {
		return nil
	}
	written := sortedKeys(objectOf(q.object["labels"]))
	var found []finding
	for _, label := range labels {
		if s.mayHave(result, label) || slices.Contains(written, label) {
			continue
		}
		found = append(found, q.about("record", fmt.Sprintf("the name says that the series are by %s, and the expression does not keep it", label),
			fmt.Sprintf("the series have: %s", set(series.LabelsOf(result.Names...)))).warning().saying(name))
	}
	return found
}

// segmented splits a level's words into known labels, the longest first, and tells whether
// all of it is labels.
func segmented(words []string, known map[string]bool) ([]string, bool) {
	if len(words) == 0 {
		return nil, true
	}
	for n := len(words); n > 0; n-- {
		label := strings.Join(words[:n], "_")
		if !known[label] {
			continue
		}
		if rest, ok := segmented(words[n:], known); ok {
			return append([]string{label}, rest...), true
		}
	}
	return nil, false
}

// labels are all labels that the catalogue's metrics have.
func (src *source) labels() map[string]bool {
	known := map[string]bool{"le": true}
	for _, m := range src.catalogue.All() {
		for label := range m.Labels {
			known[label] = true
		}
	}
	for _, label := range src.target.Names {
		known[label] = true
	}
	return known
}
