package evaluate

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"

	"github.com/dashc/dashc/lib/diagnostic"
)

// workerMarker is the environment variable that makes the program a worker.
const workerMarker = "DASHC_EVALUATION_WORKER"

// exitMemory is the exit code of a worker that reached its limit of memory.
const exitMemory = 97

// maxGoStack bounds the Go stack of a worker in bytes; deeper nesting ends it.
const maxGoStack = 256 << 20

// watchInterval is how often a worker looks at its memory.
const watchInterval = 5 * time.Millisecond

// IsWorker tells whether this process was started by a Pool. main calls RunWorker then, before
// anything else.
func IsWorker() bool { return os.Getenv(workerMarker) != "" }

// RunWorker serves requests from standard input until it ends. It does not return.
func RunWorker() {
	signal.Ignore(os.Interrupt) // the pool decides when a worker ends
	debug.SetMaxStack(maxGoStack)
	debug.SetGCPercent(400)
	decode := gob.NewDecoder(bufio.NewReader(os.Stdin))
	var options Options
	if decode.Decode(&options) != nil {
		os.Exit(0)
	}
	go watchMemory(options.Limits.Memory)
	// Requests are read beside the work, so that a worker whose pool is gone ends at once.
	requests := make(chan request)
	go func() {
		for {
			var r request
			if decode.Decode(&r) != nil {
				os.Exit(0)
			}
			requests <- r
		}
	}()
	output := bufio.NewWriterSize(os.Stdout, 64<<10)
	encode := gob.NewEncoder(output)
	e := newEvaluator(options)
	for r := range requests {
		if encode.Encode(e.serve(r)) != nil || output.Flush() != nil {
			os.Exit(0)
		}
	}
}

// watchMemory ends the process when it holds more memory than the limit.
func watchMemory(limit int64) {
	debug.SetMemoryLimit(limit * 9 / 10)
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	for range time.Tick(watchInterval) {
		metrics.Read(samples)
		held := samples[0].Value.Uint64() - samples[1].Value.Uint64() - samples[2].Value.Uint64()
		if held > uint64(limit) {
			os.Exit(exitMemory)
		}
	}
}

// evaluator evaluates jobs one after the other in one virtual machine. The machine keeps the
// syntax tree of every file it has parsed; values are dropped between jobs, so that the reads
// of a job do not depend on the jobs before it.
type evaluator struct {
	options  Options
	importer *importer
	vm       *jsonnet.VM
	trace    bytes.Buffer
}

func newEvaluator(options Options) *evaluator {
	e := &evaluator{options: options, importer: newImporter(options), vm: jsonnet.MakeVM()}
	e.vm.Importer(e.importer)
	e.vm.MaxStack = options.Limits.Stack
	e.vm.SetTraceOut(&e.trace)
	return e
}

func (e *evaluator) serve(r request) response {
	switch r.Work {
	case formatting:
		return e.format(r.Source)
	case linting:
		return e.lint(r.Source)
	}
	return e.run(r.Job)
}

func (e *evaluator) run(job Job) response {
	start := time.Now()
	e.importer.begin()
	e.trace.Reset()
	e.vm.TLAReset()
	e.vm.ExtReset() // drops the values of the job before
	for _, b := range job.External {
		if b.Code {
			e.vm.ExtCode(b.Name, b.Value)
		} else {
			e.vm.ExtVar(b.Name, b.Value)
		}
	}
	output, program, err := e.evaluate(job)
	r := response{Result: Result{Output: []byte(output), Reads: e.importer.reads(), Duration: time.Since(start)}}
	r.Result.Trace = slices.Clone(e.trace.Bytes())
	if d, bad := e.misencoded(job, program); bad {
		r.Result.Output = nil
		r.Findings = append(r.Findings, d)
	} else if err != nil {
		r.Result.Output = nil
		r.Findings = append(r.Findings, e.explain(job, err))
	}
	if limit := e.options.Limits.Output; int64(len(output)) > limit {
		r.Result.Output = nil
		r.Findings = append(r.Findings, failure(ruleLimit, diagnostic.Position{File: e.importer.name(e.entryPath(job))},
			"the output is larger than "+sizeText(limit), "make less of it, or raise limits.output in dashc.yaml"))
	}
	if len(output) > 1<<20 {
		runtime.GC() // a large result must not count against the next job
	}
	return r
}

func (e *evaluator) entryPath(job Job) string {
	if filepath.IsAbs(job.Entry) {
		return filepath.Clean(job.Entry)
	}
	return filepath.Join(e.options.Root, filepath.FromSlash(job.Entry))
}

// evaluate returns the output and the parsed entry, which is nil where it could not be parsed.
func (e *evaluator) evaluate(job Job) (string, ast.Node, error) {
	node, _, err := e.vm.ImportAST("", e.importer.admitEntry(e.entryPath(job)))
	if err != nil {
		return "", nil, err
	}
	for _, b := range job.Arguments {
		if b.Optional && !accepts(node, b.Name) {
			continue
		}
		if b.Code {
			e.vm.TLACode(b.Name, b.Value)
		} else {
			e.vm.TLAVar(b.Name, b.Value)
		}
	}
	e.vm.StringOutput = job.Form == String
	e.vm.OutputNewline = job.Form != String
	output, err := e.vm.Evaluate(node)
	return output, node, err
}

// accepts tells whether a program's top-level function has a parameter of that name. Where
// the program's value cannot be seen without running it, the answer is yes.
func accepts(node ast.Node, name string) bool {
	for {
		switch n := node.(type) {
		case *ast.Local:
			node = n.Body
		case *ast.Parens:
			node = n.Inner
		case *ast.Function:
			return slices.ContainsFunc(n.Parameters, func(p ast.Parameter) bool { return string(p.Name) == name })
		case *ast.DesugaredObject, *ast.Object, *ast.Array, *ast.LiteralString, *ast.LiteralNull, *ast.LiteralNumber, *ast.LiteralBoolean:
			return false
		default:
			return true
		}
	}
}
