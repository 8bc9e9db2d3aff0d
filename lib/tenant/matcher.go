package tenant

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/strutil"

	"github.com/dashc/dashc/lib/promql"
)

// matcher is one matcher inside braces: three tokens, or a name in quotes alone.
type matcher struct {
	comma            *parser.Item // the comma before it
	label, op, value parser.Item
	name             string
}

// matcherTokens returns the matchers of the braces that open at a token, and the index of the
// closing brace.
func (x *expanded) matcherTokens(open int, braces bool) (list []matcher, closing int) {
	if !braces {
		return nil, open
	}
	var m []parser.Item
	var comma *parser.Item
	add := func() {
		switch len(m) {
		case 1:
			list = append(list, matcher{comma: comma, value: m[0], name: metricName})
		case 3:
			list = append(list, matcher{comma, m[0], m[1], m[2], unquoted(m[0])})
		}
		m = nil
	}
	for i := open + 1; i < len(x.tokens); i++ {
		switch x.tokens[i].Typ {
		case parser.RIGHT_BRACE:
			add()
			return list, i
		case parser.COMMA:
			add()
			comma = &x.tokens[i]
		default:
			m = append(m, x.tokens[i])
		}
	}
	return list, open // does not occur: the text has been parsed
}

func unquoted(t parser.Item) string {
	if t.Typ != parser.STRING {
		return t.Val
	}
	text, err := strutil.Unquote(t.Val)
	if err != nil {
		return t.Val
	}
	return text
}

// labelName is the tenant label as it is written in a matcher.
func (k *known) labelName() string {
	for i, c := range k.label {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return macroSigns.Replace(strconv.Quote(k.label))
		}
	}
	return k.label
}

// inBraces finds the edits of a selector with braces: a matcher on the tenant label gets the
// customer's id, others on it go; where there is none, one is put in front.
func (x *expanded) inBraces(open, closing parser.Item, list []matcher) *problem {
	for _, brace := range []parser.Item{open, closing} {
		if p := x.written(brace, "a variable opens or closes the braces"); p != nil {
			return p
		}
	}
	found := false
	for _, m := range list {
		if m.name != x.label || m.label.Val == "" {
			continue
		}
		if p := x.replaceable(m); p != nil {
			return p
		}
		from, to := x.Original(m.value.PositionRange())
		if !found {
			opFrom, opTo := x.Original(m.op.PositionRange())
			x.edits = append(x.edits, edit{opFrom, opTo, "=", false, ""}, edit{from, to, "", true, ""})
			found = true
			continue
		}
		if p := x.written(*m.comma, "a variable writes matchers on "+x.label); p != nil {
			return p
		}
		comma, _ := x.Original(m.comma.PositionRange())
		x.edits = append(x.edits, edit{comma, to, "", false, ""})
	}
	if found {
		return nil
	}
	_, at := x.Original(open.PositionRange())
	_, until := x.Original(closing.PositionRange())
	after := ""
	if x.content(at, until-1) {
		after = ","
	}
	x.edits = append(x.edits, edit{at, at, x.labelName() + "=", true, after})
	return nil
}

// content tells whether there is anything but blanks and comments in a part of the text.
func (x *expanded) content(from, to int) bool {
	for line := range strings.SplitSeq(x.query.Text[from:to], "\n") {
		before, _, _ := strings.Cut(line, "#")
		if strings.TrimSpace(before) != "" {
			return true
		}
	}
	return false
}

// replaceable refuses a matcher on the tenant label that means more than all customers, or
// those that a variable chooses.
func (x *expanded) replaceable(m matcher) *problem {
	for _, t := range []parser.Item{m.label, m.op} {
		if p := x.written(t, "a variable writes matchers on "+x.label); p != nil {
			return p
		}
	}
	from, to := x.Original(m.value.PositionRange())
	chosen := x.wholeMacro(from, to)
	if !chosen {
		if p := x.written(m.value, "a variable is a part of a matcher on "+x.label); p != nil {
			return p
		}
	}
	value := unquoted(m.value)
	switch m.op.Typ {
	case parser.EQL, parser.EQL_REGEX:
		if chosen || m.op.Typ == parser.EQL_REGEX && (value == ".+" || value == ".*") {
			return nil
		}
	case parser.NEQ:
		if !chosen && value == "" {
			return nil
		}
	}
	return &problem{from, to, fmt.Sprintf("the matcher on %s chooses customers by itself", x.label), "take it out, or let a variable choose"}
}

// wholeMacro tells whether a value, as written, is one macro and nothing else.
func (x *expanded) wholeMacro(from, to int) bool {
	i, _ := slices.BinarySearchFunc(x.query.Macros, from, func(m promql.Macro, from int) int { return m.Start - from })
	if i == len(x.query.Macros) {
		return false
	}
	m := x.query.Macros[i]
	return m.Hole == promql.String && m.Start == from && m.End == to || m.Hole == promql.Text && m.Start == from+1 && m.End == to-1
}
