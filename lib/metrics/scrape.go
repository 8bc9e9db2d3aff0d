package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/dashc/dashc/lib/diagnostic"
)

const (
	ruleScrape = "metrics/scrape"

	textFormat  = "text/plain"
	openMetrics = "application/openmetrics-text"
)

// Exposed is one metric as an exposition shows it.
type Exposed struct {
	Name       string
	Type       Type
	Unit, Help string
	// Labels are sorted, without le, quantile and the target labels. They are unknown while
	// the metric has no samples.
	Labels  []string
	Sampled bool
	// Idle is set where a series has counted nothing yet: it was there before its first event.
	Idle bool
	// Targets names what exposes it, sorted.
	Targets []string
	// Position is the metric's TYPE line, or its first sample.
	Position diagnostic.Position
}

// Scrape is what one or more targets expose.
type Scrape struct {
	Metrics map[string]Exposed
	// Warnings tell what was left out and why.
	Warnings []diagnostic.Diagnostic
}

// Parse reads an exposition. name is the file or address, for findings; target is the name
// of what exposes it. An empty content type means that the text itself says which format it is:
// OpenMetrics ends with `# EOF`.
func Parse(name, target string, data []byte, contentType string) (*Scrape, error) {
	p := &parser{name: name, data: data, families: map[string]family{}, samples: map[string]sampled{}}
	format, err := p.format(contentType)
	if err != nil {
		return nil, err
	}
	if err := p.whole(format); err != nil {
		return nil, err
	}
	if err := p.read(format); err != nil {
		return nil, err
	}
	metrics := resolve(p.families, p.samples, format == openMetrics)
	if len(metrics) == 0 && len(p.warnings) == 0 {
		return nil, p.finding(0, "the scrape holds no metric", "give the text that the application's /metrics page answers")
	}
	for name, m := range metrics {
		m.Targets = []string{target}
		metrics[name] = m
	}
	return &Scrape{Metrics: metrics, Warnings: diagnostic.Merge(p.warnings)}, nil
}

// family is the metadata of one metric.
type family struct {
	is         Type // empty without a TYPE line
	unit, help string
	line       int // of TYPE, or of the first metadata
	file       string
}

// sampled is what the samples of one name show.
type sampled struct {
	labels map[string]bool
	zero   bool // one has the value 0
	line   int
	file   string
}

// parser gathers metadata and samples of one exposition. What belongs together is decided
// afterwards, so that the order of lines does not matter.
type parser struct {
	name     string
	data     []byte
	families map[string]family
	samples  map[string]sampled
	warnings []diagnostic.Diagnostic
	// The line of the byte offset last, for lines that are asked for in order.
	last, line int
}

func (p *parser) finding(line int, message, hint string) error {
	return diagnostic.AsError(p.diagnostic(diagnostic.Error, line, message, hint))
}

func (p *parser) diagnostic(severity diagnostic.Severity, line int, message, hint string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Rule: ruleScrape, Severity: severity, Position: diagnostic.Position{File: p.name, Line: line}, Message: message, Hint: hint}
}

