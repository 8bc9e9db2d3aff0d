package artifact_test

import (
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	yaml3 "go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
)

// environment stands for a Grafana's: every name has a value.
func environment(name string) string { return "<" + name + ">" }

var expander = regexp.MustCompile(`\$(|__\w+){([^}]+)}`)

// grafana is a model of values.interpolateValue: split at $$, then the expanders of the
// settings, then os.Expand, joined by $.
func grafana(s string) string {
	parts := strings.Split(s, "$$")
	for i, part := range parts {
		part = expander.ReplaceAllStringFunc(part, func(match string) string {
			switch groups := expander.FindStringSubmatch(match); groups[1] {
			case "", "__env":
				return environment(groups[2])
			case "__file":
				return "file:" + groups[2]
			}
			return match
		})
		parts[i] = os.Expand(part, environment)
	}
	return strings.Join(parts, "$")
}

// meaning is what a source says: references are looked up, everything else is text.
func meaning(s string) string {
	if regexp.MustCompile(`^\$[A-Z_][A-Z0-9_]*$`).MatchString(s) {
		return environment(s[1:])
	}
	references := regexp.MustCompile(`\$(?:__env)?\{([A-Z_][A-Z0-9_]*)\}|\$__file\{([^{}$]+)\}`)
	return references.ReplaceAllStringFunc(s, func(match string) string {
		groups := references.FindStringSubmatch(match)
		if groups[2] != "" {
			return "file:" + groups[2]
		}
		return environment(groups[1])
	})
}

func TestEscapedTextMeansWhatTheSourceSays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	parts := []string{"$", "$$", "${", "}", "{", "${A}", "${AB_1}", "$A", "$a", "${a}", "$__file{/run/x}", "$__env{B}", "$__interval", "${__value.raw}", "$labels", "{{ $labels.x }}", "$1", "$*", " ", "x", "A", "__file{", "é"}
	for range 8000 {
		var source strings.Builder
		for range r.IntN(6) {
			source.WriteString(parts[r.IntN(len(parts))])
		}
		escaped, _ := artifact.EscapeProvisioning(artifact.Datasources, map[string]any{"datasources": []any{map[string]any{"url": source.String()}}})
		data, err := artifact.EncodeYAML(escaped, "")
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Datasources []struct {
				URL string `yaml:"url"`
			} `yaml:"datasources"`
		}
		if err := yaml3.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		if got, want := grafana(file.Datasources[0].URL), meaning(source.String()); got != want {
			t.Fatalf("source %q, written %q: Grafana reads %q, want %q", source.String(), file.Datasources[0].URL, got, want)
		}
	}
}

