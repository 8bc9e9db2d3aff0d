package check

import (
	"fmt"
	"slices"
)

var recordingLabelsRule = rule{
	id:   "recording/labels",
	why:  "A label that the rule writes replaces the one that the series bring along: what was told apart becomes one, and two results of the same labels make the rule fail.",
	find: findOverwrittenLabels,
}

// findOverwrittenLabels reports labels of recording rules that replace a label of the result,
// and rules that record the same series twice.
func findOverwrittenLabels(s *subject) []finding {
	var found []finding
	first := map[string]*query{}
	tenants := s.source.catalogue.TenantLabels()
	for _, q := range s.queries {
		if q.surface != recordSurface {
			continue
		}
		written := objectOf(q.object["labels"])
		for _, label := range sortedKeys(written) {
			switch {
			case slices.Contains(tenants, label):
				found = append(found, q.about("labels."+label, fmt.Sprintf("the rule writes the label %s, which says whose series these are", label), "keep the label in the expression: by ("+label+", ...)").saying(label))
			case len(q.analyses) > 0 && q.analyses[0].Result().Labels.Has(label):
				found = append(found, q.about("labels."+label, fmt.Sprintf("the rule writes the label %s, which the result has already", label), "aggregate it away, or choose another name").warning().saying(label))
			}
		}
		key := textAt(q.object, "record") + "\x00" + fmt.Sprint(written)
		if other, taken := first[key]; taken {
			found = append(found, q.about("record", fmt.Sprintf("the series %s is also recorded by %s", textAt(q.object, "record"), other.path), "keep one, or tell them apart by labels").saying(textAt(q.object, "record")))
			continue
		}
		first[key] = q
	}
	return found
}
