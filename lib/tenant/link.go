package tenant

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/promql"
)

// dashboardPath finds the uid of a dashboard in an address, in text or alone.
var dashboardPath = regexp.MustCompile(`(?:^|[/"'(\s=])d(?:-solo)?/([A-Za-z0-9_-]{1,40})`)

// foreignDashboard is the address of a dashboard on this Grafana by its old slug.
var foreignDashboard = regexp.MustCompile(`^/?(?:dashboard/db|dashboard-solo/db|dashboard/snapshot|dashboards)(?:/|$)`)

// piece replaces the bytes from start to end of a text.
type piece struct {
	start, end int
	text       string
}

func replaced(text string, pieces []piece) string {
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.start - b.start })
	var b strings.Builder
	at := 0
	for _, p := range pieces {
		if p.start < at {
			continue // inside of what is replaced already
		}
		b.WriteString(text[at:p.start])
		b.WriteString(p.text)
		at = p.end
	}
	b.WriteString(text[at:])
	return b.String()
}

// mentions are the pieces of a text that refer to a variable which the view does not have, or
// to a dashboard that the customer has a variant of.
func (s *scoping) mentions(text string, id form) []piece {
	var all []piece
	for _, m := range promql.Scan(text).Macros {
		if word, ok := s.instead(m.Name, id); ok {
			all = append(all, piece{m.Start, m.End, word})
		}
	}
	for _, match := range dashboardPath.FindAllStringSubmatchIndex(text, -1) {
		if uid := text[match[2]:match[3]]; s.isSibling(uid) {
			all = append(all, piece{match[2], match[3], s.word(hole{form: uidForm, base: uid})})
		}
	}
	return all
}

// instead returns what stands for a variable that the view does not have.
func (s *scoping) instead(variable string, id form) (string, bool) {
	switch {
	case s.tenant[variable]:
		return s.word(hole{form: id}), true
	case s.pinned[variable]:
		return s.datasource(), true
	}
	return "", false
}

func (s *scoping) isSibling(uid string) bool {
	_, ok := s.options.Siblings[uid]
	return ok || uid == s.uid
}

// address scopes a link. The reason is not empty where the link cannot be kept.
func (s *scoping) address(url, where string) (scoped, reason string) {
	head, rest, asks := strings.Cut(url, "?")
	query, fragment, _ := strings.Cut(rest, "#")
	if !strings.Contains(head, "://") && !strings.HasPrefix(head, "//") {
		if foreignDashboard.MatchString(head) {
			return "", "it leads to dashboards that are not the customer's"
		}
		if match := dashboardPath.FindStringSubmatch(head); match != nil && !s.isSibling(match[1]) {
			return "", "it leads to the dashboard " + match[1] + ", of which the customer has no variant"
		}
	}
	result := replaced(head, s.mentions(head, urlForm))
	if !asks {
		return result, ""
	}
	var kept []string
	for parameter := range strings.SplitSeq(query, "&") {
		scoped, keep, reason := s.parameter(parameter, head, where)
		if reason != "" {
			return "", reason
		}
		if keep {
			kept = append(kept, scoped)
		}
	}
	if len(kept) > 0 {
		result += "?" + strings.Join(kept, "&")
	}
	if fragment != "" {
		result += "#" + replaced(fragment, s.mentions(fragment, urlForm))
	}
	return result, ""
}

// parameter scopes one parameter of an address, as written.
func (s *scoping) parameter(text, head, where string) (scoped string, keep bool, reason string) {
	name, value, _ := strings.Cut(text, "=")
	plain, _, ok := percentDecoded(name)
	if variable, isVariable := strings.CutPrefix(plain, "var-"); ok && isVariable && (s.tenant[variable] || s.pinned[variable]) {
		return "", false, ""
	}
	if macros := promql.Scan(text).Macros; len(macros) == 1 && macros[0].Start == 0 && macros[0].End == len(text) && (s.tenant[macros[0].Name] || s.pinned[macros[0].Name]) {
		return "", false, "" // ${customer:queryparam}
	}
	if strings.Contains(head, "explore") && slices.Contains([]string{"left", "right", "panes"}, plain) {
		value, reason = s.explore(value, where)
		return name + "=" + value, true, reason
	}
	if strings.Contains(head, "explore") && slices.Contains([]string{"expr", "query", "queries"}, plain) {
		return "", false, "it hands a query to Explore in a way that cannot be scoped"
	}
	return replaced(text, s.mentions(text, urlForm)), true, ""
}

