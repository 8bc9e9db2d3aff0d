package diff

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// Documents compares two versions of a decoded document. Equal values give no change, different
// ones at least one.
func Documents(kind artifact.Kind, old, new any) []Change {
	return compareDocuments(kind, old, new, alias{}, nil)
}

func compareDocuments(kind artifact.Kind, old, new any, who alias, among *shared) []Change {
	w := walker{schema: schemas[kind], alias: who, shared: among}
	w.value(place{}, old, new)
	w.pool(old, new)
	if len(w.changes) == 0 && !equal(old, new) { // what the schema cannot tell apart, its paths can
		w.schema = schema{}
		w.value(place{}, old, new)
	}
	return w.changes
}

// walker collects the changes between two documents.
type walker struct {
	schema  schema
	alias   alias
	shared  *shared // set where the document holds the parts of many customers
	changes []Change
}

// place is where in a document the walker stands.
type place struct {
	pointer string
	// pattern is the way from the root with [] for every position, by which the schema knows the place.
	pattern string
	// subject is the outermost named thing around the place; things are those inside of it.
	subject string
	things  []string
	// keys is the way from the innermost thing: keys of objects and positions in arrays.
	keys []any
	// customer is the one to whom the subject belongs, where a file is shared.
	customer string
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (p place) key(name string) place {
	p.pointer += "/" + pointerEscapes.Replace(name)
	p.pattern = strings.TrimPrefix(p.pattern+"."+name, ".")
	p.keys = append(slices.Clip(p.keys), name)
	return p
}

func (p place) index(i int) place {
	p.pointer += "/" + strconv.Itoa(i)
	p.pattern += "[]"
	p.keys = append(slices.Clip(p.keys), i)
	return p
}

// item is a place in a collection: what has a name.
func (p place) item(i int, name string) place {
	p = p.index(i)
	p.keys = nil
	if p.subject == "" {
		p.subject = name
	} else {
		p.things = append(slices.Clip(p.things), name)
	}
	return p
}

// way is the keys as a person reads them: legend.calcs[0].
func (p place) way() string {
	var b strings.Builder
	for i, key := range p.keys {
		switch key := key.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(key) + "]")
		case string:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(bare(key))
		}
	}
	return b.String()
}

func (w *walker) emit(at place, op Op, told style, name string, old, new any) {
	o, n := w.alias.value(old), w.alias.value(new)
	if op == Changed && told != formatting && equal(o, n) {
		o, n = old, new // the customer itself is what has changed
	}
	inside := strings.Join(at.things, ", ")
	if name == ":" && inside != "" {
		name, inside = inside+":", ""
	}
	w.changes = append(w.changes, Change{
		Op: op, Subject: at.subject, Name: joined(inside, name), Path: at.pointer,
		Old: o, New: n, style: told, customer: at.customer,
	})
}

// report emits a difference at a place in the words that the schema has for it.
func (w *walker) report(at place, op Op, old, new any) {
	name, told := w.schema.words(at)
	if told == title && op != Changed {
		name, told = "title", plain
	}
	w.emit(at, op, told, name, old, new)
}

func (w *walker) value(at place, old, new any) {
	switch o := old.(type) {
	case map[string]any:
		if n, ok := new.(map[string]any); ok {
			w.object(at, o, n)
			return
		}
	case []any:
		if n, ok := new.([]any); ok {
			w.array(at, o, n)
			return
		}
	}
	if !equal(old, new) {
		w.report(at, Changed, old, new)
	}
}

func (w *walker) object(at place, old, new map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(union(old, new))) {
		o, before := old[key]
		n, after := new[key]
		if before && after && equal(o, n) {
			continue
		}
		below := at.key(key)
		switch {
		case w.schema.pools(below.pattern):
			w.pooledArray(below, o, n, before, after)
		case before && after && key == "gridPos" && w.schema.grid && isGrid(o) && isGrid(n):
			w.gridPosition(below, o.(map[string]any), n.(map[string]any))
		case before && after:
			w.value(below, o, n)
		case before:
			w.oneSided(below, Removed, o)
		default:
			w.oneSided(below, Added, n)
		}
	}
}

// maxFields is the largest object that came or went which is told field by field.
const maxFields = 4

