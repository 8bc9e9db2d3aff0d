package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// CustomerID is the exact value of the tenant label of one customer's series: any UTF-8 text
// of 1 to 128 bytes without control characters.
type CustomerID string

// Customer is one customer of the SaaS, checked and merged with its tier.
type Customer struct {
	ID   CustomerID
	Slug Slug
	// Name is what people read; any Unicode text without control characters. The id where none
	// is given.
	Name string
	Tier string
	// Values are a merge patch on those of the environment (Environment.With): the tier's with
	// the customer's own merged over them; null stays, because it removes a key of the environment. Customers of equal
	// values share one evaluation. The map may be that of the tier and must not be changed.
	Values map[string]any
	// Include and Exclude choose dashboards by file name without extension, as globs. No Include
	// means all. See Wants.
	Include, Exclude []string
	// Thresholds replace the threshold of alert rules, by the rule's uid. The map may be that of
	// the tier and must not be changed.
	Thresholds map[string]json.Number
	// ContactPoint receives the customer's alerts; empty for what the policy tree says.
	ContactPoint string
	// OrgID is the organisation of Grafana in the isolation mode org, 0 where none is given.
	OrgID    int
	Position diagnostic.Position
}

// Wants tells whether the customer gets the dashboard of that file name without extension.
func (c Customer) Wants(dashboard string) bool {
	return (len(c.Include) == 0 || MatchesAny(c.Include, dashboard)) && !MatchesAny(c.Exclude, dashboard)
}

// maxID is what a customer's id may have, in bytes.
const maxID = 128

// ParseCustomerID checks an id.
func ParseCustomerID(text string) (CustomerID, error) {
	switch {
	case text == "":
		return "", errors.New("is empty")
	case len(text) > maxID:
		return "", fmt.Errorf("has %d bytes; at most %d are possible", len(text), maxID)
	}
	return CustomerID(text), checkCharacters(text)
}

// maxName is what a customer's name may have, in characters: Grafana keeps 189 of a dashboard's
// title in its database (dashboard.title, pkg/services/sqlstore/migrations/dashboard_mig.go), and the name is only a part of it.
const maxName = 128

func checkName(text string) error {
	if n := utf8.RuneCountInString(text); n > maxName {
		return fmt.Errorf("has %d characters; at most %d are possible", n, maxName)
	}
	if err := checkCharacters(text); err != nil {
		return err
	}
	visible := false
	for _, r := range text {
		switch {
		case r == '\u2028' || r == '\u2029':
			return fmt.Errorf("holds a line separator (U+%04X)", r)
		case overridesDirection(r):
			return fmt.Errorf("holds a character that reverses text around it (U+%04X)", r)
		}
		visible = visible || !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
	}
	if !visible {
		return errors.New("holds nothing that can be seen")
	}
	return nil
}

// checkCharacters refuses what no label value and no title should hold.
func checkCharacters(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not valid UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return fmt.Errorf("holds a control character (U+%04X)", r)
		}
	}
	return nil
}

// overridesDirection tells whether a character changes the direction of what follows: a title
// could show something else than it says. Marks (U+200E, U+200F, U+061C) do not, and Arabic and Hebrew
// names use them.
func overridesDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// With returns the environment as a customer of these values sees it.
func (e Environment) With(values map[string]any) Environment {
	if len(values) > 0 {
		e.Values = MergePatch(e.Values, values).(map[string]any)
	}
	return e
}

// composed returns one merge patch that does what base and then patch do. Unlike with
// MergePatch null stays, because it still has to remove a key of what the patch is for.
func composed(base, patch map[string]any) map[string]any {
	merged := make(map[string]any, len(base)+len(patch))
	for key, value := range base {
		merged[key] = value
	}
	for key, change := range patch {
		object, ok := change.(map[string]any)
		if before, both := merged[key].(map[string]any); ok && both {
			merged[key] = composed(before, object)
			continue
		}
		merged[key] = change
	}
	return merged
}

// unknownKeys returns the keys of an object that are not among the known ones, sorted.
func unknownKeys(object map[string]any, known []string) []string {
	var unknown []string
	for key := range object {
		if !slices.Contains(known, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}
