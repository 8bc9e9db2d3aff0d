package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subject is the customer whose files are read.
type Subject struct {
	// ID is the exact value of the tenant label.
	ID string
	// Slug and Name stand in paths, uids and tags, and in titles.
	Slug, Name string
	// Org is the organisation of Grafana that the customer's files belong to; 0 means 1, the first.
	Org int
}

// identity is what a file must show to be a customer's. The proof compares with nothing else of
// the customer, so that it holds for a stand-in exactly when it holds for the customer.
type identity struct {
	id, slug, name string
	org            string
	// owns tells whether the uid is that of a variant of a base dashboard or rule for the customer.
	owns func(uid string) bool
}

// The characters that stand in for a customer in a canonical document, and for a viewer's
// choice in an expression. No text that is to be proven may contain one of U+E000 to U+E03F.
const (
	reserved     = "\xee\x80"
	standInID    = "\uE001"
	standInSlug  = "\uE002"
	standInName  = "\uE003"
	standInUID   = "\uE004"
	chosenByView = "\uE005"
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// flaw says why a subject cannot be proven anything about; empty if it can.
func (s Subject) flaw() string {
	switch {
	case s.ID == "":
		return "the customer has no id, and an empty matcher selects every series without the label"
	case !utf8.ValidString(s.ID) || !utf8.ValidString(s.Name):
		return "the customer's id or name is not UTF-8"
	case strings.ContainsFunc(s.ID, unicode.IsControl):
		return "the customer's id has a control character"
	case !slugPattern.MatchString(s.Slug):
		return "the customer's slug " + strconv.Quote(s.Slug) + " is not made of a-z, 0-9 and single dashes"
	case s.Name == "":
		return "the customer has no name"
	case strings.Contains(s.ID+s.Name, reserved):
		return "the customer's id or name has a character of U+E000 to U+E03F, which the proof needs"
	}
	return ""
}

// plainID tells whether an id is written as it is in PromQL and in JSON and holds no macro.
// Beside a viewer's choice it must not be able to end a string, a selector or a line either.
func plainID(id string, chosen bool) bool {
	more := "'`(){}]#;!?*|~^%&<>"
	if chosen {
		more = ""
	}
	for _, r := range id {
		if !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" -_.:@+/=,"+more, r)) {
			return false
		}
	}
	return true
}

// plainName tells whether a name is written as it is in JSON, and can become part of no link,
// no macro and no HTML, whatever plain text stands around it.
func plainName(name string) bool {
	for _, r := range name {
		if !(unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(" -_.,+'", r)) {
			return false
		}
	}
	return true
}

// identityOf returns what the customer's files must show.
func (p *Prover) identityOf(s Subject) *identity {
	return &identity{
		id: s.ID, slug: s.Slug, name: s.Name, org: strconv.Itoa(max(1, s.Org)),
		owns: func(uid string) bool { return p.owned(uid, s.Slug) >= 0 },
	}
}

// maxUID is the length that Grafana allows a uid.
const maxUID = 40

// owned returns the index of the base whose variant for the slug has that uid, or -1. The rule
// is U-S; where that is too long, the beginning of U-S, a dash and the first ten digits of the
// SHA-256 of U, a zero byte and S.
func (p *Prover) owned(uid, slug string) int {
	if base, ok := strings.CutSuffix(uid, "-"+slug); ok && len(uid) <= maxUID {
		if i, ok := p.bases[base]; ok {
			return i
		}
	}
	if len(uid) < 12 || len(uid) > maxUID || uid[len(uid)-11] != '-' {
		return -1
	}
	head, digits := uid[:len(uid)-11], uid[len(uid)-10:]
	for base, i := range p.bases {
		whole := base + "-" + slug
		if len(whole) <= maxUID || !strings.HasPrefix(whole, head) {
			continue
		}
		sum := sha256.Sum256([]byte(base + "\x00" + slug))
		if hex.EncodeToString(sum[:5]) == digits {
			return i
		}
	}
	return -1
}
