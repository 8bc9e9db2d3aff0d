package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

var shortWindowRule = rule{
	id:   "promql/short-window",
	why:  "rate needs two samples in the window. With fewer than four scrape intervals one late or missed scrape leaves a gap, or a wrong value at its edge.",
	find: findShortWindows,
}

// windowIntervals is how many scrape intervals a window should span: Grafana's
// $__rate_interval is made so that it does.
const windowIntervals = 4

// windowed are the functions that need several samples in their window.
var windowed = []string{"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"}

func findShortWindows(s *subject) []finding {
	return s.each(func(e expansion) []finding {
		var found []finding
		for _, call := range e.nodes.calls {
			if !slices.Contains(windowed, call.Func.Name) || len(call.Args) == 0 {
				continue
			}
			matrix, ok := call.Args[0].(*parser.MatrixSelector)
			if !ok {
				continue
			}
			if f, bad := s.shortWindow(e, matrix); bad {
				found = append(found, f)
			}
		}
		return found
	})
}

func (s *subject) shortWindow(e expansion, matrix *parser.MatrixSelector) (finding, bool) {
	selector, ok := matrix.VectorSelector.(*parser.VectorSelector)
	if !ok {
		return finding{}, false
	}
	window := matrix.PositionRange()
	window.Start = selector.PosRange.End
	for _, m := range e.MacrosIn(window) {
		if m.Name == "__interval" || m.Name == "__interval_ms" {
			if least := e.minInterval(); least > 0 && least >= windowIntervals*s.scrapeInterval(selector) {
				return finding{}, false
			}
			return e.at(window, "$"+m.Name+" can be as short as one scrape interval", "use $__rate_interval, which is at least four of them").warning(), true
		}
		if len(e.variables[m.Name].Values) == 0 {
			return finding{}, false // what it becomes is Grafana's to know
		}
	}
	interval := s.scrapeInterval(selector)
	if interval == 0 || matrix.Range == 0 || matrix.Range >= windowIntervals*interval {
		return finding{}, false
	}
	return e.at(window, fmt.Sprintf("a window of %s holds fewer than four scrapes, which are %s apart", duration(matrix.Range), duration(interval)),
		fmt.Sprintf("write at least [%s], or $__rate_interval in a panel", duration(windowIntervals*interval))).warning(), true
}

// minInterval is the least that $__interval can be: the query's min step, or else the panel's
// min interval; 0 where neither says.
func (q *query) minInterval() time.Duration {
	holders := []map[string]any{q.object}
	if q.panel != nil {
		holders = append(holders, q.panel.JSON)
	}
	for _, holder := range holders {
		text := strings.TrimPrefix(strings.TrimSpace(textAt(holder, "interval")), ">")
		if interval, err := grafanaDuration(text); err == nil {
			return interval
		}
	}
	return 0
}

func duration(d time.Duration) string { return model.Duration(d).String() }
