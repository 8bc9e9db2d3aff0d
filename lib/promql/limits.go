package promql

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

// Prometheus' parser has no limits of its own. It recurses once for each operator and bracket
// around another, and looks at the whole of an operation at each of its operators: a chain of
// 100,000 takes minutes. No query that a person reads comes near these bounds.
const (
	// longest is the number of bytes of an expression with its macros filled in.
	longest = 256 << 10
	// deepest bounds the operators and opening brackets of one expression, and with them how
	// deep it can be.
	deepest = 20_000
	// mostParsed bounds the bytes that are parsed for one query, over all of its expansions.
	mostParsed = 4 << 20
)

// bounded tells what is wrong with the size of an expansion, nil if nothing is.
func bounded(text string) error {
	if len(text) > longest {
		return fmt.Errorf("the expression is %d bytes long, more than %d; split it, or record a part of it by a rule", len(text), longest)
	}
	if len(text) <= deepest {
		return nil // each operator has at least one byte
	}
	var item parser.Item
	lexer := parser.Lex(text)
	for n := 0; n <= deepest; {
		lexer.NextItem(&item)
		switch {
		case item.Typ == parser.EOF || item.Typ == parser.ERROR:
			return nil
		case item.Typ.IsOperator() || item.Typ == parser.LEFT_PAREN || item.Typ == parser.LEFT_BRACKET || item.Typ == parser.LEFT_BRACE:
			n++
		}
	}
	return fmt.Errorf("the expression has more than %d operators and brackets; split it, or record a part of it by a rule", deepest)
}