// explore scopes the state that a link hands to Explore: JSON, escaped for a URL.
func (s *scoping) explore(raw, where string) (scoped, reason string) {
	text, offsets, ok := percentDecoded(raw)
	if !ok {
		return "", "its state for Explore cannot be read"
	}
	root, err := positions(text)
	if err != nil {
		return "", "its state for Explore is no JSON: " + err.Error()
	}
	x := exploring{scoping: s, where: where, offsets: offsets, handled: map[*node]bool{}}
	x.node(root, dashboard.DatasourceMention{})
	if x.reason != "" {
		return "", x.reason
	}
	for _, m := range s.mentions(text, urlForm) {
		x.pieces = append(x.pieces, piece{offsets[m.start], offsets[m.end], m.text})
	}
	return replaced(raw, x.pieces), ""
}

// exploring goes through the state for Explore.
type exploring struct {
	*scoping
	where   string
	offsets []int // from the decoded text to the text as written
	handled map[*node]bool
	pieces  []piece
	reason  string
}

func (x *exploring) node(n *node, inherited dashboard.DatasourceMention) {
	mention := inherited
	if own := n.field("datasource"); own != nil {
		mention = own.mention()
		x.pin(own, mention)
	}
	for _, item := range n.items { // the old form: ["now-1h", "now", "uid", {"expr": ...}]
		if item.isText && len(n.items) > 2 && item == n.items[2] {
			mention = dashboard.DatasourceMention{Name: item.text}
			x.pin(item, mention)
		}
	}
	if expr := n.field("expr"); expr != nil {
		x.expression(expr, mention)
	} else if n.field("refId") != nil || n.field("query") != nil || n.field("rawSql") != nil {
		if kind := x.kind(mention); kind != "" && kind != "__expr__" && !dashboard.SpeaksPromQL(kind) || n.field("query") != nil || n.field("rawSql") != nil {
			x.reason = "it asks a data source that is not Prometheus"
		}
	}
	for _, f := range n.fields {
		x.node(f.value, mention)
	}
	for _, item := range n.items {
		x.node(item, mention)
	}
}

// pin writes the customer's data source in the place of a Prometheus one.
func (x *exploring) pin(n *node, mention dashboard.DatasourceMention) {
	if kind := x.kind(mention); x.options.Datasource == "" || mention.Name == "" || kind != "" && !dashboard.SpeaksPromQL(kind) || dashboard.BuiltIn(mention.Name) {
		return
	}
	if uid := n.field("uid"); uid != nil {
		n = uid
	}
	if n.isText {
		x.pieces = append(x.pieces, piece{x.offsets[n.start+1], x.offsets[n.end-1], escapeURL(x.datasource())})
	}
}

func (x *exploring) expression(n *node, mention dashboard.DatasourceMention) {
	kind := x.kind(mention)
	switch {
	case !n.isText || kind != "" && !dashboard.SpeaksPromQL(kind):
		x.reason = "it asks a data source that is not Prometheus"
		return
	case strings.TrimSpace(n.text) == "":
		return
	}
	edits, lacking := x.query(n.text, x.where)
	if lacking != "" {
		x.reason = lacking
		return
	}
	for _, e := range edits {
		text := inLink(e.before) + inLink(e.after)
		if e.id {
			text = inLink(e.before) + x.word(hole{form: linkMatcherForm}) + inLink(e.after)
		}
		x.pieces = append(x.pieces, piece{x.offsets[n.offsets[e.start]], x.offsets[n.offsets[e.end]], text})
	}
}

// percentDecoded decodes a part of a query string, with the offset of each byte as written.
func percentDecoded(raw string) (text string, offsets []int, ok bool) {
	var b strings.Builder
	for i := 0; i < len(raw); {
		offsets = append(offsets, i)
		switch raw[i] {
		case '%':
			if i+2 >= len(raw) {
				return "", nil, false
			}
			n, err := strconv.ParseUint(raw[i+1:i+3], 16, 8)
			if err != nil {
				return "", nil, false
			}
			b.WriteByte(byte(n))
			i += 3
		case '+':
			b.WriteByte(' ')
			i++
		default:
			b.WriteByte(raw[i])
			i++
		}
	}
	return b.String(), append(offsets, len(raw)), true
}

