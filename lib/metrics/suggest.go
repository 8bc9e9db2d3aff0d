package metrics

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

const (
	// maxSuggestions is how many names a person compares at a glance.
	maxSuggestions = 3

	// plausible is the least score of a suggestion: about a third of what the name says.
	plausible = 0.3

	// rival is the share of the best score that another suggestion must reach.
	rival = 0.5

	// unasked is how much a word of the candidate that nobody asked for counts against it.
	unasked = 0.4

	// unaskedLabel is the same for a word that names one of its labels: it says how the metric
	// is split, not what it counts.
	unaskedLabel = 0.2
)

// How well a word matches; 1 is the word itself.
const (
	asTyping  = 0.85 // one letter differs
	asSynonym = 0.7
	asPrefix  = 0.6
	asProse   = 0.25 // it stands in the help or in the meaning of a label
)

// Use is how a query uses a name.
type Use struct {
	// Counter tells that the name stands under rate or increase.
	Counter bool
	// Labels are those that the query mentions.
	Labels []string
}

// Suggest returns at most three series that somebody may have meant by a name that does not
// exist, best first: by the words of the name, how rare they are, what kind of series it is and
// which labels the query needs.
func (c *Catalogue) Suggest(name string, use Use) []string {
	if m, ok := c.Family(name); ok && m.Type == Histogram {
		return []string{name + "_bucket", name + "_count", name + "_sum"}
	}
	if c.words == nil {
		return nil
	}
	type scored struct {
		series Series
		score  float64
	}
	wanted := asked(name, use)
	best := map[string]scored{} // one series of each metric
	for candidate, s := range c.series {
		score := typing(name, candidate)
		if score == 0 {
			score = wanted.score(c.words, s)
		}
		if score < plausible {
			continue
		}
		if other, ok := best[s.Metric.Name]; !ok || score > other.score || score == other.score && candidate < other.series.Name {
			best[s.Metric.Name] = scored{s, score}
		}
	}
	var list []scored
	for _, s := range best {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(distance(name, a.series.Name), distance(name, b.series.Name)), cmp.Compare(a.series.Name, b.series.Name))
	})
	var names []string
	for _, s := range list[:min(len(list), maxSuggestions)] {
		if s.score >= rival*list[0].score {
			names = append(names, s.series.Name)
		}
	}
	return names
}

// typing is the score of a mistyped name, above all others, or 0 where too much differs.
func typing(name, candidate string) float64 {
	if abs(len(name)-len(candidate)) > 2 {
		return 0
	}
	switch d := distance(name, candidate); {
	case d <= 1 && len(candidate) > 1:
		return 3
	case d == 2 && len(candidate) >= 8:
		return 2
	}
	return 0
}

func abs(n int) int { return max(n, -n) }

func distance(a, b string) int { return smetrics.WagnerFischer(a, b, 1, 1, 1) }

// wish is what a query asks for.
type wish struct {
	words  []string
	ending string // _bucket, _count, _sum, _total or none
	use    Use
}

func asked(name string, use Use) wish {
	w := wish{use: use}
	base := name
	for _, ending := range []string{"_bucket", "_count", "_sum", "_total"} {
		if cut, found := strings.CutSuffix(name, ending); found {
			base, w.ending = cut, ending
		}
	}
	w.words = wordsOf(base)
	return w
}

func (w wish) score(v *vocabulary, s Series) float64 {
	words := v.series[s.Name]
	whole, met := 0.0, 0.0
	named := false
	for _, word := range w.words {
		match, own := words.match(word)
		whole += v.weight(word)
		met += match * v.weight(word)
		named = named || own
	}
	if !named {
		return 0
	}
	for _, word := range words.name {
		switch {
		case slices.ContainsFunc(w.words, func(asked string) bool { return alike(asked, word) > 0 }):
		case slices.Contains(s.Labels, word):
			whole += unaskedLabel * v.weight(word)
		default:
			whole += unasked * v.weight(word)
		}
	}
	return met / whole * w.kind(s) * w.labels(s)
}

// match returns how well the series has a word, and whether in its name.
func (s seriesWords) match(word string) (match float64, named bool) {
	for _, other := range s.name {
		match = max(match, alike(word, other))
	}
	if match == 0 && s.prose[word] {
		return asProse, false
	}
	return match, match > 0
}

func alike(a, b string) float64 {
	long := min(len(a), len(b)) >= 4
	switch {
	case a == b:
		return 1
	case long && oneTyping(a, b):
		return asTyping
	case synonyms(a, b):
		return asSynonym
	case long && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)):
		return asPrefix
	}
	return 0
}

// oneTyping tells whether two different words are one typing mistake apart: a letter changed,
// added or left out. It is asked for every pair of words, so it does not build a matrix.
func oneTyping(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// kind is how well the part and type of a series fit the name's ending and its use.
func (w wish) kind(s Series) float64 {
	counts := s.Type == Counter
	switch w.ending {
	case "_bucket":
		return fits(s.Part == Bucket, 1, fits(s.Part != Value, 0.5, 0.4))
	case "_sum":
		return fits(s.Part == Sum, 1, 0.5)
	case "_count":
		return fits(s.Part == Count, 1, fits(s.Part == Value, 0.85, 0.5))
	}
	switch {
	case s.Part == Bucket:
		return 0.5
	case s.Part == Sum:
		return 0.45
	case w.ending == "_total" || w.use.Counter:
		return fits(counts, 1, 0.7) * fits(s.Part == Count, 0.8, 1)
	}
	return fits(s.Part == Count, 0.7, 1)
}

func fits(yes bool, then, otherwise float64) float64 {
	if yes {
		return then
	}
	return otherwise
}

// labels is how many of the labels that the query mentions the series has.
func (w wish) labels(s Series) float64 {
	mentioned, carried := 0.0, 0.0
	for _, label := range w.use.Labels {
		if slices.Contains(targetLabels, label) || label == "le" || label == "quantile" {
			continue
		}
		mentioned++
		if slices.Contains(s.Labels, label) {
			carried++
		}
	}
	if mentioned == 0 {
		return 1
	}
	return 0.6 + 0.4*carried/mentioned
}
