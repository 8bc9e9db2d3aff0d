package publish

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
)

// journal says which contents an unfinished build was about to put where: SHA-256 sums by
// path. It is written before the first file is renamed and goes after the manifest is in
// place, so a file that differs from the manifest but stands in the journal is ours, not an edit.
// Builds that are killed one after the other add up. A build of a part leaves in it what it does not
// answer for.
type journal map[artifact.Path][]string

func journalName(environment string) string { return stateDir + "/" + environment + ".pending.json" }

// readJournal returns the journal of an unfinished build, and whether there is one. A journal
// that cannot be read is as good as none: its files then show as edited by hand.
func (t *Tree) readJournal(environment string) (journal, bool, error) {
	if t.root == nil {
		return nil, false, nil
	}
	data, err := t.root.ReadFile(journalName(environment))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, machine("read", t.at(journalName(environment)), err)
	}
	var pending journal
	if err := json.Unmarshal(data, &pending); err != nil {
		return nil, true, nil
	}
	for name := range pending {
		if _, err := artifact.NewPath(string(name)); err != nil || reserved(string(name)) {
			delete(pending, name)
		}
	}
	return pending, true, nil
}

// encodeWith returns the bytes of the journal that also names what a plan is about to write.
func (j journal) encodeWith(p *Plan) ([]byte, error) {
	if len(j) > 0 {
		return json.Marshal(j.with(p))
	}
	b := []byte{'{'}
	for n, i := range p.writes {
		if n > 0 {
			b = append(b, ',')
		}
		c := &p.wanted[i]
		b = append(appendJSON(b, string(c.Path)), `:["`...)
		b = append(hex.AppendEncode(b, c.sum[:]), `"]`...)
	}
	return append(b, '}'), nil
}

// outside returns what a build does not answer for.
func (j journal) outside(b Build) journal {
	rest := maps.Clone(j)
	maps.DeleteFunc(rest, func(p artifact.Path, _ []string) bool { return b.answersFor(p) })
	return rest
}

func (j journal) with(p *Plan) journal {
	all := journal{}
	for name, sums := range j {
		all[name] = slices.Clone(sums)
	}
	for _, i := range p.writes {
		c := &p.wanted[i]
		if sum := c.sum.String(); !slices.Contains(all[c.Path], sum) {
			all[c.Path] = append(all[c.Path], sum)
		}
	}
	return all
}
