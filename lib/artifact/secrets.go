package artifact

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/diagnostic"
)

// ruleSecret is the identifier of the findings about literal secrets.
const ruleSecret = "artifact/secret"

// settingSecrets are the settings of a contact point that carry a secret, by receiver type.
// Source: the fields marked secure in Grafana's receiver schemas (grafana/alerting receivers/*),
// and the webhook addresses that grant the right to post to whoever knows them.
var settingSecrets = map[string][]string{
	"dingding":                {"url"},
	"discord":                 {"url"},
	"googlechat":              {"url"},
	"line":                    {"token"},
	"mqtt":                    {"password", "clientKey"},
	"oncall":                  {"password", "authorization_credentials"},
	"opsgenie":                {"apiKey"},
	"pagerduty":               {"integrationKey"},
	"prometheus-alertmanager": {"basicAuthPassword"},
	"pushover":                {"apiToken", "userKey"},
	"sensugo":                 {"apikey"},
	"slack":                   {"url", "token"},
	"sns":                     {"access_key", "secret_key"},
	"teams":                   {"url"},
	"telegram":                {"bottoken"},
	"threema":                 {"api_secret"},
	"victorops":               {"url"},
	"webex":                   {"bot_token"},
	"wecom":                   {"url", "secret"},
	"webhook":                 {"password", "authorization_credentials"},
}

// secretNames are keys that carry a secret wherever they stand in Grafana's files, in lower case.
var secretNames = []string{
	"access_key", "accesskey", "accesstoken", "api_key", "api_token", "apikey", "apitoken", "authorization",
	"authorization_credentials", "basicauthpassword", "bot_token", "bottoken", "client_secret", "clientkey", "clientsecret",
	"integrationkey", "password", "privatekey", "secret", "secret_key", "secretkey", "token",
}

// header is the value of an HTTP header of a data source; a name stands in jsonData, and the
// value belongs into secureJsonData.
var header = regexp.MustCompile(`^httpHeaderValue[0-9]+$`)

// fileKeys are the keys of Prometheus and Alertmanager files that carry a secret, with the key
// that names a file instead, where there is one.
// Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ and
// https://prometheus.io/docs/alerting/latest/configuration/ (every `<secret>`).
var fileKeys = map[string]string{
	"api_key":             "api_key_file",
	"api_secret":          "",
	"api_url":             "api_url_file",
	"application_secret":  "",
	"auth_password":       "auth_password_file",
	"auth_secret":         "auth_secret_file",
	"auth_token":          "auth_token_file",
	"bearer_token":        "bearer_token_file",
	"bot_token":           "bot_token_file",
	"client_secret":       "client_secret_file",
	"credentials":         "credentials_file",
	"key":                 "key_file",
	"opsgenie_api_key":    "opsgenie_api_key_file",
	"password":            "password_file",
	"routing_key":         "routing_key_file",
	"secret":              "secret_file",
	"secret_key":          "",
	"service_key":         "service_key_file",
	"slack_api_url":       "slack_api_url_file",
	"smtp_auth_password":  "smtp_auth_password_file",
	"smtp_auth_secret":    "smtp_auth_secret_file",
	"token":               "token_file",
	"user_key":            "user_key_file",
	"victorops_api_key":   "victorops_api_key_file",
	"webhook_url":         "webhook_url_file",
	"wechat_api_secret":   "wechat_api_secret_file",
	"rocketchat_token":    "rocketchat_token_file",
	"rocketchat_token_id": "rocketchat_token_id_file",
	"token_id":            "token_id_file",
}

