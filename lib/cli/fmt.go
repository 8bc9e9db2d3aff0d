package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/project"
)

func (c *command) fmtCommand() *cli.Command {
	return &cli.Command{
		Name:         "fmt",
		Usage:        "format the project's Jsonnet files",
		ArgsUsage:    "[FILE...]",
		OnUsageError: onUsageError,
		Description: "Rewrites every Jsonnet file below jsonnet/, or only each FILE (a file, or a folder with all\n" +
			"below it), as jsonnetfmt does by default, and prints the names of those that changed. A file\n" +
			"that cannot be parsed is reported and left. With - as FILE, standard input is formatted to\n" +
			"standard output.",
		Flags: []cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "test", Usage: "write nothing; report the files that would change and exit 1 if there are any"},
			findingsFlag(),
			projectFlag(),
		},
		Action: c.reporting(c.fmt),
	}
}

func (c *command) fmt(ctx *cli.Context) error {
	p, err := load(ctx)
	if err != nil {
		return err
	}
	if ctx.NArg() == 1 && ctx.Args().First() == "-" {
		return c.fmtInput(ctx, p)
	}
	files, err := selectSources(ctx, p)
	if err != nil {
		return err
	}
	test := ctx.Bool("test")
	report, err := build.Format(ctx.Context, p, files, test, runtime.GOMAXPROCS(0))
	if !test {
		c.writeNames(ctx, p, report.Changed)
	}
	if err != nil {
		return err
	}
	code, err := c.writeFindings(ctx, report.Findings)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stderr, formatSummary(len(files), report, test))
	return exit(code)
}

// writeNames lists files that were rewritten, on stdout where that is not a report's.
func (c *command) writeNames(ctx *cli.Context, p *project.Project, files []string) {
	w := c.stdout
	if !asText(ctx) {
		w = c.stderr
	}
	for _, file := range files {
		fmt.Fprintln(w, c.relative(filepath.Join(p.Root, filepath.FromSlash(file))))
	}
}

func formatSummary(files int, report build.FormatReport, test bool) string {
	failed := len(report.Findings)
	if test {
		failed -= len(report.Changed)
	}
	line := count(files, "file") + " formatted as they should be"
	switch {
	case len(report.Changed) > 0 && test:
		line = fmt.Sprintf("%d of %s would be rewritten; run `dashc fmt`", len(report.Changed), count(files, "file"))
	case len(report.Changed) > 0:
		line = fmt.Sprintf("%d of %s rewritten", len(report.Changed), count(files, "file"))
	case failed > 0:
		line = fmt.Sprintf("%s of %d formatted as they should be", count(files-failed, "file"), files)
	case files == 1:
		line = "1 file formatted as it should be"
	}
	if failed > 0 {
		line += fmt.Sprintf("; %d could not be formatted", failed)
	}
	return line
}

// maxInput is the longest standard input that is formatted, in bytes, as for a file.
const maxInput = 16 << 20

// fmtInput formats standard input, for editors.
func (c *command) fmtInput(ctx *cli.Context, p *project.Project) error {
	text, err := io.ReadAll(io.LimitReader(ctx.App.Reader, maxInput+1))
	if err != nil {
		return fmt.Errorf("standard input cannot be read: %w", err)
	}
	if len(text) > maxInput {
		return usageError{"standard input has more than 16 MiB; format the file by its name, in parts"}
	}
	formatted, findings, err := build.FormatText(ctx.Context, p, "<stdin>", string(text))
	if err != nil {
		return err
	}
	if !ctx.Bool("test") {
		_, err := io.WriteString(c.stdout, formatted)
		return err
	}
	code, err := c.writeFindings(ctx, findings)
	if err != nil {
		return err
	}
	return exit(code)
}
