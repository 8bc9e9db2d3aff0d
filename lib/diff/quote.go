package diff

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
)

// Titles, keys and paths come from files that anybody may have written. Whatever leaves this
// file is one printable line: control characters, line breaks and those characters that hide text or turn
// its direction are escaped as Go escapes them.

var (
	bareWord  = regexp.MustCompile(`^[A-Za-z_.$/][A-Za-z0-9_./:%+$@-]*$|^[0-9]+(?:ms|[smhdwyM])$`)
	ambiguous = map[string]bool{"true": true, "false": true, "null": true}
)

// bare returns a text as it is where that cannot be misread, else quoted.
func bare(text string) string {
	if bareWord.MatchString(text) && !ambiguous[text] && len(text) <= maxInline {
		return text
	}
	return strconv.Quote(text)
}

// ticked is an expression between backticks, or quoted where it holds one or does not print.
func ticked(text string) string {
	if strings.Contains(text, "`") || printable(text) != text {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

func quoted(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return inline(value)
}

// inline is a decoded value in one line.
func inline(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return printable(value.String())
	case string:
		return bare(value)
	case []any:
		if len(value) == 0 {
			return "[]"
		}
		words := make([]string, len(value))
		for i, item := range value {
			words[i] = inline(item)
			if strings.Contains(words[i], ",") {
				return compact(value)
			}
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	return compact(value)
}

// compact is a value as JSON in one line.
func compact(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return printable(fmt.Sprint(value))
	}
	return printable(strings.TrimSuffix(b.String(), "\n"))
}

// printable escapes what does not print and leaves everything else, quotes included.
func printable(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !strconv.IsPrint(r):
			escaped := strconv.QuoteRuneToASCII(r)
			b.WriteString(escaped[1 : len(escaped)-1])
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// lines returns a value as the lines of a block.
func lines(value any) []string {
	text, ok := value.(string)
	if !ok {
		data, err := artifact.EncodeJSON(value)
		if err != nil {
			data = []byte(compact(value))
		}
		text = strings.TrimSuffix(string(data), "\n")
	}
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		all = append(all, printable(line))
	}
	return all
}

// counted is a number with thousands separators and the word that goes with it.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
