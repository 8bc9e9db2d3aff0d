package check

import (
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/dashc/dashc/lib/artifact"
)

// prometheusConfig is the main configuration of Prometheus, where the tree has one.
func (s *subject) prometheusConfig() (item, bool) {
	for _, document := range s.Documents {
		object, ok := document.Value.(map[string]any)
		if ok && document.Kind == artifact.Prometheus && path.Base(string(document.Path)) == "prometheus.yml" {
			return item{document: document, json: object}, true
		}
	}
	return item{}, false
}

// ruleFiles are the documents that hold recording and alerting rules.
func (s *subject) ruleFiles() []Document {
	var files []Document
	for _, document := range s.Documents {
		if isRuleFile(document) {
			files = append(files, document)
		}
	}
	return files
}

// isRuleFile tells rule files from prometheus.yml; both are documents of artifact.Prometheus.
func isRuleFile(document Document) bool {
	object, _ := document.Value.(map[string]any)
	_, hasGroups := object["groups"]
	return document.Kind == artifact.Prometheus && hasGroups
}

// scrapeInterval is what Prometheus takes where nothing is said
// (DefaultGlobalConfig in its config/config.go); the time-out is 10s.
const (
	scrapeInterval = time.Minute
	scrapeTimeout  = 10 * time.Second
)

// prometheusDuration reads a duration as Prometheus does (ParseDuration of prometheus/common's
// model): units from years down to milliseconds, each at most once.
func prometheusDuration(text string) (time.Duration, bool) {
	if text == "0" {
		return 0, true
	}
	if text == "" || !prometheusDurationPattern.MatchString(text) {
		return 0, false
	}
	var total time.Duration
	for _, part := range durationPart.FindAllString(text, -1) {
		unit := strings.TrimLeft(part, "0123456789")
		value, err := grafanaDuration(part)
		if err != nil || durationUnits[unit] == 0 || total+value < total {
			return 0, false
		}
		total += value
	}
	return total, true
}

var (
	prometheusDurationPattern = regexp.MustCompile(`^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$`)
	durationPart              = regexp.MustCompile(`\d+(?:ms|[ywdhms])`)
)
