package check

import (
	"fmt"
	"strconv"
	"strings"
)

// release is a minor version of Grafana.
type release struct{ major, minor int }

func (r release) String() string { return fmt.Sprintf("%d.%d", r.major, r.minor) }

// before tells whether r is older than other.
func (r release) before(other release) bool {
	return r.major < other.major || r.major == other.major && r.minor < other.minor
}

// release returns the version of the environment's Grafana, and whether it is known.
func (s *subject) release() (release, bool) {
	parts := strings.SplitN(s.Grafana.Version, ".", 3)
	if len(parts) < 2 {
		return release{}, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return release{}, false
	}
	minor, err := strconv.Atoi(parts[1])
	return release{major, minor}, err == nil
}
