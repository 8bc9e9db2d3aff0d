package diagnostic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// maxSnippet is the longest piece of a line that a snippet shows, in characters.
const maxSnippet = 120

// Snippet returns the line of a text that holds the byte offset start, cut to a readable
// length, and below it carets under the part from start to end. At least one caret is shown;
// a part that goes on in the next line is marked to the line's end.
func Snippet(text string, start, end int) string {
	start = max(0, min(start, len(text)))
	first := strings.LastIndexByte(text[:start], '\n') + 1
	last := len(text)
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		last = start + i
	}
	if last > first && text[last-1] == '\r' {
		last--
	}
	start = characterStart(text[first:], min(start, last)-first) + first
	end = max(start, min(end, last))
	return snippet([]rune(text[first:start]), []rune(text[start:end]), []rune(text[end:last]))
}

// SnippetAt returns the snippet of a position in a text, or "" where the text has no such line
// or the column is unknown.
func SnippetAt(text string, at Position) string {
	if at.Line < 1 || at.Column < 1 {
		return ""
	}
	for range at.Line - 1 {
		_, rest, found := strings.Cut(text, "\n")
		if !found {
			return ""
		}
		text = rest
	}
	line, _, _ := strings.Cut(text, "\n")
	offset := 0
	for range at.Column - 1 {
		_, size := utf8.DecodeRuneInString(line[offset:])
		offset += size
	}
	return Snippet(line, offset, offset)
}

// snippet cuts a line, which comes in three parts, and underlines the one in the middle.
func snippet(before, marked, after []rune) string {
	prefix, suffix := "", ""
	if room := maxSnippet / 2; len(before) > room && len(before)+len(marked)+len(after) > maxSnippet {
		before, prefix = before[len(before)-room:], "..."
	}
	room := maxSnippet - len(before)
	if len(marked)+len(after) > room {
		marked = marked[:min(len(marked), room)]
		after, suffix = after[:min(len(after), room-len(marked))], "..."
	}
	carets := strings.Repeat("^", max(1, len([]rune(blank(marked)))))
	return prefix + string(before) + string(marked) + string(after) + suffix + "\n" +
		strings.Repeat(" ", len(prefix)) + blank(before) + carets
}

// characterStart moves an offset back to the start of the character that it lies in.
func characterStart(text string, offset int) int {
	for back := 1; back < utf8.UTFMax && back <= offset; back++ {
		if _, size := utf8.DecodeRuneInString(text[offset-back:]); size > back {
			return offset - back
		}
	}
	return offset
}

// blank replaces each character by as many spaces as a terminal gives it columns; tabs stay,
// so that carets line up.
func blank(line []rune) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '\t':
			b.WriteRune(r)
		case unicode.Is(unicode.Bidi_Control, r):
			b.WriteByte(' ') // a report replaces it by a character that is seen
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// isWide tells whether a terminal gives a character two columns (Unicode's annex 11).
func isWide(r rune) bool {
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}
