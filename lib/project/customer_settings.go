package project

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Isolation is how the customers of an environment are kept apart in Grafana.
type Isolation string

// The isolation modes, weakest first.
const (
	// IsolateByFolder gives each customer a folder of dashboards.
	IsolateByFolder Isolation = "folder"
	// IsolateByDatasource also gives each customer a data source, which its dashboards are pinned to.
	IsolateByDatasource Isolation = "datasource"
	// IsolateByOrg gives each customer an organisation of Grafana.
	IsolateByOrg Isolation = "org"
)

// CustomerSettings say who an environment's customers are and how they are served.
type CustomerSettings struct {
	// File lists the customers, relative to the project's root; empty where there are none.
	File string `json:"file"`
	// Position is where the file is named.
	Position  diagnostic.Position `json:"-"`
	Isolation Isolation           `json:"isolation"`
	// PerProvider is how many customers one dashboard provider serves at most.
	PerProvider int `json:"perProvider"`
	// UpdateIntervalSeconds is how often these providers look at the disk.
	UpdateIntervalSeconds int `json:"updateIntervalSeconds"`
	// TenantLabel is the label that names the customer; empty for the one tenant label of the
	// metric catalogue.
	TenantLabel string             `json:"tenantLabel"`
	Datasource  CustomerDatasource `json:"datasource"`
}

// CustomerDatasource tells how a customer's own data source, in the isolation mode datasource,
// differs from the one that the sources describe. See For.
type CustomerDatasource struct {
	// URL replaces the address; empty for one that stays.
	URL string `json:"url"`
	// Header names an HTTP header that tells the tenant, for example X-Scope-OrgID; empty for none.
	Header string `json:"header"`
	// Value is the header's value: {id}, {slug}, or a reference to a secret.
	Value string `json:"value"`
}

// For fills a customer in: {id} and {slug} in the address, where an id is escaped, and in the
// header's value. The list's reader has refused ids that would mean something else there.
func (d CustomerDatasource) For(c Customer) CustomerDatasource {
	escaped := strings.ReplaceAll(url.QueryEscape(string(c.ID)), "+", "%20")
	d.URL = strings.NewReplacer("{id}", escaped, "{slug}", string(c.Slug)).Replace(d.URL)
	d.Value = strings.NewReplacer("{id}", string(c.ID), "{slug}", string(c.Slug)).Replace(d.Value)
	return d
}

// layer is what one file of an environment's chain says, from the most general on.
type layer struct {
	doc     *document
	content map[string]any
}

// object returns an object of the file, which its schema has admitted.
func (l layer) object(key string) map[string]any {
	object, _ := l.content[key].(map[string]any)
	return object
}

// resolveCustomers merges the setting `customers` along a chain. The name of a file alone is
// an object with that name.
func resolveCustomers(layers []layer) (CustomerSettings, error) {
	var merged any = map[string]any{}
	at := diagnostic.Position{}
	for _, l := range layers {
		setting, given := l.content["customers"]
		if !given {
			continue
		}
		path := []string{"customers"}
		switch s := setting.(type) {
		case string:
			setting = map[string]any{"file": s}
		case map[string]any:
			path = append(path, "file")
		}
		if position, found := l.doc.position(path); found {
			at = position
		}
		if merged = MergePatch(merged, setting); merged == nil {
			merged = map[string]any{}
		}
	}
	settings := CustomerSettings{Isolation: IsolateByFolder, PerProvider: 200, UpdateIntervalSeconds: 60}
	if err := decode(merged, &settings); err != nil {
		return settings, err
	}
	settings.Position = at
	return settings, settings.check()
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// check finds what a schema cannot say.
func (s CustomerSettings) check() error {
	if s.File == "" {
		return nil
	}
	if _, known := customerFormats[filepath.Ext(s.File)]; !known {
		return configError(s.Position, "config/value", fmt.Sprintf("customers.file: %q is in no format that lists customers", s.File),
			"its name ends in "+strings.Join(sortedKeys(customerFormats), ", "))
	}
	if !filepath.IsLocal(filepath.FromSlash(s.File)) {
		return configError(s.Position, "config/value", fmt.Sprintf("customers.file: %q lies outside of the project", s.File), "name a file relative to dashc.yaml")
	}
	if s.Isolation != IsolateByDatasource {
		return nil
	}
	if s.Datasource.URL == "" && s.Datasource.Header == "" {
		return configError(s.Position, "config/value", "customers.datasource: the isolation mode datasource needs to know what differs between customers",
			"set customers.datasource.url or customers.datasource.header")
	}
	for _, found := range placeholder.FindAllString(s.Datasource.URL, -1) {
		if known := []string{"{id}", "{slug}"}; !slices.Contains(known, found) {
			return configError(s.Position, "config/value", fmt.Sprintf("customers.datasource.url: %s stands for nothing", found), diagnostic.DidYouMean(found, known))
		}
	}
	return nil
}

// flaw says why an id cannot tell a tenant where {id} stands in the settings; empty if it can.
func (d CustomerDatasource) flaw(id CustomerID) (message, hint string) {
	text := string(id)
	if strings.Contains(d.URL, "{id}") && (text == "." || text == "..") {
		return fmt.Sprintf("%q would be a step in the path of the address of the customer's data source", text), "use {slug} in customers.datasource.url"
	}
	hint = "use {slug} or a secret in customers.datasource.value"
	switch {
	case !strings.Contains(d.Value, "{id}"):
		return "", ""
	case strings.Contains(text, "$"):
		return "Grafana would expand the $ in the header that tells the tenant", hint
	case strings.Contains(text, "|"):
		return "Mimir and Cortex would read the | in the header that tells the tenant as several tenants", hint
	case strings.ContainsAny(text, `/\`) || text == "." || text == "..":
		return fmt.Sprintf("%q would be a path in the header that tells the tenant", text), hint
	case strings.ContainsFunc(text, unicode.IsControl):
		return "a control character cannot stand in the header that tells the tenant", hint
	case strings.TrimSpace(text) != text:
		return "the header that tells the tenant would lose the blanks at the id's ends", hint
	}
	return "", ""
}
