package artifact

import (
	"regexp"
	"strconv"
	"strings"
)

// place is the way from a document's root to a value: keys, and positions in arrays.
type place []step

type step struct {
	key   string
	index int // -1 for a key
}

func (p place) key(name string) place { return append(p[:len(p):len(p)], step{name, -1}) }
func (p place) item(index int) place  { return append(p[:len(p):len(p)], step{"", index}) }

var bareKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// String returns the place as findings show it: groups[0].rules[1].labels["a.b"].
func (p place) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case !bareKey.MatchString(s.key):
			b.WriteString("[" + strconv.Quote(s.key) + "]")
		case i > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// below tells whether p is, or lies below, a place that a pattern such as "groups[].rules[]"
// describes, and returns the rest of the way.
func (p place) below(pattern ...string) (place, bool) {
	if len(p) < len(pattern) {
		return nil, false
	}
	for i, want := range pattern {
		if p[i].index >= 0 && want != "[]" || p[i].index < 0 && p[i].key != want {
			return nil, false
		}
	}
	return p[len(pattern):], true
}

// eachScalar calls visit for every value of a document that is neither array nor object, in
// an order that does not change.
func eachScalar(value any, at place, visit func(place, any)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			eachScalar(value[key], at.key(key), visit)
		}
	case []any:
		for i, item := range value {
			eachScalar(item, at.item(i), visit)
		}
	default:
		visit(at, value)
	}
}
