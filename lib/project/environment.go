package project

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"encoding/json"

	"github.com/dashc/dashc/lib/diagnostic"
)

// environmentsDir holds one YAML file for each environment, and the schema of their values.
const (
	environmentsDir  = "environments"
	valuesSchemaFile = environmentsDir + "/schema.json"
)

// Environment is one deployment of the stack, with everything that it inherits.
type Environment struct {
	Name        string
	Description string
	// File is the environment's own file, relative to the project's root.
	File string
	// Values are the merged values, without `name`.
	Values map[string]any
	// Patches are those of the whole chain, the most general first.
	Patches []Patch
	Grafana Grafana
	// Customers say which customers get variants of their own.
	Customers CustomerSettings
	// Tiers are those that customers may name, by name.
	Tiers map[string]Tier
}

// Grafana is what dashc must know about the Grafana that reads the tree.
type Grafana struct {
	Version        string
	DashboardsPath string
	// CustomersPath is where grafana/customers of the tree is mounted.
	CustomersPath         string
	MinRefreshInterval    time.Duration
	ExternalDatasources   []string
	ExternalContactPoints []string
}

// Patch is one merge patch on compiled artifacts. Either Files or Dashboards is set.
type Patch struct {
	Position   diagnostic.Position `json:"-"`
	Files      []string            `json:"files,omitempty"`
	Dashboards []string            `json:"dashboards,omitempty"`
	Panels     []string            `json:"panels,omitempty"`
	Merge      map[string]any      `json:"merge"`
}

// Argument returns the `env` of Jsonnet as JSON: the values and the environment's name.
func (e Environment) Argument() ([]byte, error) {
	argument := map[string]any{}
	for key, value := range e.Values {
		argument[key] = value
	}
	argument["name"] = e.Name
	return json.Marshal(argument)
}

var environmentName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// environmentFile is one file as it stands, before inheritance.
type environmentFile struct {
	doc     *document
	content struct {
		Description string         `json:"description"`
		Extends     string         `json:"extends"`
		Abstract    bool           `json:"abstract"`
		Values      map[string]any `json:"values"`
		Patches     []Patch        `json:"patches"`
		Grafana     map[string]any `json:"grafana"`
	}
}

// readEnvironments reads environments/ and returns those that can be built, sorted by name.
// config is dashc.yaml, whose tiers each of them starts from.
func readEnvironments(root string, config *document, values *schema) ([]Environment, error) {
	files, err := readEnvironmentFiles(root)
	if err != nil {
		return nil, err
	}
	var environments []Environment
	var findings []diagnostic.Diagnostic
	for _, name := range sortedKeys(files) {
		chain, err := inheritance(files, name)
		if err != nil {
			findings = appendFindings(findings, err)
			continue
		}
		if files[name].content.Abstract {
			continue
		}
		environment, err := resolve(name, chain)
		if err != nil {
			return nil, err
		}
		layers := layersOf(config, chain)
		if err := resolveCustomerSide(&environment, layers); err != nil {
			findings = appendFindings(findings, err)
			continue
		}
		wrong := checkValues(values, environment, chain)
		if len(wrong) == 0 { // else each tier would repeat them
			wrong = checkTiers(values, environment, layers)
		}
		findings = append(findings, wrong...)
		environments = append(environments, environment)
	}
	if len(findings) > 0 {
		return nil, diagnostic.AsError(diagnostic.Merge(findings)...)
	}
	if len(environments) == 0 {
		return nil, configError(diagnostic.Position{File: environmentsDir}, "config/environment",
			"there is no environment to build", "create environments/dev.yaml; an empty file is enough")
	}
	return environments, nil
}

