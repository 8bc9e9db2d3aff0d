package check

import "fmt"

var sizeRule = rule{
	id:   "grafana/size",
	why:  "A ConfigMap of Kubernetes ends at 1 MiB, and a browser takes long to open such a dashboard.",
	find: findTooLarge,
}

// maxSize is the largest dashboard that this tool lets through, in bytes: Kubernetes
// ConfigMaps end there, and so do Grafana's defaults for what a browser loads well.
const maxSize = 1 << 20

func findTooLarge(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		if b.Size > maxSize {
			found = append(found, failure(b.Document, "", fmt.Sprintf("the dashboard has %d bytes, more than 1 MiB", b.Size), "split it into several dashboards"))
		}
	}
	return found
}
