package build

import (
	"fmt"
	"path"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/project"
)

// checkIsolation finds what would keep Grafana from loading what the customers have, or show it
// to others.
func (v *variants) checkIsolation(t *tree) {
	switch t.environment.Customers.Isolation {
	case project.IsolateByDatasource:
		checkSources(t)
		v.checkSourceNames(t)
	case project.IsolateByOrg:
		checkSources(t)
		v.checkOrganisations(t)
	}
	v.checkProviders(t)
	checkPaths(t)
}

// orgLists are the lists of provisioning files whose items belong to an organisation.
var orgLists = map[artifact.Kind][]string{
	artifact.Datasources: {"datasources"},
	artifact.Dashboards:  {"providers"},
	artifact.Alerting:    {"groups", "contactPoints", "policies", "muteTimes", "templates"},
}

// provisioned visits the objects in a list of all provisioning files of a kind.
func provisioned(documents []check.Document, kind artifact.Kind, list string, visit func(item map[string]any, source string)) {
	for _, document := range documents {
		top, _ := document.Value.(map[string]any)
		if document.Kind != kind {
			continue
		}
		for _, item := range objects(top[list]) {
			visit(item, document.Source)
		}
	}
}

// orgOf is the organisation of an item of a provisioning file; Grafana's default is 1.
func orgOf(item map[string]any) string {
	if item["orgId"] == nil {
		return "1"
	}
	return fmt.Sprint(item["orgId"])
}

// checkOrganisations refuses a customer in an organisation that the environment's own files use:
// the customer would see what is in it.
func (v *variants) checkOrganisations(t *tree) {
	used := map[string]string{}
	for kind, lists := range orgLists {
		for _, list := range lists {
			provisioned(t.documents, kind, list, func(item map[string]any, source string) {
				if org := orgOf(item); used[org] == "" || source < used[org] {
					used[org] = source
				}
			})
		}
	}
	for _, c := range v.members.list {
		if source, taken := used[fmt.Sprint(c.OrgID)]; taken {
			t.refuse(c.Position, fmt.Sprintf("the organisation %d of the customer %q is also that of %s, and the customer would see what is in it", c.OrgID, c.ID, source),
				"give the customer an organisation of its own")
		}
	}
}

// checkSourceNames refuses customers' data sources that are called as the environment's own.
func (v *variants) checkSourceNames(t *tree) {
	names, uids := map[string]string{}, map[string]string{}
	provisioned(t.documents, artifact.Datasources, "datasources", func(item map[string]any, source string) {
		name, _ := item["name"].(string)
		uid, _ := item["uid"].(string)
		names[name], uids[uid] = source, source
	})
	base := prometheusSource(t.documents)
	if base == nil {
		return
	}
	for _, c := range v.members.list {
		if source, taken := uids[sourceUID(c)]; taken {
			t.refuse(c.Position, fmt.Sprintf("the uid %q of the customer's data source is also that of one in %s", sourceUID(c), source), "give the customer another slug, or the data source another uid")
		}
		if source, taken := names[sourceName(base, c)]; taken {
			t.refuse(c.Position, fmt.Sprintf("the name %q of the customer's data source is also that of one in %s", sourceName(base, c), source), "give the customer another slug, or the data source another name")
		}
	}
}

// checkProviders refuses an own provider of the environment that is called as one of the
// customers', because Grafana tells them apart by name.
func (v *variants) checkProviders(t *tree) {
	own := map[string]bool{}
	v.members.inShards(func(shard string, customers []member) {
		for _, item := range v.providers(t, shard, customers) {
			own[fmt.Sprint(copyOf(item)["name"])] = true
		}
	})
	provisioned(t.documents, artifact.Dashboards, "providers", func(item map[string]any, source string) {
		if name, _ := item["name"].(string); own[name] {
			t.refuse(t.environment.Customers.Position, fmt.Sprintf("the dashboard provider %q of %s has the name of one of the customers'", name, source), "rename it")
		}
	})
}

// checkPaths refuses a provider of the environment that would load the customers' dashboards.
func checkPaths(t *tree) {
	customers := path.Clean(t.environment.Grafana.CustomersPath)
	provisioned(t.documents, artifact.Dashboards, "providers", func(item map[string]any, source string) {
		options := copyOf(item["options"])
		for _, key := range []string{"path", "folder"} { // folder is an old name of path
			mount, _ := options[key].(string)
			if mount != "" && (within(customers, mount) || within(mount, customers)) {
				t.refuse(t.environment.Customers.Position, fmt.Sprintf("the dashboard provider %q of %s reads %s, and would load the customers' dashboards at %s once more", item["name"], source, mount, customers),
					"set grafana.customersPath of the environment to a folder beside it")
			}
		}
	})
}

// within tells whether a path is a folder or lies in it.
func within(file, folder string) bool {
	file, folder = path.Clean(file), path.Clean(folder)
	return file == folder || strings.HasPrefix(file, strings.TrimSuffix(folder, "/")+"/")
}
