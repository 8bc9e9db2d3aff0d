package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
	"github.com/dashc/dashc/lib/project"
)

// catalogueDir is where a project keeps its metric catalogue.
const catalogueDir = project.MetricsDir

func (c *command) metricsCommand() *cli.Command {
	return &cli.Command{
		Name:            "metrics",
		Usage:           "keep the metric catalogue true",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description: "The catalogue, " + catalogueDir + "/*.json, says what the application exposes. A SCRAPE is a file with\n" +
			"what /metrics answers, - for standard input, or the http(s) address of /metrics.",
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				return unknownCommand(ctx)
			}
			return cli.ShowSubcommandHelp(ctx)
		},
		Subcommands: []*cli.Command{c.metricsImportCommand(), c.metricsDiffCommand(), c.metricsListCommand(), c.metricsWhyCommand()},
	}
}

func (c *command) metricsImportCommand() *cli.Command {
	return &cli.Command{
		Name:            "import",
		Usage:           "add what scrapes show to the catalogue",
		ArgsUsage:       "SCRAPE...",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description: "Adds metrics and labels that the catalogue lacks and corrects types. What people wrote stays, and\n" +
			"so does what the scrapes do not show. Nothing is written if a scrape or the catalogue is wrong.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "into", Value: "imported.json", Usage: "put new metrics into `NAME` in " + catalogueDir},
			&cli.StringFlag{Name: "source", Usage: "say that `NAME` exposes the new metrics (default: the file's name or the host)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "dry-run", Usage: "write nothing; show what would change"},
			projectFlag(),
		},
		Action: c.metricsImport,
	}
}

func (c *command) metricsImport(ctx *cli.Context) error {
	into := ctx.String("into")
	if !strings.HasSuffix(into, ".json") {
		into += ".json"
	}
	if err := metrics.CheckInto(into); err != nil {
		return usageError{"--into: " + err.Error()}
	}
	if ctx.NArg() == 0 {
		return usageError{"import takes at least one scrape; see `dashc metrics import --help`"}
	}
	root, catalogue, err := loadCatalogue(ctx)
	if err != nil {
		return err
	}
	scrape, err := c.scrapes(ctx)
	if err != nil {
		return err
	}
	plan, err := catalogue.Import(root, catalogueDir, scrape, metrics.ImportOptions{Into: into, Source: ctx.String("source")})
	if err != nil {
		return err
	}
	if !ctx.Bool("dry-run") {
		if err := plan.Write(); err != nil {
			return err
		}
	}
	c.reportImport(plan, ctx.Bool("dry-run"))
	return nil
}

// reportImport prints one line for each changed entry, then what they add up to.
func (c *command) reportImport(plan *metrics.Import, dry bool) {
	added, updated := 0, 0
	for _, change := range plan.Changes {
		what := "updated: " + strings.Join(change.What, ", ")
		switch {
		case change.New && change.Unsampled:
			what = "added, without labels: it has no samples yet"
		case change.New:
			what = "added"
		}
		if change.New {
			added++
		} else {
			updated++
		}
		fmt.Fprintf(c.stdout, "%s: %s: %s\n", change.File, change.Metric, what)
	}
	if added+updated == 0 {
		fmt.Fprintln(c.stderr, "the catalogue has it all already")
		return
	}
	line := fmt.Sprintf("%s added, %d updated", count(added, "metric"), updated)
	if dry {
		line += "; nothing was written (--dry-run)"
	}
	fmt.Fprintln(c.stderr, line)
	for _, file := range plan.NewFiles {
		fmt.Fprintf(c.stderr, "%s is a new file: import it where the Jsonnet sources put the catalogue together\n", file)
	}
}

func (c *command) metricsDiffCommand() *cli.Command {
	return &cli.Command{
		Name:            "diff",
		Usage:           "compare the catalogue with scrapes or a running Prometheus",
		ArgsUsage:       "SCRAPE...",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description: "Lists metrics and labels that are gone, new or of another type. A metric counts as gone only if\n" +
			"its source was scraped: if the scrapes show at least one metric of that source, or --source\n" +
			"names it. Exit code 3 if anything differs.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "source", Usage: "the scrapes are all that `NAME` exposes; repeats"},
			&cli.StringFlag{Name: "prometheus", Usage: "compare with the Prometheus at `URL` instead of scrapes"},
			&cli.StringSliceFlag{Name: "match", Usage: "with --prometheus, report new metrics among the series of `SELECTOR`, for example '{job=\"django\"}'; repeats"},
			&cli.StringFlag{Name: "output", Value: "text", Usage: "`FORMAT` of the list: text or json"},
			projectFlag(),
		},
		Action: c.metricsDiff,
	}
}

