package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/metrics"
)

func (c *command) metricsListCommand() *cli.Command {
	return &cli.Command{
		Name:            "list",
		Usage:           "show the metrics of the catalogue and who uses each",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description: "Compiles the environments and counts, for each metric of the catalogue, the panels, variables,\n" +
			"annotations, alert rules and recording rules that ask for it. A panel that reads a recorded\n" +
			"series uses the metrics that the series is made of.",
		Flags: []cli.Flag{
			environmentsFlag("look only at environment `NAME`; repeats (default: all)"),
			&cli.BoolFlag{DisableDefaultText: true, Name: "unused", Usage: "show only metrics that nothing uses"},
			&cli.StringFlag{Name: "output", Value: "text", Usage: "`FORMAT` of the list: text or json"},
			projectFlag(),
		},
		Action: c.metricsList,
	}
}

func (c *command) metricsWhyCommand() *cli.Command {
	return &cli.Command{
		Name:            "why",
		Usage:           "show what is known of a metric, and every place that uses it",
		ArgsUsage:       "NAME",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description: "NAME is a metric of the catalogue, one of its series (foo_bucket), or a recorded series. Places\n" +
			"that read a recorded series made of it are shown, too.",
		Flags: []cli.Flag{
			environmentsFlag("look only at environment `NAME`; repeats (default: all)"),
			projectFlag(),
		},
		Action: c.metricsWhy,
	}
}

// uses compiles what --env names and returns who uses what.
func (c *command) uses(ctx *cli.Context) ([]build.Use, *metrics.Catalogue, error) {
	p, err := load(ctx)
	if err != nil {
		return nil, nil, err
	}
	environments, err := selectEnvironments(p, ctx.StringSlice("env"))
	if err != nil {
		return nil, nil, err
	}
	progress := c.progress()
	defer progress.clear()
	return build.Uses(ctx.Context, p, environments, runtime.GOMAXPROCS(0), progress.show)
}

// metricUse is one line of `metrics list`.
type metricUse struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Unit        string   `json:"unit,omitempty"`
	Source      string   `json:"source,omitempty"`
	TenantLabel string   `json:"tenantLabel,omitempty"`
	Panels      int      `json:"panels"`
	Others      int      `json:"others"`
	Alerts      int      `json:"alerts"`
	Recordings  int      `json:"recordings"`
	Dashboards  []string `json:"dashboards"`
}

func (u metricUse) unused() bool { return u.Panels+u.Others+u.Alerts+u.Recordings == 0 }

func (c *command) metricsList(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	format, err := outputFormat(ctx)
	if err != nil {
		return err
	}
	uses, catalogue, err := c.uses(ctx)
	if err != nil {
		return err
	}
	lines := []metricUse{}
	unused := 0
	for _, m := range catalogue.All() {
		line := usesOf(m, uses)
		if line.unused() {
			unused++
		} else if ctx.Bool("unused") {
			continue
		}
		lines = append(lines, line)
	}
	if format == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(lines)
	}
	if err := writeUses(c.stdout, lines); err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "%s, %d unused\n", count(len(catalogue.All()), "metric"), unused)
	return nil
}

// usesOf counts the places that use a metric.
func usesOf(m metrics.Metric, uses []build.Use) metricUse {
	line := metricUse{Name: m.Name, Type: string(m.Type), Unit: m.Unit, Source: m.Source, TenantLabel: m.TenantLabel, Dashboards: []string{}}
	places, dashboards := map[string]bool{}, map[string]bool{}
	for _, use := range reaching(uses, func(u build.Use) bool { return u.Metric == m.Name }) {
		place := use.Artifact + "\x00" + use.Where
		if places[place] {
			continue
		}
		places[place] = true
		switch use.Kind {
		case "panel":
			line.Panels++
		case "alert":
			line.Alerts++
		case "recording":
			line.Recordings++
		default:
			line.Others++
		}
		if use.Dashboard != "" {
			dashboards[strings.TrimSuffix(use.Artifact[strings.LastIndexByte(use.Artifact, '/')+1:], ".json")] = true
		}
	}
	line.Dashboards = append(line.Dashboards, slices.Sorted(maps.Keys(dashboards))...)
	return line
}

