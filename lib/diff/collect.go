package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
)

// Pair is one file of two trees.
type Pair struct {
	Environment string
	Path        artifact.Path
	// Old and New are the file's bytes; nil where a tree lacks it.
	Old, New []byte
	// Unowned is set for a file that only the old tree has, and that no build wrote.
	Unowned bool
	// Customer is whose file it is, where the caller knows more than the path tells.
	Customer Customer
	// Customers are those of a file that many share, by slug.
	Customers map[string]Customer
}

// Place is one place where a change occurs.
type Place struct {
	Environment string `json:"environment"`
	// File is relative to the environment's tree.
	File artifact.Path `json:"file"`
	// Path is a JSON pointer into the new document, or into the old one for what was removed.
	Path string `json:"path"`
}

// Occurrence counts where in one environment a change occurs.
type Occurrence struct {
	Environment string `json:"environment"`
	// Files counts files that are no customer's.
	Files int `json:"files"`
	// Customers counts the customers whose files have the change, of OfCustomers that the
	// environment has.
	Customers   int `json:"customers,omitempty"`
	OfCustomers int `json:"ofCustomers,omitempty"`
}

// Group is one change with everywhere it occurs.
type Group struct {
	Change
	Kind artifact.Kind
	// File is the changed file; for the variants of customers that of the dashboard they are made
	// of, or a pattern where there is none.
	File artifact.Path
	In   []Occurrence // by environment
	// Examples are the first places by environment and path.
	Examples []Place
}

// maxExamples bounds the places that a group remembers.
const maxExamples = 5

// Counts are numbers of files.
type Counts struct {
	Compared int `json:"compared"`
	Added    int `json:"added"`
	Removed  int `json:"removed"`
	Changed  int `json:"changed"`
	Unowned  int `json:"unowned"`
}

// Differing is the number of files that differ.
func (c Counts) Differing() int { return c.Added + c.Removed + c.Changed + c.Unowned }

// Report is what differs between two trees.
type Report struct {
	// Environments are those that were compared, in the order in which they were asked for.
	Environments []string
	// Failed are those that could not be compared because their sources have errors.
	Failed []string
	Files  Counts
	// Groups are sorted by file and subject.
	Groups []Group
}

// Differs tells whether anything differs.
func (r Report) Differs() bool { return len(r.Groups) > 0 }

// Collector compares pairs of files one by one and keeps only what differs, each change once.
// Its methods may be called from many goroutines; the report does not depend on their order.
type Collector struct {
	tenantLabels []string
	seed         maphash.Seed

	mutex     sync.Mutex
	report    Report
	groups    map[groupKey]*Group
	customers map[string]map[uint64]bool // hashes of slugs, by environment
	bases     map[string]map[artifact.Path]bool
}

type groupKey struct {
	class artifact.Path
	text  [sha256.Size]byte
}

// NewCollector returns a collector. The labels are those whose value tells customers apart;
// they make the queries of many customers one change, and may be unknown.
func NewCollector(tenantLabels []string) *Collector {
	return &Collector{
		tenantLabels: tenantLabels, seed: maphash.MakeSeed(), groups: map[groupKey]*Group{},
		customers: map[string]map[uint64]bool{}, bases: map[string]map[artifact.Path]bool{},
	}
}

// Environment names an environment that is compared, even if it has no file at all.
func (c *Collector) Environment(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.report.Environments = append(c.report.Environments, name)
}

// Failed names an environment that cannot be compared.
func (c *Collector) Failed(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.report.Failed = append(c.report.Failed, name)
}

