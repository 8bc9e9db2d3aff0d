package cli

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
)

func (c *command) lintCommand() *cli.Command {
	return &cli.Command{
		Name:         "lint",
		Usage:        "look for mistakes in the project's Jsonnet files without evaluating them",
		ArgsUsage:    "[FILE...]",
		OnUsageError: onUsageError,
		Description: "Reports what jsonnet-lint finds in every Jsonnet file below jsonnet/, or only in each FILE (a\n" +
			"file, or a folder with all below it): unused variables, fields that do not exist, values of\n" +
			"the wrong type. Imports are followed as in a build.",
		Flags: []cli.Flag{
			findingsFlag(),
			libraryFlag(),
			projectFlag(),
		},
		Action: c.reporting(c.lint),
	}
}

func (c *command) lint(ctx *cli.Context) error {
	p, err := load(ctx)
	if err != nil {
		return err
	}
	files, err := selectSources(ctx, p)
	if err != nil {
		return err
	}
	findings, err := build.Lint(ctx.Context, p, files, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	findings = diagnostic.Merge(findings)
	code, err := c.writeFindings(ctx, findings)
	if err != nil {
		return err
	}
	summary := "nothing found in " + count(len(files), "file")
	if len(findings) > 0 {
		summary = fmt.Sprintf("%s in %s", count(len(findings), "finding"), count(len(files), "file"))
	}
	fmt.Fprintln(c.stderr, summary)
	return exit(code)
}
