package artifact_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

func TestCheckSecrets(t *testing.T) {
	receiver := func(kind, settings string) string {
		return fmt.Sprintf(`{"contactPoints":[{"name":"a","receivers":[{"uid":"u","type":%q,"settings":%s}]}]}`, kind, settings)
	}
	for _, test := range []struct {
		name string
		kind artifact.Kind
		in   string
		want []string // places
	}{
		{"secureJsonData", artifact.Datasources, `{"datasources":[{"secureJsonData":{"anything":"hunter2","deep":{"x":"hunter2"}}}]}`, []string{"datasources[0].secureJsonData.anything", "datasources[0].secureJsonData.deep.x"}},
		{"references", artifact.Datasources, `{"datasources":[{"password":"$PASSWORD","basicAuthPassword":"$__file{/run/p}","secureJsonData":{"a":"${A}","b":"Bearer ${TOKEN}","c":"$__env{C}","d":""}}]}`, nil},
		{"passwords", artifact.Datasources, `{"datasources":[{"password":"hunter2","basicAuthPassword":12345,"jsonData":{"httpHeaderValue1":"hunter2"}}]}`, []string{"datasources[0].basicAuthPassword", "datasources[0].jsonData.httpHeaderValue1", "datasources[0].password"}},
		{"a lower-case name is no reference", artifact.Datasources, `{"datasources":[{"password":"${hunter2}"}]}`, []string{"datasources[0].password"}},
		{"address", artifact.Datasources, `{"datasources":[{"url":"http://admin:hunter2@prometheus:9090"}]}`, []string{"datasources[0].url"}},
		{"address with references", artifact.Datasources, `{"datasources":[{"url":"http://${USER}:${PASSWORD}@prometheus:9090/a@b"},{"url":"http://prometheus:9090/x@y"}]}`, nil},
		{"apps", artifact.Plugins, `{"apps":[{"secureJsonData":{"apiKey":"hunter2"},"jsonData":{"url":"x"}}]}`, []string{"apps[0].secureJsonData.apiKey"}},
		{"slack", artifact.Alerting, receiver("slack", `{"url":"https://hooks.slack.com/services/hunter2","recipient":"#ops"}`), []string{"contactPoints[0].receivers[0].settings.url"}},
		{"slack token", artifact.Alerting, receiver("slack", `{"token":"xoxb-hunter2"}`), []string{"contactPoints[0].receivers[0].settings.token"}},
		{"slack by reference", artifact.Alerting, receiver("slack", `{"url":"$SLACK_URL"}`), nil},
		{"pagerduty", artifact.Alerting, receiver("pagerduty", `{"integrationKey":"hunter2","severity":"critical"}`), []string{"contactPoints[0].receivers[0].settings.integrationKey"}},
		{"webhook", artifact.Alerting, receiver("webhook", `{"url":"http://hook","password":"hunter2","authorization_credentials":"hunter2","http_config":{"oauth2":{"client_secret":"hunter2"}}}`), []string{"contactPoints[0].receivers[0].settings.authorization_credentials", "contactPoints[0].receivers[0].settings.http_config.oauth2.client_secret", "contactPoints[0].receivers[0].settings.password"}},
		{"sensugo", artifact.Alerting, receiver("sensugo", `{"url":"http://x","apikey":"hunter2"}`), []string{"contactPoints[0].receivers[0].settings.apikey"}},
		{"pushover", artifact.Alerting, receiver("pushover", `{"apiToken":"hunter2","userKey":"hunter2"}`), []string{"contactPoints[0].receivers[0].settings.apiToken", "contactPoints[0].receivers[0].settings.userKey"}},
		{"email", artifact.Alerting, receiver("email", `{"addresses":"ops@example.org"}`), nil},
		{"a model may say password", artifact.Alerting, `{"groups":[{"rules":[{"data":[{"model":{"password":"x"}}]}]}]}`, nil},
		{"prometheus", artifact.Prometheus, `{"scrape_configs":[{"basic_auth":{"username":"u","password":"hunter2"},"authorization":{"credentials":"$TOKEN"},"oauth2":{"client_secret":"hunter2"}}]}`, []string{"scrape_configs[0].authorization.credentials", "scrape_configs[0].basic_auth.password", "scrape_configs[0].oauth2.client_secret"}},
		{"prometheus by file", artifact.Prometheus, `{"scrape_configs":[{"basic_auth":{"password_file":"/run/p"},"bearer_token_file":"/run/t"}]}`, nil},
		{"labels", artifact.Prometheus, `{"groups":[{"rules":[{"alert":"a","labels":{"token":"x"},"annotations":{"secret":"y"}}]}]}`, nil},
		{"alertmanager", artifact.Prometheus, `{"global":{"slack_api_url":"hunter2"},"receivers":[{"slack_configs":[{"api_url":"hunter2"}],"opsgenie_configs":[{"api_url":"https://api.opsgenie.com"}],"pagerduty_configs":[{"routing_key":"hunter2","service_key":"hunter2"}]}]}`, []string{"global.slack_api_url", "receivers[0].pagerduty_configs[0].routing_key", "receivers[0].pagerduty_configs[0].service_key", "receivers[0].slack_configs[0].api_url"}},
		{"remote write address", artifact.Prometheus, `{"remote_write":[{"url":"https://u:hunter2@mimir/push"}]}`, []string{"remote_write[0].url"}},
		{"dashboard", artifact.Dashboard, `{"password":"x"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, d := range artifact.CheckSecrets(test.kind, decode(t, test.in)) {
				got = append(got, d.Where)
				if text := fmt.Sprintf("%+v", d); strings.Contains(text, "hunter2") {
					t.Errorf("the secret is printed: %s", text)
				}
				if d.Hint == "" {
					t.Errorf("%s: no remedy", d.Where)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSecretRemedyNamesTheFileKey(t *testing.T) {
	found := artifact.CheckSecrets(artifact.Prometheus, decode(t, `{"basic_auth":{"password":"x"}}`))
	if len(found) != 1 || !strings.Contains(found[0].Hint, "password_file") {
		t.Errorf("%+v", found)
	}
}

func TestNewPath(t *testing.T) {
	for _, p := range []string{"a", "a/b.json", "grafana/dashboards/Main/x.json", "..a", "a b"} {
		if _, err := artifact.NewPath(p); err != nil {
			t.Errorf("NewPath(%q): %v", p, err)
		}
	}
	for _, p := range []string{"", ".", "..", "../a", "a/../b", "/a", "a/", "a//b", "./a", "a\\b", "a\x00", "a\n", "\xff"} {
		if _, err := artifact.NewPath(p); err == nil {
			t.Errorf("NewPath(%q) is taken", p)
		}
	}
}
