package check_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dashc/dashc/docs/rules"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
)

// example is a fenced block of a page: a PromQL expression for the base's panel, or an object
// of Jsonnet laid over the base.
var example = regexp.MustCompile("(?s)```(promql|jsonnet)\n(.*?)```")

// Each rule has a page of its own name, and the examples on it are true: what stands under
// "Wrong" breaks this rule and no other, what stands under "Right" breaks none.
func TestPages(t *testing.T) {
	for _, id := range ruleIDs() {
		t.Run(id, func(t *testing.T) {
			page, ok := rules.Page(id)
			if !ok {
				t.Fatalf("there is no page docs/rules/%s.md", id)
			}
			if !strings.HasPrefix(page, "# "+id+"\n\n**Error") && !strings.HasPrefix(page, "# "+id+"\n\n**Warning") {
				t.Error("the page does not start with its name and severity")
			}
			for _, section := range []string{"Why", "Wrong", "Right"} {
				if !strings.Contains(page, "\n## "+section+"\n") {
					t.Errorf("the page has no section %s", section)
				}
			}
			for _, source := range examples(page, "Wrong") {
				got := findingsOf(t, source)
				if len(got) == 0 {
					t.Errorf("breaks no rule:\n%s", source)
				}
				for _, d := range got {
					if d.Rule != id {
						t.Errorf("breaks %s, too:\n%s\n%s: %s", d.Rule, source, d.Where, d.Message)
					}
				}
			}
			for _, source := range examples(page, "Right") {
				for _, d := range findingsOf(t, source) {
					t.Errorf("breaks %s:\n%s\n%s: %s", d.Rule, source, d.Where, d.Message)
				}
			}
		})
	}
}

func TestEveryPageIsOfARule(t *testing.T) {
	ids := ruleIDs()
	err := fs.WalkDir(rules.Pages, ".", func(path string, item fs.DirEntry, err error) error {
		if id := strings.TrimSuffix(path, ".md"); !item.IsDir() && !slices.Contains(ids, id) {
			t.Errorf("docs/rules/%s is the page of no rule", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ruleIDs are the rules that have a page: those that can be switched off, and the one about
// switching off.
func ruleIDs() []string { return append(check.RuleIDs(), "check/suppression") }

// The index lists every rule once, with the severity that its page begins with.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile("../../docs/rules/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, match := range indexRow.FindAllStringSubmatch(string(index), -1) {
		if match[1] != match[2] {
			t.Errorf("the row of %s links to the page of %s", match[1], match[2])
		}
		if listed[match[1]] != "" {
			t.Errorf("%s is listed twice", match[1])
		}
		listed[match[1]] = match[3]
	}
	for _, id := range ruleIDs() {
		page, _ := rules.Page(id)
		if severity := listed[id]; severity == "" {
			t.Errorf("%s is not listed", id)
		} else if !strings.HasPrefix(strings.ToLower(page), "# "+id+"\n\n**"+severity) {
			t.Errorf("%s is listed as %s, and its page says otherwise", id, severity)
		}
		delete(listed, id)
	}
	for id := range listed {
		t.Errorf("%s is listed and is no rule", id)
	}
}

var indexRow = regexp.MustCompile(`(?m)^\| \[([a-z/-]+)\]\(([a-z/-]+)\.md\) \| (error|warning) \|`)

// Each rule stands in the file of its name.
func TestFiles(t *testing.T) {
	for _, id := range ruleIDs() {
		file := strings.NewReplacer("/", "_", "-", "_").Replace(id) + ".go"
		source, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("the rule %s has no file of its own: %v", id, err)
			continue
		}
		if !strings.Contains(string(source), fmt.Sprintf("%q", id)) {
			t.Errorf("%s does not hold the rule %s", file, id)
		}
	}
}

// examples returns the Jsonnet of a section's examples.
func examples(page, section string) []string {
	_, rest, _ := strings.Cut(page, "\n## "+section+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	var sources []string
	for _, match := range example.FindAllStringSubmatch(rest, -1) {
		source := match[2]
		if match[1] == "promql" {
			source = fmt.Sprintf("{ expr:: %q }", strings.TrimSpace(source))
		}
		sources = append(sources, source)
	}
	return sources
}

func findingsOf(t *testing.T, source string) []diagnostic.Diagnostic {
	t.Helper()
	documents, settings := tree(t, source)
	return slices.DeleteFunc(run(documents, settings), func(d diagnostic.Diagnostic) bool { return d.Suppressed != "" })
}
