package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
)

func (c *command) checkCommand() *cli.Command {
	return &cli.Command{
		Name:         "check",
		Usage:        "find queries that cannot work and files that Grafana would refuse",
		ArgsUsage:    "[FILE...]",
		OnUsageError: onUsageError,
		Description: "Compiles every environment as a build does, writes nothing, and applies all rules: queries\n" +
			"against the metric catalogue, dashboards, provisioning, alert and recording rules. A finding\n" +
			"names its rule; --explain RULE prints the rule's page. With FILEs, checks these dashboards in\n" +
			"JSON by themselves; --env then gives them the data sources, recording rules and metrics of an\n" +
			"environment, --catalogue only the metrics.",
		Flags: []cli.Flag{
			environmentsFlag("check only environment `NAME`; repeats (default: all)"),
			findingsFlag(),
			&cli.StringFlag{Name: "fail-on", Value: "error", Usage: "exit with 1 from this `SEVERITY` on: error or warning"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "show-suppressed", Usage: "list what is switched off too, with the reasons"},
			&cli.StringFlag{Name: "explain", Usage: "print the page of `RULE` and do nothing else; \"all\" lists the rules"},
			&cli.StringFlag{Name: "catalogue", Usage: "check FILEs against the metric catalogue in `DIR`"},
			&cli.StringFlag{Name: "prometheus", Usage: "also ask the running Prometheus at `URL` whether the series exist"},
			libraryFlag(),
			&cli.IntFlag{Name: "parallel", Aliases: []string{"p"}, Usage: "evaluate `N` files at once (default: one for each CPU)"},
			projectFlag(),
		},
		Action: c.reporting(c.check),
	}
}

func (c *command) check(ctx *cli.Context) error {
	switch {
	case ctx.IsSet("explain"):
		return c.explain(ctx)
	case ctx.Args().Present():
		return c.checkFiles(ctx)
	case ctx.IsSet("catalogue"):
		return usageError{"--catalogue goes with FILEs; a project has its own in jsonnet/metrics"}
	}
	return c.checkProject(ctx)
}

func (c *command) checkProject(ctx *cli.Context) error {
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
	progress := c.progress()
	options := build.CheckOptions{Environments: environments, Workers: workers, Progress: progress.show}
	if address := ctx.String("prometheus"); address != "" {
		if options.Prometheus, err = metrics.NewPrometheus(address); err != nil {
			return usageError{"--prometheus: " + err.Error()}
		}
	}
	report, err := build.Check(ctx.Context, p, options)
	progress.clear()
	if err != nil {
		return err
	}
	return c.concludeCheck(ctx, report, count(len(environments), "environment")+", ")
}

// concludeCheck writes the findings and one summary line, and returns the exit code as an error.
func (c *command) concludeCheck(ctx *cli.Context, report build.CheckReport, scope string) error {
	findings := diagnostic.Merge(report.Findings)
	code, err := c.writeFindings(ctx, visible(findings, ctx.Bool("show-suppressed")))
	if err != nil {
		return err
	}
	var errors, warnings, suppressed int
	for _, d := range findings {
		switch {
		case d.Suppressed != "":
			suppressed++
		case d.Severity == diagnostic.Error:
			errors++
		default:
			warnings++
		}
	}
	line := fmt.Sprintf("%s%s, %s, %s: %s, %s", scope, count(report.Dashboards, "dashboard"), count(report.Panels, "panel"),
		plural(report.Queries, "query", "queries"), count(errors, "error"), count(warnings, "warning"))
	if suppressed > 0 {
		line += fmt.Sprintf(", %d switched off", suppressed)
	}
	if report.PassedOver > 0 {
		line += fmt.Sprintf("; %s of other data sources passed over", plural(report.PassedOver, "query", "queries"))
	}
	fmt.Fprintln(c.stderr, line)
	return exit(code)
}

// visible leaves out what is switched off, unless it is asked for.
func visible(findings []diagnostic.Diagnostic, suppressed bool) []diagnostic.Diagnostic {
	if suppressed {
		return findings
	}
	return slices.DeleteFunc(slices.Clone(findings), func(d diagnostic.Diagnostic) bool { return d.Suppressed != "" })
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checkFiles checks dashboards in JSON that need no project.
func (c *command) checkFiles(ctx *cli.Context) error {
	if ctx.IsSet("prometheus") {
		return usageError{"--prometheus goes with a project, not with FILEs"}
	}
	files, err := readDashboards(ctx.Args().Slice())
	if err != nil {
		return err
	}
	options, err := c.filesOptions(ctx)
	if err != nil {
		return err
	}
	return c.concludeCheck(ctx, build.CheckFiles(files, options), "")
}

// filesOptions is what --env and --catalogue say about the files.
func (c *command) filesOptions(ctx *cli.Context) (build.FilesOptions, error) {
	var options build.FilesOptions
	if names := ctx.StringSlice("env"); len(names) > 0 {
		p, err := load(ctx)
		if err != nil {
			return options, err
		}
		environments, err := selectEnvironments(p, names)
		if err != nil {
			return options, err
		}
		if len(environments) != 1 {
			return options, usageError{"FILEs are checked for one environment"}
		}
		if options, err = build.Surroundings(ctx.Context, p, environments[0], runtime.GOMAXPROCS(0)); err != nil {
			return options, err
		}
	}
	if dir := ctx.String("catalogue"); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return options, usageError{fmt.Sprintf("--catalogue %s: there is no such folder", dir)}
		}
		catalogue, err := metrics.Load("", dir)
		if err != nil {
			return options, err
		}
		if catalogue.Empty() {
			return options, usageError{fmt.Sprintf("--catalogue %s: holds no metrics (*.json, as in jsonnet/metrics)", dir)}
		}
		options.Catalogue = catalogue
	}
	return options, nil
}

// maxDashboard is the largest file that is read, in bytes.
const maxDashboard = 64 << 20

// readDashboards reads the files that are named; a folder stands for all *.json in it, and -
// for standard input.
func readDashboards(names []string) ([]build.File, error) {
	var files []build.File
	for _, name := range names {
		if name == "-" {
			data, err := readLimited("standard input", os.Stdin)
			if err != nil {
				return nil, err
			}
			files = append(files, build.File{Name: "standard input", Data: data})
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, usageError{fmt.Sprintf("%s: %v", name, cause(err))}
		}
		paths := []string{name}
		if info.IsDir() {
			if paths, err = jsonBelow(name); err != nil {
				return nil, err
			}
		}
		for _, path := range paths {
			file, err := readDashboard(path)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

func readDashboard(path string) (build.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return build.File{}, usageError{fmt.Sprintf("%s: %v", path, cause(err))}
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return build.File{}, usageError{path + ": is no regular file"}
	}
	data, err := readLimited(path, file)
	return build.File{Name: filepath.ToSlash(path), Data: data}, err
}

func readLimited(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDashboard+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(data) > maxDashboard:
		return nil, usageError{fmt.Sprintf("%s: has more than 64 MiB, which no dashboard has", name)}
	}
	return data, nil
}

func jsonBelow(dir string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, item fs.DirEntry, err error) error {
		if err == nil && item.Type().IsRegular() && filepath.Ext(path) == ".json" {
			paths = append(paths, path)
		}
		return err
	})
	if err == nil && len(paths) == 0 {
		return nil, usageError{fmt.Sprintf("%s: holds no *.json", dir)}
	}
	return paths, err
}

// cause is what went wrong with a file, without its name.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
