package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
)

func (c *command) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:         "verify",
		Usage:        "compare the rendered trees with their manifests",
		OnUsageError: onUsageError,
		Description: "Reads every file of OUT/ENVIRONMENT and reports those that are missing, changed or not listed\n" +
			"in manifest.json. It needs no sources. Exit code 3 if anything differs or there is no tree.\n" +
			"With --tenancy, reads the customers' files and proves of each that it queries its customer\n" +
			"only; this needs the project for the metric catalogue and the list of customers. Exit code 1\n" +
			"if a file is not proven.",
		Flags: []cli.Flag{
			environmentsFlag("verify only environment `NAME`; repeats (default: every tree in the output folder)"),
			outDirFlag(),
			&cli.BoolFlag{DisableDefaultText: true, Name: "tenancy", Usage: "prove instead that every customer's files query that customer only"},
			findingsFlag(),
			projectFlag(),
		},
		Action: c.reporting(c.verify),
	}
}

func (c *command) verify(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	if ctx.Bool("tenancy") {
		return c.verifyTenancy(ctx)
	}
	options, err := verifyOptions(ctx)
	if err != nil {
		return err
	}
	report, err := build.Verify(ctx.Context, options)
	if occupied := build.Occupied(options.Root, err); len(occupied) > 0 && !asText(ctx) {
		if _, writeErr := c.writeFindings(ctx, occupied); writeErr != nil {
			return writeErr
		}
	}
	if err != nil {
		return err
	}
	return c.concludeVerify(ctx, options, report)
}

// concludeVerify writes what differs and one summary line, and returns the exit code as an error.
// As text each difference is one short line.
func (c *command) concludeVerify(ctx *cli.Context, options build.VerifyOptions, report build.VerifyReport) error {
	findings := report.Missing
	if asText(ctx) {
		c.listDifferences(options.OutDir, report.Differences)
	} else {
		drift := build.Drift(options.Root, options.OutDir, report.Differences, "run `dashc build` to see what the sources say")
		findings = append(drift, findings...)
	}
	code, err := c.writeFindings(ctx, diagnostic.Merge(findings))
	if err != nil {
		return err
	}
	switch n := len(report.Differences); {
	case n > 0:
		fmt.Fprintf(c.stderr, "%s; run `dashc build` to see what the sources say\n", count(n, "difference"))
		return reported{ExitDifferences}
	case code == ExitOK:
		fmt.Fprintf(c.stderr, "%s in %s as the manifests say\n", count(report.Files, "file"), count(report.Trees, "tree"))
	}
	return exit(code)
}

// verifyOptions are the trees to verify. With --out-dir no project is needed, so that a tree can
// be verified where it is deployed; one that is there still knows the names of environments.
func verifyOptions(ctx *cli.Context) (build.VerifyOptions, error) {
	var options build.VerifyOptions
	p, err := load(ctx)
	switch {
	case err == nil:
		options = build.VerifyOptions{OutDir: p.OutDir, Root: p.Root, Known: p.EnvironmentNames()}
	case ctx.String("out-dir") == "":
		return options, err
	default:
		if options.OutDir, err = filepath.Abs(ctx.String("out-dir")); err != nil {
			return options, err
		}
	}
	for _, list := range ctx.StringSlice("env") {
		options.Names = append(options.Names, strings.Split(list, ",")...)
	}
	return options, checkVerified(options)
}

// checkVerified refuses a name that is neither a tree nor an environment of the project: it is a
// typing mistake then. The tree of an environment that is no more can still be verified.
func checkVerified(options build.VerifyOptions) error {
	for _, name := range options.Names {
		if name == "" {
			return usageError{"--env: the name of an environment is empty"}
		}
		if len(options.Known) == 0 || slices.Contains(options.Known, name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(options.OutDir, name)); err != nil || !info.IsDir() {
			return usageError{fmt.Sprintf("there is no environment %q to verify; %s", name, diagnostic.DidYouMean(name, options.Known))}
		}
	}
	return nil
}

func (c *command) verifyTenancy(ctx *cli.Context) error {
	p, err := load(ctx)
	if err != nil {
		return err
	}
	environments, err := selectEnvironments(p, ctx.StringSlice("env"))
	if err != nil {
		return err
	}
	report, err := build.VerifyTenancy(ctx.Context, p, environments, p.OutDir, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	var names []string
	for _, environment := range environments {
		if environment.Customers.File != "" {
			names = append(names, environment.Name)
		}
	}
	missing := build.MissingTrees(p.Root, p.OutDir, names...)
	code, err := c.writeFindings(ctx, slices.Concat(report.Findings, missing))
	if err != nil {
		return err
	}
	result := proven(report)
	if len(missing) > 0 {
		result += "; " + plural(len(missing), "tree is", "trees are") + " missing"
	}
	fmt.Fprintf(c.stderr, "%s of customers, %s, %s: %s\n", count(report.Files, "file"), plural(report.Queries, "query", "queries"), count(report.Selectors, "selector"), result)
	return exit(code)
}

func proven(report build.TenancyReport) string {
	switch {
	case len(report.Findings) == 0 && report.Files == 0:
		return "nothing to prove"
	case len(report.Findings) == 0:
		return "all proven"
	}
	return count(len(report.Findings), "reason") + " why it is not proven"
}