func readEnvironmentFiles(root string) (map[string]*environmentFile, error) {
	listing, err := os.ReadDir(filepath.Join(root, environmentsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, readError(environmentsDir, err)
	}
	shape, err := compileSchema("dashc's own schema", environmentSchemaJSON)
	if err != nil {
		return nil, err
	}
	files := map[string]*environmentFile{}
	var findings []diagnostic.Diagnostic
	for _, item := range listing {
		extension := filepath.Ext(item.Name())
		if item.IsDir() || (extension != ".yaml" && extension != ".yml") {
			continue
		}
		name := strings.TrimSuffix(item.Name(), extension)
		file := environmentsDir + "/" + item.Name()
		read, err := readEnvironmentFile(root, file, name, shape)
		if err != nil {
			findings = appendFindings(findings, err)
			continue
		}
		if other, seen := files[name]; seen {
			findings = appendFindings(findings, configError(diagnostic.Position{File: file}, "config/environment",
				fmt.Sprintf("the environment %q is also defined by %s", name, other.doc.file), "keep one of the two files"))
		}
		files[name] = read
	}
	return files, diagnostic.AsError(findings...)
}

func readEnvironmentFile(root, file, name string, shape *schema) (*environmentFile, error) {
	if !environmentName.MatchString(name) {
		return nil, configError(diagnostic.Position{File: file}, "config/environment",
			fmt.Sprintf("%q cannot name an environment", name), "use lower-case letters, digits and dashes, at most 40")
	}
	doc, err := readDocument(root, file)
	if err != nil {
		return nil, err
	}
	var findings []diagnostic.Diagnostic
	for _, v := range shape.validate(doc.value) {
		position, _ := doc.position(v.path)
		findings = append(findings, violationAt(position, v))
	}
	if len(findings) > 0 {
		return nil, diagnostic.AsError(findings...)
	}
	read := &environmentFile{doc: doc}
	if err := decode(doc.value, &read.content); err != nil {
		return nil, err
	}
	// decode goes through float64; values keep the numbers as they were written.
	content := doc.value.(map[string]any)
	read.content.Values, _ = content["values"].(map[string]any)
	for i := range read.content.Patches {
		position, _ := doc.position([]string{"patches", fmt.Sprint(i)})
		read.content.Patches[i].Position = position
		patch := content["patches"].([]any)[i].(map[string]any)
		read.content.Patches[i].Merge = patch["merge"].(map[string]any)
	}
	if _, reserved := read.content.Values["name"]; reserved {
		position, _ := doc.position([]string{"values", "name"})
		return nil, configError(position, "config/value", "values.name: "+reservedName, "choose another key")
	}
	return read, nil
}

const reservedName = "the key is reserved: Jsonnet finds the environment's own name there"

// inheritance returns the files of an environment's chain, the most general first.
func inheritance(files map[string]*environmentFile, name string) ([]*environmentFile, error) {
	var chain []*environmentFile
	names := []string{name}
	for at := name; ; {
		file := files[at]
		chain = append(chain, file)
		parent := file.content.Extends
		if parent == "" {
			slices.Reverse(chain)
			return chain, nil
		}
		position, _ := file.doc.position([]string{"extends"})
		if slices.Contains(names, parent) {
			return nil, circleError(files, names[slices.Index(names, parent):])
		}
		if files[parent] == nil {
			return nil, configError(position, "config/extends",
				fmt.Sprintf("extends: there is no environment %q", parent), diagnostic.DidYouMean(parent, sortedKeys(files)))
		}
		names = append(names, parent)
		at = parent
	}
}

// circleError reports a circle of `extends` at its first environment by name, so that each
// circle is one finding wherever it was entered.
func circleError(files map[string]*environmentFile, names []string) error {
	first := slices.Index(names, slices.Min(names))
	circle := append(slices.Clone(names[first:]), names[:first+1]...)
	position, _ := files[circle[0]].doc.position([]string{"extends"})
	return configError(position, "config/extends",
		"extends: the environments extend each other in a circle: "+strings.Join(circle, " -> "), "remove one `extends`")
}

// resolve merges a chain into one environment.
func resolve(name string, chain []*environmentFile) (Environment, error) {
	own := chain[len(chain)-1]
	environment := Environment{Name: name, Description: own.content.Description, File: own.doc.file}
	var values, grafana any = map[string]any{}, map[string]any{}
	for _, file := range chain {
		values = MergePatch(values, asPatch(file.content.Values))
		grafana = MergePatch(grafana, asPatch(file.content.Grafana))
		environment.Patches = append(environment.Patches, file.content.Patches...)
	}
	environment.Values = values.(map[string]any)
	var settings struct {
		Version               string   `json:"version"`
		DashboardsPath        string   `json:"dashboardsPath"`
		CustomersPath         string   `json:"customersPath"`
		MinRefreshInterval    string   `json:"minRefreshInterval"`
		ExternalDatasources   []string `json:"externalDatasources"`
		ExternalContactPoints []string `json:"externalContactPoints"`
	}
	if err := decode(grafana, &settings); err != nil {
		return Environment{}, err
	}
	environment.Grafana = Grafana{
		Version:               settings.Version,
		DashboardsPath:        settings.DashboardsPath,
		CustomersPath:         cmp.Or(settings.CustomersPath, "/var/lib/grafana/customers"),
		MinRefreshInterval:    5 * time.Second,
		ExternalDatasources:   settings.ExternalDatasources,
		ExternalContactPoints: settings.ExternalContactPoints,
	}
	if environment.Grafana.DashboardsPath == "" {
		environment.Grafana.DashboardsPath = "/var/lib/grafana/dashboards"
	}
	if settings.MinRefreshInterval != "" {
		interval, err := limitDuration(own.doc, settings.MinRefreshInterval, "grafana", "minRefreshInterval")
		if err != nil {
			return Environment{}, err
		}
		environment.Grafana.MinRefreshInterval = interval
	}
	return environment, nil
}

// layersOf returns the files that an environment's customers and tiers come from, the most
// general first.
func layersOf(config *document, chain []*environmentFile) []layer {
	layers := []layer{{doc: config, content: config.value.(map[string]any)}}
	for _, file := range chain {
		layers = append(layers, layer{doc: file.doc, content: file.doc.value.(map[string]any)})
	}
	return layers
}

func resolveCustomerSide(environment *Environment, layers []layer) (err error) {
	if environment.Customers, err = resolveCustomers(layers); err != nil {
		return err
	}
	environment.Tiers, err = resolveTiers(layers)
	return err
}

func asPatch(object map[string]any) any {
	if object == nil {
		return map[string]any{}
	}
	return object
}

// readValuesSchema reads environments/schema.json; a project may do without.
func readValuesSchema(root string) (*schema, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(valuesSchemaFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, readError(valuesSchemaFile, err)
	}
	return compileSchema(valuesSchemaFile, data)
}

// checkValues validates an environment's merged values. A finding points at the file of the
// chain that last wrote the value.
func checkValues(values *schema, environment Environment, chain []*environmentFile) []diagnostic.Diagnostic {
	if values == nil {
		return nil
	}
	var findings []diagnostic.Diagnostic
	for _, v := range values.validate(environment.Values) {
		v.path = join([]string{"values"}, v.path...)
		d := violationAt(writerOf(v.path, chain), v)
		d.Environments = []string{environment.Name}
		findings = append(findings, d)
	}
	return findings
}

func writerOf(path []string, chain []*environmentFile) diagnostic.Position {
	for i := len(chain) - 1; i >= 0; i-- {
		if position, found := chain[i].doc.position(path); found {
			return position
		}
	}
	position, _ := chain[len(chain)-1].doc.position(path)
	return position
}

func appendFindings(findings []diagnostic.Diagnostic, err error) []diagnostic.Diagnostic {
	if list, ok := diagnostic.FromError(err); ok {
		return append(findings, list...)
	}
	return append(findings, diagnostic.Diagnostic{Rule: "config/read", Severity: diagnostic.Error, Message: err.Error()})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
