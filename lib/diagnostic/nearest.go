package diagnostic

import (
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

// Nearest returns the candidate that a person most likely meant by name, and whether any is
// close enough to be worth naming: at most a third of the letters differ, or two where the
// name has four (swapped neighbours count as two), or one in a shorter name.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestDistance := "", 0
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		distance := smetrics.WagnerFischer(strings.ToLower(name), strings.ToLower(candidate), 1, 1, 1)
		if best == "" || distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	length := max(len(name), len(best))
	limit := length / 3
	if length >= 4 {
		limit = max(limit, 2)
	}
	limit = max(limit, 1)
	return best, best != "" && bestDistance <= limit
}

// DidYouMean returns the hint `did you mean "x"?`, or the sorted choices when nothing is
// close, or "" when there is nothing to choose from.
func DidYouMean(name string, candidates []string) string {
	if nearest, ok := Nearest(name, candidates); ok {
		return `did you mean "` + nearest + `"?`
	}
	if len(candidates) == 0 {
		return ""
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
}
