package build

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dashc/dashc/lib/check"
	"github.com/dashc/dashc/lib/project"
)

// customerDatasource is the uid of a customer's own data source.
const customerDatasource = "ds-{slug}"

// sources are the customers' data sources: the environment's own Prometheus, pinned to the
// customer by a header or an address, or in the customer's organisation.
func (v *variants) sources(t *tree, customers []member) []any {
	base := prometheusSource(t.documents)
	if base == nil {
		return nil // checkSources says so
	}
	settings := t.environment.Customers
	var all []any
	for _, c := range customers {
		source := maps.Clone(base)
		if settings.Isolation == project.IsolateByOrg {
			source["orgId"] = number(c.OrgID)
		} else {
			pin(source, c, settings.Datasource.For(c.Customer))
		}
		all = append(all, source)
	}
	return all
}

// pin makes a copy of the environment's data source the customer's.
func pin(source map[string]any, c member, own project.CustomerDatasource) {
	source["name"], source["uid"], source["isDefault"] = sourceName(source, c), sourceUID(c), false
	if own.URL != "" {
		source["url"] = own.URL
	}
	if own.Header != "" {
		setHeader(source, header{own.Header, own.Value})
	}
}

func sourceName(base map[string]any, c member) string {
	name, _ := base["name"].(string)
	return name + " - " + string(c.Slug)
}

func sourceUID(c member) string {
	return strings.ReplaceAll(customerDatasource, "{slug}", string(c.Slug))
}

// header is an HTTP header that Grafana sends to a data source. Its value is a secret.
type header struct {
	name  string
	value any
}

const headerName, headerValue = "httpHeaderName", "httpHeaderValue"

var headerKey = regexp.MustCompile(`^httpHeader(Name|Value)([0-9]+)$`)

// setHeader gives a data source a header instead of all that it has of that name, in whatever
// case, and keeps the others. They are numbered without a gap, at which Grafana would stop.
func setHeader(source map[string]any, own header) {
	plain, secret := copyOf(source["jsonData"]), copyOf(source["secureJsonData"])
	headers := headersOf(plain, secret)
	at := slices.IndexFunc(headers, func(h header) bool { return sameHeader(h.name, own.name) })
	if at < 0 {
		at = len(headers)
		headers = append(headers, own)
	}
	headers[at] = own
	n := 0
	for i, h := range headers {
		if i != at && sameHeader(h.name, own.name) {
			continue
		}
		n++
		plain[headerName+strconv.Itoa(n)] = h.name
		if h.value != nil {
			secret[headerValue+strconv.Itoa(n)] = h.value
		}
	}
	source["jsonData"], source["secureJsonData"] = plain, secret
}

// headersOf takes the headers out of a data source, in the order of their numbers.
func headersOf(plain, secret map[string]any) []header {
	var numbers []int
	byNumber := map[int]header{}
	for key, value := range plain {
		name, _ := value.(string)
		if match := headerKey.FindStringSubmatch(key); match != nil && match[1] == "Name" && name != "" {
			n, _ := strconv.Atoi(match[2])
			numbers = append(numbers, n)
			byNumber[n] = header{name, secret[headerValue+match[2]]}
		}
	}
	for _, keys := range []map[string]any{plain, secret} {
		maps.DeleteFunc(keys, func(key string, _ any) bool { return headerKey.MatchString(key) })
	}
	slices.Sort(numbers)
	var headers []header
	for _, n := range numbers {
		headers = append(headers, byNumber[n])
	}
	return headers
}

func sameHeader(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// copyOf returns a copy of an object, or an empty one.
func copyOf(value any) map[string]any {
	copied := map[string]any{}
	old, _ := value.(map[string]any)
	maps.Copy(copied, old)
	return copied
}

// checkSources refuses a data source that the customers' cannot be made from.
func checkSources(t *tree) {
	settings := t.environment.Customers
	base := prometheusSource(t.documents)
	if base == nil {
		t.refuse(settings.Position, "the environment has no Prometheus data source that the customers' could be made from",
			"provision one in jsonnet/provisioning/datasources, or choose the isolation mode folder")
		return
	}
	parameters, _ := copyOf(base["jsonData"])["customQueryParameters"].(string)
	if settings.Isolation == project.IsolateByDatasource && parameters != "" {
		t.refuse(settings.Position, fmt.Sprintf("the data source %q sends the parameters %q with every query, and each customer's data source would, too", base["name"], parameters),
			"take customQueryParameters out of its jsonData; customers.datasource.url or .header tells the tenant")
	}
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
