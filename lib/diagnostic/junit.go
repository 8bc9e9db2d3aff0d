package diagnostic

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The parts of a JUnit report that CI systems agree on.
type (
	junitReport struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"` // of the test machinery: always 0
		Skipped  int `xml:"skipped,attr"`
	}
	junitCase struct {
		ClassName string       `xml:"classname,attr"`
		Name      string       `xml:"name,attr"`
		File      string       `xml:"file,attr,omitempty"`
		Line      int          `xml:"line,attr,omitempty"`
		Failure   *junitResult `xml:"failure"`
		Skipped   *junitResult `xml:"skipped"`
		SystemOut string       `xml:"system-out,omitempty"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes one suite for each file and one test for each finding: a failed one for an
// error, a skipped one for a suppressed finding, one with output for a warning. Without
// findings there is one test that passed, since several systems take an empty report for a
// broken one.
func writeJUnit(w io.Writer, list []Diagnostic, o Options) error {
	report := junitReport{Name: "dashc"}
	for _, d := range list {
		report.add(d, o)
	}
	if len(list) == 0 {
		report.Suites = []junitSuite{{Name: "dashc", Cases: []junitCase{{ClassName: "dashc", Name: "no findings"}}}}
	}
	report.count()
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add appends a finding to the suite of its file. Findings come sorted by file.
func (r *junitReport) add(d Diagnostic, o Options) {
	name := "dashc"
	switch {
	case d.Position.File != "":
		name = oneLine(inRepository(d.Position.File, o))
	case d.Artifact != "":
		name = oneLine(d.Artifact)
	}
	if n := len(r.Suites); n == 0 || r.Suites[n-1].Name != name {
		r.Suites = append(r.Suites, junitSuite{Name: name})
	}
	suite := &r.Suites[len(r.Suites)-1]
	test := junitTest(d)
	test.ClassName = name
	test.Name = suite.unused(test.Name)
	if d.Position.File != "" {
		test.File = name
	}
	suite.Cases = append(suite.Cases, test)
}

// unused returns a name that no test of the suite has yet: GitLab and others keep only one of
// the tests whose class and name are equal. Lines are no part of names, so that the history
// of a test survives an edit above it.
func (s *junitSuite) unused(name string) string {
	taken := func(name string) bool {
		for _, test := range s.Cases {
			if test.Name == name {
				return true
			}
		}
		return false
	}
	candidate := name
	for i := 2; taken(candidate); i++ {
		candidate = fmt.Sprintf("%s (%d)", name, i)
	}
	return candidate
}

func junitTest(d Diagnostic) junitCase {
	message := printable(d.Message)
	name := d.Rule + ": "
	if place := d.place(); place != "" {
		name += place + ": "
	}
	test := junitCase{Name: oneLine(name + d.Message), Line: d.Position.Line}
	text := strings.TrimRight(headline(d, painter(false))+details(d, painter(false)), "\n")
	switch {
	case d.Suppressed != "":
		test.Skipped = &junitResult{Message: "suppressed: " + printable(d.Suppressed)}
		test.SystemOut = text
	case d.Severity == Error:
		test.Failure = &junitResult{Message: message, Type: d.Rule, Text: text}
	default:
		test.SystemOut = text
	}
	return test
}

func (r *junitReport) count() {
	for i := range r.Suites {
		suite := &r.Suites[i]
		for _, test := range suite.Cases {
			suite.Tests++
			if test.Failure != nil {
				suite.Failures++
			}
			if test.Skipped != nil {
				suite.Skipped++
			}
		}
		r.Tests += suite.Tests
		r.Failures += suite.Failures
		r.Skipped += suite.Skipped
	}
}
