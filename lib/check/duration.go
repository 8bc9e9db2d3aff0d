package check

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var durationPattern = regexp.MustCompile(`^(\d+)(ms|s|m|h|d|w|M|y)$`)

// durationUnits are the units of Grafana's durations (gtime in grafana-plugin-sdk-go).
var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// grafanaDuration reads a duration as Grafana and Prometheus write it: 30s, 5m, 1h30m.
func grafanaDuration(text string) (time.Duration, error) {
	if match := durationPattern.FindStringSubmatch(text); match != nil {
		n, err := strconv.Atoi(match[1])
		return time.Duration(n) * durationUnits[match[2]], err
	}
	return time.ParseDuration(strings.ReplaceAll(text, " ", ""))
}

// plainDuration writes a duration without the zeros that Go's own form ends with: 1m, not 1m0s.
func plainDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