// credentialsInURL matches the user and the password in an address; the group is the password.
var credentialsInURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s:]*:([^/?#@\s]+)@`)

const grafanaHint = "write $NAME, ${NAME} or $__file{/run/secrets/name}, and give the secret to Grafana at run time"

// CheckSecrets finds secrets that stand literally in a document that Grafana or Prometheus
// reads, where only a reference to them may. Findings name the place and never the secret.
// Hand it the value as the source says it, before EscapeProvisioning.
func CheckSecrets(kind Kind, value any) []diagnostic.Diagnostic {
	var findings []diagnostic.Diagnostic
	report := func(at place, message, hint string) {
		findings = append(findings, diagnostic.Diagnostic{Rule: ruleSecret, Severity: diagnostic.Error, Where: at.String(), Message: message, Hint: hint})
	}
	var visit func(place, any)
	switch kind {
	case Dashboards, Datasources, Plugins, Alerting:
		visit = func(at place, scalar any) { checkGrafana(value, at, scalar, report) }
	case Prometheus:
		visit = func(at place, scalar any) { checkPrometheus(at, scalar, report) }
	default:
		return nil
	}
	eachScalar(value, nil, visit)
	return findings
}

func checkGrafana(document any, at place, scalar any, report func(at place, message, hint string)) {
	text, given := literal(scalar)
	if !given {
		return
	}
	if isGrafanaSecret(document, at) {
		if !refers(text) {
			report(at, "a secret stands here literally, and would be committed with the tree", grafanaHint)
		}
		return
	}
	if match := credentialsInURL.FindStringSubmatch(text); match != nil && !refers(match[1]) {
		report(at, "an address holds a password", "take the password out of the address; "+grafanaHint)
	}
}

func isGrafanaSecret(document any, at place) bool {
	if len(at) < 3 {
		return false
	}
	name := at.name()
	switch at[0].key {
	case "datasources", "apps":
		for _, s := range at[2:] {
			if s.key == "secureJsonData" {
				return true
			}
		}
		return slices.Contains(secretNames, strings.ToLower(name)) || header.MatchString(name)
	case "contactPoints":
		rest, ok := at.below("contactPoints", "[]", "receivers", "[]", "settings")
		if !ok || len(rest) == 0 {
			return false
		}
		return slices.Contains(secretNames, strings.ToLower(name)) ||
			slices.Contains(settingSecrets[receiverType(document, at)], name)
	}
	return false
}

// receiverType returns the type of the receiver that a setting belongs to, in lower case.
func receiverType(document any, at place) string {
	receiver := document
	for _, s := range at[:4] {
		switch container := receiver.(type) {
		case map[string]any:
			receiver = container[s.key]
		case []any:
			receiver = container[s.index]
		}
	}
	fields, _ := receiver.(map[string]any)
	name, _ := fields["type"].(string)
	return strings.ToLower(name)
}

func checkPrometheus(at place, scalar any, report func(at place, message, hint string)) {
	text, given := literal(scalar)
	if !given || at.within("labels", "annotations", "external_labels") {
		return
	}
	name := at.name()
	if file, secret := fileKeys[name]; secret && (name != "api_url" || at.within("slack_configs")) {
		hint := "give it to Prometheus by the machine's own means (a role, a profile, a mounted configuration); the environment is not expanded here"
		if file != "" {
			hint = "use the key " + file + " with the path of a mounted file; the environment is not expanded here"
		}
		report(at, "a secret stands here literally, and would be committed with the tree", hint)
		return
	}
	if credentialsInURL.MatchString(text) {
		report(at, "an address holds a password", "use basic_auth with password_file")
	}
}

// literal returns a scalar's text, and whether anything is given at all. A number can be a
// secret too.
func literal(scalar any) (string, bool) {
	switch scalar := scalar.(type) {
	case string:
		return scalar, scalar != ""
	case json.Number:
		return string(scalar), true
	}
	return "", false
}

// name returns the innermost key of the way to a value.
func (p place) name() string {
	for _, s := range slices.Backward(p) {
		if s.index < 0 {
			return s.key
		}
	}
	return ""
}

// within tells whether the way to a value leads through one of the keys.
func (p place) within(keys ...string) bool {
	return slices.ContainsFunc(p, func(s step) bool { return s.index < 0 && slices.Contains(keys, s.key) })
}
