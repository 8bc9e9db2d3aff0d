package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/project"
)

func (c *command) listCommand() *cli.Command {
	return &cli.Command{
		Name:         "list",
		Usage:        "show what would be built",
		OnUsageError: onUsageError,
		Description: "Lists the file that each entry makes in each environment, without evaluating anything.\n" +
			"An entry that evaluates to null makes no file in that environment.",
		Flags: []cli.Flag{
			environmentsFlag("list only environment `NAME`; repeats (default: all)"),
			&cli.StringFlag{Name: "customer", Usage: "list what customer `ID` (an id or slug) has; compiles the environments"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "explain", Usage: "with --customer: say what the customer does not have, and why"},
			&cli.StringFlag{Name: "output", Value: "text", Usage: "`FORMAT` of the list: text or json"},
			projectFlag(),
		},
		Action: c.list,
	}
}

// listed is one line of the list.
type listed struct {
	Environment string `json:"environment"`
	Kind        string `json:"kind"`
	Source      string `json:"source"`
	Output      string `json:"output"`
}

func (c *command) list(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	format, err := outputFormat(ctx)
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
	if name := ctx.String("customer"); name != "" {
		return c.listCustomer(ctx, p, environments, name, format)
	}
	if ctx.Bool("explain") {
		return usageError{"--explain goes with --customer"}
	}
	lines := []listed{}
	for _, environment := range environments {
		for _, entry := range p.Entries {
			lines = append(lines, lineOf(environment, entry))
		}
	}
	if format == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(lines)
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENVIRONMENT\tKIND\tSOURCE\tOUTPUT")
	for _, line := range lines {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.Environment, line.Kind, line.Source, line.Output)
	}
	return table.Flush()
}

func lineOf(environment project.Environment, entry project.Entry) listed {
	return listed{Environment: environment.Name, Kind: string(entry.Kind), Source: entry.Source, Output: environment.Name + "/" + string(entry.Output)}
}

func outputFormat(ctx *cli.Context) (string, error) {
	format := ctx.String("output")
	if format != "text" && format != "json" {
		return "", usageError{fmt.Sprintf("--output %s: must be text or json", format)}
	}
	return format, nil
}
