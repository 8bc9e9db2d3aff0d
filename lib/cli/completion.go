package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

func (c *command) completionCommand() *cli.Command {
	return &cli.Command{
		Name:         "completion",
		Usage:        "print a completion script for a shell",
		ArgsUsage:    "bash|zsh|fish",
		OnUsageError: onUsageError,
		Description: "bash:  source <(dashc completion bash)\n" +
			"zsh:   source <(dashc completion zsh)\n" +
			"fish:  dashc completion fish | source",
		Action: c.completion,
	}
}

func (c *command) completion(ctx *cli.Context) error {
	shells := []string{"bash", "zsh", "fish"}
	if ctx.NArg() != 1 {
		return usageError{"completion takes one shell: bash, zsh or fish"}
	}
	script := ""
	switch shell := ctx.Args().First(); shell {
	case "bash":
		script = bashCompletion
	case "zsh":
		script = zshCompletion
	case "fish":
		var err error
		if script, err = ctx.App.ToFishCompletion(); err != nil {
			return err
		}
	default:
		return usageError{fmt.Sprintf("there is no completion for %q; %s", shell, diagnostic.DidYouMean(shell, shells))}
	}
	_, err := io.WriteString(c.stdout, script)
	return err
}

const completionFlag = "--generate-bash-completion"

// completesName prints the names of the project's environments where a shell asks for the
// value of --env, or those of its tiers for --tier and --tiers, and tells whether it did.
func (c *command) completesName(args []string) bool {
	n := len(args)
	if n < 3 || args[n-1] != completionFlag || !slices.Contains([]string{"-e", "--env", "--" + tierFlag, "--tiers"}, args[n-2]) {
		return false
	}
	root, err := project.Find(".")
	if err != nil {
		return true
	}
	p, err := project.Load(root)
	if err != nil {
		return true // a shell that completes is no place for error messages
	}
	names := p.EnvironmentNames()
	if strings.HasPrefix(args[n-2], "--"+tierFlag) {
		names = tierNames(p.Environments)
	}
	for _, name := range names {
		fmt.Fprintln(c.stdout, name)
	}
	return true
}

// The scripts ask dashc itself: with --generate-bash-completion as the last word it prints
// the words that may follow, one a line.
const bashCompletion = `_dashc() {
  local words=("${COMP_WORDS[@]:0:$COMP_CWORD}") current="${COMP_WORDS[COMP_CWORD]}" choices
  if [[ "$current" == -* ]]; then
    choices=$("${words[@]}" "$current" --generate-bash-completion 2>/dev/null)
  else
    choices=$("${words[@]}" --generate-bash-completion 2>/dev/null)
  fi
  COMPREPLY=($(compgen -o default -W "$choices" -- "$current"))
}
complete -o default -F _dashc dashc
`

const zshCompletion = `#compdef dashc
_dashc() {
  local -a choices
  local current="${words[CURRENT]}"
  if [[ "$current" == -* ]]; then
    choices=("${(@f)$("${words[@]:0:$((CURRENT-1))}" "$current" --generate-bash-completion 2>/dev/null)}")
  else
    choices=("${(@f)$("${words[@]:0:$((CURRENT-1))}" --generate-bash-completion 2>/dev/null)}")
  fi
  if [[ -n "${choices[1]}" ]]; then
    compadd -- "${choices[@]%%:*}"
  else
    _files
  fi
}
compdef _dashc dashc
`
