package diagnostic

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSnippet(t *testing.T) {
	long := strings.Repeat("a", 100) + "MARK" + strings.Repeat("z", 100)
	for name, c := range map[string]struct {
		text       string
		start, end int
		want       string
	}{
		"a part":                    {"sum(up)", 4, 6, "sum(up)\n    ^^"},
		"a point":                   {"sum(up)", 3, 3, "sum(up)\n   ^"},
		"empty text":                {"", 0, 0, "\n^"},
		"the end":                   {"up", 2, 2, "up\n  ^"},
		"second line":               {"a\nbcd\ne", 3, 4, "bcd\n ^"},
		"on the line break":         {"ab\ncd", 2, 2, "ab\n  ^"},
		"over the line break":       {"abc\ndef", 1, 6, "abc\n ^^"},
		"CRLF":                      {"abc\r\ndef\r\n", 1, 7, "abc\n ^^"},
		"on the CR":                 {"abc\r\ndef", 3, 4, "abc\n   ^"},
		"last line with CR":         {"abc\r", 9, 9, "abc\n   ^"},
		"last line is empty":        {"abc\n", 4, 4, "\n^"},
		"before the text":           {"abc", -7, -3, "abc\n^"},
		"behind the text":           {"abc", 70, 90, "abc\n   ^"},
		"end before start":          {"abc", 2, 1, "abc\n  ^"},
		"tabs stay":                 {"\ta\tb", 3, 4, "\ta\tb\n\t \t^"},
		"two bytes":                 {"é=ü", 3, 5, "é=ü\n  ^"},
		"wide characters":           {"名前=値x", 7, 10, "名前=値x\n     ^^"},
		"after a wide one":          {"値x", 3, 4, "値x\n  ^"},
		"an emoji":                  {"🚀 x", 5, 6, "🚀 x\n   ^"},
		"a combining accent":        {"e\u0301x", 3, 4, "e\u0301x\n ^"},
		"only a combining accent":   {"e\u0301x", 1, 3, "e\u0301x\n ^"},
		"a zero width joiner":       {"a\u200dx", 4, 5, "a\u200dx\n ^"},
		"a bidi control is seen":    {"a\u202ex", 4, 5, "a\u202ex\n  ^"},
		"inside a character":        {"aéb", 2, 3, "aéb\n ^"},
		"inside a wide character":   {"値x", 2, 4, "値x\n^^^"},
		"not UTF-8":                 {"\xff\xfeab", 2, 3, "\ufffd\ufffdab\n  ^"},
		"in bytes that are not":     {"a\x80\x80b", 2, 3, "a\ufffd\ufffdb\n  ^"},
		"a long line, middle":       {long, 100, 104, "..." + strings.Repeat("a", 60) + "MARK" + strings.Repeat("z", 56) + "...\n" + strings.Repeat(" ", 63) + "^^^^"},
		"a long line, start":        {long, 0, 1, long[:120] + "...\n^"},
		"a long line, end":          {long, 204, 204, "..." + long[144:] + "\n" + strings.Repeat(" ", 63) + "^"},
		"a long line, all":          {long, 0, 204, long[:120] + "...\n" + strings.Repeat("^", 120)},
		"a long mark in the middle": {long, 90, 204, "..." + long[30:150] + "...\n" + strings.Repeat(" ", 63) + strings.Repeat("^", 60)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Snippet(c.text, c.start, c.end); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSnippetAt(t *testing.T) {
	for name, c := range map[string]struct {
		text         string
		line, column int
		want         string
	}{
		"a column":            {"a\nbcd", 2, 3, "bcd\n  ^"},
		"code points":         {"éü=x", 1, 4, "éü=x\n   ^"},
		"behind the line":     {"ab\ncd", 1, 99, "ab\n  ^"},
		"CRLF":                {"ab\r\ncd", 1, 99, "ab\n  ^"},
		"the line after all":  {"ab\n", 2, 1, "\n^"},
		"no such line":        {"ab", 2, 1, ""},
		"an unknown line":     {"ab", 0, 1, ""},
		"an unknown column":   {"ab", 1, 0, ""},
		"a negative position": {"ab", -1, -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SnippetAt(c.text, Position{Line: c.line, Column: c.column}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("a\tb値\r\n\xffc", 2, 5)
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		got := Snippet(text, start, end)
		line, carets, two := strings.Cut(got, "\n")
		if !two || strings.Contains(carets, "\n") || !strings.HasSuffix(carets, "^") {
			t.Errorf("not a line and its carets: %q", got)
		}
		if utf8.RuneCountInString(line) > maxSnippet+len("......") || !utf8.ValidString(got) {
			t.Errorf("%d characters, valid %t: %q", utf8.RuneCountInString(line), utf8.ValidString(got), got)
		}
	})
}
