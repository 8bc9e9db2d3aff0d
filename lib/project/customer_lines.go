package project

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// lines reads a text line by line, none of which may be longer than one customer.
type lines struct {
	reader *bufio.Reader
	file   string
	// number is that of the line that was read last.
	number int
	// ended tells whether that line had an end, which the last line of a file may lack.
	ended bool
	// separators are refused where the format takes them for ends of lines, as YAML does.
	separators bool
	failed     bool
}

func newLines(r io.Reader, file string) *lines {
	return &lines{reader: bufio.NewReaderSize(r, 64<<10), file: file}
}

// next returns a line without its end. A finding is about this line alone, and reading can
// go on. io.EOF comes behind the last line.
func (l *lines) next() (string, error) {
	if l.failed {
		return "", io.EOF
	}
	var line []byte
	size := 0
	for {
		piece, err := l.reader.ReadSlice('\n')
		if size+len(piece) <= maxRecord {
			line = append(line, piece...)
		}
		size += len(piece)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			l.failed = true
			return "", readError(l.file, err)
		}
		if size == 0 {
			return "", io.EOF
		}
		l.ended = err == nil
		break
	}
	l.number++
	if size > maxRecord {
		return "", configError(l.at(1), "config/customer", "the line has more than 1 MiB", "a customer takes a few hundred bytes; is this a list of customers?")
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	}
	return string(line), l.check(line)
}

const byteOrderMark = "\ufeff"

func (l *lines) at(column int) diagnostic.Position {
	return diagnostic.Position{File: l.file, Line: l.number, Column: column}
}

// check refuses what no text holds.
func (l *lines) check(line []byte) error {
	column := 0
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		column++
		switch {
		case r == utf8.RuneError && size == 1:
			return configError(l.at(column), "config/customer", fmt.Sprintf("the byte 0x%02X is not valid UTF-8", line[i]), "save the file as UTF-8")
		case r != '\t' && unicode.IsControl(r), l.separators && (r == '\u2028' || r == '\u2029'):
			return configError(l.at(column), "config/customer", fmt.Sprintf("holds a control character (U+%04X)", r), "save the file as plain UTF-8 text")
		}
		i += size
	}
	return nil
}

// isBlank tells whether a line of YAML holds nothing but space and a comment.
func isBlank(line string) bool {
	text := strings.TrimLeft(line, " \t")
	return text == "" || text[0] == '#'
}
