package proof

import (
	"hash/maphash"
	"strings"
)

// Identities holds the ids, slugs and names of all customers, as eight bytes each.
type Identities struct {
	seed    maphash.Seed
	seen    map[uint64]struct{}
	allowed map[string]bool
}

// NewIdentities returns an empty set. The words may stand in every customer's files although a
// customer may be called so: the product's name, environments.
func NewIdentities(words ...string) *Identities {
	i := &Identities{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, allowed: map[string]bool{}}
	for _, w := range words {
		i.allowed[w] = true
	}
	return i
}

// Add notes a customer. All customers are added before the first file is read.
func (i *Identities) Add(s Subject) {
	for _, text := range []string{s.ID, s.Slug, s.Name} {
		if distinctive(text) {
			i.seen[maphash.String(i.seed, text)] = struct{}{}
		}
	}
}

// distinctive tells whether a text that stands in a free place is likely to name somebody. A
// number or a short word is not: 1042 may be a port and prod an environment. Where a customer is
// named by construction (the tenant label, uid, title, folder, tag) every text counts.
func distinctive(text string) bool {
	return len(text) >= 6 && strings.Trim(text, "0123456789.") != ""
}

// names tells whether a text is another customer's id, slug or name. A nil set names nobody.
func (i *Identities) names(text string, own Subject) bool {
	if i == nil || !distinctive(text) || text == own.ID || text == own.Slug || text == own.Name || i.allowed[text] {
		return false
	}
	_, found := i.seen[maphash.String(i.seed, text)]
	return found
}
