package grafonnet

import (
	"fmt"
	"slices"
)

// panelRoot lists the properties of a panel whose functions stay where the rules put them.
// All others move into a group or are dropped.
var panelRoot = []string{"datasource", "gridPos", "libraryPanel"}

// panelOptions and queryOptions list the properties of a panel that move into these groups.
var (
	panelOptions = []string{
		"title", "description", "transparent", "links", "maxPerRow", "repeat", "repeatDirection",
	}
	queryOptions = []string{
		"datasource", "maxDataPoints", "interval", "queryCachingTTL", "timeFrom", "timeShift",
		"hideTimeOverride", "targets", "transformations",
	}
)

// standardOptions lists the properties of fieldConfig.defaults that move into this group.
var standardOptions = []string{
	"unit", "min", "max", "decimals", "displayName", "noValue", "links", "mappings", "filterable", "path",
}

// sharedPanelFiles returns the files that all panel types use.
func (g generator) sharedPanelFiles() ([]file, error) {
	panel, err := g.rules.named(g.schema.API.Panel)
	if err != nil {
		return nil, err
	}
	standard, mapping, err := g.standardOptions()
	if err != nil {
		return nil, err
	}
	root := pickNamespace(panel, panelRoot).
		with(g.panelOptions(panel)).
		with(queryOptionsOf(panel)).
		with(Namespace{Name: "standardOptions", Import: "standardOptions.libsonnet"})
	return []file{
		{path: "panel/shared/panel.libsonnet", about: "What all panel types share: title, place, links, data source, queries.", root: root},
		{path: "panel/shared/standardOptions.libsonnet", about: "Field options that all panel types share.", root: standard},
		{path: "panel/shared/mapping.libsonnet", about: "Value mappings, the items of standardOptions.withMappings.", root: mapping},
	}, nil
}

func (g generator) panelOptions(panel Namespace) Namespace {
	n := pickNamespace(panel, panelOptions)
	version := Function{
		Name: "withPluginVersion", Key: "pluginVersion", Form: SetConstant,
		Default: fmt.Appendf(nil, "%q", g.schema.Version()),
	}
	return Namespace{Name: "panelOptions", Functions: append(n.Functions, version)}.
		with(n.child("links").renamed("link"))
}

// queryOptionsOf returns the group; library/ has its withDatasource(type, uid).
func queryOptionsOf(panel Namespace) Namespace {
	n := pickNamespace(panel, queryOptions).without("withDatasource")
	return Namespace{Name: "queryOptions", Functions: n.Functions}.
		with(n.child("transformations").renamed("transformation"))
}

// standardOptions returns the group and, apart, the builders of value mappings.
func (g generator) standardOptions() (group, mapping Namespace, err error) {
	source, err := g.rules.named(g.propertyType(g.schema.API.Panel, "fieldConfig"), "fieldConfig")
	if err != nil {
		return Namespace{}, Namespace{}, err
	}
	defaults := source.child("defaults")
	n := pickNamespace(defaults, standardOptions)
	overrides := pickNamespace(source, []string{"overrides"})
	thresholds := defaults.child("thresholds")
	step := Namespace{Name: "threshold"}.with(thresholds.child("steps").renamed("step"))

	group = Namespace{Functions: append(n.Functions, overrides.Functions...)}.
		with(defaults.child("color")).
		with(Namespace{Name: "mapping", Import: "mapping.libsonnet"}).
		with(Namespace{Name: "override", Import: "override.libsonnet"}).
		with(step).
		with(thresholds.without("steps"))
	return group, n.child("mappings"), nil
}

// panelFile returns the file of one panel type: what it has beside the shared groups.
func (g generator) panelFile(name string, panel PanelType) (file, error) {
	options, err := g.rules.named(TypeName(panel.Module+".Options"), "options")
	if err != nil {
		return file{}, err
	}
	fieldConfig, err := g.fieldConfig(panel)
	if err != nil {
		return file{}, err
	}
	return file{
		path:  "panel/" + name + ".libsonnet",
		about: fmt.Sprintf("The panel type %s.", panel.ID),
		base:  fmt.Sprintf("(import 'shared/base.libsonnet')(%q)", panel.ID),
		root:  Namespace{}.with(fieldConfig).with(options.renamed("options")),
	}, nil
}

// fieldConfig returns fieldConfig.defaults.custom, empty for a type without custom fields.
func (g generator) fieldConfig(panel PanelType) (Namespace, error) {
	name := TypeName(panel.Module + ".FieldConfig")
	if _, ok := g.schema.Types[name]; !ok {
		return Namespace{}, nil
	}
	custom, err := g.rules.named(name, "fieldConfig", "defaults", "custom")
	if err != nil {
		return Namespace{}, err
	}
	defaults := Namespace{Name: "defaults"}.with(custom.renamed("custom"))
	return Namespace{Name: "fieldConfig"}.with(defaults), nil
}

// pickNamespace returns the functions and namespaces of some properties.
func pickNamespace(n Namespace, properties []string) Namespace {
	var picked Namespace
	for _, f := range n.Functions {
		if slices.Contains(properties, f.Key) {
			picked.Functions = append(picked.Functions, f)
		}
	}
	for _, child := range n.Children {
		if slices.Contains(properties, child.Name) {
			picked.Children = append(picked.Children, child)
		}
	}
	return picked
}

// propertyType returns the named type of a property.
func (g generator) propertyType(owner TypeName, property string) TypeName {
	return g.schema.Types[owner].Properties[property].Ref
}
