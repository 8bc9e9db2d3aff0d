package check

import "fmt"

var muteTimingRule = rule{
	id:   "grafana/mute-timing",
	why:  "A mute timing without intervals mutes nothing: the pager goes off in the maintenance window.",
	find: findBadMuteTimings,
}

// findBadMuteTimings reports mute timings without a name, with a shared one or without intervals.
func findBadMuteTimings(s *subject) []finding {
	var found []finding
	first := map[string]item{}
	for _, timing := range items(s.alerting, "muteTimes") {
		name := timing.text("name")
		if name == "" {
			found = append(found, timing.failAt("name", "the mute timing has no name", "name it"))
		} else if other, taken := first[timing.org()+"\x00"+name]; taken {
			found = append(found, timing.failAt("name", fmt.Sprintf("the mute timing %q is also defined in %s", name, other.document.Source), "rename one"))
		}
		first[timing.org()+"\x00"+name] = timing
		if intervals, ok := timing.json["time_intervals"].([]any); !ok || len(intervals) == 0 {
			found = append(found, timing.failAt("time_intervals", "the mute timing has no intervals", "add at least one"))
		}
	}
	return found
}
