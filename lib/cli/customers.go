package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/synthetic"
)

func (c *command) customersCommand() *cli.Command {
	return &cli.Command{
		Name:            "customers",
		Usage:           "look at the lists of customers",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description:     "An environment names its list of customers with the setting `customers`; docs/customers.md says\nwhat may stand in it.",
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				return unknownCommand(ctx)
			}
			return cli.ShowSubcommandHelp(ctx)
		},
		Subcommands: []*cli.Command{c.customersListCommand(), c.customersGenerateCommand()},
	}
}

func (c *command) customersListCommand() *cli.Command {
	return &cli.Command{
		Name:            "list",
		Usage:           "check the customers of environments and show them",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description:     "Shows each customer with its slug, its tier and the dashboards that it gets. Exit code 2 if\nanything in a list is wrong.",
		Flags: []cli.Flag{
			environmentsFlag("list only the customers of environment `NAME`; repeats (default: all)"),
			&cli.StringFlag{Name: tierFlag, Usage: "list only customers of the tier `NAME`"},
			&cli.StringFlag{Name: "output", Value: "text", Usage: "`FORMAT` of the list: text or json"},
			projectFlag(),
		},
		Action: c.customersList,
	}
}

const tierFlag = "tier"

func (c *command) customersList(ctx *cli.Context) error {
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
	if err := checkTier(ctx, environments); err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(c.stdout, 64<<10)
	var list customerWriter = newCustomerTable(buffer)
	if format == "json" {
		list = &customerArray{w: buffer}
	}
	n, err := writeCustomers(ctx, p, environments, list)
	if err := errors.Join(err, buffer.Flush()); err != nil {
		return err
	}
	fmt.Fprintln(c.stderr, count(n, "customer"))
	return nil
}

// checkTier refuses a tier that no environment has: with a typing mistake the list is empty.
func checkTier(ctx *cli.Context, environments []project.Environment) error {
	tier := ctx.String(tierFlag)
	names := tierNames(environments)
	if !ctx.IsSet(tierFlag) || slices.Contains(names, tier) {
		return nil
	}
	return usageError{fmt.Sprintf("--tier %s: there is no such tier; %s", tier, diagnostic.DidYouMean(tier, names))}
}