// node is a JSON value with its place in the text.
type node struct {
	start, end int
	fields     []field
	items      []*node
	// isText is set for strings; text is the decoded string, offsets the place of each of its bytes.
	isText  bool
	text    string
	offsets []int
}

type field struct {
	key   string
	value *node
}

func (n *node) field(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

func (n *node) mention() dashboard.DatasourceMention {
	m := dashboard.DatasourceMention{Name: n.text}
	if uid := n.field("uid"); uid != nil {
		m.Name = uid.text
	}
	if kind := n.field("type"); kind != nil {
		m.Type = kind.text
	}
	return m
}

// positions parses JSON and keeps where everything stands.
func positions(text string) (*node, error) {
	p := &parsing{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	p.decoder.UseNumber()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.decoder.More() || strings.TrimSpace(text[p.decoder.InputOffset():]) != "" {
		return nil, fmt.Errorf("there is more after its end")
	}
	return root, nil
}

type parsing struct {
	text    string
	decoder *json.Decoder
}

func (p *parsing) value(depth int) (*node, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > 100 {
		return nil, fmt.Errorf("it is nested too deep")
	}
	n := &node{end: int(p.decoder.InputOffset())}
	switch token := token.(type) {
	case string:
		n.isText = true
		n.start = p.startOfString(n.end)
		n.text, n.offsets = unescaped(p.text[n.start:n.end], n.start)
		if n.text != token {
			return nil, fmt.Errorf("a string of it cannot be read")
		}
	case json.Delim:
		for p.decoder.More() {
			key := ""
			if token == '{' {
				name, err := p.decoder.Token()
				if err != nil {
					return nil, err
				}
				key, _ = name.(string)
				if n.field(key) != nil {
					return nil, fmt.Errorf("the key %q stands there twice", key)
				}
			}
			value, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if token == '{' {
				n.fields = append(n.fields, field{key, value})
			} else {
				n.items = append(n.items, value)
			}
		}
		if _, err := p.decoder.Token(); err != nil {
			return nil, err
		}
		n.end = int(p.decoder.InputOffset())
	}
	return n, nil
}

// startOfString finds the quote that opens the string which ends at a position.
func (p *parsing) startOfString(end int) int {
	for at := end - 2; at >= 0; at-- {
		if p.text[at] != '"' {
			continue
		}
		slashes := 0
		for at-slashes > 0 && p.text[at-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
	return 0
}

// unescaped decodes a JSON string, with the offset of each byte as written; one more for its end.
func unescaped(quoted string, base int) (string, []int) {
	var b strings.Builder
	var offsets []int
	inner := quoted[1 : len(quoted)-1]
	for i := 0; i < len(inner); {
		size, r := 1, rune(-1)
		if inner[i] == '\\' && i+1 < len(inner) {
			size = 2
			switch c := inner[i+1]; c {
			case 'u':
				r, size = unicodeEscape(inner[i:])
			case 'b', 'f', 'n', 'r', 't':
				r = rune("\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
			default:
				r = rune(c)
			}
		}
		if r < 0 {
			offsets = append(offsets, base+1+i)
			b.WriteByte(inner[i])
		} else {
			for range utf8.RuneLen(r) {
				offsets = append(offsets, base+1+i)
			}
			b.WriteRune(r)
		}
		i += size
	}
	return b.String(), append(offsets, base+len(quoted)-1)
}

func unicodeEscape(text string) (rune, int) {
	at := func(i int) (rune, bool) {
		if i+6 > len(text) || text[i:i+2] != `\u` {
			return 0, false
		}
		n, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
		return rune(n), err == nil
	}
	r, ok := at(0)
	if !ok {
		return utf8.RuneError, 2
	}
	if low, ok := at(6); ok && utf16.IsSurrogate(r) {
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return both, 12
		}
	}
	if utf16.IsSurrogate(r) {
		r = utf8.RuneError
	}
	return r, 6
}
