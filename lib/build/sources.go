package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/project"
)

// FormatReport is what Format found and did.
type FormatReport struct {
	// Changed lists the files that were rewritten or, in a test, that would be.
	Changed  []string
	Findings []diagnostic.Diagnostic
}

// Format rewrites sources as jsonnetfmt does by default. With test it writes nothing and
// reports each file that would change. A file that cannot be parsed is reported and left. The
// error is that of the machine or of an interrupt.
func Format(ctx context.Context, p *project.Project, files []string, test bool, workers int) (FormatReport, error) {
	changed := make([]bool, len(files))
	findings, err := eachSource(ctx, p, files, workers, func(ctx context.Context, pool *evaluate.Pool, i int, source evaluate.Source) ([]diagnostic.Diagnostic, error) {
		formatted, err := pool.Format(ctx, source)
		if err != nil || formatted == source.Text {
			return nil, err
		}
		if test {
			changed[i] = true
			return []diagnostic.Diagnostic{unformatted(source, formatted)}, nil
		}
		if err := replaceSource(p, source.File, formatted); err != nil {
			return nil, fmt.Errorf("%s: cannot be rewritten: %w", source.File, err)
		}
		changed[i] = true
		return nil, nil
	})
	report := FormatReport{Findings: findings}
	for i, file := range files {
		if changed[i] {
			report.Changed = append(report.Changed, file)
		}
	}
	return report, err
}

// FormatText returns a text that belongs to no file as Format would write it, and a finding
// where that is not what it is. What cannot be parsed comes as a *diagnostic.ListError.
func FormatText(ctx context.Context, p *project.Project, name, text string) (string, []diagnostic.Diagnostic, error) {
	pool, err := NewPool(p, 1)
	if err != nil {
		return "", nil, err
	}
	source := evaluate.Source{File: name, Text: text}
	formatted, err := pool.Format(ctx, source)
	if err = errors.Join(err, pool.Close()); err != nil {
		return "", nil, err
	}
	if formatted == text {
		return formatted, nil, nil
	}
	return formatted, []diagnostic.Diagnostic{unformatted(source, formatted)}, nil
}

// Lint returns what the linter finds in sources. The error is that of the machine or of an
// interrupt.
func Lint(ctx context.Context, p *project.Project, files []string, workers int) ([]diagnostic.Diagnostic, error) {
	return eachSource(ctx, p, files, workers, func(ctx context.Context, pool *evaluate.Pool, _ int, source evaluate.Source) ([]diagnostic.Diagnostic, error) {
		return pool.Lint(ctx, source)
	})
}

// eachSource does something with each file, several at once, and returns the findings in the
// order of the files. An error that carries findings is one more finding.
func eachSource(ctx context.Context, p *project.Project, files []string, workers int,
	do func(context.Context, *evaluate.Pool, int, evaluate.Source) ([]diagnostic.Diagnostic, error)) ([]diagnostic.Diagnostic, error) {
	pool, err := NewPool(p, workers)
	if err != nil {
		return nil, err
	}
	results := make([][]diagnostic.Diagnostic, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, file := range files {
		group.Go(func() error {
			text, err := p.ReadSource(file)
			if err == nil {
				results[i], err = do(ctx, pool, i, evaluate.Source{File: file, Text: text})
			}
			if findings, ok := diagnostic.FromError(err); ok {
				results[i] = findings
				return nil
			}
			return err
		})
	}
	err = errors.Join(group.Wait(), pool.Close())
	var findings []diagnostic.Diagnostic
	for _, result := range results {
		findings = append(findings, result...)
	}
	return findings, err
}

// unformatted says where a source first differs from its formatted text.
func unformatted(source evaluate.Source, formatted string) diagnostic.Diagnostic {
	have := source.Text
	at := commonPrefix(have, formatted)
	start := strings.LastIndexByte(have[:at], '\n') + 1
	wanted, _, _ := strings.Cut(formatted[start:], "\n")
	message := "the file is not formatted; this line becomes " + quoted(wanted)
	switch {
	case at == len(have) && formatted[at:] == "\n":
		message = "the file is not formatted; its last line has no line break"
	case start == len(formatted):
		message = "the file is not formatted; it should end before this line"
	}
	return diagnostic.Diagnostic{
		Rule: "jsonnet/format", Severity: diagnostic.Error,
		Position: diagnostic.Position{File: source.File, Line: strings.Count(have[:at], "\n") + 1, Column: utf8.RuneCountInString(have[start:at]) + 1},
		Message:  message, Hint: "run `dashc fmt`",
		Snippet: diagnostic.Snippet(have, at, at),
	}
}

// commonPrefix returns the length of what two texts begin with, in whole characters.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

// maxQuoted is the longest piece of a formatted line that a message shows, in characters.
const maxQuoted = 80

// quoted makes spaces at the ends of a line visible.
func quoted(line string) string {
	if runes := []rune(line); len(runes) > maxQuoted {
		line = string(runes[:maxQuoted]) + "..."
	}
	return strconv.Quote(line)
}

// replaceSource gives a source a new text in one step, and keeps its mode. The new file stands
// beside the old one first: a rename does not cross disks.
func replaceSource(p *project.Project, file, text string) error {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Lstat(filepath.FromSlash(file))
	if err != nil {
		return err
	}
	temporary := filepath.FromSlash(path.Join(path.Dir(file), fmt.Sprintf(".%s.%d.tmp", path.Base(file), os.Getpid())))
	if err := writeNew(root, temporary, text, info.Mode().Perm()); err != nil {
		return errors.Join(err, removed(root, temporary))
	}
	if err := root.Rename(temporary, filepath.FromSlash(file)); err != nil {
		return errors.Join(err, removed(root, temporary))
	}
	return nil
}

func writeNew(root *os.Root, name, text string, mode fs.FileMode) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	// The umask may have taken bits away.
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

func removed(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
