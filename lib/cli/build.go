package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

func (c *command) buildCommand() *cli.Command {
	return &cli.Command{
		Name:         "build",
		Usage:        "compile the sources into the rendered trees",
		OnUsageError: onUsageError,
		Description: "Compiles every entry under jsonnet/ for each environment, checks the result against\n" +
			"Grafana's rules and writes OUT/ENVIRONMENT. Unchanged files are not touched; an environment\n" +
			"with an error is not written; files edited by hand are reported and kept. Without --env the\n" +
			"trees of environments that are no more are removed.",
		Flags: []cli.Flag{
			environmentsFlag("build only environment `NAME`; repeats (default: all)"),
			outDirFlag(),
			&cli.BoolFlag{DisableDefaultText: true, Name: "check", Usage: "write nothing; exit 3 and list what differs if the trees are not what the sources say"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "force", Usage: "replace files that were edited by hand"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "no-wait", Usage: "fail instead of waiting when another build writes the same trees"},
			libraryFlag(),
			&cli.IntFlag{Name: "parallel", Aliases: []string{"p"}, Usage: "evaluate `N` files at once (default: one for each CPU)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "verbose", Aliases: []string{"v"}, Usage: "show files and bytes read, evaluation time and bytes written of each entry"},
			&cli.StringFlag{Name: "output", Value: string(diagnostic.Text), Usage: "`FORMAT` of the findings: text on standard error, or " + strings.Join(diagnostic.Formats()[1:], ", ") + " on standard output"},
			&cli.StringSliceFlag{Name: "customer", Usage: "write the dashboards of customer `ID` only (an id or slug); repeats"},
			&cli.StringFlag{Name: "shard", Usage: "build part `I/N` of the trees, for example 3/16; the parts of all machines together are the whole"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "no-templates", Usage: "make every customer's dashboard by itself; the same bytes, and slower"},
			projectFlag(),
		},
		Action: c.reporting(c.build),
	}
}

func (c *command) build(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	workers, err := parallelism(ctx)
	if err != nil {
		return err
	}
	p, err := load(ctx)
	if err != nil {
		return err
	}
	environments, err := selectEnvironments(p, ctx.StringSlice("env"))
	if err != nil {
		return err
	}
	part, err := partOf(ctx.String("shard"))
	if err != nil {
		return err
	}
	progress := c.progress()
	report, err := build.Run(ctx.Context, p, build.Options{
		Environments: environments,
		Tool:         Version,
		Identity:     executableIdentity(),
		Workers:      workers,
		Prune:        !ctx.IsSet("env") && part.Count == 0 && !ctx.IsSet("customer"),
		Part:         part,
		Customers:    ctx.StringSlice("customer"),
		Long:         ctx.Bool("no-templates"),
		Check:        ctx.Bool("check"),
		Force:        ctx.Bool("force"),
		NoWait:       ctx.Bool("no-wait"),
		Verbose:      ctx.Bool("verbose"),
		Progress:     progress.show,
		Waiting:      func() { fmt.Fprintln(c.stderr, "waiting for another build to finish") },
	})
	progress.clear()
	if ctx.Bool("verbose") {
		if err := writeEntries(c.stderr, report); err != nil {
			return err
		}
	}
	findings := report.Findings
	if !asText(ctx) {
		findings = append(findings, treeFindings(ctx, p, report, err)...)
	}
	code, writeErr := c.buildFindings(ctx, findings)
	if err := errors.Join(err, writeErr); err != nil {
		return err
	}
	return c.conclude(ctx, p, report, code)
}

// treeFindings are what a report says of the trees: how they differ, or what kept the build from
// writing them.
func treeFindings(ctx *cli.Context, p *project.Project, report build.Report, err error) []diagnostic.Diagnostic {
	findings := build.Occupied(p.Root, err)
	if ctx.Bool("check") {
		findings = append(findings, build.Drift(p.Root, p.OutDir, report.Differences(), "run `dashc build` and commit the result")...)
	}
	return findings
}

// buildFindings writes findings as text to stderr, in another format to stdout.
func (c *command) buildFindings(ctx *cli.Context, findings []diagnostic.Diagnostic) (int, error) {
	findings = visible(diagnostic.Merge(findings), false)
	if asText(ctx) {
		return c.report(findings), nil
	}
	return c.writeFindings(ctx, findings)
}

// partOf reads --shard.
func partOf(text string) (build.Part, error) {
	if text == "" {
		return build.Part{}, nil
	}
	index, count, _ := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if err != nil || err2 != nil || i < 1 || n < i || n > maxParts {
		return build.Part{}, usageError{fmt.Sprintf("--shard %s: write I/N, with I from 1 to N and N at most %d", text, maxParts)}
	}
	return build.Part{Index: i, Count: n}, nil
}

// maxParts bounds how many parts a build can be cut into.
const maxParts = 4096

func parallelism(ctx *cli.Context) (int, error) {
	if !ctx.IsSet("parallel") {
		return runtime.GOMAXPROCS(0), nil
	}
	if n := ctx.Int("parallel"); n >= 1 {
		return n, nil
	}
	return 0, usageError{fmt.Sprintf("--parallel %d: must be at least 1", ctx.Int("parallel"))}
}

// conclude prints what differs and one summary line, and returns the exit code as an error.
// A report on stdout holds the differences as findings; as text each is one short line.
func (c *command) conclude(ctx *cli.Context, p *project.Project, report build.Report, code int) error {
	check := ctx.Bool("check")
	differs := check && len(report.Differences()) > 0
	if differs && asText(ctx) {
		c.listDifferences(p.OutDir, report.Differences())
	}
	fmt.Fprintln(c.stderr, summaryLine(report, check))
	if differs && (code == ExitOK || code == ExitDifferences) {
		fmt.Fprintln(c.stderr, "run `dashc build` and commit the result")
		return reported{ExitDifferences}
	}
	return exit(code)
}

// listDifferences writes one line on stdout for each file that differs.
func (c *command) listDifferences(outDir string, differences []build.Difference) {
	for _, difference := range differences {
		fmt.Fprintf(c.stdout, "%s: %s\n", c.relative(filepath.Join(outDir, difference.Environment, filepath.FromSlash(difference.Path))), difference.What)
	}
}

// relative shortens a path below the current directory.
func (c *command) relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return short
}

