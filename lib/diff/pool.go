package diff

import (
	"cmp"
	"maps"
	"strconv"
)

// pooled is a thing that may move from one array of its document to another: a panel in or
// out of a row, a rule from one group to another.
type pooled struct {
	object  map[string]any
	index   int
	within  place  // the array
	around  int    // the pooled thing that holds it, -1 for none
	holder  string // what holds it, in words
	ownedBy string // the customer it belongs to, where a file is shared
}

// pool compares the things that the schema pools, wherever in the documents they stand.
func (w *walker) pool(old, new any) {
	if w.schema.pool.find == nil {
		return
	}
	olds, news := w.schema.pool.find(w, old), w.schema.pool.find(w, new)
	objects := func(list []pooled) []any {
		all := make([]any, len(list))
		for i, item := range list {
			all[i] = item.object
		}
		return all
	}
	c := w.schema.pool.collection
	pairs := match(objects(olds), objects(news), c.keys)
	at := func(item pooled) place {
		p := item.within.item(item.index, w.nameOf(c, item.object))
		p.pattern, p.subject, p.things = w.schema.pool.pattern, w.nameOf(c, item.object), nil
		p.customer = item.ownedBy
		return p
	}
	for i, item := range olds {
		if pairs.new[i] < 0 {
			w.as(item.ownedBy, item.object, nil, func() {
				w.emit(at(item), Removed, thing, "", w.alone(at(item), item.object), nil)
			})
		}
	}
	for j, item := range news {
		i := pairs.old[j]
		if i < 0 {
			w.as(item.ownedBy, nil, item.object, func() {
				w.emit(at(item), Added, thing, "", nil, w.alone(at(item), item.object))
			})
			continue
		}
		differs, hasMoved := !equal(olds[i].object, item.object), moved(olds[i], item, pairs)
		if !differs && !hasMoved {
			continue
		}
		owner := item.ownedBy
		if olds[i].ownedBy != owner {
			owner = "" // it has gone from one customer to another, and that must be seen
		}
		w.as(owner, olds[i].object, item.object, func() {
			if differs {
				w.value(at(item), olds[i].object, item.object)
			}
			if hasMoved {
				w.emit(at(item), Changed, holder, "", w.alias.holder(olds[i].holder), w.alias.holder(item.holder))
			}
		})
	}
	w.poolOrder(c, olds, news, pairs)
}

// alone is a thing without the pooled things that it holds.
func (w *walker) alone(at place, item any) any {
	object, _ := item.(map[string]any)
	for key, value := range object {
		others, objects, _ := withoutObjects(value)
		if !objects || !w.schema.pools(at.pattern+"."+key) {
			continue
		}
		object = maps.Clone(object)
		delete(object, key)
		if len(others) > 0 {
			object[key] = others
		}
		return object
	}
	return item
}

func moved(old, new pooled, pairs pairing) bool {
	if old.around < 0 || new.around < 0 {
		return old.holder != new.holder
	}
	return pairs.new[old.around] != new.around
}

// poolOrder compares the order of the things that stay in one array.
func (w *walker) poolOrder(c collection, olds, news []pooled, pairs pairing) {
	arrays := map[string][]int{} // old positions in new order, by the new array
	first := map[string]pooled{}
	var sequence []string
	for j, item := range news {
		i := pairs.old[j]
		if i < 0 || moved(olds[i], item, pairs) {
			continue
		}
		key := item.within.pointer
		if _, known := arrays[key]; !known {
			sequence = append(sequence, key)
			first[key] = item
		}
		arrays[key] = append(arrays[key], i)
	}
	for _, key := range sequence {
		one := first[key]
		w.as(one.ownedBy, one.object, one.object, func() {
			at := one.within
			if w.shared != nil && one.ownedBy != "" { // the group's position would be another for each customer
				at.subject, at.keys, at.customer = w.alias.holder(one.holder), []any{"rules"}, one.ownedBy
			}
			w.reorder(at, arrays[key], func(i int) string { return w.nameOf(c, olds[i].object) })
		})
	}
}

// numbering keeps holders of one name apart.
type numbering map[string]int

func (n numbering) of(name string) string {
	n[name]++
	if n[name] == 1 {
		return name
	}
	return name + " (" + strconv.Itoa(n[name]) + ")"
}

// findPanels lists the panels of a dashboard: those on the grid, in rows, and in the rows of
// the layout before schema version 16.
func findPanels(w *walker, document any) []pooled {
	var all []pooled
	names := numbering{}
	var visit func(holder map[string]any, at place, around int, name string)
	visit = func(object map[string]any, at place, around int, name string) {
		list, _ := object["panels"].([]any)
		within := at.key("panels")
		for i, item := range list {
			panel, ok := item.(map[string]any)
			if !ok {
				continue
			}
			all = append(all, pooled{object: panel, index: i, within: within, around: around, holder: name})
			visit(panel, within.index(i), len(all)-1, names.of(panelName(w.alias.text, panel)))
		}
	}
	root, _ := document.(map[string]any)
	visit(root, place{}, -1, "the top of the dashboard")
	rows, _ := root["rows"].([]any)
	for i, item := range rows {
		if row, ok := item.(map[string]any); ok {
			visit(row, place{}.key("rows").index(i), -1, names.of(rowName(w.alias.text, row)))
		}
	}
	return all
}

// findRules lists the rules of all groups of an alerting or Prometheus file.
func findRules(w *walker, document any) []pooled {
	var all []pooled
	names := numbering{}
	root, _ := document.(map[string]any)
	groups, _ := root["groups"].([]any)
	for i, item := range groups {
		group, ok := item.(map[string]any)
		if !ok {
			continue
		}
		rules, _ := group["rules"].([]any)
		within := place{}.key("groups").index(i).key("rules")
		name := groupName(w.alias.text, group)
		if folder, ok := group["folder"].(string); ok {
			name += " of folder " + quoted(w.alias.text(folder))
		}
		name = names.of(name)
		for j, item := range rules {
			if rule, ok := item.(map[string]any); ok {
				all = append(all, pooled{object: rule, index: j, within: within, around: -1, holder: name, ownedBy: cmp.Or(ruleCustomer(group, rule), w.owner("groups", group))})
			}
		}
	}
	return all
}
