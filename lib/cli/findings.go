package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/dashc/dashc/lib/build"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// pages is where the documentation of rules is published.
const pages = "https://github.com/dashc/dashc/blob/main/"

func findingsFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Value: string(diagnostic.Text), Usage: "`FORMAT` of the findings on standard output: " + strings.Join(diagnostic.Formats(), ", ")}
}

// findingsFormat is the format that --output names; Text for a command without that flag.
func findingsFormat(ctx *cli.Context) (diagnostic.Format, error) {
	format, err := diagnostic.ParseFormat(ctx.String("output"))
	if err != nil {
		return "", usageError{"--output: " + err.Error()}
	}
	return format, nil
}

// asText tells whether --output asks for text, so that stdout may hold other lines too.
func asText(ctx *cli.Context) bool {
	format, err := findingsFormat(ctx)
	return err == nil && format == diagnostic.Text
}

// failOn is the severity that --fail-on names; Error for a command without that flag.
func failOn(ctx *cli.Context) (diagnostic.Severity, error) {
	switch word := ctx.String("fail-on"); word {
	case "", "error":
		return diagnostic.Error, nil
	case "warning":
		return diagnostic.Warning, nil
	default:
		return diagnostic.Error, usageError{fmt.Sprintf("--fail-on %s: must be error or warning", word)}
	}
}

// reporting is an action that checks --output and --fail-on before anything else, and writes
// findings that come as an error in that format too: a CI system that reads a report has to
// see a broken configuration in it. As text they go to stderr like every error.
func (c *command) reporting(action cli.ActionFunc) cli.ActionFunc {
	return func(ctx *cli.Context) error {
		if _, err := findingsFormat(ctx); err != nil {
			return err
		}
		if _, err := failOn(ctx); err != nil {
			return err
		}
		err := action(ctx)
		findings, ok := diagnostic.FromError(err)
		if !ok || asText(ctx) {
			return err
		}
		code, err := c.writeFindings(ctx, findings)
		if err != nil {
			return err
		}
		return reported{code}
	}
}

// writeFindings writes findings to stdout in the format of --output and returns the exit code
// that they stand for.
func (c *command) writeFindings(ctx *cli.Context, list []diagnostic.Diagnostic) (int, error) {
	format, err := findingsFormat(ctx)
	if err != nil {
		return ExitUsage, err
	}
	threshold, err := failOn(ctx)
	if err != nil {
		return ExitUsage, err
	}
	options := diagnostic.Options{Colour: wantsColour(c.stdout), Tool: Version, Pages: pages, Anchor: project.ConfigFile}
	if root, err := findProject(ctx); err == nil {
		options.Folder = project.FolderInRepository(root)
	}
	if err := diagnostic.Write(c.stdout, format, list, options); err != nil {
		return ExitMachine, fmt.Errorf("the findings cannot be written: %w", err)
	}
	return worst(list, threshold), nil
}

// worst returns the exit code of the worst of the findings that count.
func worst(list []diagnostic.Diagnostic, threshold diagnostic.Severity) int {
	code := ExitOK
	for _, d := range list {
		switch {
		case d.Severity < threshold || d.Suppressed != "":
		case build.IsDrift(d):
			if code == ExitOK {
				code = ExitDifferences
			}
		case strings.HasPrefix(d.Rule, "config/"):
			code = ExitUsage
		default:
			return ExitSources
		}
	}
	return code
}

// selectSources returns the sources that a command's arguments name, or all of the project.
func selectSources(ctx *cli.Context, p *project.Project) ([]string, error) {
	if !ctx.Args().Present() {
		return p.Sources()
	}
	var paths []string
	for _, argument := range ctx.Args().Slice() {
		if argument == "" {
			return nil, usageError{"a FILE is empty; name a file or folder of the project"}
		}
		paths = append(paths, argument)
	}
	files, err := p.NamedSources(paths)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return files, nil
}

// wantsColour tells whether a stream is a terminal that wants colour (https://no-color.org).
func wantsColour(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
