// Package cli is the command line: it turns flags into one library call and reports what
// came back. It holds no logic of its own; the exit codes are its contract with scripts.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/publish"
)

// Version is the version of dashc. Every manifest names it, so it changes only with a release.
const Version = "0.1.0"

// The exit codes of every command.
const (
	ExitOK          = 0
	ExitSources     = 1   // the sources are wrong
	ExitUsage       = 2   // wrong usage or configuration
	ExitDifferences = 3   // differences found: build --check, verify, a tree that was changed by hand
	ExitMachine     = 4   // the machine failed: disk, permission
	ExitInterrupted = 130 // interrupted by a signal
)

// Run runs one command line and returns the exit code. args[0] is the program's name.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &command{stdout: stdout, stderr: stderr}
	if c.completesName(args) {
		return ExitOK
	}
	app := c.app()
	err := app.RunContext(ctx, interspersed(app, args))
	return c.exitCode(ctx, err)
}

// command carries what every subcommand needs.
type command struct {
	stdout, stderr io.Writer
}

func (c *command) app() *cli.App {
	// The library's own global: -v belongs to --verbose here.
	cli.VersionFlag = &cli.BoolFlag{DisableDefaultText: true, Name: "version", Usage: "print the version"}
	return &cli.App{
		Name:                      "dashc",
		Usage:                     "compile Grafana dashboards and their provisioning from Jsonnet",
		Version:                   Version,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true,
		Suggest:                   true,
		Writer:                    c.stdout,
		ErrWriter:                 c.stderr,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				return unknownCommand(ctx)
			}
			return cli.ShowAppHelp(ctx)
		},
		Commands: []*cli.Command{
			c.buildCommand(), c.checkCommand(), c.diffCommand(), c.listCommand(), c.evalCommand(), c.verifyCommand(),
			c.fmtCommand(), c.lintCommand(), c.metricsCommand(), c.customersCommand(), c.completionCommand(),
		},
		Description: "Exit codes: 0 ok, 1 the sources are wrong, 2 wrong usage or configuration,\n3 differences found, 4 the machine failed (disk, permission), 130 interrupted.",
	}
}

// usageError is a mistake on the command line.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func onUsageError(ctx *cli.Context, err error, _ bool) error {
	name := "dashc"
	if ctx.Command != nil && ctx.Command.HelpName != "" {
		name = ctx.Command.HelpName // "dashc metrics diff"
	}
	return usageError{fmt.Sprintf("%v; see `%s --help`", err, name)}
}

func unknownCommand(ctx *cli.Context) error {
	name := ctx.Args().First()
	commands := ctx.App.Commands
	if ctx.Command != nil && len(ctx.Command.Subcommands) > 0 {
		commands = ctx.Command.Subcommands
	}
	var names []string
	for _, command := range commands {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	return usageError{fmt.Sprintf("there is no command %q; %s", name, diagnostic.DidYouMean(name, names))}
}

// reported is an error whose text the user has seen already.
type reported struct{ code int }

func (e reported) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exit returns the error of a command that has reported everything and ends with a code.
func exit(code int) error {
	if code == ExitOK {
		return nil
	}
	return reported{code}
}

// exitCode reports an error on stderr and returns the exit code that it stands for.
func (c *command) exitCode(ctx context.Context, err error) int {
	var usage usageError
	var done reported
	if err == nil {
		return ExitOK
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		fmt.Fprintln(c.stderr, "interrupted")
		return ExitInterrupted
	}
	if errors.As(err, &done) {
		return done.code
	}
	if findings, ok := diagnostic.FromError(err); ok {
		return c.report(findings)
	}
	fmt.Fprintf(c.stderr, "error: %v\n", err)
	switch {
	case errors.As(err, &usage):
		return ExitUsage
	case publish.IsOccupied(err):
		return ExitDifferences
	}
	return ExitMachine
}

// report prints findings on stderr and returns the exit code of the worst.
func (c *command) report(findings []diagnostic.Diagnostic) int {
	options := diagnostic.Options{Colour: wantsColour(c.stderr)}
	if err := diagnostic.Write(c.stderr, diagnostic.Text, findings, options); err != nil {
		return ExitMachine
	}
	return worst(findings, diagnostic.Error)
}

// Flags that several commands share.
func projectFlag() cli.Flag {
	return &cli.StringFlag{Name: "project", Aliases: []string{"C"}, Usage: "the project's `DIR` (default: the nearest folder at or above the current one that holds dashc.yaml)"}
}

func libraryFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "jpath", Aliases: []string{"J"}, Usage: "look up imports in `DIR` too, before the project's library path; repeats, the last one is searched first"}
}

func environmentsFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: usage}
}

func outDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "out-dir", Usage: "the `DIR` of the rendered trees (default: outDir of dashc.yaml, or out)"}
}

// load finds and reads the project that a command works on.
func load(ctx *cli.Context) (*project.Project, error) {
	root, err := findProject(ctx)
	if err != nil {
		return nil, err
	}
	p, err := project.Load(root)
	if err != nil {
		return nil, err
	}
	if err := addLibraries(p, ctx.StringSlice("jpath")); err != nil {
		return nil, err
	}
	return p, useOutDir(p, ctx.String("out-dir"))
}

func findProject(ctx *cli.Context) (string, error) {
	start := ctx.String("project")
	if start == "" {
		start = "."
	}
	root, err := project.Find(start)
	if err != nil {
		return "", usageError{err.Error()}
	}
	return root, nil
}

// selectEnvironments returns the named environments, or all of them.
func selectEnvironments(p *project.Project, names []string) ([]project.Environment, error) {
	if len(names) == 0 {
		return p.Environments, nil
	}
	var selected []project.Environment
	var seen []string
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			environment, ok := p.Environment(name)
			if !ok {
				return nil, usageError{fmt.Sprintf("there is no environment %q to build; %s", name, diagnostic.DidYouMean(name, p.EnvironmentNames()))}
			}
			if !slices.Contains(seen, name) {
				selected = append(selected, environment)
				seen = append(seen, name)
			}
		}
	}
	return selected, nil
}

func noArguments(ctx *cli.Context) error {
	if ctx.Args().Present() {
		return usageError{fmt.Sprintf("unexpected argument %q; see `%s --help`", ctx.Args().First(), ctx.Command.HelpName)}
	}
	return nil
}