// reaching returns the uses that ask for a series directly, or for a recorded series that is
// made of it, over any number of steps.
func reaching(uses []build.Use, direct func(build.Use) bool) []build.Use {
	recorded := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, use := range uses {
			if use.Record != "" && !recorded[use.Record] && (direct(use) || recorded[use.Series]) {
				recorded[use.Record], grown = true, true
			}
		}
	}
	var all []build.Use
	for _, use := range uses {
		if direct(use) || recorded[use.Series] {
			all = append(all, use)
		}
	}
	return all
}

func writeUses(w io.Writer, lines []metricUse) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "METRIC\tTYPE\tUNIT\tPANELS\tALERTS\tRECORDINGS\tOTHERS\tDASHBOARDS")
	for _, line := range lines {
		dashboards := strings.Join(line.Dashboards, ", ")
		if line.unused() {
			dashboards = "(unused)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", line.Name, line.Type, line.Unit, line.Panels, line.Alerts, line.Recordings, line.Others, dashboards)
	}
	return table.Flush()
}

func (c *command) metricsWhy(ctx *cli.Context) error {
	if ctx.NArg() != 1 {
		return usageError{"why takes the name of one metric; see `dashc metrics why --help`"}
	}
	name := ctx.Args().First()
	uses, catalogue, err := c.uses(ctx)
	if err != nil {
		return err
	}
	metric, known := catalogue.Family(name)
	if series, ok := catalogue.Series(name); ok && !known {
		metric, known = series.Metric, true
	}
	recorded := slices.ContainsFunc(uses, func(u build.Use) bool { return u.Record == name })
	if !known && !recorded && !slices.ContainsFunc(uses, func(u build.Use) bool { return u.Series == name }) {
		return usageError{unknownMetric(catalogue, name)}
	}
	if known {
		writeMetric(c.stdout, metric)
	}
	direct := func(u build.Use) bool { return u.Series == name || u.Metric == name }
	return writePlaces(c.stdout, name, uses, direct)
}

func unknownMetric(catalogue *metrics.Catalogue, name string) string {
	message := fmt.Sprintf("nothing is known of a metric %s, and nothing uses it", name)
	if near := catalogue.Suggest(name, metrics.Use{}); len(near) > 0 {
		message += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return message
}

func writeMetric(w io.Writer, m metrics.Metric) {
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-11s %s\n", key+":", value)
		}
	}
	fmt.Fprintln(w, m.Name)
	line("help", m.Help)
	line("type", string(m.Type))
	line("unit", m.Unit)
	line("source", m.Source)
	line("first seen", string(m.FirstSeen))
	line("tenant", m.TenantLabel)
	if m.Shared {
		line("shared", "yes: every customer may see it")
	}
	line("described", m.Position.String())
	for _, label := range slices.Sorted(maps.Keys(m.Labels)) {
		line("label", strings.TrimSuffix(label+": "+m.Labels[label], ": "))
	}
}

// writePlaces lists the places that use a series, and below each recorded series those that
// read it.
func writePlaces(w io.Writer, name string, uses []build.Use, direct func(build.Use) bool) error {
	for _, use := range uses {
		if use.Record == name {
			fmt.Fprintf(w, "recorded by %s (%s)\n    %s\n", use.Source, strings.Join(use.Environments, ", "), use.Expression)
			break
		}
	}
	all := reaching(uses, direct)
	if len(all) == 0 {
		fmt.Fprintln(w, "used by nothing")
		return nil
	}
	fmt.Fprintln(w, "used by")
	for _, use := range all {
		place := use.Where
		if use.Dashboard != "" {
			place = fmt.Sprintf("dashboard %q, %s", use.Dashboard, use.Where)
		}
		if !direct(use) {
			place += " (through " + use.Series + ")"
		}
		if _, err := fmt.Fprintf(w, "  %s: %s [%s]\n      %s\n", use.Source, place, strings.Join(use.Environments, ", "), strings.ReplaceAll(use.Expression, "\n", "\n      ")); err != nil {
			return err
		}
	}
	return nil
}
