package cli

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/project"
)

// customerPart is one line of `list --customer` as JSON.
type customerPart struct {
	Environment string          `json:"environment"`
	Name        string          `json:"name"`
	Output      string          `json:"output,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Dropped     []droppedOfPart `json:"dropped"`
	Notes       []string        `json:"notes,omitempty"`
}

type droppedOfPart struct {
	Where  string `json:"where"`
	Reason string `json:"reason"`
}

// listCustomer prints what one customer has in each environment and, with --explain, what it
// does not have and why.
func (c *command) listCustomer(ctx *cli.Context, p *project.Project, environments []project.Environment, name, format string) error {
	progress := c.progress()
	explained, err := build.Explain(ctx.Context, p, environments, name, runtime.GOMAXPROCS(0), progress.show)
	progress.clear()
	if err != nil {
		return err
	}
	parts := []customerPart{}
	for _, e := range explained {
		for _, part := range append(e.Dashboards, e.Rules) {
			line := customerPart{Environment: e.Environment, Name: part.Name, Reason: part.Reason, Dropped: []droppedOfPart{}, Notes: part.Notes}
			if part.Path != "" {
				line.Output = e.Environment + "/" + string(part.Path)
			}
			for _, d := range part.Dropped {
				line.Dropped = append(line.Dropped, droppedOfPart{d.Where, d.Reason})
			}
			parts = append(parts, line)
		}
	}
	if format == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(parts)
	}
	for _, part := range parts {
		c.printPart(part, ctx.Bool("explain"))
	}
	return nil
}

func (c *command) printPart(part customerPart, explain bool) {
	switch {
	case part.Output != "":
		fmt.Fprintln(c.stdout, part.Output)
	case part.Reason != "" && explain:
		fmt.Fprintf(c.stdout, "%s: no %s: %s\n", part.Environment, part.Name, part.Reason)
	case explain:
		fmt.Fprintf(c.stdout, "%s: %s\n", part.Environment, part.Name)
	}
	if !explain {
		return
	}
	for _, d := range part.Dropped {
		fmt.Fprintf(c.stdout, "  without %s: %s\n", d.Where, d.Reason)
	}
	for _, note := range part.Notes {
		fmt.Fprintf(c.stdout, "  note: %s\n", note)
	}
}
