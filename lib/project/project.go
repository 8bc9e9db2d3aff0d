// Package project reads what to build: dashc.yaml, environments/ and the entry files under
// jsonnet/, and turns them into validated Go values. Input is checked here once and trusted
// behind this border. It never evaluates Jsonnet and never writes.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"encoding/json"

	"github.com/dashc/dashc/lib/diagnostic"
)

// ConfigFile is the file that marks a project's root.
const ConfigFile = "dashc.yaml"

// Limits bound one evaluation. A zero field leaves the evaluator's default.
type Limits struct {
	Time   time.Duration
	Memory int64 // bytes
	Output int64 // bytes
	Stack  int   // frames
	Trace  int   // frames shown in an error
}

// Project is a validated project.
type Project struct {
	// Root is the absolute directory of dashc.yaml.
	Root string
	Name string
	// DefaultEnvironment is the environment that single-environment commands take.
	DefaultEnvironment string
	// LibraryPath lists absolute directories; the last one is searched first.
	LibraryPath []string
	// OutDir is the absolute directory of the rendered trees.
	OutDir string
	Limits Limits
	Checks Checks
	// Environments are those that can be built, sorted by name.
	Environments []Environment
	// Entries are the files to compile, sorted by output path.
	Entries []Entry
	// values describes the values of environments; nil where the project does without.
	values *schema
}

// Find returns the nearest directory at or above start that holds dashc.yaml.
func Find(start string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory; pass an existing one with --project", start)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, ConfigFile)); err == nil && info.Mode().IsRegular() {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("no %s in %s or above it; run dashc inside a project, or name its folder with --project", ConfigFile, dir)
		}
	}
}

// Load reads and checks the project whose dashc.yaml stands in root.
func Load(root string) (*Project, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	p := &Project{Root: root, Name: filepath.Base(root), LibraryPath: []string{"vendor-libsonnet"}, OutDir: "out"}
	config, err := p.readConfig()
	if err != nil {
		return nil, err
	}
	if p.values, err = readValuesSchema(root); err != nil {
		return nil, err
	}
	if p.Environments, err = readEnvironments(root, config, p.values); err != nil {
		return nil, err
	}
	if err := p.checkDefaultEnvironment(); err != nil {
		return nil, err
	}
	if p.Entries, err = findEntries(root); err != nil {
		return nil, err
	}
	if err := p.checkTierDashboards(); err != nil {
		return nil, err
	}
	return p, nil
}

type configFile struct {
	Name               string   `json:"name"`
	DefaultEnvironment string   `json:"defaultEnvironment"`
	LibraryPath        []string `json:"libraryPath"`
	OutDir             string   `json:"outDir"`
	Limits             struct {
		Time   string `json:"time"`
		Memory string `json:"memory"`
		Output string `json:"output"`
		Stack  int    `json:"stack"`
		Trace  int    `json:"trace"`
	} `json:"limits"`
	Checks Checks `json:"checks"`
}

func (p *Project) readConfig() (*document, error) {
	doc, err := readDocument(p.Root, ConfigFile)
	if err != nil {
		return nil, err
	}
	if err := checkShape(doc, projectSchemaJSON); err != nil {
		return nil, err
	}
	var config configFile
	if err := decode(doc.value, &config); err != nil {
		return nil, err
	}
	if config.Name != "" {
		p.Name = config.Name
	}
	if config.LibraryPath != nil {
		p.LibraryPath = config.LibraryPath
	}
	if config.OutDir != "" {
		p.OutDir = config.OutDir
	}
	for i, dir := range p.LibraryPath {
		p.LibraryPath[i] = p.absolute(dir)
	}
	p.OutDir = p.absolute(p.OutDir)
	if problem := p.OutDirProblem(p.OutDir); problem != "" {
		at, _ := doc.position([]string{"outDir"})
		return nil, configError(at, "config/value", "outDir: "+p.OutDir+" "+problem, "name a folder of its own, such as out")
	}
	p.DefaultEnvironment = config.DefaultEnvironment
	p.Checks = config.Checks
	p.Checks.place(doc)
	p.Limits = Limits{Stack: config.Limits.Stack, Trace: config.Limits.Trace}
	if p.Limits.Time, err = limitDuration(doc, config.Limits.Time, "limits", "time"); err != nil {
		return nil, err
	}
	if p.Limits.Memory, err = limitSize(doc, config.Limits.Memory, "limits", "memory"); err != nil {
		return nil, err
	}
	p.Limits.Output, err = limitSize(doc, config.Limits.Output, "limits", "output")
	return doc, err
}

func (p *Project) absolute(dir string) string {
	if filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(p.Root, filepath.FromSlash(dir))
}

func (p *Project) checkDefaultEnvironment() error {
	if p.DefaultEnvironment == "" {
		p.DefaultEnvironment = p.Environments[0].Name
		return nil
	}
	if _, ok := p.Environment(p.DefaultEnvironment); !ok {
		return configError(diagnostic.Position{File: ConfigFile}, "config/environment",
			fmt.Sprintf("defaultEnvironment: there is no environment %q to build", p.DefaultEnvironment),
			diagnostic.DidYouMean(p.DefaultEnvironment, p.EnvironmentNames()))
	}
	return nil
}

// Environment returns the environment of that name, and whether it exists.
func (p *Project) Environment(name string) (Environment, bool) {
	for _, environment := range p.Environments {
		if environment.Name == name {
			return environment, true
		}
	}
	return Environment{}, false
}

// EnvironmentNames returns the names of all environments, sorted.
func (p *Project) EnvironmentNames() []string {
	names := make([]string, len(p.Environments))
	for i, environment := range p.Environments {
		names[i] = environment.Name
	}
	return names
}

// readDocument reads one YAML file of the project.
func readDocument(root, file string) (*document, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return nil, readError(file, err)
	}
	return parseDocument(file, data)
}

func readError(file string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return configError(diagnostic.Position{File: file}, "config/read", "cannot be read: "+err.Error(), "")
}

// checkShape validates a file of dashc's own against its embedded schema.
func checkShape(doc *document, schemaJSON []byte) error {
	shape, err := compileSchema("dashc's own schema", schemaJSON)
	if err != nil {
		return err
	}
	var findings []diagnostic.Diagnostic
	for _, v := range shape.validate(doc.value) {
		position, _ := doc.position(v.path)
		findings = append(findings, violationAt(position, v))
	}
	return diagnostic.AsError(findings...)
}

func violationAt(position diagnostic.Position, v violation) diagnostic.Diagnostic {
	message := v.message
	if path := keyPath(v.path); path != "" {
		message = path + ": " + message
	}
	return diagnostic.Diagnostic{Rule: "config/value", Severity: diagnostic.Error, Position: position, Message: message, Hint: v.hint}
}

// decode fills target from a value that its schema has already admitted.
func decode(value, target any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, target)
}

func limitDuration(doc *document, text string, path ...string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		position, _ := doc.position(path)
		return 0, configError(position, "config/value", fmt.Sprintf("%s: %q is not a positive duration", keyPath(path), text), "write for example 30s")
	}
	return d, nil
}

func limitSize(doc *document, text string, path ...string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits := strings.TrimRight(text, "BKMGi")
	factor := map[string]int64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || factor == 0 || n > (1<<50)/factor {
		position, _ := doc.position(path)
		return 0, configError(position, "config/value", fmt.Sprintf("%s: %q is not a size", keyPath(path), text), "write for example 512MiB")
	}
	return n * factor, nil
}
