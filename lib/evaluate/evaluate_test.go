package evaluate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/diagnostic"
)

var update = flag.Bool("update", false, "write the golden parts of testdata again")

func TestMain(m *testing.M) {
	if IsWorker() {
		RunWorker()
	}
	os.Exit(m.Run())
}

// Each archive in testdata is a tree of sources under jsonnet/ and vendor/, whose main.jsonnet
// is evaluated with env = {a: 5}. The part `want` holds its output and reads, or the finding.
func TestPrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			var want *txtar.File
			for i, part := range archive.Files {
				if part.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				write(t, filepath.Join(root, part.Name), string(part.Data))
			}
			result, err := newPool(t, root, Limits{Time: 10 * time.Second}).Evaluate(context.Background(), jobFor("jsonnet/main.jsonnet"))
			got := describe(t, result, err)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(want.Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

func jobFor(entry string) Job {
	return Job{Entry: entry, Arguments: []Binding{{Name: "env", Value: "{a: 5}", Code: true, Optional: true}}}
}

func newPool(t testing.TB, root string, limits Limits) *Pool {
	t.Helper()
	pool, err := NewPool(Options{
		Root: root, Sandbox: []string{filepath.Join(root, "jsonnet")},
		LibraryPath: []string{filepath.Join(root, "vendor"), filepath.Join(root, "vendor2")},
		Limits:      limits, Workers: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func describe(t testing.TB, result Result, err error) string {
	t.Helper()
	var b strings.Builder
	if err != nil {
		findings, ok := diagnostic.FromError(err)
		if !ok {
			t.Fatalf("not a finding: %v", err)
		}
		if err := diagnostic.WriteText(&b, findings, false); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	b.Write(result.Output)
	for _, read := range result.Reads {
		fmt.Fprintf(&b, "read %s %d missing=%t\n", read.Path, read.Size, read.Missing)
	}
	if len(result.Trace) > 0 {
		fmt.Fprintf(&b, "trace %s", result.Trace)
	}
	return b.String()
}

// expectFinding evaluates source and wants a finding of a rule whose text holds all parts.
func expectFinding(t *testing.T, pool *Pool, root, source, rule string, parts ...string) {
	t.Helper()
	write(t, filepath.Join(root, "jsonnet", "case.jsonnet"), source)
	start := time.Now()
	result, err := pool.Evaluate(context.Background(), jobFor("jsonnet/case.jsonnet"))
	if err == nil {
		t.Fatalf("no error; the output is %.100s", result.Output)
	}
	text := describe(t, result, err)
	for _, part := range append(parts, "["+rule+"]", "jsonnet/case.jsonnet") {
		if !strings.Contains(text, part) {
			t.Errorf("the finding does not hold %q:\n%s", part, text)
		}
	}
	for _, part := range []string{"goroutine", ".go:", "<std>", hintMark} {
		if strings.Contains(text, part) {
			t.Errorf("the finding holds %q:\n%s", part, text)
		}
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestRunawaySourcesEndWithinTheLimits(t *testing.T) {
	for name, c := range map[string]struct {
		source, hint string
	}{
		"endless recursion":      {`local f(x) = f(x + 1) + 1; f(0)`, "limits.stack"},
		"endless tail calls":     {`local f(x) = f(x + 1) tailstrict; f(0)`, "limits."},
		"long loop":              {`local n(f) = std.foldl(function(a, b) f(b), std.range(1, 10000), 0); n(function(a) n(function(b) b))`, "limits.time"},
		"huge list":              {`std.foldl(function(a, b) a, std.range(0, 1e9), 0)`, "limits.memory"},
		"1 GB string":            {`std.length(std.repeat('x', 1000000000))`, "limits."},
		"doubling string":        {`std.length(std.foldl(function(s, i) s + s, std.range(1, 40), 'xxxxxxxx'))`, "limits."},
		"large output":           {`std.range(1, 200000)`, "limits.output"},
		"deeply nested source":   {strings.Repeat("[", 300000), "look for an endless"},
		"deeply nested value":    {`local g(n, a) = if n == 0 then a else g(n - 1, [a]) tailstrict; g(100000, [])`, "limits."},
		"object that never ends": {`local o = { a: o }; o`, "limits."},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			pool := newPool(t, root, Limits{Time: 3 * time.Second, Memory: 400 << 20, Output: 1 << 20})
			expectFinding(t, pool, root, c.source, ruleLimit, c.hint)
			// The pool goes on.
			write(t, filepath.Join(root, "jsonnet", "after.jsonnet"), `function(env) env.a`)
			result, err := pool.Evaluate(context.Background(), jobFor("jsonnet/after.jsonnet"))
			if err != nil || string(result.Output) != "5\n" {
				t.Errorf("the next job gives %q, %v", result.Output, err)
			}
		})
	}
}

func TestImportsStayInTheSandbox(t *testing.T) {
	root := t.TempDir()
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.txt"), "topsecret")
	write(t, filepath.Join(root, "private.txt"), "topsecret")
	write(t, filepath.Join(root, "jsonnet", "lib", "a.txt"), "inside")
	for link, target := range map[string]string{
		"jsonnet/lib/link.txt":    filepath.Join(outside, "secret.txt"),
		"jsonnet/lib/up.txt":      "../../private.txt",
		"jsonnet/lib/dir":         outside,
		"jsonnet/lib/zero":        "/dev/zero",
		"jsonnet/lib/ok.txt":      "a.txt",
		"jsonnet/lib/broken":      "nowhere",
		"jsonnet/escaped.jsonnet": filepath.Join(outside, "secret.txt"),
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "jsonnet", "lib", "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, root, Limits{Time: 5 * time.Second})
	for source, message := range map[string]string{
		`importstr '/etc/passwd'`:                              "absolute path",
		`import '//etc/passwd'`:                                "absolute path",
		`importbin '../private.txt'`:                           "outside",
		`importstr 'lib/../../private.txt'`:                    "outside",
		`importstr '../../../../../../../../../../etc/passwd'`: "outside",
		`importstr 'lib/link.txt'`:                             "outside",
		`importstr 'lib/up.txt'`:                               "outside",
		`importstr 'lib/dir/secret.txt'`:                       "outside",
		`importstr 'lib/zero'`:                                 "outside",
		`importstr 'lib/fifo'`:                                 "not a regular file",
		`importstr 'lib'`:                                      "not a regular file",
		`importstr 'lib/broken'`:                               "not found",
		`importstr 'lib/a.txt/b'`:                              "not found",
		`importstr 'lib/b.txt'`:                                `did you mean "a.txt"?`,
		"importstr 'lib/a\\u0000.txt'":                         "NUL",
	} {
		expectFinding(t, pool, root, source, ruleImport, message)
		write(t, filepath.Join(root, "jsonnet", "case.jsonnet"), source)
		if result, err := pool.Evaluate(context.Background(), jobFor("jsonnet/case.jsonnet")); strings.Contains(describe(t, result, err), "topsecret") {
			t.Errorf("%s shows the secret", source)
		}
		// A worker reads a file once; the next case needs a fresh one.
		pool = newPool(t, root, Limits{Time: 5 * time.Second})
	}
	if _, err := pool.Evaluate(context.Background(), jobFor("jsonnet/escaped.jsonnet")); err == nil {
		t.Error("an entry that links out of the project is evaluated")
	}
	write(t, filepath.Join(root, "jsonnet", "good.jsonnet"), `importstr 'lib/ok.txt'`)
	if result, err := pool.Evaluate(context.Background(), jobFor("jsonnet/good.jsonnet")); err != nil || string(result.Output) != "\"inside\"\n" {
		t.Errorf("a link inside the sandbox gives %q, %v", result.Output, err)
	}
}

func TestTooLargeAndBinarySources(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "large.txt"), strings.Repeat("x", maxSource+1))
	pool := newPool(t, root, Limits{Time: 10 * time.Second})
	expectFinding(t, pool, root, `importstr 'large.txt'`, ruleImport, "more than 16 MiB")
}

// The library path works as jsonnet's -J: the last directory wins, beside the file comes first.
func TestLibraryPathOrder(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "vendor", "x.libsonnet"), `'vendor'`)
	write(t, filepath.Join(root, "vendor2", "x.libsonnet"), `'vendor2'`)
	write(t, filepath.Join(root, "vendor", "only.libsonnet"), `import 'x.libsonnet'`)
	write(t, filepath.Join(root, "jsonnet", "main.jsonnet"), `[import 'x.libsonnet', import 'only.libsonnet']`)
	result, err := newPool(t, root, Limits{}).Evaluate(context.Background(), jobFor("jsonnet/main.jsonnet"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(string(result.Output)), ""); got != `["vendor2","vendor"]` {
		t.Errorf("got %s", got)
	}
	want := []string{"jsonnet/main.jsonnet", "jsonnet/only.libsonnet -", "jsonnet/x.libsonnet -", "vendor/only.libsonnet", "vendor/x.libsonnet", "vendor2/only.libsonnet -", "vendor2/x.libsonnet"}
	if got := paths(result.Reads); !reflect.DeepEqual(got, want) {
		t.Errorf("reads %q, want %q", got, want)
	}
}

func paths(reads []Read) []string {
	var all []string
	for _, read := range reads {
		path := read.Path
		if read.Missing {
			path += " -"
		}
		all = append(all, path)
	}
	return all
}

// What a job reads and gives does not depend on the jobs before it or beside it.
func TestJobsDoNotDependOnEachOther(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "vendor", "lib.libsonnet"), `{ deep: import 'deep.libsonnet', other:: import 'other.libsonnet' }`)
	write(t, filepath.Join(root, "vendor", "deep.libsonnet"), `std.extVar('v')`)
	write(t, filepath.Join(root, "vendor", "other.libsonnet"), `{ other: true }`)
	var jobs []Job
	for i := range 6 {
		file := fmt.Sprintf("jsonnet/e%d.jsonnet", i)
		source := `function(env) { d: (import 'lib.libsonnet').deep, env: env }`
		if i%2 == 1 {
			source = `function(env) { o: (import 'lib.libsonnet').other, v: std.extVar('v') }`
		}
		write(t, filepath.Join(root, file), source)
		job := jobFor(file)
		job.External = []Binding{{Name: "v", Value: fmt.Sprint(i)}}
		jobs = append(jobs, job)
	}
	run := func(pool *Pool, job Job) Result {
		result, err := pool.Evaluate(context.Background(), job)
		if err != nil {
			t.Error(err)
		}
		result.Duration = 0
		return result
	}
	var alone []Result
	for _, job := range jobs {
		alone = append(alone, run(newPool(t, root, Limits{}), job))
	}
	shared := newPool(t, root, Limits{})
	var group sync.WaitGroup
	for round := range 3 {
		for i, job := range jobs {
			group.Go(func() {
				if got := run(shared, job); !reflect.DeepEqual(got, alone[i]) {
					t.Errorf("round %d job %d: got %+v, alone %+v", round, i, got, alone[i])
				}
			})
		}
	}
	group.Wait()
}

func TestCancel(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "loop.jsonnet"), `local n(f) = std.foldl(function(a, b) f(b), std.range(1, 100000), 0); n(function(a) n(function(b) b))`)
	pool := newPool(t, root, Limits{Time: time.Minute})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := pool.Evaluate(ctx, jobFor("jsonnet/loop.jsonnet"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("cancelling took %s", took)
	}
}

