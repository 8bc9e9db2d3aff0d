package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

var unknownJobRule = rule{
	id:   "prometheus/unknown-job",
	why:  "The query asks for a job that Prometheus' configuration does not scrape, and finds nothing.",
	find: findUnknownJobs,
}

// findUnknownJobs compares matchers on job with the scrape configurations of the tree.
func findUnknownJobs(s *subject) []finding {
	jobs, complete := s.jobs()
	if !complete || len(jobs) == 0 {
		return nil
	}
	return s.each(func(e expansion) []finding {
		var found []finding
		eachNode(e, func(selector *parser.VectorSelector) {
			for _, m := range selector.LabelMatchers {
				positive := m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp
				if m.Name != "job" || !positive || strings.Contains(m.Value, "__dashc_") || slices.ContainsFunc(jobs, m.Matches) {
					continue
				}
				known := map[string]bool{}
				for _, job := range jobs {
					known[job] = true
				}
				found = append(found, e.at(e.word("job", selector.PosRange), fmt.Sprintf("no scrape configuration has a job that matches %q", m.Value), didYouMean(m.Value, known, "jobs: "+strings.Join(jobs, ", "))))
			}
		})
		return found
	})
}

// jobs are the names of all scrape jobs, and whether these are all there can be.
func (s *subject) jobs() (names []string, complete bool) {
	complete = true
	for _, document := range s.prometheus {
		object := objectOf(document.Value)
		if object["scrape_config_files"] != nil {
			complete = false
		}
		for _, scrape := range objectsOf(object["scrape_configs"]) {
			names = append(names, textAt(scrape, "job_name"))
			for _, key := range []string{"relabel_configs", "metric_relabel_configs"} {
				for _, relabel := range objectsOf(scrape[key]) {
					complete = complete && textAt(relabel, "target_label") != "job" && textAt(relabel, "action") != "labelmap"
				}
			}
			complete = complete && scrape["honor_labels"] != true
		}
	}
	return names, complete
}
