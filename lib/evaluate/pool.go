package evaluate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Pool evaluates, formats and lints in worker processes. Jsonnet cannot be interrupted from inside a
// process, and a Go stack overflow or a failed allocation ends the process it happens in; so
// each piece of work is done in a process that may be killed. Workers start when they are needed and
// are reused, because a worker parses each file once.
type Pool struct {
	options Options
	slots   chan *worker // an idle worker, or nil for one that has yet to start
}

// NewPool returns a pool; no process is started yet.
func NewPool(options Options) (*Pool, error) {
	options.Limits = options.Limits.withDefaults()
	if options.Workers <= 0 {
		options.Workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{options: options, slots: make(chan *worker, options.Workers)}
	for range options.Workers {
		p.slots <- nil
	}
	return p, nil
}

// Evaluate runs one job. It is safe for concurrent use. What is wrong with the sources comes
// as a *diagnostic.ListError; any other error is a failure of the machine or ctx's.
func (p *Pool) Evaluate(ctx context.Context, job Job) (Result, error) {
	response, err := p.perform(ctx, request{Work: evaluation, Job: job})
	if err != nil {
		return Result{}, err
	}
	return response.Result, diagnostic.AsError(response.Findings...)
}

// perform has a worker do one piece of work. A worker that failed is not used again.
func (p *Pool) perform(ctx context.Context, r request) (response, error) {
	var w *worker
	select {
	case w = <-p.slots:
	case <-ctx.Done():
		return response{}, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		p.slots <- w
		return response{}, err
	}
	if w == nil {
		var err error
		if w, err = startWorker(p.options); err != nil {
			p.slots <- nil
			return response{}, err
		}
	}
	answer, err := w.do(ctx, r, p.options.Limits)
	if err != nil {
		w.kill()
		w = nil
	}
	p.slots <- w
	return answer, err
}

// Close ends all workers. No evaluation may be under way.
func (p *Pool) Close() error {
	for range cap(p.slots) {
		if w := <-p.slots; w != nil {
			w.kill()
		}
	}
	return nil
}

// worker is one worker process as the pool sees it.
type worker struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	encode  *gob.Encoder
	decode  *gob.Decoder
	stderr  *tail
}

// work is what a worker is to do. Its text is the subject of messages about limits.
type work string

const (
	evaluation work = "the evaluation"
	formatting work = "formatting"
	linting    work = "linting"
)

// request is one piece of work.
type request struct {
	Work   work
	Job    Job    // of an evaluation
	Source Source // of formatting and linting
}

// file is the file that a request is about.
func (r request) file() string {
	if r.Work == evaluation {
		return r.Job.Entry
	}
	return r.Source.File
}

// remedy chooses what to do about a limit: only an evaluation can be endless.
func (r request) remedy(evaluated, read string) string {
	if r.Work == evaluation {
		return evaluated
	}
	return read
}

// response is what a worker answers to a request.
type response struct {
	Result   Result
	Findings []diagnostic.Diagnostic
}

func startWorker(options Options) (*worker, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find the program itself to start a worker: %w", err)
	}
	w := &worker{stderr: &tail{}}
	w.command = &exec.Cmd{
		Path:   executable,
		Args:   []string{os.Args[0]}, // test binaries decide by this name what they are
		Env:    []string{workerMarker + "=1", "GOTRACEBACK=none"},
		Stderr: w.stderr,
	}
	if w.stdin, err = w.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := w.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.command.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a worker process: %w", err)
	}
	w.encode = gob.NewEncoder(w.stdin)
	w.decode = gob.NewDecoder(bufio.NewReaderSize(stdout, 64<<10))
	if err := w.encode.Encode(options); err != nil {
		w.kill()
		return nil, fmt.Errorf("a worker process ended at once: %w", err)
	}
	return w, nil
}

// do hands a request to the worker and waits for its answer within the limit of time. After an
// error the worker must be killed.
func (w *worker) do(ctx context.Context, r request, limits Limits) (response, error) {
	type answer struct {
		response response
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		if a.err = w.encode.Encode(r); a.err == nil {
			a.err = w.decode.Decode(&a.response)
		}
		answers <- a
	}()
	timer := time.NewTimer(limits.Time)
	defer timer.Stop()
	select {
	case a := <-answers:
		if a.err != nil {
			return response{}, w.obituary(ctx, r, limits)
		}
		return a.response, nil
	case <-timer.C:
		return response{}, limitError(r, fmt.Sprintf("%s takes longer than %s", r.Work, limits.Time),
			r.remedy("look for an endless loop", "split the file")+", or raise limits.time in dashc.yaml")
	case <-ctx.Done():
		return response{}, ctx.Err()
	}
}

// obituary says why a worker died.
func (w *worker) obituary(ctx context.Context, r request, limits Limits) error {
	err := w.command.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	text := w.stderr.String()
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == exitMemory,
		strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return limitError(r, fmt.Sprintf("%s needs more than %s of memory", r.Work, sizeText(limits.Memory)),
			r.remedy("look for an endless list or string", "split the file")+", or raise limits.memory in dashc.yaml")
	case strings.Contains(text, "stack"):
		return limitError(r, "the source or its value is nested too deeply",
			r.remedy("look for an endless recursion; limits.stack in dashc.yaml bounds function calls, not nesting", "give the inner parts names with local"))
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		return limitError(r, fmt.Sprintf("%s was ended by the system (%v), most often because the machine has no memory left", r.Work, exit),
			"lower limits.memory in dashc.yaml below what the machine has, or free memory")
	}
	return limitError(r, fmt.Sprintf("%s crashed (%v)", r.Work, err), "reduce the file until it does not, and report the crash to dashc with it")
}

func (w *worker) kill() {
	_ = w.stdin.Close()
	_ = w.command.Process.Kill()
	_ = w.command.Wait()
}

func limitError(r request, message, hint string) error {
	return diagnostic.AsError(failure(ruleLimit, diagnostic.Position{File: r.file()}, message, hint))
}

func sizeText(bytes int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if bytes >= unit.size && bytes%unit.size == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// tail keeps the beginning of what a worker says on stderr: why it died.
type tail struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (t *tail) Write(data []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if room := 4096 - t.buffer.Len(); room > 0 {
		t.buffer.Write(data[:min(room, len(data))])
	}
	return len(data), nil
}

func (t *tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.buffer.String()
}
