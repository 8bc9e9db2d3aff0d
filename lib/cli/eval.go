package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/evaluate"
	"github.com/dashc/dashc/lib/project"
)

func (c *command) evalCommand() *cli.Command {
	return &cli.Command{
		Name:         "eval",
		Usage:        "print one file's JSON with an environment's values",
		ArgsUsage:    "FILE",
		OnUsageError: onUsageError,
		Description: "Evaluates one Jsonnet file as `dashc build` would, in the same sandbox, and prints the JSON\n" +
			"before patches and encoding. The environment's values are the top-level argument `env`, passed\n" +
			"where the file is a function with such a parameter. Flags mean what they mean in `jsonnet`.",
		Flags: []cli.Flag{
			environmentsFlag("take the values of environment `NAME` (default: defaultEnvironment of dashc.yaml)"),
			libraryFlag(),
			&cli.StringSliceFlag{Name: "ext-str", Aliases: []string{"V"}, Usage: "external variable `NAME=VALUE` as a string; without = the value comes from the process environment"},
			&cli.StringSliceFlag{Name: "ext-code", Usage: "external variable `NAME=CODE`"},
			&cli.StringSliceFlag{Name: "ext-str-file", Usage: "external variable `NAME=FILE`: the file's text"},
			&cli.StringSliceFlag{Name: "ext-code-file", Usage: "external variable `NAME=FILE`: the file's code"},
			&cli.StringSliceFlag{Name: "tla-str", Aliases: []string{"A"}, Usage: "top-level argument `NAME=VALUE` as a string; without = the value comes from the process environment"},
			&cli.StringSliceFlag{Name: "tla-code", Usage: "top-level argument `NAME=CODE`"},
			&cli.StringSliceFlag{Name: "tla-str-file", Usage: "top-level argument `NAME=FILE`: the file's text"},
			&cli.StringSliceFlag{Name: "tla-code-file", Usage: "top-level argument `NAME=FILE`: the file's code"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "string", Aliases: []string{"S"}, Usage: "expect a string and print it as it is"},
			&cli.StringFlag{Name: "output-file", Aliases: []string{"o"}, Usage: "write to `FILE` instead of standard output"},
			&cli.IntFlag{Name: "max-stack", Aliases: []string{"s"}, Usage: "at most `N` stack frames (default: limits.stack of dashc.yaml, or 500)"},
			&cli.IntFlag{Name: "max-trace", Aliases: []string{"t"}, Usage: "show at most `N` frames of an error (default: limits.trace of dashc.yaml, or 20)"},
			projectFlag(),
		},
		Action: c.eval,
	}
}

func (c *command) eval(ctx *cli.Context) error {
	if ctx.NArg() != 1 {
		return usageError{"eval takes one file; see `dashc eval --help`"}
	}
	p, err := load(ctx)
	if err != nil {
		return err
	}
	if err := overrideLimits(p, ctx); err != nil {
		return err
	}
	job, err := evaluation(ctx, p)
	if err != nil {
		return err
	}
	pool, err := build.NewPool(p, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	result, err := pool.Evaluate(ctx.Context, job)
	if _, traceErr := c.stderr.Write(result.Trace); traceErr != nil {
		return traceErr
	}
	if err != nil {
		return err
	}
	return c.writeOutput(ctx.String("output-file"), result.Output)
}

func overrideLimits(p *project.Project, ctx *cli.Context) error {
	for _, limit := range []struct {
		flag   string
		target *int
	}{{"max-stack", &p.Limits.Stack}, {"max-trace", &p.Limits.Trace}} {
		if !ctx.IsSet(limit.flag) {
			continue
		}
		n := ctx.Int(limit.flag)
		if n < 1 {
			return usageError{fmt.Sprintf("--%s %d: must be at least 1", limit.flag, n)}
		}
		*limit.target = n
	}
	return nil
}

// evaluation is the job that the command line describes.
func evaluation(ctx *cli.Context, p *project.Project) (evaluate.Job, error) {
	entry, err := filepath.Abs(ctx.Args().First())
	if err != nil {
		return evaluate.Job{}, err
	}
	names := ctx.StringSlice("env")
	if len(names) == 0 {
		names = []string{p.DefaultEnvironment}
	}
	environments, err := selectEnvironments(p, names)
	if err != nil {
		return evaluate.Job{}, err
	}
	if len(environments) != 1 {
		return evaluate.Job{}, usageError{"eval takes one environment"}
	}
	argument, err := environments[0].Argument()
	if err != nil {
		return evaluate.Job{}, err
	}
	job := evaluate.Job{Entry: entry}
	if ctx.Bool("string") {
		job.Form = evaluate.String
	}
	if job.External, err = bindings(ctx, "ext"); err != nil {
		return job, err
	}
	if job.Arguments, err = bindings(ctx, "tla"); err != nil {
		return job, err
	}
	if !slices.ContainsFunc(job.Arguments, func(b evaluate.Binding) bool { return b.Name == "env" }) {
		job.Arguments = append(job.Arguments, evaluate.Binding{Name: "env", Value: string(argument), Code: true, Optional: true})
	}
	return job, nil
}

// bindings reads the four flags of one kind, which is ext or tla.
func bindings(ctx *cli.Context, kind string) ([]evaluate.Binding, error) {
	var all []evaluate.Binding
	for _, form := range []struct {
		suffix     string
		code, file bool
	}{{"-str", false, false}, {"-code", true, false}, {"-str-file", false, true}, {"-code-file", true, true}} {
		flag := kind + form.suffix
		for _, text := range ctx.StringSlice(flag) {
			name, value, given := strings.Cut(text, "=")
			if name == "" || !given && form.file {
				return nil, usageError{fmt.Sprintf("--%s %q: write NAME=VALUE", flag, text)}
			}
			if !given {
				var set bool
				if value, set = os.LookupEnv(name); !set {
					return nil, usageError{fmt.Sprintf("--%s %s: the process environment has no variable of that name; write %s=VALUE", flag, name, name)}
				}
			}
			if form.file {
				content, err := os.ReadFile(value)
				if err != nil {
					return nil, usageError{fmt.Sprintf("--%s %s: %v", flag, text, err)}
				}
				value = string(content)
			}
			all = append(all, evaluate.Binding{Name: name, Value: value, Code: form.code})
		}
	}
	return all, nil
}

func (c *command) writeOutput(file string, output []byte) error {
	if len(output) > 0 && !bytes.HasSuffix(output, []byte("\n")) {
		output = append(output, '\n')
	}
	if file == "" {
		_, err := c.stdout.Write(output)
		return err
	}
	return os.WriteFile(file, output, 0o644)
}
