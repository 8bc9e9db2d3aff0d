package locate

import "strings"

// comment tells whether an offset lies in a comment of Jsonnet.
func (s Source) comment(at int) bool {
	for i := 0; i < at; {
		end := s.token(i)
		if end > at {
			return isComment(s.Text[i:])
		}
		i = end
	}
	return false
}

func isComment(text string) bool {
	return strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*") || strings.HasPrefix(text, "#")
}

// token returns the end of the comment, string or text block that starts at an offset; of
// anything else, the next byte.
func (s Source) token(at int) int {
	rest := s.Text[at:]
	switch {
	case strings.HasPrefix(rest, "//") || rest[0] == '#':
		return s.until(at, "\n")
	case strings.HasPrefix(rest, "/*"):
		return s.until(at+2, "*/")
	case strings.HasPrefix(rest, "|||"):
		return s.textBlock(at)
	case rest[0] == '@' && len(rest) > 1 && (rest[1] == '"' || rest[1] == '\''):
		return s.until(at+2, rest[1:2]) // a doubled quote inside begins another string, which is as well
	case rest[0] == '"' || rest[0] == '\'':
		return s.quoted(at)
	}
	return at + 1
}

// until returns the offset behind the next occurrence of a text.
func (s Source) until(at int, text string) int {
	i := strings.Index(s.Text[at:], text)
	if i < 0 {
		return len(s.Text)
	}
	return at + i + len(text)
}

func (s Source) quoted(at int) int {
	for i := at + 1; i < len(s.Text); i++ {
		switch s.Text[i] {
		case '\\':
			i++
		case s.Text[at]:
			return i + 1
		}
	}
	return len(s.Text)
}

// textBlock ends with the first line that holds ||| and nothing before it but space.
func (s Source) textBlock(at int) int {
	for i := s.until(at, "\n"); i < len(s.Text); i = s.until(i, "\n") {
		line := strings.TrimLeft(s.Text[i:], " \t")
		if strings.HasPrefix(line, "|||") {
			return len(s.Text) - len(line) + 3
		}
	}
	return len(s.Text)
}