func summaryLine(report build.Report, check bool) string {
	var failed []string
	var files, written, removed, differences int
	for _, environment := range report.Environments {
		if environment.Failed {
			failed = append(failed, environment.Name)
		}
		files += environment.Files
		written += environment.Written
		removed += environment.Removed
		differences += len(environment.Differences)
	}
	var line string
	switch {
	case len(failed) > 0 && len(failed) == len(report.Environments):
		return "nothing published because of errors: " + strings.Join(failed, ", ")
	case check && differences > 0:
		line = fmt.Sprintf("%s in %s", count(differences, "difference"), environmentsText(report))
	case check:
		line = fmt.Sprintf("%s: %s as the sources say", environmentsText(report), count(files, "file"))
	case written+removed == 0 && differences > 0:
		line = fmt.Sprintf("%s: %s, none changed; manifest brought up to date", environmentsText(report), count(files, "file"))
	case written+removed == 0:
		line = fmt.Sprintf("%s: %s, nothing to do", environmentsText(report), count(files, "file"))
	default:
		line = fmt.Sprintf("%s: %s, %d written, %d removed", environmentsText(report), count(files, "file"), written, removed)
	}
	if len(failed) > 0 {
		line += "; not published because of errors: " + strings.Join(failed, ", ")
	}
	return line
}

func environmentsText(report build.Report) string {
	var names []string
	for _, environment := range report.Environments {
		if !environment.Failed {
			names = append(names, environment.Name)
		}
	}
	return strings.Join(names, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeEntries prints what each entry cost, one a line.
func writeEntries(w io.Writer, report build.Report) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENVIRONMENT\tENTRY\tFILES READ\tBYTES READ\tEVALUATION\tBYTES WRITTEN")
	for _, environment := range report.Environments {
		if environment.Fresh {
			fmt.Fprintf(table, "%s\t(sources and tree are as the last build left them)\t0\t0\t-\t0\n", environment.Name)
		}
		for _, entry := range environment.Entries {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%d\n", environment.Name, entry.Source, entry.FilesRead, entry.BytesRead, entry.Evaluation.Round(10*time.Microsecond), entry.BytesWritten)
		}
	}
	return table.Flush()
}

// executableIdentity tells one build of dashc from another, so that a tree which another
// build of the same version made is compared in full.
func executableIdentity() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", Version, info.Size(), info.ModTime().UnixNano())
}

// progress shows one line that rewrites itself, on a terminal only.
type progress struct {
	w     io.Writer
	shown bool
}

func (c *command) progress() *progress {
	if !isTerminal(c.stderr) {
		return &progress{w: io.Discard}
	}
	return &progress{w: c.stderr}
}

func (p *progress) show(done, total int) {
	p.shown = true
	fmt.Fprintf(p.w, "\r\x1b[Kevaluating %d/%d", done, total)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
