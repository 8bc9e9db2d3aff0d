package locate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dashc/dashc/lib/locate"
)

func TestIn(t *testing.T) {
	source := func(file, text string) locate.Source { return locate.Source{File: file, Text: text} }
	tests := []struct {
		name    string
		sources []locate.Source
		texts   []string
		want    string // file:line:column, a file alone for nowhere
	}{
		{"no source", nil, []string{"anything"}, ""},
		{"no text", []locate.Source{source("a", "x")}, nil, "a"},
		{"one place", []locate.Source{source("a", "{\n  expr: 'rate(requests_total[5m])',\n}")}, []string{"requests_total"}, "a:2:15"},
		{"two places", []locate.Source{source("a", "requests_total\nrequests_total")}, []string{"requests_total"}, "a"},
		{"one place each in two files", []locate.Source{source("a", "requests_total"), source("b", "requests_total")}, []string{"requests_total"}, "a"},
		{"in a library", []locate.Source{source("a", "import 'b'"), source("b", "\n requests_total")}, []string{"requests_total"}, "b:2:2"},
		{"a part of a longer name", []locate.Source{source("a", "my_requests_total requests_total_sum")}, []string{"requests_total"}, "a"},
		{"beside a letter of another script", []locate.Source{source("a", "überrequests_total")}, []string{"requests_total"}, "a"},
		{"too short to say anything", []locate.Source{source("a", "a job here")}, []string{"job"}, "a"},
		{"the next text is unique", []locate.Source{source("a", "requests_total requests_total sum(requests_total)")}, []string{"requests_total", "sum(requests_total)"}, "a:1:31"},
		{"below the title", []locate.Source{source("a", "'One'\nrequests_total\n'Two'\nrequests_total")}, []string{"requests_total", "Two"}, "a:4:1"},
		{"short texts count below the title", []locate.Source{source("a", "job\n'Two'\n job")}, []string{"job", "Two"}, "a:3:2"},
		{"a comment below the title", []locate.Source{source("a", "'Two' // job\n 'http://job'")}, []string{"job", "Two"}, "a:2:10"},
		{"far below the title", []locate.Source{source("a", "'Two'\n"+strings.Repeat("\n", 100)+"job")}, []string{"job", "Two"}, "a:1:2"},
		{"only the title", []locate.Source{source("a", "\n  title: 'Two',")}, []string{"nothing like it", "Two"}, "a:2:11"},
		{"a title twice", []locate.Source{source("a", "'Two' \"Two\"")}, []string{"nothing like it", "Two"}, "a"},
		{"a title with quotes", []locate.Source{source("a", `title: 'It\'s'`)}, []string{"nothing like it", "It's"}, "a:1:9"},
		{"a comment", []locate.Source{source("a", "// requests_total\n  # requests_total\nrequests_total")}, []string{"requests_total"}, "a:3:1"},
		{"a comment of several lines", []locate.Source{source("a", "/* requests_total\n   requests_total */\nrequests_total")}, []string{"requests_total"}, "a:3:1"},
		{"a comment behind code", []locate.Source{source("a", "a, // requests_total\nrequests_total")}, []string{"requests_total"}, "a:2:1"},
		{"slashes in a string", []locate.Source{source("a", "'http://requests_total'")}, []string{"requests_total"}, "a:1:9"},
		{"a hash in a string", []locate.Source{source("a", "'# requests_total'")}, []string{"requests_total"}, "a:1:4"},
		{"a text block", []locate.Source{source("a", "expr: |||\n  sum(\n    requests_total\n  )\n|||")}, []string{"requests_total"}, "a:3:5"},
		{"a comment sign in a text block", []locate.Source{source("a", "|||\n  # requests_total\n|||")}, []string{"requests_total"}, "a:2:5"},
		{"a verbatim string", []locate.Source{source("a", `@'a\' requests_total // requests_total`)}, []string{"requests_total"}, "a:1:7"},
		{"unclosed", []locate.Source{source("a", `requests_total /* requests_total`)}, []string{"requests_total"}, "a:1:1"},
		{"CRLF", []locate.Source{source("a", "{\r\n  requests_total\r\n}")}, []string{"requests_total"}, "a:2:3"},
		{"columns are characters", []locate.Source{source("a", "'größe' + requests_total")}, []string{"requests_total"}, "a:1:11"},
		{"escaped quotes", []locate.Source{source("a", `'foo{a=\'b\'}'`)}, []string{`foo{a='b'}`}, "a:1:2"},
		{"escaped backslashes", []locate.Source{source("a", `'foo{a=~"b\\\\.c"}'`)}, []string{`foo{a=~"b\\.c"}`}, "a:1:2"},
		{"quotes of the other kind", []locate.Source{source("a", `"foo{a='b'}"`)}, []string{`foo{a='b'}`}, "a:1:2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := locate.In(test.sources, test.texts)
			got := at.File
			if at.Line > 0 {
				got = fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	tests := []struct{ name, text, path, want string }{
		{"the document", ` {"a": 1}`, "", "1:2"},
		{"a key", "{\n  \"a\": 1\n}", "a", "2:8"},
		{"nested", "{\"panels\": [1,\n {\"targets\": [{\"expr\":\n \"up\"}]}]}", "panels[1].targets[0].expr", "3:2"},
		{"a list", `{"a": [ 10 , 20 ]}`, "a[1]", "1:14"},
		{"the nearest around", `{"a": {"b": 1}}`, "a.c.d[3].e", "1:7"},
		{"nothing around", `{"a": 1}`, "b.c", "1:1"},
		{"CRLF", "{\r\n \"a\":\r\n 1}", "a", "3:2"},
		{"columns are characters", `{"größe": "ü", "a": 1}`, "a", "1:21"},
		{"a key with a dot", `{"a.b": {"c": 1}}`, "a.b.c", "1:15"},
		{"a key with brackets", `{"a[0]": 1}`, "a[0]", "1:10"},
		{"a key with an escape", `{"\u0061": 1}`, "a", "1:12"},
		{"an empty key", `{"": {"b": 1}}`, "", "1:1"},
		{"a key twice: the last one counts", `{"a": 1, "a": {"b": 2}}`, "a.b", "1:21"},
		{"truncated", `{"a": {"b": 1, "c"`, "a.b", "1:13"},
		{"truncated behind", `{"a": {"b": 1, "c"`, "a.c", "1:7"},
		{"no JSON", `nothing`, "a", "1:1"},
		{"empty", ``, "a", "1:1"},
		{"a byte order mark", "\ufeff{\"a\": 1}", "a", "1:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := locate.NewJSON("f", test.text).In(test.path)
			if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != test.want || at.File != "f" {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Neither a deep document nor a long line makes the search crash or wait.
func TestJSONIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"deep lists":   strings.Repeat("[", 1_000_000),
		"deep objects": strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000),
		"one line":     "[" + strings.Repeat(`{"expr":"up"},`, 100_000) + "1]",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			j := locate.NewJSON("f", text)
			for i := range 1000 {
				j.In(fmt.Sprintf("[%d].expr", i*90))
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a": [1, {"b": "c"}], "a": null}`, "a[1].b")
	f.Add("[[[{}", "[0][0]")
	f.Fuzz(func(t *testing.T, text, path string) {
		at := locate.NewJSON("f", text).In(path)
		if at.Line < 1 || at.Column < 1 || at.Line > strings.Count(text, "\n")+1 {
			t.Errorf("%q in %q is at %d:%d", path, text, at.Line, at.Column)
		}
	})
}
