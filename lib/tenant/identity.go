package tenant

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/project"
)

// form is the way in which a part of an identity is written at a place. What JSON escapes
// comes on top, where the whole document is encoded.
type form int

// The forms.
const (
	matcherForm     form = iota // the id as a PromQL string, quotes included
	linkMatcherForm             // the same inside JSON inside a URL
	urlForm                     // the id in a URL
	labelForm                   // the id as a label of an alert rule, which is a template
	nameForm                    // the name
	ruleNameForm                // the name in the title of an alert rule
	slugForm                    // the slug
	uidForm                     // the uid of the customer's variant of what has the uid base
	thresholdForm               // the threshold of the alert rule whose uid is base
	receiverForm                // the contact point
	orgForm                     // the organisation
)

// hole is a place that every customer fills with something else.
type hole struct {
	form form
	// base is the uid of a dashboard or alert rule in the tree.
	base string
	// room is the most characters that a rule's title has left for the name.
	room int
	// otherwise is the number that stands there for customers without one of their own.
	otherwise string
}

// speller writes an identity: that of a customer, or words that are later cut out.
type speller interface {
	word(hole) string
}

// spelled writes a customer's identity.
type spelled struct{ RuleIdentity }

func (s spelled) word(h hole) string {
	switch h.form {
	case matcherForm:
		return matcherValue(s.ID)
	case linkMatcherForm:
		return inLink(matcherValue(s.ID))
	case urlForm:
		return escapeURL(string(s.ID))
	case labelForm:
		// A label of an alert rule is a Go template, and the file is searched for $ before that.
		return strings.ReplaceAll(strings.ReplaceAll(string(s.ID), "{{", `{{"{{"}}`), "$", "$$")
	case nameForm:
		return s.Name
	case ruleNameForm:
		return strings.ReplaceAll(shortened(s.Name, h.room), "$", "$$")
	case slugForm:
		return string(s.Slug)
	case uidForm:
		return project.CustomerUID(h.base, s.Slug)
	case thresholdForm:
		if n, ok := s.Thresholds[h.base]; ok {
			return n.String()
		}
		return h.otherwise
	case receiverForm:
		return strings.ReplaceAll(s.ContactPoint, "$", "$$")
	case orgForm:
		if s.OrgID > 0 {
			return strconv.Itoa(s.OrgID)
		}
		return h.otherwise
	}
	panic(fmt.Sprintf("no such form: %d", h.form))
}

// matcherValue writes an id as a PromQL string. Grafana looks for variables in the whole text
// of a query and knows nothing of strings, so that $ and [ are written as escapes, which mean
// the same to Prometheus. Its lexer takes U+FFFD for broken UTF-8 everywhere.
func matcherValue(id project.CustomerID) string {
	return macroSigns.Replace(strconv.Quote(string(id)))
}

var macroSigns = strings.NewReplacer("$", `\x24`, "[", `\x5b`, "\ufffd", `\ufffd`)

// inLink writes a piece of an expression as it stands in the JSON of a link to Explore.
func inLink(text string) string {
	quoted := artifact.AppendJSONString(nil, text)
	return escapeURL(string(quoted[1 : len(quoted)-1]))
}

// escapeURL escapes as url.QueryEscape does, with %20 for a blank, which is right in a path, too.
func escapeURL(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// shortened cuts a text to a number of characters.
func shortened(text string, room int) string {
	if utf8.RuneCountInString(text) <= room {
		return text
	}
	return string([]rune(text)[:max(room-1, 0)]) + "…"
}
