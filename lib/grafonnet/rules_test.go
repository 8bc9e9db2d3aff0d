package grafonnet_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestRules walks the schema apart from the generator, states for each property which calls
// the naming rules promise and what they return, and asks the library on disk.
func TestRules(t *testing.T) {
	w := newWalker(t)
	api := w.schema["api"].(object)

	for name, panel := range api["panels"].(object) {
		module := panel.(object)["module"].(string)
		at := "g.panel." + name
		w.members(at+".options", []string{"options"}, ref(module+".Options"), nil)
		if _, ok := w.types[module+".FieldConfig"]; ok {
			w.members(at+".fieldConfig.defaults.custom", []string{"fieldConfig", "defaults", "custom"}, ref(module+".FieldConfig"), nil)
		}
	}
	for name, shapes := range api["queries"].(object) {
		for _, shape := range shapes.([]any) {
			at := "g.query." + name
			if len(shapes.([]any)) > 1 {
				at += "." + base(shape.(string))
			}
			w.members(at, nil, ref(shape.(string)), nil)
		}
	}
	for name, t := range api["alerting"].(object) {
		w.members("g.alerting."+name, nil, ref(t.(string)), nil)
	}
	w.members("g.librarypanel", nil, ref("librarypanel.LibraryPanel"), nil)
	w.members("g.panel.row", nil, ref("dashboard.RowPanel"), nil)
	w.members("g.dashboard.annotation", nil, ref("dashboard.AnnotationQuery"), nil)
	w.check(t, 2500)
}

// TestGroups does the same for the properties that panels and dashboards regroup, by the lists
// of the library's specification.
func TestGroups(t *testing.T) {
	w := newWalker(t)
	groups := []struct {
		at, from string
		parents  []string
		names    string
	}{
		{"g.dashboard", "Dashboard", nil, "description editable fiscalYearStartMonth graphTooltip links liveNow refresh schemaVersion tags templating timezone title uid weekStart"},
		{"g.panel.stat.panelOptions", "Panel", nil, "title description transparent links maxPerRow repeat repeatDirection"},
		{"g.panel.stat.queryOptions", "Panel", nil, "maxDataPoints interval queryCachingTTL timeFrom timeShift hideTimeOverride targets transformations"},
		{"g.panel.stat.standardOptions", "FieldConfig", []string{"fieldConfig", "defaults"}, "unit min max decimals displayName noValue links mappings filterable path"},
		{"g.panel.stat.standardOptions", "FieldConfigSource", []string{"fieldConfig"}, "overrides"},
		{"g.panel.stat.standardOptions.thresholds", "ThresholdsConfig", []string{"fieldConfig", "defaults", "thresholds"}, "mode steps"},
	}
	for _, group := range groups {
		properties := w.properties(w.types["dashboard."+group.from].(object), nil)
		for _, name := range strings.Fields(group.names) {
			w.functions(group.at, group.parents, name, properties[name])
		}
	}
	w.members("g.dashboard.time", []string{"time"}, w.properties(w.types["dashboard.Dashboard"].(object), nil)["time"], nil)
	w.members("g.dashboard.timepicker", []string{"timepicker"}, ref("dashboard.TimePickerConfig"), nil)
	w.members("g.panel.stat.panelOptions.link", nil, ref("dashboard.DashboardLink"), nil)
	w.members("g.panel.stat.queryOptions.transformation", nil, ref("dashboard.DataTransformerConfig"), nil)
	w.members("g.panel.stat.standardOptions.color", []string{"fieldConfig", "defaults", "color"}, ref("dashboard.FieldColor"), nil)
	w.members("g.panel.stat.standardOptions.mapping", nil, ref("dashboard.ValueMapping"), nil)
	w.members("g.panel.stat.standardOptions.threshold.step", nil, ref("dashboard.Threshold"), nil)
	for _, name := range []string{"datasource", "gridPos", "libraryPanel"} {
		property := w.properties(w.types["dashboard.Panel"].(object), nil)[name]
		w.functions("g.panel.stat", nil, name, property)
		w.members("g.panel.stat."+name, []string{name}, property, nil)
	}
	w.check(t, 150)
}

type object = map[string]any

// promise is a call and the JSON it must return.
type promise struct {
	call string
	want any
}

type walker struct {
	schema, types object
	promises      []promise
}

