package check

import (
	"fmt"
	"time"
)

var scrapeIntervalRule = rule{
	id:   "grafana/scrape-interval",
	why:  "Grafana computes $__rate_interval from the data source's timeInterval: where Prometheus scrapes less often than that, rate() sees one sample and the panel is empty.",
	tree: true,
	find: findOtherIntervals,
}

// defaultTimeInterval is what Grafana takes where a Prometheus data source says nothing.
const defaultTimeInterval = 15 * time.Second

// findOtherIntervals reports Prometheus data sources whose timeInterval is not what Prometheus
// does. A data source that says nothing is looked at where it is the only one, and so surely
// that of the tree.
func findOtherIntervals(s *subject) []finding {
	config, ok := s.prometheusConfig()
	if !ok {
		return nil
	}
	scraped, known := scrapeInterval, true
	if value, set := objectAt(config.json, "global")["scrape_interval"]; set {
		scraped, known = prometheusDuration(fmt.Sprint(value))
	}
	if !known {
		return nil // prometheus/config reports it
	}
	var sources []item
	for _, source := range items(s.datasources, "datasources") {
		if source.text("type") == "prometheus" {
			sources = append(sources, source)
		}
	}
	var found []finding
	for _, source := range sources {
		value, set := objectAt(source.json, "jsonData")["timeInterval"]
		interval, err := grafanaDuration(fmt.Sprint(value))
		hint := fmt.Sprintf("write jsonData.timeInterval: '%s'", plainDuration(scraped))
		switch {
		case !set && len(sources) == 1 && scraped != defaultTimeInterval:
			found = append(found, source.failAt("jsonData.timeInterval", fmt.Sprintf("is not set, so Grafana takes 15s; %s scrapes every %s", config.document.Path, plainDuration(scraped)), hint).warning())
		case set && err == nil && interval != scraped:
			found = append(found, source.failAt("jsonData.timeInterval", fmt.Sprintf("is %s; %s scrapes every %s", value, config.document.Path, plainDuration(scraped)), hint).warning())
		}
	}
	return found
}