// Add compares one file.
func (c *Collector) Add(p Pair) {
	kind := artifact.KindOf(p.Path)
	if slug, _, ok := variant(p.Path); ok {
		p.Customer.Slug = slug
	}
	changes := c.compare(kind, p)
	customers := map[groupKey]map[string]bool{} // whose this file's changes are, each once
	examples := map[groupKey]Change{}
	for _, change := range changes {
		key := keyOf(p.Path, change)
		if customers[key] == nil {
			customers[key] = map[string]bool{}
			examples[key] = change
		}
		customers[key][cmp.Or(change.customer, p.Customer.Slug)] = true
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.count(kind, p, len(changes) > 0)
	for key, change := range examples {
		c.add(key, kind, p, change, customers[key])
	}
}

func (c *Collector) compare(kind artifact.Kind, p Pair) []Change {
	switch {
	case p.Unowned:
		return []Change{{Op: Unowned, style: file}}
	case p.Old == nil && p.New == nil:
		return nil
	case p.Old == nil:
		return []Change{{Op: Added, New: describe(kind, p.New), style: file}}
	case p.New == nil:
		return []Change{{Op: Removed, Old: describe(kind, p.Old), style: file}}
	case bytes.Equal(p.Old, p.New):
		return nil
	}
	return c.compareBytes(kind, p)
}

func (c *Collector) compareBytes(kind artifact.Kind, p Pair) []Change {
	var old, new any
	oldErr, newErr := error(nil), error(nil)
	if kind != artifact.Placeholder {
		old, oldErr = decode(kind, p.Old)
		new, newErr = decode(kind, p.New)
	}
	if kind == artifact.Placeholder || oldErr != nil || newErr != nil {
		name := "text"
		switch {
		case oldErr != nil:
			name = "text (the old one is " + printable(oldErr.Error()) + ")"
		case newErr != nil:
			name = "text (the new one is " + printable(newErr.Error()) + ")"
		}
		return []Change{{Op: Changed, Name: name, Old: clip(p.Old), New: clip(p.New), style: content}}
	}
	var among *shared
	if shard.MatchString(string(p.Path)) {
		among = &shared{customers: p.Customers, tenantLabels: c.tenantLabels}
	}
	changes := compareDocuments(kind, old, new, aliasOf(p.Customer, c.tenantLabels, old, new), among)
	if len(changes) == 0 {
		return []Change{{Op: Changed, style: formatting}}
	}
	return changes
}

// maxContent bounds what is kept of a file that is no document, in bytes.
const maxContent = 64 << 10

func clip(data []byte) string {
	if len(data) > maxContent {
		return fmt.Sprintf("%s\n... %s", data[:maxContent], counted(len(data)-maxContent, "more byte", "more bytes"))
	}
	return string(data)
}

// describe says what a whole file holds; nothing where that is not known.
func describe(kind artifact.Kind, data []byte) any {
	value, err := decode(kind, data)
	object, _ := value.(map[string]any)
	if kind != artifact.Dashboard || err != nil || object == nil {
		return nil
	}
	return "(" + counted(len(dashboard.Dashboard{JSON: object}.Panels()), "panel", "panels") + ")"
}

// keyOf tells changes apart that are not the same for a reader.
func keyOf(p artifact.Path, change Change) groupKey {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	if err := encoder.Encode([]any{change.Op, change.Subject, change.Name, change.style, change.Old, change.New}); err != nil {
		fmt.Fprintf(h, "%#v", change) // a value that JSON does not take
	}
	key := groupKey{class: class(p)}
	h.Sum(key.text[:0])
	return key
}

func (c *Collector) count(kind artifact.Kind, p Pair, differs bool) {
	files := &c.report.Files
	files.Compared++
	switch {
	case !differs:
	case p.Unowned:
		files.Unowned++
	case p.Old == nil:
		files.Added++
	case p.New == nil:
		files.Removed++
	default:
		files.Changed++
	}
	if p.Customer.Slug != "" {
		c.seeCustomer(p.Environment, p.Customer.Slug)
	} else if kind == artifact.Dashboard {
		name := fileName(p.Path)
		if c.bases[name] == nil {
			c.bases[name] = map[artifact.Path]bool{}
		}
		c.bases[name][p.Path] = true
	}
}

func (c *Collector) seeCustomer(environment, slug string) {
	if c.customers[environment] == nil {
		c.customers[environment] = map[uint64]bool{}
	}
	c.customers[environment][maphash.String(c.seed, slug)] = true
}

func (c *Collector) add(key groupKey, kind artifact.Kind, p Pair, change Change, customers map[string]bool) {
	g := c.groups[key]
	if g == nil {
		g = &Group{Change: change, Kind: kind, File: key.class}
		c.groups[key] = g
	}
	o := g.in(p.Environment)
	for slug := range customers {
		if slug == "" {
			o.Files++
		} else {
			o.Customers++
			c.seeCustomer(p.Environment, slug)
		}
	}
	g.exemplify(Place{p.Environment, p.Path, change.Path})
}

func (g *Group) in(environment string) *Occurrence {
	for i := range g.In {
		if g.In[i].Environment == environment {
			return &g.In[i]
		}
	}
	g.In = append(g.In, Occurrence{Environment: environment})
	return &g.In[len(g.In)-1]
}

func (g *Group) exemplify(places ...Place) {
	g.Examples = append(g.Examples, places...)
	slices.SortFunc(g.Examples, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.File, b.File), cmp.Compare(a.Path, b.Path))
	})
	g.Examples = g.Examples[:min(len(g.Examples), maxExamples)]
	g.Path = g.Examples[0].Path
}

// Report returns everything that was found so far, sorted.
func (c *Collector) Report() Report {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	report := c.report
	report.Environments, report.Failed = slices.Clone(report.Environments), slices.Clone(report.Failed)
	merged := map[groupKey]*Group{}
	for key, group := range c.groups {
		key.class = c.base(key.class)
		g := merged[key]
		if g == nil {
			g = &Group{Change: group.Change, Kind: group.Kind, File: key.class}
			merged[key] = g
		}
		for _, o := range group.In {
			into := g.in(o.Environment)
			into.Files += o.Files
			into.Customers += o.Customers
			if into.Customers > 0 {
				into.OfCustomers = len(c.customers[o.Environment])
			}
		}
		g.exemplify(group.Examples...)
	}
	for _, g := range merged {
		slices.SortFunc(g.In, func(a, b Occurrence) int { return cmp.Compare(a.Environment, b.Environment) })
		report.Groups = append(report.Groups, *g)
	}
	sortGroups(report.Groups)
	return report
}

// base returns the dashboard that variants are made of, where only one has their name.
func (c *Collector) base(class artifact.Path) artifact.Path {
	name, ok := strings.CutPrefix(string(class), customersFolder+"*/")
	if !ok {
		return class
	}
	candidates := c.bases[strings.TrimSuffix(name, path.Ext(name))]
	if len(candidates) != 1 {
		return class
	}
	for candidate := range maps.Keys(candidates) {
		class = candidate
	}
	return class
}

// sortGroups orders changes by file, subject and what they say.
func sortGroups(groups []Group) {
	type sortable struct {
		Group
		key []string
	}
	all := make([]sortable, len(groups))
	for i, g := range groups {
		line, _ := g.words()
		key := []string{string(g.File), g.Subject, g.Name, line, string(g.Op), inline(g.Old), inline(g.New)}
		for _, place := range g.Examples {
			key = append(key, place.Environment, string(place.File), place.Path)
		}
		all[i] = sortable{g, key}
	}
	slices.SortFunc(all, func(a, b sortable) int { return slices.Compare(a.key, b.key) })
	for i := range all {
		groups[i] = all[i].Group
	}
}
