package cli

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
)

func (c *command) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:         "verify",
		Usage:        "compare the rendered trees with their manifests",
		OnUsageError: onUsageError,
		Description: "Reads every file of OUT/ENVIRONMENT and reports those that are missing, changed or not listed\n" +
			"in manifest.json. It needs no sources. Exit code 3 if anything differs.",
		Flags: []cli.Flag{
			environmentsFlag("verify only environment `NAME`; repeats (default: every tree in the output folder)"),
			outDirFlag(),
			projectFlag(),
		},
		Action: c.verify,
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