// A worker that dies under the pool costs its job a finding, and nothing else.
func TestWorkerIsKilledFromOutside(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "a.jsonnet"), `1`)
	pool := newPool(t, root, Limits{})
	if _, err := pool.Evaluate(context.Background(), jobFor("jsonnet/a.jsonnet")); err != nil {
		t.Fatal(err)
	}
	for range cap(pool.slots) {
		w := <-pool.slots
		if w != nil {
			_ = w.command.Process.Kill()
		}
		pool.slots <- w
	}
	for range 4 {
		result, err := pool.Evaluate(context.Background(), jobFor("jsonnet/a.jsonnet"))
		if err != nil {
			if text := describe(t, result, err); !strings.Contains(text, "ended by the system") {
				t.Errorf("got %s", text)
			}
			continue
		}
		if string(result.Output) != "1\n" {
			t.Errorf("got %q", result.Output)
		}
	}
	if _, err := pool.Evaluate(context.Background(), jobFor("jsonnet/a.jsonnet")); err != nil {
		t.Errorf("the pool has not recovered: %v", err)
	}
}

func TestForms(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "jsonnet", "s.jsonnet"), `'a\nb'`)
	pool := newPool(t, root, Limits{})
	result, err := pool.Evaluate(context.Background(), Job{Entry: filepath.Join(root, "jsonnet", "s.jsonnet"), Form: String})
	if err != nil || string(result.Output) != "a\nb" {
		t.Errorf("got %q, %v", result.Output, err)
	}
	expectFindingForm(t, pool, root)
}