// oneSided reports what only one document has. A list of things is each of its things, a
// small object each of its fields.
func (w *walker) oneSided(at place, op Op, value any) {
	if object, ok := value.(map[string]any); ok && len(object) > 0 && scalars(object) <= maxFields {
		if op == Added {
			w.object(at, nil, object)
		} else {
			w.object(at, object, nil)
		}
		return
	}
	list, _ := value.([]any)
	_, named := w.schema.collections[at.pattern]
	switch {
	case named && len(list) > 0 && op == Added:
		w.array(at, nil, list)
	case named && len(list) > 0:
		w.array(at, list, nil)
	case op == Added:
		w.report(at, Added, nil, value)
	default:
		w.report(at, Removed, value, nil)
	}
}

func union(a, b map[string]any) map[string]bool {
	all := make(map[string]bool, len(a)+len(b))
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

// scalars counts the values that hold no others, and lists and objects that are empty.
func scalars(value any) int {
	n := 0
	switch value := value.(type) {
	case map[string]any:
		for _, item := range value {
			n += scalars(item)
		}
	case []any:
		for _, item := range value {
			n += scalars(item)
		}
	}
	return max(n, 1)
}

// pooledArray compares what stands in an array beside the things that the pool compares.
func (w *walker) pooledArray(at place, old, new any, before, after bool) {
	o, oldPooled, oldIsArray := withoutObjects(old)
	n, newPooled, newIsArray := withoutObjects(new)
	switch {
	case before && after && oldIsArray && newIsArray:
		w.array(at, o, n)
	case before && after:
		w.value(at, old, new)
	case before && !(oldIsArray && oldPooled && len(o) == 0):
		w.report(at, Removed, old, nil)
	case after && !(newIsArray && newPooled && len(n) == 0):
		w.report(at, Added, nil, new)
	}
}

func withoutObjects(value any) (others []any, objects, isArray bool) {
	list, isArray := value.([]any)
	for _, item := range list {
		if _, ok := item.(map[string]any); ok {
			objects = true
			continue
		}
		others = append(others, item)
	}
	return others, objects, isArray
}

func isGrid(value any) bool {
	object, ok := value.(map[string]any)
	for _, key := range []string{"x", "y", "w", "h"} {
		if _, number := object[key].(json.Number); !number {
			return false
		}
	}
	return ok
}

func (w *walker) gridPosition(at place, old, new map[string]any) {
	pair := func(object map[string]any, a, b, between string) string {
		return inline(object[a]) + between + inline(object[b])
	}
	for _, part := range []struct {
		told          style
		a, b, between string
	}{{position, "x", "y", ","}, {size, "w", "h", "x"}} {
		if o, n := pair(old, part.a, part.b, part.between), pair(new, part.a, part.b, part.between); o != n {
			w.emit(at, Changed, part.told, "", o, n)
		}
	}
	rest := func(object map[string]any) map[string]any {
		object = maps.Clone(object)
		for _, key := range []string{"x", "y", "w", "h"} {
			delete(object, key)
		}
		return object
	}
	w.object(at, rest(old), rest(new))
}

func (w *walker) array(at place, old, new []any) {
	if equal(old, new) {
		return
	}
	if c, ok := w.schema.collection(at.pattern, old, new); ok {
		w.collection(at, c, old, new)
		return
	}
	if isSet(old) && isSet(new) && w.set(at, old, new) {
		return
	}
	if allScalars(old) && allScalars(new) && !(allNumbers(old) && allNumbers(new) && len(old) == len(new)) {
		w.report(at, Changed, old, new)
		return
	}
	start := 0
	for start < min(len(old), len(new)) && equal(old[start], new[start]) {
		start++
	}
	end := 0
	for end < min(len(old), len(new))-start && equal(old[len(old)-1-end], new[len(new)-1-end]) {
		end++
	}
	for i := start; i < max(len(old), len(new))-end; i++ {
		switch {
		case i >= len(new)-end:
			w.report(at.index(i), Removed, old[i], nil)
		case i >= len(old)-end:
			w.report(at.index(i), Added, nil, new[i])
		default:
			w.value(at.index(i), old[i], new[i])
		}
	}
}

// isSet tells whether a list holds texts, each once, as tags do.
func isSet(list []any) bool {
	seen := map[string]bool{}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

// set reports each text that came or went, so that lists that differ between environments can
// have the same change. It does nothing where nothing stays or what stays is in another order.
func (w *walker) set(at place, old, new []any) bool {
	pairs := match(old, new, []func(any) string{same})
	var kept []int
	for _, i := range pairs.old {
		if i >= 0 {
			kept = append(kept, i)
		}
	}
	if len(kept) == 0 || !slices.IsSorted(kept) {
		return false
	}
	name, told := w.schema.words(at)
	for i, text := range old {
		if pairs.new[i] < 0 {
			w.emit(at.index(i), Removed, told, name, text, nil)
		}
	}
	for j, text := range new {
		if pairs.old[j] < 0 {
			w.emit(at.index(j), Added, told, name, nil, text)
		}
	}
	return true
}

func allScalars(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool {
		switch item.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

func allNumbers(list []any) bool {
	return !slices.ContainsFunc(list, func(item any) bool { _, ok := item.(json.Number); return !ok })
}

// collection compares an array whose items have names.
func (w *walker) collection(at place, c collection, old, new []any) {
	pairs := match(old, new, c.keys)
	for i, item := range old {
		if pairs.new[i] < 0 {
			w.item(at, i, c, item, nil, func(below place) { w.emit(below, Removed, thing, "", w.alone(below, item), nil) })
		}
	}
	for j, item := range new {
		i := pairs.old[j]
		switch {
		case i < 0:
			w.item(at, j, c, nil, item, func(below place) { w.emit(below, Added, thing, "", nil, w.alone(below, item)) })
		case !equal(old[i], item):
			w.item(at, j, c, old[i], item, func(below place) { w.value(below, old[i], item) })
		}
	}
	var kept []int
	for _, i := range pairs.old {
		if i >= 0 {
			kept = append(kept, i)
		}
	}
	w.reorder(at, kept, func(i int) string { return w.nameOf(c, old[i]) })
}

// item calls do with the place of a collection's item, as that of the customer who owns it. Of an
// item that only one list has the other version is nil.
func (w *walker) item(at place, i int, c collection, old, new any, do func(place)) {
	owner, shown := w.owner(at.pattern, new), new
	if new == nil {
		owner, shown = w.owner(at.pattern, old), old
	} else if old != nil && owner != w.owner(at.pattern, old) {
		owner = "" // it has gone from one customer to another, and that must be seen
	}
	w.as(owner, old, new, func() {
		below := at.item(i, w.nameOf(c, shown))
		if owner != "" {
			below.customer = owner
		}
		do(below)
	})
}

// reorder reports things that are in another order: old positions in the order of the new list.
func (w *walker) reorder(at place, positions []int, name func(int) string) {
	if slices.IsSorted(positions) {
		return
	}
	seen := map[string]bool{}
	twice := false
	for _, i := range positions {
		twice = twice || seen[name(i)]
		seen[name(i)] = true
	}
	list := func(positions []int) []any {
		var all []any
		for _, i := range positions {
			if twice {
				all = append(all, fmt.Sprintf("%s (%d)", name(i), i+1))
			} else {
				all = append(all, name(i))
			}
		}
		return all
	}
	w.emit(at, Changed, order, "order of "+at.way(), list(slices.Sorted(slices.Values(positions))), list(positions))
}

func (w *walker) nameOf(c collection, item any) string {
	object, ok := item.(map[string]any)
	if !ok {
		return inline(item)
	}
	return c.name(w.called, object)
}

// pairing tells which items of two lists are the same thing: new[i] is the partner of the old
// item i, old[j] that of the new item j, -1 where there is none.
type pairing struct {
	new, old []int
}

// match finds partners by the first key that both have, then the next one. Of items with equal keys
// the first belongs to the first.
func match(old, new []any, keys []func(any) string) pairing {
	p := pairing{new: make([]int, len(old)), old: make([]int, len(new))}
	for i := range p.new {
		p.new[i] = -1
	}
	for j := range p.old {
		p.old[j] = -1
	}
	for _, key := range keys {
		waiting := map[string][]int{}
		for j, item := range new {
			if p.old[j] >= 0 {
				continue
			}
			if k := key(item); k != "" {
				waiting[k] = append(waiting[k], j)
			}
		}
		for i, item := range old {
			if p.new[i] >= 0 || len(waiting) == 0 {
				continue
			}
			k := key(item)
			if k == "" || len(waiting[k]) == 0 {
				continue
			}
			j := waiting[k][0]
			waiting[k] = waiting[k][1:]
			p.new[i], p.old[j] = j, i
		}
	}
	return p
}