// format returns the media type to parse as, or a finding about text that is something else.
func (p *parser) format(contentType string) (string, error) {
	media, _, _ := mime.ParseMediaType(contentType)
	start := bytes.TrimSpace(bytes.TrimPrefix(p.data, []byte("\xef\xbb\xbf")))
	switch {
	case len(start) == 0:
		return "", p.finding(0, "the scrape is empty", "give the text that the application's /metrics page answers")
	case media == "text/html" || start[0] == '<':
		return "", p.finding(1, "this is HTML, not an exposition: an error or a login page", "open the address in a browser; /metrics must answer plain text without a login")
	case bytes.HasPrefix(p.data, []byte("\xff\xfe")) || bytes.HasPrefix(p.data, []byte("\xfe\xff")):
		return "", p.finding(1, "this is UTF-16, as a redirect in Windows PowerShell writes it", "save the scrape as UTF-8, for example with `curl.exe -o FILE URL`")
	case bytes.HasPrefix(p.data, []byte("\xef\xbb\xbf")):
		return "", p.finding(1, "the scrape begins with a byte order mark", "save it as UTF-8 without one")
	case media == "application/vnd.google.protobuf":
		return "", p.finding(0, "this is the protobuf format", "ask for text: `curl -H 'Accept: text/plain' -o FILE URL`")
	}
	if at := bytes.IndexByte(p.data, 0); at >= 0 || bytes.HasPrefix(p.data, []byte("\x1f\x8b")) {
		return "", p.finding(bytes.Count(p.data[:max(at, 0)], []byte("\n"))+1, "this is binary data, not text", "if it is compressed, unpack it first (`curl --compressed`, `gunzip`)")
	}
	if media == openMetrics || media == textFormat {
		return media, nil
	}
	if lines := bytes.TrimRight(p.data, "\r\n"); bytes.HasSuffix(append([]byte("\n"), lines[max(0, len(lines)-6):]...), []byte("\n# EOF")) {
		return openMetrics, nil
	}
	if onlyOpenMetrics.Match(p.data) {
		return openMetrics, nil // and cut off, since its end is missing
	}
	return textFormat, nil
}

// onlyOpenMetrics finds lines that the text format does not have.
var onlyOpenMetrics = regexp.MustCompile(`(?m)^# (UNIT \S+ |TYPE \S+ (unknown|info|stateset|gaugehistogram)$)`)

// whole tells whether the last line is complete: a scrape that was cut off would pass for an
// application that lost its metrics.
func (p *parser) whole(format string) error {
	lines := bytes.Count(p.data, []byte("\n"))
	switch {
	case format == openMetrics && !bytes.HasSuffix(bytes.TrimRight(p.data, "\r\n"), []byte("# EOF")):
		return p.finding(lines+1, "the scrape was cut off: OpenMetrics ends with `# EOF`", "take the scrape again")
	case format == textFormat && !bytes.HasSuffix(p.data, []byte("\n")):
		return p.finding(lines+1, "the scrape was cut off: its last line has no line feed", "take the scrape again, for example with `curl -o FILE URL`")
	}
	return nil
}

// read takes every line. The parser hands out slices of the text, whose capacity reaches to
// the text's end: that tells where they stand, which the parser does not say.
func (p *parser) read(format string) error {
	text := slices.Clip(p.data)
	entries, err := textparse.New(text, format, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	end := 0 // of what was understood
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.unreadable(end, err)
		}
		part := current(entries, entry)
		if len(part) == 0 {
			continue
		}
		start := len(text) - cap(part)
		end = start + len(part)
		if err := p.entry(entries, entry, p.lineOf(start)); err != nil {
			return err
		}
	}
}

// current returns the part of the text that tells where an entry stands.
func current(entries textparse.Parser, entry textparse.Entry) []byte {
	var part []byte
	switch entry {
	case textparse.EntryHelp:
		part, _ = entries.Help()
	case textparse.EntryType:
		part, _ = entries.Type()
	case textparse.EntryUnit:
		part, _ = entries.Unit()
	case textparse.EntrySeries:
		part, _, _ = entries.Series()
	case textparse.EntryComment:
		part = entries.Comment()
	}
	return part
}

func (p *parser) lineOf(offset int) int {
	if offset < p.last || p.line == 0 {
		p.last, p.line = 0, 1
	}
	p.line += bytes.Count(p.data[p.last:offset], []byte("\n"))
	p.last = offset
	return p.line
}

