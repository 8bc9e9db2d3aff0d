package check

import (
	"fmt"
	"time"
)

var prometheusConfigRule = rule{
	id:   "prometheus/config",
	why:  "Prometheus does not start with such a file, and refuses to reload it: it goes on with the old one, and only its log says so.",
	find: findBadPrometheusConfig,
}

// findBadPrometheusConfig reports what Prometheus refuses of its main file (Validate in its
// config/config.go).
func findBadPrometheusConfig(s *subject) []finding {
	config, ok := s.prometheusConfig()
	if !ok {
		return nil
	}
	global := item{config.document, "global", objectAt(config.json, "global")}
	defaults, found := badScrapeTimes(global, scrapeTimes{scrapeInterval, scrapeTimeout})
	found = append(found, badDuration(global, "evaluation_interval")...)
	first := map[string]item{}
	for _, job := range config.topLevel("scrape_configs") {
		name := job.text("job_name")
		if other, taken := first[name]; taken && name != "" {
			found = append(found, job.failAt("job_name", fmt.Sprintf("the job %q is also %s", name, other.where), "give each job its own name").saying(name))
		} else if name == "" {
			found = append(found, job.failAt("job_name", "the scrape configuration has no job_name", "name it"))
		}
		first[name] = job
		_, wrong := badScrapeTimes(job, defaults)
		found = append(found, wrong...)
	}
	return found
}

// topLevel returns the objects of a list of the document itself.
func (it item) topLevel(key string) []item { return items([]Document{it.document}, key) }

// scrapeTimes are how often Prometheus scrapes, and how long it waits for an answer.
type scrapeTimes struct{ interval, timeout time.Duration }

// badScrapeTimes returns what counts in an item, and what is wrong with it. A time-out that is
// not set is the outer one, or the interval where that is shorter.
func badScrapeTimes(it item, outer scrapeTimes) (scrapeTimes, []finding) {
	times, found := outer, []finding(nil)
	if value, set := it.json["scrape_interval"]; set {
		interval, ok := prometheusDuration(fmt.Sprint(value))
		if !ok {
			return outer, badDuration(it, "scrape_interval")
		}
		if interval > 0 {
			times.interval = interval
		}
	}
	times.timeout = min(times.timeout, times.interval)
	value, set := it.json["scrape_timeout"]
	if !set {
		return times, found
	}
	timeout, ok := prometheusDuration(fmt.Sprint(value))
	switch {
	case !ok:
		return times, badDuration(it, "scrape_timeout")
	case timeout > times.interval:
		found = append(found, it.failAt("scrape_timeout", fmt.Sprintf("is %s, longer than the scrape interval of %s", value, plainDuration(times.interval)), "shorten it, or scrape less often"))
	case timeout > 0:
		times.timeout = timeout
	}
	return times, found
}

func badDuration(it item, key string) []finding {
	value, set := it.json[key]
	if !set {
		return nil
	}
	if _, ok := prometheusDuration(fmt.Sprint(value)); ok {
		return nil
	}
	return []finding{it.failAt(key, fmt.Sprintf("%s is not a duration", quoted(value)), "write for example 15s")}
}