func tierNames(environments []project.Environment) []string {
	var names []string
	for _, environment := range environments {
		for name := range environment.Tiers {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// writeCustomers writes the customers of environments as they are read, and returns how many.
// After a mistake in a list the next one is still read.
func writeCustomers(ctx *cli.Context, p *project.Project, environments []project.Environment, list customerWriter) (int, error) {
	n := 0
	var findings []diagnostic.Diagnostic
	for _, environment := range environments {
		customers, err := p.OpenCustomers(environment)
		if err == nil {
			err = customersOf(ctx, p, environment, customers, list, &n)
		}
		found, ok := diagnostic.FromError(err)
		if err != nil && !ok {
			return n, err
		}
		findings = append(findings, found...)
	}
	return n, errors.Join(diagnostic.AsError(diagnostic.Merge(findings)...), list.end())
}

func customersOf(ctx *cli.Context, p *project.Project, environment project.Environment, customers *project.CustomerList, list customerWriter, n *int) error {
	for customer, err := range customers.All(ctx.Context) {
		if err != nil {
			return err
		}
		if ctx.IsSet(tierFlag) && customer.Tier != ctx.String(tierFlag) {
			continue
		}
		*n++
		if err := list.write(listedOf(p, environment, customer)); err != nil {
			return err
		}
	}
	return nil
}

// listedCustomer is one line of the list.
type listedCustomer struct {
	Environment string   `json:"environment"`
	ID          string   `json:"id"`
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	Tier        string   `json:"tier"`
	Dashboards  []string `json:"dashboards"`
	all         bool
}

func listedOf(p *project.Project, environment project.Environment, customer project.Customer) listedCustomer {
	line := listedCustomer{
		Environment: environment.Name, ID: string(customer.ID), Slug: string(customer.Slug), Name: customer.Name, Tier: customer.Tier,
		Dashboards: []string{}, all: true,
	}
	for _, entry := range p.Entries {
		if entry.Kind != artifact.Dashboard {
			continue
		}
		if customer.Wants(entry.Name()) {
			line.Dashboards = append(line.Dashboards, entry.Name())
		} else {
			line.all = false
		}
	}
	return line
}

// customerWriter writes the list in one format.
type customerWriter interface {
	write(listedCustomer) error
	end() error
}

// customerTable aligns a page of customers at a time, so that it keeps no more than that.
type customerTable struct {
	table *tabwriter.Writer
	rows  int
}

const pageRows = 1000

func newCustomerTable(w io.Writer) *customerTable {
	return &customerTable{table: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

func (t *customerTable) write(line listedCustomer) error {
	if t.rows == 0 {
		fmt.Fprintln(t.table, "ENVIRONMENT\tID\tSLUG\tNAME\tTIER\tDASHBOARDS")
	} else if t.rows%pageRows == 0 {
		if err := t.table.Flush(); err != nil {
			return err
		}
	}
	t.rows++
	dashboards := strings.Join(line.Dashboards, ", ")
	switch {
	case line.all:
		dashboards = "all"
	case dashboards == "":
		dashboards = "none"
	}
	tier := line.Tier
	if tier == "" {
		tier = "-"
	}
	_, err := fmt.Fprintf(t.table, "%s\t%s\t%s\t%s\t%s\t%s\n", line.Environment, diagnostic.OneLine(line.ID), line.Slug, diagnostic.OneLine(line.Name), tier, dashboards)
	return err
}

func (t *customerTable) end() error { return t.table.Flush() }

// customerArray writes a JSON list. One that ends with a mistake is still JSON.
type customerArray struct {
	w    io.Writer
	rows int
}

func (a *customerArray) write(line listedCustomer) error {
	separator := ",\n"
	if a.rows == 0 {
		separator = "[\n"
	}
	a.rows++
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		return err
	}
	_, err := io.WriteString(a.w, separator+"  "+strings.TrimSuffix(text.String(), "\n"))
	return err
}

func (a *customerArray) end() error {
	text := "\n]\n"
	if a.rows == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(a.w, text)
	return err
}

func (c *command) customersGenerateCommand() *cli.Command {
	return &cli.Command{
		Name:            "generate",
		Usage:           "make up a list of customers for a benchmark or a try",
		OnUsageError:    onUsageError,
		HideHelpCommand: true,
		Description:     "The same seed makes the same customers. Their ids are numbers, UUIDs, words and names in several\nscripts, with apostrophes, quotes and dollars among them.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "count", Aliases: []string{"n"}, Value: 10, Usage: "how many: `N`"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "the list of seed `S`"},
			&cli.StringSliceFlag{Name: "tiers", Usage: "give each customer one of the tiers `NAME,...`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "org-ids", Usage: "give each customer an organisation of Grafana, from 2 on"},
			&cli.StringFlag{Name: "output", Usage: "`FORMAT` of the list: " + strings.Join(synthetic.Formats(), ", ") + " (default: what FILE's name ends with, or ndjson)"},
			&cli.StringFlag{Name: "output-file", Aliases: []string{"o"}, Usage: "write to `FILE` instead of standard output"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "force", Usage: "replace FILE if there is one"},
		},
		Action: c.customersGenerate,
	}
}

func (c *command) customersGenerate(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	format, err := generatedFormat(ctx)
	if err != nil {
		return err
	}
	options := synthetic.Options{Count: ctx.Int("count"), Seed: ctx.Uint64("seed"), Organisations: ctx.Bool("org-ids")}
	if options.Count < 0 {
		return usageError{fmt.Sprintf("--count %d: must be at least 0", options.Count)}
	}
	for _, list := range ctx.StringSlice("tiers") {
		options.Tiers = append(options.Tiers, strings.Split(list, ",")...)
	}
	if slices.Contains(options.Tiers, "") {
		return usageError{"--tiers: the name of a tier is empty"}
	}
	out := c.stdout
	var file *os.File
	if name := ctx.String("output-file"); name != "" {
		if file, err = createFile(name, ctx.Bool("force")); err != nil {
			return err
		}
		out = file
	}
	buffer := bufio.NewWriterSize(out, 64<<10)
	err = errors.Join(synthetic.Write(buffer, format, synthetic.Customers(options)), buffer.Flush())
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	return err
}

// generatedFormat is the format that --output names, or that of the file's name: a list of
// customers is read in the format that its name says.
func generatedFormat(ctx *cli.Context) (string, error) {
	format, known := ctx.String("output"), strings.Join(synthetic.Formats(), ", ")
	if ctx.IsSet("output") {
		if !slices.Contains(synthetic.Formats(), format) {
			return "", usageError{fmt.Sprintf("--output %s: must be one of %s", format, known)}
		}
		return format, nil
	}
	name := ctx.String("output-file")
	switch extension := strings.TrimPrefix(filepath.Ext(name), "."); {
	case name == "" || extension == "jsonl":
		return "ndjson", nil
	case extension == "yml":
		return "yaml", nil
	case slices.Contains(synthetic.Formats(), extension):
		return extension, nil
	}
	return "", usageError{fmt.Sprintf("--output-file %s: its name does not tell the format; name one with --output: %s", name, known)}
}

// createFile opens a file to write. One that is there is somebody's, unless it shall be replaced.
func createFile(name string, replace bool) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if info, err := os.Stat(name); !replace && (err != nil || info.Mode().IsRegular()) {
		flags |= os.O_EXCL // a device such as /dev/stdout loses nothing
	}
	file, err := os.OpenFile(name, flags, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, usageError{fmt.Sprintf("--output-file %s: there is such a file already; --force replaces it", name)}
	}
	return file, err
}