// unreadable says which line stopped the parser: the first one behind the last entry that is
// not blank.
func (p *parser) unreadable(end int, err error) error {
	if end > 0 {
		if newline := bytes.IndexByte(p.data[end:], '\n'); newline >= 0 {
			end += newline + 1
		}
	}
	rest := bytes.TrimLeft(p.data[end:], "\n")
	line := p.lineOf(len(p.data) - len(rest))
	text, _, _ := bytes.Cut(rest, []byte("\n"))
	if trimmed := bytes.TrimSpace(p.data); trimmed[0] != '#' && json.Valid(trimmed) {
		return p.finding(1, "this is JSON, not an exposition", "give the text that the application's /metrics page answers")
	}
	hint := "an exposition has one sample a line: name{label=\"value\"} 1"
	if bytes.HasSuffix(text, []byte("\r")) {
		hint = "the file has Windows line endings; an exposition's lines end with a line feed alone"
	}
	return p.finding(line, "the line is not part of an exposition: "+shortened(string(text), 80)+" ("+shortened(reason(err), 120)+")", hint)
}

// reason leaves out the parser's copy of the text.
func reason(err error) string {
	text, _, _ := strings.Cut(err.Error(), " while parsing:")
	return text
}

func shortened(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "..."
}

// entry takes one entry of the exposition.
func (p *parser) entry(entries textparse.Parser, entry textparse.Entry, line int) error {
	switch entry {
	case textparse.EntryHelp:
		name, help := entries.Help()
		p.describe(string(name), line, func(f *family) { f.help = strings.TrimSpace(string(help)) })
	case textparse.EntryUnit:
		name, unit := entries.Unit()
		p.describe(string(name), line, func(f *family) { f.unit = string(unit) })
	case textparse.EntryType:
		name, is := entries.Type()
		return p.typed(string(name), typeOf(is), line)
	case textparse.EntrySeries:
		return p.sample(entries, line)
	}
	return nil
}

func typeOf(t model.MetricType) Type {
	if t == model.MetricTypeUnknown || t == "" {
		return Untyped
	}
	return Type(t)
}

// describe changes what is known about a family; a name that no query can write without
// quotes is left out.
func (p *parser) describe(name string, line int, change func(*family)) {
	if !p.usable(name, line) {
		return
	}
	f, known := p.families[name]
	if !known {
		f = family{line: line, file: p.name}
	}
	change(&f)
	p.families[name] = f
}

func (p *parser) usable(name string, line int) bool {
	if metricName.MatchString(name) {
		return true
	}
	p.warnings = append(p.warnings, p.diagnostic(diagnostic.Warning, line, fmt.Sprintf("the metric %q is left out: its name needs quotes in a query", shortened(name, 80)),
		"let the client translate names to letters, digits and _"))
	return false
}

func (p *parser) typed(name string, is Type, line int) error {
	if first, known := p.families[name]; known && first.is != "" {
		message := fmt.Sprintf("a second TYPE of %s: %s here, %s on line %d", name, is, first.is, first.line)
		if first.is == is {
			message = fmt.Sprintf("a second TYPE of %s; the first is on line %d", name, first.line)
		}
		return p.finding(line, message, "an exposition describes each metric once; give several scrapes as several files")
	}
	p.describe(name, line, func(f *family) { f.is, f.line = is, line })
	return nil
}

func (p *parser) sample(entries textparse.Parser, line int) error {
	var set labels.Labels
	entries.Labels(&set)
	name := set.Get(model.MetricNameLabel)
	if duplicate, found := set.HasDuplicateLabelNames(); found {
		return p.finding(line, fmt.Sprintf("the label %s comes twice in one sample of %s", duplicate, name), "Prometheus refuses the whole scrape; correct the application")
	}
	if !p.usable(name, line) {
		return nil
	}
	s, known := p.samples[name]
	if !known {
		s = sampled{labels: map[string]bool{}, line: line, file: p.name}
		p.samples[name] = s
	}
	set.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel || s.labels[l.Name] {
			return
		}
		if !labelName.MatchString(l.Name) {
			p.warnings = append(p.warnings, p.diagnostic(diagnostic.Warning, line, fmt.Sprintf("the label %q of %s is left out: its name needs quotes in a query", shortened(l.Name, 80), name),
				"let the client translate names to letters, digits and _"))
		}
		s.labels[l.Name] = true
	})
	if _, _, value := entries.Series(); value == 0 && !s.zero {
		s.zero = true
		p.samples[name] = s
	}
	return nil
}
