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

// Pool evaluates jobs in worker processes. Jsonnet cannot be interrupted from inside a
// process, and a Go stack overflow or a failed allocation ends the process it happens in; so
// each evaluation runs in a process that may be killed. Workers start when they are needed and
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
	var w *worker
	select {
	case w = <-p.slots:
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		p.slots <- w
		return Result{}, err
	}
	var err error
	if w == nil {
		if w, err = startWorker(p.options); err != nil {
			p.slots <- nil
			return Result{}, err
		}
	}
	response, err := w.do(ctx, job, p.options.Limits)
	if err != nil {
		w.kill()
		w = nil
	}
	p.slots <- w
	if err != nil {
		return Result{}, err
	}
	if response.Finding != nil {
		return response.Result, diagnostic.AsError(*response.Finding)
	}
	return response.Result, nil
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

// response is what a worker answers to a job.
type response struct {
	Result  Result
	Finding *diagnostic.Diagnostic
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

// do hands a job to the worker and waits for its answer within the limit of time. After an
// error the worker must be killed.
func (w *worker) do(ctx context.Context, job Job, limits Limits) (response, error) {
	type answer struct {
		response response
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		if a.err = w.encode.Encode(job); a.err == nil {
			a.err = w.decode.Decode(&a.response)
		}
		answers <- a
	}()
	timer := time.NewTimer(limits.Time)
	defer timer.Stop()
	select {
	case a := <-answers:
		if a.err != nil {
			return response{}, w.obituary(ctx, job, limits)
		}
		return a.response, nil
	case <-timer.C:
		return response{}, limitError(job, fmt.Sprintf("the evaluation takes longer than %s", limits.Time),
			"look for an endless loop, or raise limits.time in dashc.yaml")
	case <-ctx.Done():
		return response{}, ctx.Err()
	}
}

// obituary says why a worker died.
func (w *worker) obituary(ctx context.Context, job Job, limits Limits) error {
	err := w.command.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	text := w.stderr.String()
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == exitMemory,
		strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return limitError(job, fmt.Sprintf("the evaluation needs more than %s of memory", sizeText(limits.Memory)),
			"look for an endless list or string, or raise limits.memory in dashc.yaml")
	case strings.Contains(text, "stack"):
		return limitError(job, "the source or its value is nested too deeply",
			"look for an endless recursion; limits.stack in dashc.yaml bounds function calls, not nesting")
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		return limitError(job, fmt.Sprintf("the evaluation was ended by the system (%v), most often because the machine has no memory left", exit),
			"lower limits.memory in dashc.yaml below what the machine has, or free memory")
	}
	return limitError(job, fmt.Sprintf("the evaluator crashed (%v)", err), "reduce the file until it evaluates, and report the crash to dashc with it")
}

func (w *worker) kill() {
	_ = w.stdin.Close()
	_ = w.command.Process.Kill()
	_ = w.command.Wait()
}

func limitError(job Job, message, hint string) error {
	return diagnostic.AsError(failure(ruleLimit, diagnostic.Position{File: job.Entry}, message, hint))
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