// byHand lists the functions that library/ replaces; the golden programs cover them.
var byHand = []string{
	"g.panel.row.withGridPos", "g.query.loki.withDatasource", "g.query.prometheus.withDatasource",
	"g.query.tempo.withDatasource", "g.query.testData.withDatasource",
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	data, err := os.ReadFile("schema/v11.4.0.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	return &walker{schema: schema, types: schema["types"].(object)}
}

func ref(name string) object { return object{"kind": "ref", "ref": name} }

func base(name string) string { return name[strings.Index(name, ".")+1:] }

func (w *walker) resolve(t object) object {
	for t["kind"] == "ref" {
		t = w.types[t["ref"].(string)].(object)
	}
	return t
}

// properties returns the properties of an object; each gets the default that its own entry or,
// failing that, the whole object's default gives it.
func (w *walker) properties(t object, whole any) map[string]object {
	all := map[string]object{}
	if parents, ok := t["extends"].([]any); ok {
		for _, parent := range parents {
			maps.Copy(all, w.properties(w.types[parent.(string)].(object), nil))
		}
	}
	for name, property := range t["properties"].(object) {
		all[name] = property.(object)
	}
	if fields, ok := whole.(object); ok {
		for name, value := range fields {
			all[name] = maps.Clone(all[name])
			if all[name]["default"] == nil {
				all[name]["default"] = value
			}
		}
	}
	return all
}

// members promises what stands in the namespace at, for a value of type t below parents.
func (w *walker) members(at string, parents []string, t object, whole any) {
	if t["default"] != nil {
		whole = t["default"]
	}
	switch t := w.resolve(t); t["kind"] {
	case "object":
		for name, property := range w.properties(t, whole) {
			w.functions(at, parents, name, property)
			w.members(at+"."+name, append(slices.Clip(parents), name), property, nil)
		}
	case "array":
		w.members(at, nil, t["items"].(object), nil)
	case "union":
		for _, member := range t["of"].([]any) {
			w.member(at, parents, member.(object))
		}
	}
}

func (w *walker) member(at string, parents []string, member object) {
	target := w.resolve(member)
	switch {
	case member["kind"] == "ref" && (target["kind"] == "object" || target["kind"] == "union"):
		name := base(member["ref"].(string))
		w.members(at+"."+name, parents, member, nil)
		if len(parents) > 0 {
			last := len(parents) - 1
			w.pair(at+"."+camel(name), parents[:last], parents[last])
		}
	case member["kind"] == "object":
		w.members(at, parents, member, nil)
	}
}

// functions promises withN and, where the rules have it, withNMixin.
func (w *walker) functions(at string, parents []string, name string, property object) {
	function := at + "." + camel(name)
	if slices.Contains(byHand, function) {
		return
	}
	target := w.resolve(property)
	fallback := property["default"]
	switch {
	case target["kind"] == "const":
		w.promise(function+"()", parents, name, target["value"])
	case target["kind"] == "boolean":
		w.promise(function+"()", parents, name, true)
		w.promise(function+"(false)", parents, name, false)
	case w.isScalar(target):
		w.promise(function+"('v')", parents, name, "v")
		if fallback == nil {
			fallback = target["default"]
		}
		w.promiseDefault(function, parents, name, fallback)
	case target["kind"] == "array":
		w.promise(function+"([1, 2])", parents, name, []any{1.0, 2.0})
		w.promise(function+"('v')", parents, name, []any{"v"})
		w.promise(function+"([1]) + "+function+"Mixin(2)", parents, name, []any{1.0, 2.0})
	default:
		w.pair(function, parents, name)
		w.promiseDefault(function, parents, name, fallback)
	}
}

func (w *walker) pair(function string, parents []string, name string) {
	w.promise(function+"({ k: 1 })", parents, name, object{"k": 1.0})
	w.promise(function+"({ k: 1 }) + "+function+"Mixin({ l: 2 })", parents, name, object{"k": 1.0, "l": 2.0})
}

func (w *walker) isScalar(t object) bool {
	switch t["kind"] {
	case "string", "number", "null", "enum", "const":
		return true
	case "union":
		for _, member := range t["of"].([]any) {
			if !w.isScalar(w.resolve(member.(object))) {
				return false
			}
		}
		return true
	}
	return false
}

// promise notes that a call sets a property and leaves alone what stands beside it.
func (w *walker) promise(call string, parents []string, name string, value any) {
	before, err := json.Marshal(nest(parents, object{"beside": 1.0}))
	if err != nil {
		panic(err) // an object of the test itself
	}
	want := nest(parents, object{"beside": 1.0, name: value})
	w.promises = append(w.promises, promise{string(before) + " + " + call, want})
}

func (w *walker) promiseDefault(function string, parents []string, name string, fallback any) {
	if fallback != nil {
		w.promise(function+"()", parents, name, fallback)
	}
}

// check evaluates all calls.
func (w *walker) check(t *testing.T, atLeast int) {
	t.Helper()
	if len(w.promises) < atLeast {
		t.Fatalf("only %d calls; the walk misses parts of the schema", len(w.promises))
	}
	var program strings.Builder
	program.WriteString(importLine + "[\n")
	for _, p := range w.promises {
		fmt.Fprintf(&program, "%s,\n", p.call)
	}
	program.WriteString("]")
	var got []any
	if err := json.Unmarshal([]byte(evaluate(t, "calls", program.String())), &got); err != nil {
		t.Fatal(err)
	}
	for i, p := range w.promises {
		if !reflect.DeepEqual(got[i], p.want) {
			t.Errorf("%s\n got %v\nwant %v", p.call, got[i], p.want)
		}
	}
	t.Logf("%d calls", len(w.promises))
}

func nest(parents []string, value any) any {
	for _, parent := range slices.Backward(parents) {
		value = object{parent: value}
	}
	return value
}

func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return "with" + strings.Join(words, "")
}
