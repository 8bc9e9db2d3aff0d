package metrics

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// sameThing groups words that metric names use for one thing, in singular. A word may stand
// in several groups.
var sameThing = [][]string{
	{"query", "statement", "execute", "executed", "execution", "sql"},
	{"latency", "duration", "time", "elapsed", "processing"},
	{"error", "failure", "failed", "fail", "exception", "fault"},
	{"request", "call", "invocation"},
	{"response", "reply", "answer"},
	{"connection", "conn", "session", "activity"},
	{"active", "open", "opened", "current", "count", "activity", "inuse", "used"},
	{"new", "created", "opened", "started", "start"},
	{"completed", "complete", "finished", "done", "success", "succeeded", "passed", "processed"},
	{"status", "code", "state"},
	{"view", "endpoint", "handler", "route", "path", "url", "uri"},
	{"method", "verb"},
	{"type", "kind"},
	{"size", "length", "byte"},
	{"memory", "mem", "rss", "resident", "heap"},
	{"database", "db"},
	{"postgres", "postgresql", "pg"},
	{"job", "task", "work"},
	{"max", "limit", "capacity"},
	{"refused", "rejected", "denied", "limit", "throttled", "hit"},
	{"queue", "backlog", "pending", "waiting"},
	{"customer", "tenant", "account"},
	{"delivered", "sent", "emitted"},
	{"received", "ingested", "read"},
	{"restart", "start", "boot"},
	{"transport", "scheme", "protocol"},
}

// groupsOf finds a word's groups in sameThing.
var groupsOf = func() map[string][]int {
	groups := map[string][]int{}
	for i, group := range sameThing {
		for _, word := range group {
			groups[word] = append(groups[word], i)
		}
	}
	return groups
}()

// vocabulary is the words of a catalogue: how rare each is, and those of each series.
type vocabulary struct {
	metrics int
	// in is the number of metrics that have a word in their name.
	in     map[string]int
	series map[string]seriesWords
}

// seriesWords are the words of one series: of its name without the part's suffix, and of its
// metric's help, source and labels.
type seriesWords struct {
	name  []string
	prose map[string]bool
}

func newVocabulary(c *Catalogue) *vocabulary {
	v := &vocabulary{metrics: len(c.metrics), in: map[string]int{}, series: map[string]seriesWords{}}
	prose := map[string]map[string]bool{}
	for _, m := range c.metrics {
		for _, word := range wordsOf(m.Name) {
			v.in[word]++
		}
		prose[m.Name] = proseOf(m)
	}
	for name, s := range c.series {
		v.series[name] = seriesWords{name: wordsOf(withoutKind(name, s.Part, s.Type)), prose: prose[s.Metric.Name]}
	}
	return v
}

// withoutKind leaves out the ending that says which part a series is, not what it is about.
func withoutKind(name string, part Part, is Type) string {
	switch {
	case part == Bucket || part == Count || part == Sum:
		return name[:strings.LastIndexByte(name, '_')]
	case is == Counter:
		return strings.TrimSuffix(name, "_total")
	}
	return name
}

func proseOf(m Metric) map[string]bool {
	words := map[string]bool{}
	texts := slices.Concat([]string{m.Help, m.Source}, slices.Collect(maps.Keys(m.Labels)), slices.Collect(maps.Values(m.Labels)))
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			words[singular(word)] = true
		}
	}
	return words
}

// wordsOf splits a metric's name into different words, in singular.
func wordsOf(name string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == ':' }) {
		if word = singular(word); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

func singular(word string) string {
	switch {
	case len(word) > 4 && strings.HasSuffix(word, "ies"):
		return word[:len(word)-3] + "y"
	case len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us"):
		return word[:len(word)-1]
	}
	return word
}

// weight is large for a rare word. A word that stands in one name alone, or in none, says no
// more than one in two: its rarity may be chance.
func (v *vocabulary) weight(word string) float64 {
	return math.Log(1 + float64(v.metrics)/float64(max(v.in[word], 2)))
}

func synonyms(a, b string) bool {
	for _, group := range groupsOf[a] {
		if slices.Contains(groupsOf[b], group) {
			return true
		}
	}
	return false
}
