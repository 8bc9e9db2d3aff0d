package promql

import (
	"errors"
	"slices"
	"strings"
)

// maxGuesses bounds the combinations of guesses that are tried one by one.
const maxGuesses = 128

// nearby is how many macros before an error are suspected of it.
const nearby = 3

// guesser looks for guesses with which the first expansion of a query parses.
type guesser struct {
	query Query
	fills []fill
	// choice is the index of a guess for each macro.
	choice []int
	// last is the expansion that was tried last.
	last Expansion
	// parsed counts the bytes that have been parsed.
	parsed int
}

// guess finds a combination of guesses with which the first expansion parses, and returns
// both: an index for each macro. Where none does, the error is that of the first combination.
func (q Query) guess(fills []fill) (Expansion, []int, error) {
	g := &guesser{query: q, fills: fills, choice: make([]int, len(fills))}
	first := g.try()
	if large, ok := first.(*SyntaxError); ok && large.unbounded {
		return Expansion{}, nil, first // no guess makes it smaller
	}
	if first == nil || g.climb(first) == nil {
		return g.last, g.choice, nil
	}
	clear(g.choice)
	for n := 0; n < maxGuesses && g.next(); n++ {
		if g.try() == nil {
			return g.last, g.choice, nil
		}
	}
	return Expansion{}, nil, first
}

func (g *guesser) try() error {
	var err error
	g.last, err = g.query.parse(g.fills, 0, g.choice)
	g.parsed += len(g.last.Text)
	return err
}

// next counts the choice up by one, and tells whether it has not yet been through.
func (g *guesser) next() bool {
	if g.parsed > mostParsed {
		return false
	}
	for i := range g.choice {
		if g.choice[i]++; g.choice[i] < len(g.fills[i].guesses) {
			return true
		}
		g.choice[i] = 0
	}
	return false
}

// climb changes the guesses nearest to an error for as long as the error moves on: with many
// macros there are too many combinations to try them all. It returns the last error.
func (g *guesser) climb(err error) error {
	for err != nil {
		next := g.step(err)
		if next == err {
			return err
		}
		err = next
	}
	return nil
}

// step tries other guesses for the macros at and before an error, and returns the first
// outcome that is better, or the error itself.
func (g *guesser) step(err error) error {
	for _, i := range g.suspects(err) {
		kept := g.choice[i]
		for other := range g.fills[i].guesses {
			if g.parsed > mostParsed {
				break
			}
			if g.choice[i] = other; other == kept {
				continue
			}
			if next := g.try(); next == nil || reach(next) > reach(err) {
				return next
			}
		}
		g.choice[i] = kept
	}
	return err
}

// suspects are the macros that may be the reason of an error, the nearest first.
func (g *guesser) suspects(err error) []int {
	var at *SyntaxError
	if !errors.As(err, &at) {
		return nil
	}
	behind, _ := slices.BinarySearchFunc(g.query.Macros, at.End, func(m Macro, end int) int { return m.Start - end })
	behind = min(behind+1, len(g.query.Macros)) // an error may be said of what stands before the macro
	var found []int
	for i := behind - 1; i >= 0 && len(found) < nearby+1; i-- {
		if len(g.fills[i].guesses) > 1 {
			found = append(found, i)
		}
	}
	return found
}

// reach tells how far an expansion was understood. Types are looked at only once the whole
// text has a form.
func reach(err error) int {
	var at *SyntaxError
	if !errors.As(err, &at) {
		return 0
	}
	if strings.HasPrefix(at.Message, "expected type ") || strings.Contains(at.Message, "only scalar and instant vector") {
		return longest + at.Start
	}
	return at.Start
}
