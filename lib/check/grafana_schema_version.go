package check

import "fmt"

var schemaVersionRule = rule{
	id:   "grafana/schema-version",
	why:  "Grafana converts older dashboards and takes newer ones as they are: what has changed since its own version it misreads without a word.",
	find: findForeignSchemas,
}

// schemaVersions are the schema versions of Grafana's releases, where they are known (the
// default in @grafana/schema of that release), oldest first.
var schemaVersions = []struct {
	release release
	schema  int
}{
	{release{11, 4}, 39},
	{release{11, 6}, 41},
	{release{12, 0}, 41},
	{release{12, 1}, 41},
	{release{12, 3}, 42},
	{release{13, 2}, 42},
}

// maxSchema is beyond any schema version that Grafana will have soon.
const maxSchema = 1000

// findForeignSchemas reports dashboards whose schema is newer than the environment's Grafana.
func findForeignSchemas(s *subject) []finding {
	newest, limited := s.newestSchema()
	var found []finding
	for _, b := range s.dashboards {
		value := b.JSON["schemaVersion"]
		if value == nil {
			continue // grafana/model reports it
		}
		schema, whole := wholeNumber(value)
		switch {
		case !whole || schema < 1 || schema > maxSchema:
			found = append(found, failure(b.Document, "schemaVersion", fmt.Sprintf("%s is no schema version", quoted(value)), "write a number: 39 for Grafana 11.4"))
		case limited && schema > newest:
			message := fmt.Sprintf("the dashboard's schema is %d, and Grafana %s knows %d at most", schema, s.Grafana.Version, newest)
			found = append(found, failure(b.Document, "schemaVersion", message, "build it with the grafonnet of that version, or correct grafana.version of the environment").warning())
		}
	}
	return found
}

// newestSchema returns the newest schema that the environment's Grafana may know. Between two
// known releases it is that of the later one; after the last there is no limit.
func (s *subject) newestSchema() (int, bool) {
	version, known := s.release()
	if !known {
		return 0, false
	}
	for _, entry := range schemaVersions {
		if !entry.release.before(version) {
			return entry.schema, true
		}
	}
	return 0, false
}
