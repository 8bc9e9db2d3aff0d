package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/metrics"
)

// Tree is what all customers of an environment have in common.
type Tree struct {
	// Label is the tenant label.
	Label     string
	Catalogue *metrics.Catalogue
	// Records are the recording rules of all rule files, as ReadRules returns them.
	Records map[string][]Record
	// Bases are the uids of the base dashboards and of the base alert rules.
	Bases []string
	// Datasource is the uid of the one Prometheus data source that a file may name, with {slug}
	// for the customer's slug where each has its own.
	Datasource string
	// DatasourceVariable allows a variable of type datasource besides: the viewer then chooses
	// among the Prometheus data sources of the organisation.
	DatasourceVariable bool
	// Customers are all customers of the environment; nil leaves out the search for other
	// customers' names in free places.
	Customers *Identities
}

// Verdict is what was found in one file.
type Verdict struct {
	Queries, Selectors int
	// Shared lists the allow-listed metrics that are queried without the customer's matcher, sorted.
	Shared []string
	// Findings are the reasons why the file is not proven.
	Findings []diagnostic.Diagnostic
}

// Proven tells whether the file was shown to query its customer only.
func (v Verdict) Proven() bool { return len(v.Findings) == 0 }

// Prover reads files of the customers of one tree. It may be used by several goroutines.
type Prover struct {
	tree   Tree
	parser parser.Parser
	bases  map[string]int
	kept   map[string]bool

	mutex sync.RWMutex
	// canons are the documents with stand-ins for the customer that are proven.
	canons map[string]*canon
	size   int
}

// New returns a prover for the tree.
func New(tree Tree) *Prover {
	p := &Prover{
		tree:   tree,
		parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}),
		bases:  map[string]int{}, kept: map[string]bool{}, canons: map[string]*canon{},
	}
	if p.tree.Catalogue == nil {
		p.tree.Catalogue = &metrics.Catalogue{}
	}
	for i, uid := range tree.Bases {
		p.bases[uid] = i
	}
	for name := range tree.Records {
		p.keepsLabel(name)
	}
	return p
}

// variantPath is where a customer's dashboards stand: a folder for each customer, in folders
// that each belong to one dashboard provider.
var variantPath = regexp.MustCompile(`^grafana/customers/[0-9a-f]{2,4}/([a-z0-9-]+)/[A-Za-z0-9_][A-Za-z0-9._-]*\.json$`)

// Dashboard reads the dashboard at the path, which is relative to the environment's tree.
func (p *Prover) Dashboard(path string, data []byte, s Subject) Verdict {
	if why := p.flaw(s); why != "" {
		return refused(path, "tenancy/identity", why)
	}
	if place := variantPath.FindStringSubmatch(path); place == nil || place[1] != s.Slug {
		return refused(path, "tenancy/identity", "a dashboard of the customer belongs to grafana/customers/SHARD/"+s.Slug)
	}
	if verdict, ok := p.canonical(path, data, s); ok {
		return verdict
	}
	return p.dashboard(path, data, p.identityOf(s)).verdict(s)
}

func (p *Prover) flaw(s Subject) string {
	if p.tree.Label == "" {
		return "there is no tenant label, so that nothing can be scoped by it"
	}
	return s.flaw()
}

func refused(path, rule, message string) Verdict {
	return Verdict{Findings: []diagnostic.Diagnostic{{Rule: rule, Severity: diagnostic.Error, Artifact: path, Message: message, Why: why}}}
}

const why = "A file that is not shown to query its customer alone may show one customer's figures to another."

// reading is the proof of one file under way.
type reading struct {
	p    *Prover
	path string
	who  *identity
	vars *variables
	// place names where the reading is.
	place []string

	queries, selectors int
	shared             []string
	chosen             bool
	findings           []diagnostic.Diagnostic
	literals           []literal
}

// literal is a text in a place where another customer's identity must not stand.
type literal struct{ place, text string }

func (r *reading) refuse(rule, hint, format string, a ...any) {
	r.findings = append(r.findings, diagnostic.Diagnostic{
		Rule: rule, Severity: diagnostic.Error, Artifact: r.path, Where: strings.Join(r.place, ", "),
		Message: fmt.Sprintf(format, a...), Hint: hint, Why: why,
	})
}

// in runs a step with its place named.
func (r *reading) in(place string, step func()) {
	r.place = append(r.place, place)
	step()
	r.place = r.place[:len(r.place)-1]
}

func (r *reading) literal(place, text string) {
	if text != "" {
		r.literals = append(r.literals, literal{place, text})
	}
}

// datasource is the uid of the data source that the file may name.
func (r *reading) datasource() string {
	return strings.ReplaceAll(r.p.tree.Datasource, "{slug}", r.who.slug)
}

// query proves one expression.
func (r *reading) query(expr string) {
	r.queries++
	found, bad := r.p.expression(expr, r.vars, r.who.id)
	if bad != nil {
		r.refuse(bad.rule, bad.hint, "%s", bad.message)
		r.findings[len(r.findings)-1].Query = &diagnostic.Query{Expression: expr, End: len(expr)}
		return
	}
	r.selectors += found.selectors
	r.chosen = r.chosen || found.chosen
	for _, name := range found.shared {
		if !slices.Contains(r.shared, name) {
			r.shared = append(r.shared, name)
		}
	}
	for _, v := range found.values {
		r.literal("a matcher", v)
	}
}

// verdict closes a reading: what remains is that no other customer is named.
func (r *reading) verdict(s Subject) Verdict {
	for _, l := range r.literals {
		text := l.text
		if strings.Contains(text, reserved) {
			text = strings.NewReplacer(standInID, s.ID, standInSlug, s.Slug, standInName, s.Name).Replace(text)
		}
		if r.p.tree.Customers.names(text, s) {
			r.refuse("tenancy/other-customer", "remove it, or list the word as one that all customers may see",
				"%q in %s is the id, slug or name of another customer", text, l.place)
		}
	}
	slices.Sort(r.shared)
	return Verdict{Queries: r.queries, Selectors: r.selectors, Shared: r.shared, Findings: r.findings}
}
