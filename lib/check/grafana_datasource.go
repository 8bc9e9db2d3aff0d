package check

import "fmt"

var datasourceRule = rule{
	id:   "grafana/datasource",
	why:  "One bad data source keeps Grafana from starting; one without a uid gets another uid in every installation.",
	find: findBadDatasources,
}

// findBadDatasources reports data sources that keep Grafana from starting or that dashboards
// could not name.
func findBadDatasources(s *subject) []finding {
	var found []finding
	firstUID, firstName, firstDefault := map[string]item{}, map[string]item{}, map[string]item{}
	for _, source := range items(s.datasources, "datasources") {
		org, name, uid := source.org(), source.text("name"), source.text("uid")
		if name == "" {
			found = append(found, source.failAt("name", "the data source has no name", "name it"))
		} else if other, taken := firstName[org+"\x00"+name]; taken {
			found = append(found, source.failAt("name", fmt.Sprintf("the name %q is also used in %s", name, other.document.Source), "give each data source of an organisation its own name"))
		}
		firstName[org+"\x00"+name] = source
		if source.text("type") == "" {
			found = append(found, source.failAt("type", "the data source has no type", "name the plugin, for example prometheus"))
		}
		if uid == "" {
			found = append(found, source.failAt("uid", "the data source has no uid; Grafana would invent one, and dashboards and alerts could not name it", "set one"))
		} else if !uidPattern.MatchString(uid) {
			found = append(found, source.failAt("uid", fmt.Sprintf("%q is no valid uid", uid), uidHint))
		} else if other, taken := firstUID[org+"\x00"+uid]; taken {
			found = append(found, source.failAt("uid", fmt.Sprintf("the uid %q is also used in %s", uid, other.document.Source), "give each data source its own uid"))
		}
		firstUID[org+"\x00"+uid] = source
		if source.json["isDefault"] == true {
			if other, taken := firstDefault[org]; taken {
				found = append(found, source.failAt("isDefault", fmt.Sprintf("%s %s is the default data source already; Grafana refuses to start with two", other.document.Source, other.where), "keep one default for each organisation"))
			}
			firstDefault[org] = source
		}
	}
	return found
}
