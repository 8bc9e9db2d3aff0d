package cli

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
)

func (c *command) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:         "verify",
		Usage:        "compare the rendered trees with their manifests",
		OnUsageError: onUsageError,
		Description: "Reads every file of OUT/ENVIRONMENT and reports those that are missing, changed or not listed\n" +
			"in manifest.json. It needs no sources. Exit code 3 if anything differs. With --tenancy, reads the\n" +
			"customers' files and proves of each that it queries its customer only; this needs the project\n" +
			"for the metric catalogue and the list of customers. Exit code 1 if a file is not proven.",
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
	outDir, err := verifiedDir(ctx)
	if err != nil {
		return err
	}
	if ctx.Bool("tenancy") {
		return c.verifyTenancy(ctx, outDir)
	}
	results, err := build.Verify(ctx.Context, outDir, ctx.StringSlice("env"))
	if err != nil {
		return err
	}
	files, differences := 0, 0
	for _, result := range results {
		for _, difference := range result.Differences {
			fmt.Fprintf(c.stdout, "%s: %s\n", c.relative(filepath.Join(outDir, result.Name, filepath.FromSlash(difference.Path))), difference.What)
		}
		files += result.Files
		differences += len(result.Differences)
	}
	if differences > 0 {
		fmt.Fprintf(c.stderr, "%s; run `dashc build` to see what the sources say\n", count(differences, "difference"))
		return reported{ExitDifferences}
	}
	fmt.Fprintf(c.stderr, "%s in %s as the manifests say\n", count(files, "file"), count(len(results), "tree"))
	return nil
}

// verifiedDir is the output folder to verify. With --out-dir no project is needed, so that a
// tree can be verified where it is deployed.
func verifiedDir(ctx *cli.Context) (string, error) {
	if dir := ctx.String("out-dir"); dir != "" {
		return filepath.Abs(dir)
	}
	p, err := load(ctx)
	if err != nil {
		return "", err
	}
	return p.OutDir, nil
}

func (c *command) verifyTenancy(ctx *cli.Context, outDir string) error {
	p, err := load(ctx)
	if err != nil {
		return err
	}
	environments, err := selectEnvironments(p, ctx.StringSlice("env"))
	if err != nil {
		return err
	}
	report, err := build.VerifyTenancy(ctx.Context, p, environments, outDir, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	code, err := c.writeFindings(ctx, report.Findings)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "%s of customers, %s, %s: %s\n", count(report.Files, "file"), plural(report.Queries, "query", "queries"), count(report.Selectors, "selector"), proven(report))
	return exit(code)
}

func proven(report build.TenancyReport) string {
	if len(report.Findings) == 0 {
		return "all proven"
	}
	return count(len(report.Findings), "reason") + " why it is not proven"
}
