// Package evaluate turns one Jsonnet entry file and its arguments into JSON and the list of
// everything that was read. Sources are not trusted: evaluation runs in worker processes under
// limits of time, memory, stack and output, and imports cannot leave the sandbox. It never
// looks at what the JSON means, and it hands no environment, network or clock to a source.
// The formatter and the linter run in the same workers, under the same limits.
package evaluate

import (
	"time"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Limits bound one evaluation. Zero fields take the defaults.
type Limits struct {
	Time   time.Duration
	Memory int64 // bytes of one worker process
	Output int64 // bytes of one result
	Stack  int   // Jsonnet stack frames
	Trace  int   // frames shown in an error
}

// The default limits. Stack and Trace are those of the jsonnet command.
const (
	defaultTime   = 30 * time.Second
	defaultMemory = 1 << 30
	defaultOutput = 64 << 20
	defaultStack  = 500
	defaultTrace  = 20
)

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = defaultTime
	}
	if l.Memory <= 0 {
		l.Memory = defaultMemory
	}
	if l.Output <= 0 {
		l.Output = defaultOutput
	}
	if l.Stack <= 0 {
		l.Stack = defaultStack
	}
	if l.Trace <= 0 {
		l.Trace = defaultTrace
	}
	return l
}

// Options say where sources may be read and how much an evaluation may take.
type Options struct {
	// Root is the absolute directory that positions and reads are relative to.
	Root string
	// Sandbox lists the absolute directories inside which every import must resolve, symbolic
	// links included. Entries and the directories of LibraryPath need not be listed.
	Sandbox []string
	// LibraryPath lists absolute directories for imports that are not found beside the
	// importing file. As with jsonnet -J the last one is searched first.
	LibraryPath []string
	Limits      Limits
	// Workers is the number of worker processes; 0 means one for each CPU.
	Workers int
}

// Job is one evaluation.
type Job struct {
	// Entry is the file to evaluate, relative to Options.Root or absolute.
	Entry     string
	Arguments []Binding // top-level arguments
	External  []Binding // external variables
	Form      Form
}

// Form says what a job's result has to be.
type Form int

// The forms of a result.
const (
	JSON   Form = iota // any value, printed as JSON
	String             // a string, printed as it is (jsonnet --string)
)

// Binding gives a name a value: text, or Jsonnet code.
type Binding struct {
	Name, Value string
	Code        bool
	// Optional leaves a top-level argument out where the entry is a function without it.
	Optional bool
}

// Read is one file that an evaluation read, or looked for in vain.
type Read struct {
	// Path is relative to Options.Root with forward slashes, or absolute outside of it.
	Path   string
	Size   int64
	SHA256 string // hexadecimal; empty where Missing
	// Missing marks a look-up that found no file.
	Missing bool
}

// Result is what an evaluation gave.
type Result struct {
	// Output is JSON as the jsonnet command prints it, or the string of Form String.
	Output []byte
	// Reads is sorted by path and lists each file once, the entry included.
	Reads    []Read
	Duration time.Duration
	// Trace is what std.trace printed.
	Trace []byte
}

// The rules of this package's findings.
const (
	ruleSyntax  = "jsonnet/syntax"
	ruleRuntime = "jsonnet/runtime"
	ruleImport  = "jsonnet/import"
	ruleLimit   = "jsonnet/limit"
	ruleLint    = "jsonnet/lint"
)

func failure(rule string, at diagnostic.Position, message, hint string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Rule: rule, Severity: diagnostic.Error, Position: at, Message: message, Hint: hint}
}
