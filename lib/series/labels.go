package series

import "slices"

// Labels are the labels that the series of an expression may carry: an upper bound. The
// metric's own name is not among them.
type Labels struct {
	// Open is set where there may be labels beyond Names.
	Open bool
	// Names is sorted.
	Names []string
	// Optional are those of Names that some or all of the series may lack, sorted.
	Optional []string
}

// LabelsOf returns a closed set.
func LabelsOf(names ...string) Labels {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return Labels{Names: slices.Compact(sorted)}
}

// AnyLabels is the set of which nothing is known.
func AnyLabels() Labels { return Labels{Open: true} }

// Lacks tells whether the series certainly do not carry a label.
func (l Labels) Lacks(name string) bool {
	return !l.Open && name != "__name__" && !slices.Contains(l.Names, name)
}

// Has tells whether a label is among those known.
func (l Labels) Has(name string) bool { return slices.Contains(l.Names, name) }

// Sure are the labels that every series has, as far as the catalogue tells.
func (l Labels) Sure() []string { return minus(l.Names, l.Optional) }

// With adds labels that every series has.
func (l Labels) With(names ...string) Labels {
	joined := LabelsOf(append(slices.Clone(l.Names), names...)...)
	joined.Open, joined.Optional = l.Open, minus(l.Optional, names)
	return joined
}

// maybe adds labels that a series may have or not, or makes those it has so.
func (l Labels) maybe(names ...string) Labels {
	joined := l.With(names...)
	joined.Optional = LabelsOf(append(joined.Optional, names...)...).Names
	return joined
}

func (l Labels) without(names ...string) Labels {
	return Labels{Open: l.Open, Names: minus(l.Names, names), Optional: minus(l.Optional, names)}
}

// keep is what `by (names)` leaves.
func (l Labels) keep(names []string) Labels {
	var kept, optional []string
	for _, name := range names {
		switch {
		case slices.Contains(l.Optional, name):
			optional = append(optional, name)
		case slices.Contains(l.Names, name):
			kept = append(kept, name)
		case l.Open:
			optional = append(optional, name)
		}
	}
	return LabelsOf(kept...).maybe(optional...)
}

// Either is the set of what is in one set or the other: only what both have for certain is
// certain.
func (l Labels) Either(other Labels) Labels {
	joined := LabelsOf(append(slices.Clone(l.Names), other.Names...)...)
	joined.Open = l.Open || other.Open
	joined = joined.maybe(minus(joined.Names, l.Sure())...)
	return joined.maybe(minus(joined.Names, other.Sure())...)
}

// Minus returns the known labels of l that other does not have.
func (l Labels) Minus(other Labels) []string { return minus(l.Names, other.Names) }

func minus(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
