package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

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
		if source.text("type") == "prometheus" {
			found = append(found, badPrometheusSettings(source)...)
		}
		if source.json["isDefault"] == true {
			if other, taken := firstDefault[org]; taken {
				found = append(found, source.failAt("isDefault", fmt.Sprintf("%s %s is the default data source already; Grafana refuses to start with two", other.document.Source, other.where), "keep one default for each organisation"))
			}
			firstDefault[org] = source
		}
	}
	return found
}

// What Grafana's Prometheus plugin knows (packages/grafana-prometheus/src/types.ts, and
// DataSourceJsonData and the settings of its HTTP client).
var (
	prometheusSettings = []string{
		"alertmanagerUid", "allowAsRecordingRulesTarget", "authType", "azureCredentials", "azureEndpointResourceId", "cacheLevel", "codeModeMetricNamesSuggestionLimit",
		"customQueryParameters", "defaultEditor", "disableMetricsLookup", "disableRecordingRules", "enableSecureSocksProxy", "exemplarTraceIdDestinations",
		"httpMethod", "implementationType", "incrementalQuerying", "incrementalQueryOverlapWindow", "keepCookies", "manageAlerts", "maxSamplesProcessedErrorThreshold",
		"maxSamplesProcessedWarningThreshold", "oauthPassThru", "prometheusType", "prometheusVersion", "queryTimeout", "seriesEndpoint", "seriesLimit", "serverName", "sigV4Auth",
		"sigV4AuthType", "sigV4Region", "sigV4Profile", "sigV4AssumeRoleArn", "sigV4ExternalId", "timeInterval", "timeout", "tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify",
	}
	prometheusChoices = []struct {
		key   string
		known []string
	}{
		{"prometheusType", []string{"Prometheus", "Cortex", "Mimir", "Thanos"}},
		{"httpMethod", []string{"GET", "POST"}},
		{"cacheLevel", []string{"Low", "Medium", "High", "None"}},
	}
)

// httpHeaderName names a header whose value stands in secureJsonData.
var httpHeaderName = regexp.MustCompile(`^httpHeaderName[0-9]+$`)

// badPrometheusSettings reports settings of a Prometheus data source that it does not
// understand. A key that is not nearly one of its own may be that of another version.
func badPrometheusSettings(source item) []finding {
	settings := objectAt(source.json, "jsonData")
	var found []finding
	for _, key := range sortedKeys(settings) {
		if slices.Contains(prometheusSettings, key) || httpHeaderName.MatchString(key) {
			continue
		}
		if nearest, ok := diagnostic.Nearest(key, prometheusSettings); ok {
			found = append(found, source.failAt("jsonData."+key, "is no setting of a Prometheus data source; Grafana would pass it over", fmt.Sprintf("did you mean %q?", nearest)))
		}
	}
	for _, choice := range prometheusChoices {
		if value, set := settings[choice.key]; set && !holds(choice.known, value) {
			found = append(found, source.failAt("jsonData."+choice.key, fmt.Sprintf("is %s, which Grafana does not know", quoted(value)), diagnostic.DidYouMean(fmt.Sprint(value), choice.known)))
		}
	}
	for _, key := range []string{"timeInterval", "queryTimeout", "incrementalQueryOverlapWindow"} {
		if value, set := settings[key]; set && value != "" && !isReference(value) {
			if _, err := grafanaDuration(fmt.Sprint(value)); err != nil {
				found = append(found, source.failAt("jsonData."+key, fmt.Sprintf("%s is not a duration", quoted(value)), "write for example 15s"))
			}
		}
	}
	return found
}

// holds tells whether a value is one of the known texts, or comes from Grafana's environment.
func holds(known []string, value any) bool {
	text, ok := value.(string)
	return ok && slices.Contains(known, text) || isReference(value)
}

// isReference tells whether a value of a provisioning file comes from Grafana's environment.
func isReference(value any) bool {
	text, _ := value.(string)
	return strings.HasPrefix(text, "$")
}