func TestEscapeProvisioning(t *testing.T) {
	const alert = `{"groups":[{"name":"$g","rules":[{"title":"$t",` +
		`"labels":{"s":"{{ $labels.x }}"},"annotations":{"summary":"{{ $labels.x }} $value"},` +
		`"data":[{"datasourceUid":"$d","model":{"expr":"rate(x[$__rate_interval])","legend":"${x}"}}],"notification_settings":{"receiver":"$r"}}]}],` +
		`"contactPoints":[{"receivers":[{"type":"slack","settings":{"url":"$SLACK_URL","text":"{{ $labels.a }}"}}]}],` +
		`"policies":[{"receiver":"$p"}],"muteTimes":[{"name":"$m","orgId":"$ORG"}],"templates":[{"name":"$n","template":"{{ $x := 1 }}"}],"deleteTemplates":[{"name":"$n"}],"other":"$o"}`
	const escapedAlert = `{"groups":[{"name":"$$g","rules":[{"title":"$$t",` +
		`"labels":{"s":"{{ $$labels.x }}"},"annotations":{"summary":"{{ $labels.x }} $value"},` +
		`"data":[{"datasourceUid":"$$d","model":{"expr":"rate(x[$__rate_interval])","legend":"${x}"}}],"notification_settings":{"receiver":"$$r"}}]}],` +
		`"contactPoints":[{"receivers":[{"type":"slack","settings":{"url":"$SLACK_URL","text":"{{ $$labels.a }}"}}]}],` +
		`"policies":[{"receiver":"$$p"}],"muteTimes":[{"name":"$m","orgId":"$ORG"}],"templates":[{"name":"$n","template":"{{ $x := 1 }}"}],"deleteTemplates":[{"name":"$$n"}],"other":"$o"}`
	for _, test := range []struct {
		name     string
		kind     artifact.Kind
		in, want string
	}{
		{"alerting, place by place", artifact.Alerting, alert, escapedAlert},
		{"data source", artifact.Datasources, `{"datasources":[{"url":"http://${HOST}:9090","jsonData":{"a":["${__value.raw}",1]},"secureJsonData":{"p":"$__file{/run/p}"}}]}`, `{"datasources":[{"url":"http://${HOST}:9090","jsonData":{"a":["$${__value.raw}",1]},"secureJsonData":{"p":"$__file{/run/p}"}}]}`},
		{"provider", artifact.Dashboards, `{"providers":[{"name":"a$b"}]}`, `{"providers":[{"name":"a$$b"}]}`},
		{"plugin", artifact.Plugins, `{"apps":[{"jsonData":{"x":"5$"}}]}`, `{"apps":[{"jsonData":{"x":"5$$"}}]}`},
		{"dashboard", artifact.Dashboard, `{"title":"$x"}`, `{"title":"$x"}`},
		{"prometheus", artifact.Prometheus, `{"x":"$1"}`, `{"x":"$1"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, want := decode(t, test.in), decode(t, test.want)
			got, findings := artifact.EscapeProvisioning(test.kind, in)
			if len(findings) > 0 {
				t.Errorf("findings: %v", findings)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if !reflect.DeepEqual(in, decode(t, test.in)) {
				t.Error("the source was changed")
			}
		})
	}
}

func TestEscapeProvisioningFindings(t *testing.T) {
	for _, test := range []struct {
		name, in    string
		kind        artifact.Kind
		severity    diagnostic.Severity
		where, hint string
	}{
		{"escaped by hand", `{"groups":[{"rules":[{"labels":{"a":"{{ $$labels.x }}"}}]}]}`, artifact.Alerting, diagnostic.Error, "groups[0].rules[0].labels.a", "write $labels; dashc escapes it where Grafana needs it"},
		{"escaped value", `{"groups":[{"rules":[{"labels":{"a b":"$$value"}}]}]}`, artifact.Alerting, diagnostic.Error, `groups[0].rules[0].labels["a b"]`, "write $value; dashc escapes it where Grafana needs it"},
		{"escaped as Grafana's documentation says", `{"datasources":[{"jsonData":{"derivedFields":[{"url":"$${__value.raw}"}]}}]}`, artifact.Datasources, diagnostic.Error, "datasources[0].jsonData.derivedFields[0].url", "write ${__value; dashc escapes it where Grafana needs it"},
		{"escaped interval", `{"datasources":[{"jsonData":{"timeInterval":"$$__interval"}}]}`, artifact.Datasources, diagnostic.Error, "datasources[0].jsonData.timeInterval", "write $__interval; dashc escapes it where Grafana needs it"},
		{"escaped annotation", `{"groups":[{"rules":[{"annotations":{"a":"{{ $$values.B }}"}}]}]}`, artifact.Alerting, diagnostic.Error, "groups[0].rules[0].annotations.a", "write $values"},
		{"braces in an annotation", `{"groups":[{"rules":[{"annotations":{"a":"on ${REGION}"}}]}]}`, artifact.Alerting, diagnostic.Error, "groups[0].rules[0].annotations.a", "write $name without braces for text, or {{ $labels.name }} for a label; put values of the environment into the sources"},
		{"file in an annotation", `{"groups":[{"rules":[{"annotations":{"a":"$__file{/x}"}}]}]}`, artifact.Alerting, diagnostic.Error, "groups[0].rules[0].annotations.a", "write $name without braces for text, or {{ $labels.name }} for a label; put values of the environment into the sources"},
		{"lower case", `{"datasources":[{"url":"http://${host}"}]}`, artifact.Datasources, diagnostic.Warning, "datasources[0].url", "write ${HOST} to refer to the environment of Grafana"},
		{"no braces", `{"datasources":[{"url":"http://$HOST:9090"}]}`, artifact.Datasources, diagnostic.Warning, "datasources[0].url", "write ${HOST} to refer to the environment of Grafana"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, found := artifact.EscapeProvisioning(test.kind, decode(t, test.in))
			if len(found) != 1 || found[0].Severity != test.severity || found[0].Where != test.where || found[0].Hint != test.hint || found[0].Rule != "grafana/interpolation" {
				t.Errorf("got %+v", found)
			}
		})
	}
}

func decode(t *testing.T, s string) any {
	t.Helper()
	value, err := artifact.Decode([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
