package build

import (
	"hash/fnv"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// Part is one of several disjoint parts of a plan, which machines can build at the same time.
// The files of all parts together are the whole tree. Into an empty folder each part writes the whole
// manifest, into a tree only what it says of the part's own files.
type Part struct {
	// Index counts from 1 to Count.
	Index, Count int
}

// holds tells whether a file belongs to the part. It depends on nothing but the path.
func (p Part) holds(path artifact.Path) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(path))
	return int(h.Sum32()%uint32(p.Count)) == p.Index-1
}

// partial tells whether a build writes only some of the files.
func (r *run) partial() bool { return r.options.Part.Count > 0 || len(r.options.Customers) > 0 }

// part tells which files of a tree the build writes.
func (r *run) part(t tree) func(artifact.Path) bool {
	others := map[artifact.Path]bool{} // the dashboards of customers that were not asked for
	if len(r.options.Customers) > 0 && t.variants != nil {
		wanted := t.variants.members.named(r.options.Customers)
		for _, a := range t.artifacts {
			others[a.Path] = a.Customer != "" && !wanted[project.Slug(a.Customer)]
		}
	}
	return func(path artifact.Path) bool {
		return !others[path] && (r.options.Part.Count == 0 || r.options.Part.holds(path))
	}
}

// named returns the slugs of customers that were named by id or slug.
func (m *members) named(names []string) map[project.Slug]bool {
	wanted := map[project.Slug]bool{}
	for _, c := range m.list {
		if slices.Contains(names, string(c.ID)) || slices.Contains(names, string(c.Slug)) {
			wanted[c.Slug] = true
		}
	}
	return wanted
}

// strangers reports customers that were asked for and that no environment has.
func (r *run) strangers(trees []tree) error {
	var known []string
	for _, t := range trees {
		if t.variants == nil {
			continue
		}
		for _, c := range t.variants.members.list {
			known = append(known, string(c.ID), string(c.Slug))
		}
	}
	var findings []diagnostic.Diagnostic
	for _, name := range r.options.Customers {
		if slices.Contains(known, name) {
			continue
		}
		hint := "name a customer by its id or slug; `dashc customers list` shows them"
		if nearest, ok := diagnostic.Nearest(name, known); ok {
			hint = "did you mean \"" + nearest + "\"?"
		}
		findings = append(findings, diagnostic.Diagnostic{Rule: "config/customer", Severity: diagnostic.Error, Message: "there is no customer \"" + name + "\" in the environments that are built", Hint: hint})
	}
	return diagnostic.AsError(findings...)
}
