package build

import (
	"encoding/json"
	"maps"
	"path"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/project"
)

// customerDatasource is the uid of a customer's own data source.
const customerDatasource = "ds-{slug}"

// addProvisioning adds what makes Grafana load the customers' dashboards, as the environment's
// isolation mode wants it: a provider for each shard, or for each customer's organisation, and
// the customers' data sources.
func (v *variants) addProvisioning(t *tree) {
	settings := t.environment.Customers
	v.members.inShards(func(shard string, customers []member) {
		t.provision(artifact.Dashboards, "dashboards/customers-"+shard, map[string]any{"apiVersion": json.Number("1"), "providers": v.providers(t, shard, customers)})
		if settings.Isolation != project.IsolateByFolder {
			t.provision(artifact.Datasources, "datasources/customers-"+shard, map[string]any{"apiVersion": json.Number("1"), "datasources": v.sources(t, customers)})
		}
	})
}

// provision encodes one provisioning file.
func (t *tree) provision(kind artifact.Kind, name string, value map[string]any) {
	encoded, findings := encode(check.Document{
		Path: artifact.Path("grafana/provisioning/" + name + ".yaml"), Kind: kind, Source: t.environment.Customers.File, Value: value,
	})
	t.findings = append(t.findings, inEnvironment(findings, t.environment.Name)...)
	t.artifacts = append(t.artifacts, encoded)
}

func number(n int) json.Number {
	text, _ := json.Marshal(n)
	return json.Number(text)
}

// providers are the dashboard providers of one shard. Grafana reads each folder of a shard as a
// folder of its own; in an organisation there is one folder, named by the slug.
func (v *variants) providers(t *tree, shard string, customers []member) []any {
	settings := t.environment.Customers
	provider := func(name, mount string, org int) map[string]any {
		return map[string]any{
			"name": name, "orgId": number(org), "type": "file", "disableDeletion": false, "allowUiUpdates": false,
			"updateIntervalSeconds": number(settings.UpdateIntervalSeconds), "options": map[string]any{"path": mount},
		}
	}
	root := path.Join(t.environment.Grafana.CustomersPath, shard)
	if settings.Isolation != project.IsolateByOrg {
		p := provider("customers-"+shard, root, 1)
		p["options"].(map[string]any)["foldersFromFilesStructure"] = true
		return []any{p}
	}
	var all []any
	for _, c := range customers {
		p := provider("customer-"+string(c.Slug), path.Join(root, string(c.Slug)), c.OrgID)
		p["folder"] = string(c.Slug)
		all = append(all, p)
	}
	return all
}

// sources are the customers' data sources: the environment's own Prometheus, pinned to the
// customer by a header or an address, or in the customer's organisation.
func (v *variants) sources(t *tree, customers []member) []any {
	base := prometheusSource(t.documents)
	settings := t.environment.Customers
	var all []any
	for _, c := range customers {
		source := maps.Clone(base)
		if settings.Isolation == project.IsolateByOrg {
			source["orgId"] = number(c.OrgID)
			all = append(all, source)
			continue
		}
		own := settings.Datasource.For(c.Customer)
		name, _ := base["name"].(string)
		source["name"], source["uid"], source["isDefault"] = name+" - "+string(c.Slug), "ds-"+string(c.Slug), false
		if own.URL != "" {
			source["url"] = own.URL
		}
		if own.Header != "" {
			source["jsonData"] = with(source["jsonData"], "httpHeaderName1", own.Header)
			source["secureJsonData"] = with(source["secureJsonData"], "httpHeaderValue1", own.Value)
		}
		all = append(all, source)
	}
	return all
}

// with returns an object with one key more.
func with(object any, key, value string) map[string]any {
	old, _ := object.(map[string]any)
	copied := maps.Clone(old)
	if copied == nil {
		copied = map[string]any{}
	}
	copied[key] = value
	return copied
}

// prometheusSource is the tree's Prometheus data source: the default one, or the first.
func prometheusSource(documents []check.Document) map[string]any {
	var first map[string]any
	for _, source := range datasources(documents) {
		if source["type"] != "prometheus" {
			continue
		}
		if source["isDefault"] == true {
			return source
		}
		if first == nil {
			first = source
		}
	}
	return first
}
