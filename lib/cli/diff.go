package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/diff"
)

func (c *command) diffCommand() *cli.Command {
	return &cli.Command{
		Name:         "diff",
		Usage:        "show what a build would change, in words",
		OnUsageError: onUsageError,
		Description: "Compiles the sources and compares the result with the rendered trees: panels, queries,\n" +
			"thresholds, variables, rules. The same change in many files is one line that says where it\n" +
			"occurs. It writes nothing. Exit code 3 if anything differs. With --from it compares two folders\n" +
			"of rendered trees and needs no sources.",
		Flags: []cli.Flag{
			environmentsFlag("compare only environment `NAME`; repeats (default: all)"),
			&cli.StringFlag{Name: "against", Usage: "compare with the trees in `DIR`, for example another checkout's out (default: outDir of dashc.yaml, or out)"},
			&cli.StringFlag{Name: "from", Usage: "compare the trees in `DIR` instead of what the sources compile to"},
			&cli.StringFlag{Name: "output", Value: string(diff.Text), Usage: "`FORMAT` of the changes: " + strings.Join(diff.Formats(), ", ")},
			libraryFlag(),
			&cli.IntFlag{Name: "parallel", Aliases: []string{"p"}, Usage: "evaluate `N` files at once (default: one for each CPU)"},
			projectFlag(),
		},
		Action: c.diff,
	}
}

func (c *command) diff(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	format, err := diff.ParseFormat(ctx.String("output"))
	if err != nil {
		return usageError{"--output: " + err.Error()}
	}
	for _, flag := range []string{"against", "from"} {
		if err := folderFlag(ctx, flag); err != nil {
			return err
		}
	}
	report, findings, err := c.compare(ctx)
	if err != nil {
		return err
	}
	if err := diff.Write(c.stdout, format, report, wantsColour(c.stdout)); err != nil {
		return fmt.Errorf("the differences cannot be written: %w", err)
	}
	code := c.report(stopping(findings))
	fmt.Fprintln(c.stderr, report.Summary())
	switch {
	case code != ExitOK:
		fmt.Fprintln(c.stderr, "not compared because of errors: "+strings.Join(report.Failed, ", "))
		return reported{code}
	case report.Differs():
		return reported{ExitDifferences}
	}
	return nil
}

func (c *command) compare(ctx *cli.Context) (diff.Report, []diagnostic.Diagnostic, error) {
	workers, err := parallelism(ctx)
	if err != nil {
		return diff.Report{}, nil, err
	}
	waiting := func() { fmt.Fprintln(c.stderr, "waiting for a build to finish") }
	if from, against := ctx.String("from"), ctx.String("against"); from != "" && against != "" {
		report, err := build.DiffTrees(ctx.Context, build.DiffTreesOptions{From: from, Against: against, Names: ctx.StringSlice("env"), Waiting: waiting})
		return report, nil, err
	}
	p, err := load(ctx)
	if err != nil {
		return diff.Report{}, nil, err
	}
	if from := ctx.String("from"); from != "" {
		report, err := build.DiffTrees(ctx.Context, build.DiffTreesOptions{From: from, Against: p.OutDir, Names: ctx.StringSlice("env"), Waiting: waiting})
		return report, nil, err
	}
	environments, err := selectEnvironments(p, ctx.StringSlice("env"))
	if err != nil {
		return diff.Report{}, nil, err
	}
	against := p.OutDir
	if ctx.IsSet("against") {
		against = ctx.String("against")
	}
	progress := c.progress()
	defer progress.clear()
	return build.Diff(ctx.Context, p, build.DiffOptions{
		Environments: environments, Against: against, Prune: !ctx.IsSet("env"), Workers: workers,
		Progress: progress.show, Waiting: waiting,
	})
}

// folderFlag checks that the folder that a flag names is there: a misspelt one would make
// everything differ.
func folderFlag(ctx *cli.Context, name string) error {
	if !ctx.IsSet(name) {
		return nil
	}
	dir := ctx.String(name)
	if info, err := os.Stat(dir); dir == "" || errors.Is(err, os.ErrNotExist) || err == nil && !info.IsDir() {
		return usageError{fmt.Sprintf("--%s %s: there is no such folder", name, dir)}
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
		return usageError{fmt.Sprintf("--%s %s: this is the tree of one environment; name the folder above it", name, dir)}
	}
	return nil
}

// stopping are the findings that keep an environment from being compared.
func stopping(findings []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	var list []diagnostic.Diagnostic
	for _, d := range findings {
		if d.Stops() {
			list = append(list, d)
		}
	}
	return list
}
