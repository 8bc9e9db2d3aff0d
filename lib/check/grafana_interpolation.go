package check

import "github.com/dashc/dashc/lib/artifact"

var interpolationRule = rule{
	id:   "grafana/interpolation",
	why:  "Grafana replaces an unset variable by nothing and a doubled dollar by one, so the file that it reads is not the one that was written.",
	find: findMisreadDollars,
}

// findMisreadDollars reports every `$` that hardly means what it says; lib/artifact knows
// where Grafana expands it.
func findMisreadDollars(s *subject) []finding {
	var found []finding
	for _, document := range s.Documents {
		_, list := artifact.EscapeProvisioning(document.Kind, document.Value)
		for _, d := range list {
			found = append(found, reported(document, d))
		}
	}
	return found
}
