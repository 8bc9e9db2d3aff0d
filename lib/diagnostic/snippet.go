package diagnostic

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSnippet is the longest piece of a line that a snippet shows, in characters.
const maxSnippet = 120

// Snippet returns the line of a text that holds the byte offset start, cut to a readable
// length, and below it carets under the part from start to end. At least one caret is shown;
// a part that goes on in the next line is marked to the line's end.
func Snippet(text string, start, end int) string {
	start = max(0, min(start, len(text)))
	end = max(start, min(end, len(text)))
	first := strings.LastIndexByte(text[:start], '\n') + 1
	last := len(text)
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		last = start + i
	}
	end = min(end, last)
	before, marked, after := []rune(text[first:start]), []rune(text[start:end]), []rune(strings.TrimRight(text[end:last], "\r"))
	prefix, suffix := "", ""
	if room := maxSnippet / 2; len(before) > room && len(before)+len(marked)+len(after) > maxSnippet {
		before, prefix = before[len(before)-room:], "..."
	}
	if room := maxSnippet - len(before); len(marked)+len(after) > room {
		line := append(marked, after...)[:max(room, 1)]
		marked, after, suffix = line[:min(len(marked), len(line))], line[min(len(marked), len(line)):], "..."
	}
	carets := strings.Repeat("^", max(1, width(marked)))
	return prefix + string(before) + string(marked) + string(after) + suffix + "\n" +
		strings.Repeat(" ", len(prefix)) + blank(before) + carets
}

// blank replaces each character by a space of its width; tabs stay, so that carets line up.
func blank(line []rune) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == '\t':
			b.WriteRune(r)
		case !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func width(line []rune) int { return utf8.RuneCountInString(blank(line)) }
