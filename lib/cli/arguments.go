package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/project"
)

// interspersed moves a subcommand's flags before its arguments, so that
// `dashc eval FILE -e prod` or `dashc metrics diff FILE --source web` means what it says; the
// flag package stops at the first argument.
func interspersed(app *cli.App, args []string) []string {
	var flags, arguments []string
	if len(args) > 3 && (args[1] == "-C" || args[1] == "--project") {
		flags = slices.Clone(args[1:3]) // dashc -C DIR build
		args = slices.Concat(args[:1], args[3:])
	}
	if len(args) < 2 || slices.Contains(args, completionFlag) {
		return args
	}
	command := app.Command(args[1])
	if command == nil {
		return args
	}
	words := 2 // of the program and the command
	for words < len(args) && subcommand(command, args[words]) != nil {
		command = subcommand(command, args[words])
		words++
	}
	for i := words; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			arguments = append(arguments, args[i:]...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			arguments = append(arguments, arg)
			continue
		}
		flags = append(flags, arg)
		if takesValue(command, arg) && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return slices.Concat(args[:words], flags, arguments)
}

func subcommand(command *cli.Command, name string) *cli.Command {
	for _, sub := range command.Subcommands {
		if sub.HasName(name) {
			return sub
		}
	}
	return nil
}

func takesValue(command *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, flag := range command.Flags {
		if _, isBool := flag.(*cli.BoolFlag); !isBool && slices.Contains(flag.Names(), name) {
			return true
		}
	}
	return false
}

// addLibraries puts the folders of -J behind the project's library path.
func addLibraries(p *project.Project, dirs []string) error {
	for _, dir := range dirs {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if info, err := os.Stat(absolute); err != nil || !info.IsDir() {
			return usageError{fmt.Sprintf("--jpath %s: there is no such folder", dir)}
		}
		p.LibraryPath = append(p.LibraryPath, absolute)
	}
	return nil
}

// useOutDir takes the folder of --out-dir, if any. Folders of -J are sources too, so that they
// are known before.
func useOutDir(p *project.Project, dir string) error {
	name := "--out-dir " + dir
	if dir == "" {
		dir, name = p.OutDir, "outDir "+p.OutDir
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if problem := p.OutDirProblem(absolute); problem != "" {
		return usageError{fmt.Sprintf("%s: %s; name a folder of its own, such as out", name, problem)}
	}
	p.OutDir = absolute
	return nil
}
