package project

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// csvColumns leads from a column to the key that it fills.
var csvColumns = map[string][]string{
	"id": {"id"}, "slug": {"slug"}, "name": {"name"}, "tier": {"tier"},
	"contact_point": {"contactPoint"}, "org_id": {"orgId"},
	"include": {"dashboards", "include"}, "exclude": {"dashboards", "exclude"},
}

// The prefixes of columns that there may be many of.
const (
	valuesColumn    = "values."
	thresholdColumn = "threshold."
)

// readCSVCustomers reads a table with a header (RFC 4180). An empty cell says nothing.
func readCSVCustomers(src io.ReadSeeker, file string) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		t := table{lines: newLines(src, file)}
		t.text = bufio.NewReader(nil)
		header, err := t.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = t.setHeader(header)
		}
		if err != nil {
			yield(record{}, err)
			return
		}
		for {
			row, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if !yield(record{}, err) {
					return
				}
				continue
			}
			if !yield(t.record(row)) {
				return
			}
		}
	}
}

// table reads rows, each of which may go over several lines.
type table struct {
	lines *lines
	text  *bufio.Reader
	paths [][]string // the key of each column
}

// row is one row and where each of its cells starts.
type row struct {
	cells  []string
	places []diagnostic.Position
}

// next reads a row. Lines belong together until their quotes are even in number.
func (t *table) next() (row, error) {
	var text []byte
	start := diagnostic.Position{}
	quotes := 0
	for {
		line, err := t.lines.next()
		if errors.Is(err, io.EOF) && len(text) > 0 {
			return row{}, configError(start, "config/customer", "a quoted cell of this row has no end", `a quote inside a quoted cell is written ""`)
		}
		if err != nil {
			return row{}, err
		}
		if len(text) == 0 {
			if line == "" {
				continue
			}
			start = t.lines.at(1)
		}
		text = append(append(text, line...), '\n')
		if len(text) > maxRecord {
			return row{}, tooLong(start)
		}
		if quotes += strings.Count(line, `"`); quotes%2 == 0 {
			return t.parse(text, start)
		}
	}
}

func (t *table) parse(text []byte, start diagnostic.Position) (row, error) {
	t.text.Reset(bytes.NewReader(text))
	reader := csv.NewReader(t.text)
	place := func(line, column int) diagnostic.Position {
		at := start
		at.Line += line - 1
		rest := text
		for range line - 1 {
			_, rest, _ = bytes.Cut(rest, []byte("\n"))
		}
		at.Column = utf8.RuneCount(rest[:min(len(rest), max(0, column-1))]) + 1
		return at
	}
	cells, err := reader.Read()
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return row{}, configError(place(wrong.Line, wrong.Column), "config/customer", "not valid CSV: "+wrong.Err.Error(), `put a cell with quotes, commas or lines into quotes, and write a quote in it as ""`)
	}
	if err != nil {
		return row{}, configError(start, "config/customer", "not valid CSV: "+err.Error(), "")
	}
	r := row{cells: cells, places: make([]diagnostic.Position, len(cells))}
	for i := range cells {
		r.places[i] = place(reader.FieldPos(i))
	}
	return r, nil
}

// setHeader reads the names of the columns.
func (t *table) setHeader(header row) error {
	var findings []diagnostic.Diagnostic
	seen := map[string]bool{}
	for i, name := range header.cells {
		fail := func(message, hint string) {
			findings = appendFindings(findings, configError(header.places[i], "config/customer", message, hint))
		}
		path, ok := csvPath(name)
		switch {
		case seen[name]:
			fail(fmt.Sprintf("there is a second column %.60q", name), "keep one of the two")
		case !ok && strings.Contains(name, ";") && len(header.cells) == 1:
			fail("the header is one column", "separate the columns by commas")
		case !ok:
			fail(fmt.Sprintf("there is no column %.60q", name), diagnostic.DidYouMean(name, append(sortedKeys(csvColumns), "values.KEY", "threshold.UID")))
		}
		for _, other := range t.paths {
			if ok && len(other) > 0 && !seen[name] && (isPrefix(other, path) || isPrefix(path, other)) {
				fail(fmt.Sprintf("the columns %s and %s fill the same key", keyPath(other), keyPath(path)), "keep one of the two")
			}
		}
		seen[name] = true
		t.paths = append(t.paths, path)
	}
	return diagnostic.AsError(findings...)
}

func isPrefix(prefix, path []string) bool {
	return len(prefix) <= len(path) && slices.Equal(prefix, path[:len(prefix)])
}

// csvPath returns the key that a column fills.
func csvPath(name string) ([]string, bool) {
	if path, ok := csvColumns[name]; ok {
		return path, true
	}
	if uid, ok := strings.CutPrefix(name, thresholdColumn); ok {
		return []string{"thresholds", uid}, uid != ""
	}
	if !strings.HasPrefix(name, valuesColumn) {
		return nil, false
	}
	path := strings.Split(name, ".")
	return path, !slices.Contains(path, "") && len(path) <= 20
}

// record turns a row into a customer.
func (t *table) record(r row) (record, error) {
	if len(r.cells) != len(t.paths) {
		return record{}, configError(r.places[0], "config/customer", fmt.Sprintf("the row has %d cells, the header %d", len(r.cells), len(t.paths)), "put a cell that holds a comma into quotes")
	}
	object := map[string]any{}
	for i, cell := range r.cells {
		if cell != "" {
			put(object, t.paths[i], t.cell(t.paths[i], cell))
		}
	}
	return record{
		value: object,
		position: func(path []string) (diagnostic.Position, bool) {
			for i, filled := range t.paths {
				if len(path) > 0 && r.cells[i] != "" && (isPrefix(filled, path) || isPrefix(path, filled)) {
					return r.places[i], true
				}
			}
			return r.places[0], len(path) == 0
		},
		written: func(key string) string {
			if i := slices.IndexFunc(t.paths, func(path []string) bool { return slices.Equal(path, []string{key}) }); i >= 0 {
				return r.cells[i]
			}
			return ""
		},
	}, nil
}

// cell returns what a cell stands for. Values are JSON where they can be, so that a number is
// one; everything else is text.
func (t *table) cell(path []string, cell string) any {
	switch path[0] {
	case "dashboards":
		list := []any{}
		for glob := range strings.SplitSeq(cell, ";") {
			if glob = strings.TrimSpace(glob); glob != "" {
				list = append(list, glob)
			}
		}
		return list
	case "orgId":
		if plainInteger.MatchString(cell) {
			return json.Number(cell)
		}
	case "thresholds":
		if json.Valid([]byte(cell)) && !strings.ContainsAny(cell[:1], `"[{tfn`) {
			return json.Number(strings.TrimSpace(cell))
		}
	case "values":
		return csvValue(cell)
	}
	return cell
}

func csvValue(cell string) any {
	decoded, err := jsonRecord([]byte(cell), diagnostic.Position{})
	if err != nil {
		return cell
	}
	return decoded.value
}

func put(object map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		next, ok := object[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[key] = next
		}
		object = next
	}
	object[path[len(path)-1]] = value
}