func expectFindingForm(t *testing.T, pool *Pool, root string) {
	t.Helper()
	write(t, filepath.Join(root, "jsonnet", "o.jsonnet"), `{}`)
	result, err := pool.Evaluate(context.Background(), Job{Entry: "jsonnet/o.jsonnet", Form: String})
	if err == nil || !strings.Contains(describe(t, result, err), "jsonnet/o.jsonnet") {
		t.Errorf("an object as a string gives %q, %v", result.Output, err)
	}
}

// Whatever the source, an evaluation ends with output or with a finding that has a message and
// no trace of Go.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{"{}", "function(env) env", "local a = 1; a", "error 'x'", "{ a: 1 b: 2 }", "import 'x'", "std.foldl(1)", "'\\ud800'", "|||\n x\n|||", "{ [x]: 1 for x in ['a'] }", "assert false : 'm\nn'; 1"} {
		f.Add(seed)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "std") || strings.Contains(source, "for") || strings.Contains(source, "tailstrict") {
			return // loops are for the pool, which can end them; this evaluator runs in the test itself
		}
		entry := filepath.Join(root, "fuzz.jsonnet")
		write(t, entry, source)
		e := newEvaluator(Options{Root: root, Limits: Limits{Stack: 50}.withDefaults()})
		response := e.run(Job{Entry: entry})
		for _, d := range response.Findings {
			if d.Message == "" || d.Rule == "" || d.Position.File == "" || strings.Contains(d.Message, "goroutine") {
				t.Errorf("a poor finding: %+v", d)
			}
		}
	})
}
