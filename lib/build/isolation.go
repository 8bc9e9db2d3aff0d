package build

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
)

// addProvisioning adds what makes Grafana load the customers' dashboards, as the environment's
// isolation mode wants it: a provider for each shard, or for each customer's organisation, and
// the customers' data sources and contact points.
func (v *variants) addProvisioning(t *tree) {
	settings := t.environment.Customers
	owners := owners(t)
	v.members.inShards(func(shard string, customers []member) {
		having := slices.DeleteFunc(slices.Clone(customers), func(c member) bool { return !owners[string(c.Slug)] })
		if providers := v.providers(t, shard, having); len(providers) > 0 {
			t.provision(artifact.Dashboards, "dashboards/customers-"+shard, map[string]any{"apiVersion": json.Number("1"), "providers": providers})
		}
		if settings.Isolation == project.IsolateByFolder {
			return
		}
		if sources := v.sources(t, customers); len(sources) > 0 {
			t.provision(artifact.Datasources, "datasources/customers-"+shard, map[string]any{"apiVersion": json.Number("1"), "datasources": sources})
		}
		if settings.Isolation == project.IsolateByOrg {
			v.addContacts(t, shard, customers)
		}
	})
	v.checkIsolation(t)
}

// provision encodes one provisioning file, unless a source of the environment makes it already.
func (t *tree) provision(kind artifact.Kind, name string, value map[string]any) {
	file := artifact.Path("grafana/provisioning/" + name + ".yaml")
	for _, document := range t.documents {
		if document.Path == file {
			t.refuse(diagnostic.Position{File: document.Source}, fmt.Sprintf("the file %s is made for the customers", file), "give the source another name")
			return
		}
	}
	encoded, findings := encode(check.Document{Path: file, Kind: kind, Source: t.environment.Customers.File, Value: value})
	t.findings = append(t.findings, inEnvironment(findings, t.environment.Name)...)
	t.artifacts = append(t.artifacts, encoded)
}

// refuse reports what is wrong with the customers of an environment.
func (t *tree) refuse(position diagnostic.Position, message, hint string) {
	t.fail(diagnostic.AsError(diagnostic.Diagnostic{
		Rule: "config/customer", Severity: diagnostic.Error, Position: position, Message: message, Hint: hint,
	}))
}

func number(n int) json.Number {
	text, _ := json.Marshal(n)
	return json.Number(text)
}

// owners are the slugs of the customers of which the tree has at least one dashboard.
func owners(t *tree) map[string]bool {
	owners := map[string]bool{}
	for _, a := range t.artifacts {
		if a.Customer != "" {
			owners[a.Customer] = true
		}
	}
	return owners
}

// providers are the dashboard providers of those customers of one shard that have dashboards.
// Grafana reads each folder of a shard as a folder of its own; in an organisation there is one
// folder, named by the slug.
func (v *variants) providers(t *tree, shard string, customers []member) []any {
	settings := t.environment.Customers
	provider := func(name, mount string, org int) map[string]any {
		return map[string]any{
			"name": name, "orgId": number(org), "type": "file", "disableDeletion": false, "allowUiUpdates": false,
			"updateIntervalSeconds": number(settings.UpdateIntervalSeconds), "options": map[string]any{"path": mount},
		}
	}
	root := path.Join(t.environment.Grafana.CustomersPath, shard)
	if len(customers) == 0 {
		return nil
	}
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
