// Package locate finds where a part of a rendered document was written: the line of the
// Jsonnet source that holds its text, or the line of a JSON file. Jsonnet does not tell where a
// value came from, so the sources are searched, and the answer is the best place that is
// certain, never a guess among several. It never reads a disk by itself.
package locate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Source is one file that a document was made from.
type Source struct {
	// File is relative to the project's root.
	File, Text string
}

// shortest is the length below which a text that stands anywhere says nothing about the place.
const shortest = 6

// regionLines is how far below its title the rest of a panel is looked for.
const regionLines = 60

// In returns the place where a document says the texts, the most telling first: a
// metric's name, the expression around it, the panel's title. sources are the files of the
// document, the entry first; the entry itself is the answer where nothing is found.
func In(sources []Source, texts []string) diagnostic.Position {
	if len(sources) == 0 {
		return diagnostic.Position{}
	}
	entry := sources[0]
	nowhere := diagnostic.Position{File: entry.File}
	if len(texts) == 0 {
		return nowhere
	}
	title := entry.only(texts[len(texts)-1])
	for _, text := range texts {
		if len(texts) > 1 && title >= 0 {
			if at := entry.below(title, text); at >= 0 {
				return entry.position(at)
			}
		}
		if file, at := onlyIn(sources, text); at >= 0 {
			return file.position(at)
		}
	}
	if title >= 0 {
		return entry.position(title)
	}
	return nowhere
}

// onlyIn returns the one place where a text stands, over all sources.
func onlyIn(sources []Source, text string) (Source, int) {
	var found Source
	place := -1
	if len(text) < shortest {
		return found, place
	}
	for _, source := range sources {
		all := source.all(text, 2)
		if len(all) == 0 {
			continue
		}
		if place >= 0 || len(all) > 1 {
			return Source{}, -1
		}
		found, place = source, all[0]
	}
	return found, place
}

// only returns the one place where a text stands as a whole string, -1 if there is none or
// there are several.
func (s Source) only(text string) int {
	if text == "" {
		return -1
	}
	var places []int
	for _, quote := range []string{"'", `"`} {
		literal := quote + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), quote, `\`+quote) + quote
		for _, at := range s.all(literal, 2) {
			places = append(places, at+1)
		}
	}
	if len(places) != 1 {
		return -1
	}
	return places[0]
}

// below returns the first place of a text within the lines below an offset, -1 if there is none.
func (s Source) below(offset int, text string) int {
	end := offset
	for range regionLines {
		next := strings.IndexByte(s.Text[end:], '\n')
		if next < 0 {
			end = len(s.Text)
			break
		}
		end += next + 1
	}
	places := s.between(offset, end, text, 1)
	if len(places) == 0 {
		return -1
	}
	return places[0]
}

// all returns the offsets of a text, at most n.
func (s Source) all(text string, n int) []int { return s.between(0, len(s.Text), text, n) }

// between returns the offsets of a text in a part of the source, whole words only and not in
// comments, at most n.
func (s Source) between(start, end int, text string, n int) []int {
	var places []int
	if text == "" {
		return nil
	}
	for from := start; len(places) < n; {
		i := strings.Index(s.Text[from:end], text)
		if i < 0 {
			break
		}
		at := from + i
		from = at + len(text)
		if s.wholeWord(at, from) && !s.comment(at) {
			places = append(places, at)
		}
	}
	return places
}

func (s Source) wholeWord(start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s.Text[:start])
	first, _ := utf8.DecodeRuneInString(s.Text[start:])
	last, _ := utf8.DecodeLastRuneInString(s.Text[:end])
	after, _ := utf8.DecodeRuneInString(s.Text[end:])
	return !(isWord(before) && isWord(first)) && !(isWord(last) && isWord(after))
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func (s Source) position(at int) diagnostic.Position {
	start := strings.LastIndexByte(s.Text[:at], '\n') + 1
	return diagnostic.Position{
		File: s.File, Line: strings.Count(s.Text[:at], "\n") + 1, Column: utf8.RuneCountInString(s.Text[start:at]) + 1,
	}
}