func (c *command) metricsDiff(ctx *cli.Context) error {
	format, err := outputFormat(ctx)
	if err != nil {
		return err
	}
	if err := checkReality(ctx); err != nil {
		return err
	}
	_, catalogue, err := loadCatalogue(ctx)
	if err != nil {
		return err
	}
	if err := checkSources(catalogue, ctx.StringSlice("source")); err != nil {
		return err
	}
	scrape, err := c.reality(ctx, catalogue)
	if err != nil {
		return err
	}
	differences := catalogue.Diff(scrape, ctx.StringSlice("source"))
	if err := c.writeDifferences(format, differences); err != nil {
		return err
	}
	line := fmt.Sprintf("%s between the catalogue and what is exposed", count(len(differences), "difference"))
	if len(differences) == 0 {
		line = count(len(scrape.Metrics), "metric") + " as the catalogue says"
	}
	if others := catalogue.NotScraped(scrape, ctx.StringSlice("source")); len(others) > 0 {
		line += "; not scraped: " + strings.Join(others, ", ")
	}
	fmt.Fprintln(c.stderr, line)
	if len(differences) > 0 {
		return reported{ExitDifferences}
	}
	return nil
}

// checkReality refuses flags that do not go together.
func checkReality(ctx *cli.Context) error {
	live := ctx.String("prometheus") != ""
	switch {
	case live && ctx.NArg() > 0:
		return usageError{"diff takes either scrapes or --prometheus, not both"}
	case !live && ctx.NArg() == 0:
		return usageError{"diff takes at least one scrape, or --prometheus URL; see `dashc metrics diff --help`"}
	case !live && ctx.IsSet("match"):
		return usageError{"--match goes with --prometheus"}
	}
	return nil
}

// checkSources refuses a source that no metric has: with a typing mistake nothing would be gone.
func checkSources(catalogue *metrics.Catalogue, named []string) error {
	known := catalogue.Sources()
	for _, source := range named {
		if !slices.Contains(known, source) {
			return usageError{fmt.Sprintf("--source %s: no metric of the catalogue has that source; %s", source, diagnostic.DidYouMean(source, known))}
		}
	}
	return nil
}

func (c *command) reality(ctx *cli.Context, catalogue *metrics.Catalogue) (*metrics.Scrape, error) {
	address := ctx.String("prometheus")
	if address == "" {
		return c.scrapes(ctx)
	}
	prometheus, err := metrics.NewPrometheus(address)
	if err != nil {
		return nil, usageError{fmt.Sprintf("--prometheus: %v", err)}
	}
	prometheus.Selectors = ctx.StringSlice("match")
	return prometheus.Scrape(ctx.Context, catalogue)
}

func (c *command) writeDifferences(format string, differences []metrics.Difference) error {
	if format == "json" {
		if differences == nil {
			differences = []metrics.Difference{} // [], not null
		}
		encoder := json.NewEncoder(c.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(differences)
	}
	for _, difference := range differences {
		if _, err := fmt.Fprintf(c.stdout, "%s: %s\n", difference.Position, difference); err != nil {
			return err
		}
	}
	return nil
}

// loadCatalogue reads the catalogue of the project that a command works on; the rest of the
// project may be wrong meanwhile.
func loadCatalogue(ctx *cli.Context) (root string, catalogue *metrics.Catalogue, err error) {
	if root, err = findProject(ctx); err != nil {
		return "", nil, err
	}
	catalogue, err = metrics.Load(root, catalogueDir)
	return root, catalogue, err
}

// scrapes reads every scrape on the command line. The findings of all come at once.
func (c *command) scrapes(ctx *cli.Context) (*metrics.Scrape, error) {
	var list []*metrics.Scrape
	var findings []diagnostic.Diagnostic
	for _, argument := range ctx.Args().Slice() {
		scrape, err := readScrape(ctx, argument)
		if found, ok := diagnostic.FromError(err); ok {
			findings = append(findings, found...)
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, scrape)
	}
	if err := diagnostic.AsError(findings...); err != nil {
		return nil, err
	}
	all, err := metrics.Combine(list...)
	if err != nil {
		return nil, err
	}
	c.report(all.Warnings)
	return all, nil
}

func readScrape(ctx *cli.Context, argument string) (*metrics.Scrape, error) {
	switch {
	case argument == "-":
		return metrics.Read("standard input", "standard input", os.Stdin)
	case strings.HasPrefix(argument, "http://") || strings.HasPrefix(argument, "https://"):
		if address, err := url.Parse(argument); err != nil || address.Host == "" {
			return nil, usageError{fmt.Sprintf("%s: not an address; write for example http://localhost:8000/metrics", argument)}
		}
		return metrics.ReadURL(ctx.Context, argument)
	}
	info, err := os.Stat(argument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageError{fmt.Sprintf("%s: there is no such file", argument)}
	case err == nil && info.IsDir():
		return nil, usageError{fmt.Sprintf("%s is a folder; name the files in it", argument)}
	}
	return metrics.ReadFile(argument)
}
