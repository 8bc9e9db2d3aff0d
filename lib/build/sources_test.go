package build

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/evaluate"
)

func TestUnformattedNamesTheFirstDifference(t *testing.T) {
	for name, c := range map[string]struct{ have, formatted, want string }{
		"a line":             {"{\n  a:1,\n}\n", "{\n  a: 1,\n}\n", `2:5 this line becomes "  a: 1,"`},
		"a space at the end": {"{} \n", "{}\n", `1:3 this line becomes "{}"`},
		"a line too many":    {"{}\n\n", "{}\n", `2:1 it should end before this line`},
		"no line break":      {"{}", "{}\n", `1:3 its last line has no line break`},
		"a missing line":     {"{}", "{\n}\n", `1:2 this line becomes "{"`},
		"CRLF":               {"{}\r\n", "{}\n", `1:3 this line becomes "{}"`},
		"after wide ones":    {"'é値'+1\n", "'é値' + 1\n", `1:5 this line becomes "'é値' + 1"`},
		"inside a character": {"'é'\n", "'è'\n", `1:2 this line becomes "'è'"`},
		"nothing is left":    {"\n", "", `1:1 it should end before this line`},
		"a long line":        {"a\n", strings.Repeat("b", 99) + "\n", `1:1 this line becomes "` + strings.Repeat("b", 80) + `..."`},
	} {
		t.Run(name, func(t *testing.T) {
			d := unformatted(evaluate.Source{File: "x", Text: c.have}, c.formatted)
			_, message, _ := strings.Cut(strings.Replace(d.Message, ";", ":", 1), ": ")
			if got := fmt.Sprintf("%d:%d %s", d.Position.Line, d.Position.Column, message); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
