package series

import "slices"

// Labels are the labels that the series of an expression may carry: an upper bound. The
// metric's own name is not among them.
type Labels struct {
	// Open is set where there may be labels beyond Names.
	Open bool
	// Names is sorted.
	Names []string
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

func (l Labels) with(names ...string) Labels {
	joined := LabelsOf(append(slices.Clone(l.Names), names...)...)
	joined.Open = l.Open
	return joined
}

func (l Labels) without(names ...string) Labels {
	rest := slices.DeleteFunc(slices.Clone(l.Names), func(name string) bool { return slices.Contains(names, name) })
	return Labels{Open: l.Open, Names: rest}
}

// keep is what `by (names)` leaves.
func (l Labels) keep(names []string) Labels {
	var kept []string
	for _, name := range names {
		if l.Open || slices.Contains(l.Names, name) {
			kept = append(kept, name)
		}
	}
	return LabelsOf(kept...)
}

func (l Labels) union(other Labels) Labels {
	joined := l.with(other.Names...)
	joined.Open = l.Open || other.Open
	return joined
}

// Minus returns the known labels of l that other does not have.
func (l Labels) Minus(other Labels) []string { return l.without(other.Names...).Names }
