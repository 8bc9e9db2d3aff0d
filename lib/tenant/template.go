package tenant

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

// Template is a dashboard from which each customer's variant is a copy with the holes filled.
// It is safe for use by several goroutines.
type Template struct {
	document
	report Report
	empty  bool
	uid    string
	kept   map[int]bool
}

// Compile scopes a dashboard once for all customers. The dashboard is not changed. The error is
// a *diagnostic.ListError.
func Compile(board map[string]any, o Options) (*Template, error) {
	words := newSentinels(board, o.Datasource, o.Label)
	s := newScoping(board, words, o)
	scoped, err := s.scope()
	if err != nil {
		return nil, err
	}
	t := &Template{report: s.report, empty: scoped == nil, uid: s.uid, kept: s.kept}
	if scoped == nil {
		return t, nil
	}
	if t.document, err = words.compile(scoped); err != nil {
		return nil, broken(s.title, err)
	}
	if err := t.compare(board, o); err != nil {
		return nil, err
	}
	return t, nil
}

// compare holds the template to the long way, once, with a customer that has all that is
// ever escaped.
func (t *Template) compare(board map[string]any, o Options) error {
	c := Identity{ID: "a\"\\$x [[y]] {{z}} & \u202e\u200b\U0001f600", Slug: "a-b", Name: "<\"\\$x> \u2028"}
	scoped, _, err := Scope(board, c, o)
	if err != nil {
		return err
	}
	long, err := artifact.EncodeJSON(scoped)
	if err != nil || !bytes.Equal(long, t.Append(nil, c)) {
		return broken(textAt(board, "title"), fmt.Errorf("the template and the long way differ"))
	}
	return nil
}

func broken(dashboard string, err error) error {
	return diagnostic.AsError((&problem{message: "the dashboard cannot be made a template: " + err.Error(), hint: "this is a defect of dashc; please report the dashboard"}).on(dashboard, "", ""))
}

// Empty tells whether nothing is left of the dashboard: there are no variants of it.
func (t *Template) Empty() bool { return t.empty }

// Report says what the variants do not have, the same for every customer.
func (t *Template) Report() Report { return t.report }

// UID returns the uid of the dashboard in the tree.
func (t *Template) UID() string { return t.uid }

// Keeps tells whether the variants have the panel of that id.
func (t *Template) Keeps(panel int) bool { return t.kept[panel] }

// Append appends a customer's variant as canonical JSON; nothing where the template is empty.
func (t *Template) Append(dst []byte, c Identity) []byte {
	if t.empty {
		return dst
	}
	return t.fill(dst, RuleIdentity{Identity: c})
}

// Digest names the template by its content: templates of the same Digest give each customer the
// same bytes.
func (t *Template) Digest() string {
	h := sha256.New()
	for _, literal := range t.literals {
		fmt.Fprintf(h, "%d %s", len(literal), literal)
	}
	for _, fill := range t.fills {
		fmt.Fprintf(h, "%+v", t.holes[fill])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// document is encoded JSON, cut at its holes.
type document struct {
	// literals are one more than fills, which stand between them.
	literals [][]byte
	// fills are indexes of holes.
	fills []int
	holes []hole
}

func (d *document) fill(dst []byte, c RuleIdentity) []byte {
	words := make([][]byte, len(d.holes))
	var buffer []byte
	for i, h := range d.holes {
		start := len(buffer)
		if h.form == thresholdForm || h.form == orgForm {
			buffer = append(buffer, spelled{c}.word(h)...)
			words[i] = buffer[start:]
			continue
		}
		buffer = artifact.AppendJSONString(buffer, spelled{c}.word(h))
		words[i] = buffer[start+1 : len(buffer)-1]
	}
	for i, h := range d.fills {
		dst = append(append(dst, d.literals[i]...), words[h]...)
	}
	return append(dst, d.literals[len(d.literals)-1]...)
}

// sentinels spells no customer: each hole gets a word that stands nowhere else.
type sentinels struct {
	// prefix begins the words, number the numbers. Neither ends as it begins, so that no piece of
	// the text around can be taken for a part of one.
	prefix, number string
	holes          []hole
	index          map[hole]int
}

// digits is the length of the number at the end of a word.
const digits = 6

// newSentinels chooses words that none of the sources has.
func newSentinels(sources ...any) *sentinels {
	for n := 0; ; n++ {
		s := &sentinels{prefix: fmt.Sprintf("dashchole%dx", n), number: fmt.Sprintf("9000%o7", n), index: map[hole]int{}}
		if !holds(sources, s.prefix) && !holds(sources, s.number) {
			return s
		}
	}
}

func holds(value any, word string) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if strings.Contains(key, word) || holds(item, word) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if holds(item, word) {
				return true
			}
		}
	case string:
		return strings.Contains(v, word) || strings.Contains(decodedAll(v), word)
	case json.Number:
		return strings.Contains(string(v), word)
	}
	return false
}

// decodedAll decodes what a link hides from a search.
func decodedAll(text string) string {
	if !strings.Contains(text, "%") {
		return ""
	}
	decoded, _, _ := percentDecoded(text)
	return decoded
}

func (s *sentinels) word(h hole) string {
	i, seen := s.index[h]
	if !seen {
		i = len(s.holes)
		s.index[h] = i
		s.holes = append(s.holes, h)
	}
	switch h.form {
	case matcherForm:
		return fmt.Sprintf(`"%s%0*d"`, s.prefix, digits, i)
	case thresholdForm, orgForm:
		return fmt.Sprintf("%s%0*d", s.number, digits, i)
	}
	return fmt.Sprintf("%s%0*d", s.prefix, digits, i)
}

// compile encodes a document and cuts it at the words.
func (s *sentinels) compile(value any) (document, error) {
	data, err := artifact.EncodeJSON(value)
	if err != nil {
		return document{}, err
	}
	return s.cut(data)
}

func (s *sentinels) cut(data []byte) (document, error) {
	d := document{holes: s.holes}
	for {
		at, length := s.next(data)
		if at < 0 {
			d.literals = append(d.literals, data)
			return d, nil
		}
		index, ok := number(data[at+length:])
		if !ok || index >= len(s.holes) {
			return document{}, fmt.Errorf("a word of the template is not whole")
		}
		start, end := at, at+length+digits
		if s.holes[index].form == matcherForm { // the quotes are a part of what is filled in: \" in JSON
			if start < 2 || end+2 > len(data) || string(data[start-2:start]) != `\"` || string(data[end:end+2]) != `\"` {
				return document{}, fmt.Errorf("a matcher of the template is not whole")
			}
			start, end = start-2, end+2
		}
		d.literals = append(d.literals, data[:start])
		d.fills = append(d.fills, index)
		data = data[end:]
	}
}

// next finds the first word, and the length of its fixed part.
func (s *sentinels) next(data []byte) (at, length int) {
	word, num := bytes.Index(data, []byte(s.prefix)), bytes.Index(data, []byte(s.number))
	if num >= 0 && (word < 0 || num < word) {
		return num, len(s.number)
	}
	return word, len(s.prefix)
}

func number(data []byte) (int, bool) {
	if len(data) < digits {
		return 0, false
	}
	n := 0
	for _, c := range data[:digits] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}
