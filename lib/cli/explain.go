package cli

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dashc/dashc/docs/rules"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
)

// families are the findings that are not of a rule of `dashc check` and have no page each, by the
// first word of their identifiers: what they are about, and where that is described.
var families = map[string]struct{ about, page string }{
	"config":  {"dashc.yaml, environments/ or a list of customers is not as it must be, or cannot be read", "docs/environments.md, and for config/customer docs/customers.md"},
	"jsonnet": {"a Jsonnet file cannot be read, parsed, evaluated or turned into a file, is not formatted, or lint found something in it", "docs/output.md"},
	"metrics": {"a file of the metric catalogue, or an answer that metrics were read from, is not as it must be", "docs/catalogue.md"},
	"out":     {"the rendered trees are not what the sources or the manifests say", "docs/output.md"},
	"tenancy": {"it is not proven that a customer's file queries that customer only", "docs/tenancy.md"},
}

// explain prints a rule's page, where a finding without a page is described, or the list of the rules.
func (c *command) explain(ctx *cli.Context) error {
	id := ctx.String("explain")
	if id == "all" {
		_, err := io.WriteString(c.stdout, strings.Join(check.RuleIDs(), "\n")+"\n")
		return err
	}
	if page, ok := rules.Page(id); ok {
		_, err := io.WriteString(c.stdout, page)
		return err
	}
	word, _, _ := strings.Cut(id, "/")
	if family, ok := families[word]; ok {
		_, err := fmt.Fprintf(c.stdout, "Findings of %s/ have no page each: %s.\nThey are described in %s (%s).\n", word, family.about, family.page, pages)
		return err
	}
	return usageError{fmt.Sprintf("--explain: there is no rule %q; %s", id, ruleHint(id, check.RuleIDs()))}
}

// ruleHint names the one rule that was meant, or says where the list is. A name without its
// first word is enough.
func ruleHint(id string, ids []string) string {
	if nearest, ok := diagnostic.Nearest(id, ids); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	for _, rule := range ids {
		if path.Base(rule) == id {
			return fmt.Sprintf("did you mean %q?", rule)
		}
	}
	return "`dashc check --explain all` lists the rules"
}
