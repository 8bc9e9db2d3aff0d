package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/dashc/dashc/lib/diagnostic"
)

const (
	// maxAnswer bounds one answer: a million names of 60 bytes.
	maxAnswer = 64 << 20

	// answerTimeout is for one question; Prometheus gives up on a query after two minutes.
	answerTimeout = 30 * time.Second
)

// Prometheus asks a running Prometheus, or what speaks its HTTP API (Thanos, Mimir).
type Prometheus struct {
	address *url.URL
	// Selectors narrow the names down, for example {job="django"}; none means all.
	Selectors []string
	// Since is how far back series count as existing.
	Since time.Duration
}

// NewPrometheus checks the address, such as http://localhost:9090. A path in front of the API
// and a user and password are fine.
func NewPrometheus(address string) (*Prometheus, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, errors.New("not an address; write for example http://localhost:9090")
	}
	parsed.Path = strings.TrimSuffix(parsed.Path, "/")
	parsed.RawQuery, parsed.Fragment = "", ""
	return &Prometheus{address: parsed, Since: time.Hour}, nil
}

// Address returns the address without the password.
func (p *Prometheus) Address() string { return p.address.Redacted() }

// Names returns the names of the series, sorted.
func (p *Prometheus) Names(ctx context.Context) ([]string, error) {
	query := p.window()
	for _, selector := range p.Selectors {
		query.Add("match[]", selector)
	}
	var names []string
	err := p.ask(ctx, "/api/v1/label/__name__/values", query, &names)
	slices.Sort(names)
	return names, err
}

// LabelNames returns the labels that the series of one name carry, sorted, without __name__.
func (p *Prometheus) LabelNames(ctx context.Context, metric string) ([]string, error) {
	query := p.window()
	query.Set("match[]", fmt.Sprintf("{__name__=%q}", metric))
	var names []string
	err := p.ask(ctx, "/api/v1/labels", query, &names)
	names = slices.DeleteFunc(names, func(name string) bool { return name == model.MetricNameLabel })
	slices.Sort(names)
	return names, err
}

// Types returns the type of each metric that a target of this Prometheus describes, by the
// name in its TYPE line. A metric that targets describe differently is untyped.
func (p *Prometheus) Types(ctx context.Context) (map[string]Type, error) {
	var answer map[string][]struct{ Type model.MetricType }
	if err := p.ask(ctx, "/api/v1/metadata", url.Values{}, &answer); err != nil {
		return nil, err
	}
	found := map[string]Type{}
	for name, list := range answer {
		for i, entry := range list {
			if t := typeOf(entry.Type); i == 0 || t == found[name] {
				found[name] = t
			} else {
				found[name] = Untyped
			}
		}
	}
	return found, nil
}

func (p *Prometheus) window() url.Values {
	query := url.Values{}
	if p.Since > 0 {
		query.Set("start", strconv.FormatInt(time.Now().Add(-p.Since).Unix(), 10))
	}
	return query
}

// ask puts one question and decodes the data of its answer.
func (p *Prometheus) ask(ctx context.Context, path string, query url.Values, data any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	address := *p.address
	address.Path += path
	address.RawQuery = query.Encode()
	response, err := get(ctx, &address, "application/json")
	if err != nil {
		return fmt.Errorf("--prometheus: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("--prometheus: %w", unreachable(p.address, err))
	case len(body) > maxAnswer:
		return fmt.Errorf("--prometheus: %s: the answer to %s is larger than %d MiB; narrow it down with --match", p.Address(), path, maxAnswer>>20)
	}
	return p.decode(path, response, body, data)
}

func (p *Prometheus) decode(path string, response *http.Response, body []byte, data any) error {
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(body, &answer)
	switch {
	case err == nil && answer.Status == "error":
		return fmt.Errorf("--prometheus: %s refuses %s: %s", p.Address(), path, shortened(answer.Error, 300))
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("--prometheus: %s%s answers %s; %s", p.Address(), path, response.Status, remedy(response.StatusCode))
	case err != nil || answer.Status != "success":
		return fmt.Errorf("--prometheus: %s is not a Prometheus: %s answers something else than its API would; check the address", p.Address(), path)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("--prometheus: %s is not a Prometheus: %s answers data of another shape; check the address", p.Address(), path)
	}
	return nil
}

// invented are the series that Prometheus makes itself for each target.
var invented = []string{
	"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added",
	"scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes", "ALERTS", "ALERTS_FOR_STATE",
}

// Scrape puts together what Prometheus knows of the application, as an exposition would show
// it. Labels are asked for the catalogue's metrics alone, one question each. Without selectors
// metrics that the catalogue lacks are left out: they may be anybody's.
func (p *Prometheus) Scrape(ctx context.Context, c *Catalogue) (*Scrape, error) {
	names, err := p.Names(ctx)
	if err != nil {
		return nil, err
	}
	described, err := p.Types(ctx)
	if err != nil {
		return nil, err
	}
	ofTarget, err := p.LabelNames(ctx, "up") // up carries the labels of the target and no others
	if err != nil {
		return nil, err
	}
	samples := map[string]sampled{}
	for _, name := range names {
		labels, err := p.ownLabels(ctx, c, name, ofTarget)
		if err != nil {
			return nil, err
		}
		samples[name] = sampled{labels: labels, file: p.Address()}
	}
	families := p.families(c, described, samples)
	all := resolve(families, samples, false)
	maps.DeleteFunc(all, func(name string, m Exposed) bool { return !p.belongs(c, m) })
	if len(all) == 0 {
		return nil, diagnostic.AsError(diagnostic.Diagnostic{Rule: ruleScrape, Severity: diagnostic.Error, Position: diagnostic.Position{File: p.Address()},
			Message: "this Prometheus knows none of the catalogue's metrics", Hint: "check the address, and whether it scrapes the application"})
	}
	for name, m := range all {
		m.Targets, m.Position = []string{p.address.Host}, diagnostic.Position{File: p.Address()}
		all[name] = m
	}
	return &Scrape{Metrics: all}, nil
}

// families are the descriptions under the names that the catalogue uses. Where no target
// describes a metric any more, or targets disagree, the catalogue's own type says which series
// belong together.
func (p *Prometheus) families(c *Catalogue, described map[string]Type, samples map[string]sampled) map[string]family {
	families := map[string]family{}
	for name, is := range described {
		suffix := map[Type]string{Counter: "_total", Info: "_info"}[is]
		if _, known := c.Family(name + suffix); known && suffix != "" {
			name += suffix
		}
		families[name] = family{is: is, file: p.Address()}
	}
	for name := range samples {
		s, known := c.Series(name)
		if is := families[s.Metric.Name].is; known && s.Part != Value && (is == "" || is == Untyped) {
			families[s.Metric.Name] = family{is: s.Metric.Type, file: p.Address()}
		}
	}
	return families
}

// ownLabels returns the labels of a series that the catalogue knows, without the target's.
// One part of a histogram or summary stands for all.
func (p *Prometheus) ownLabels(ctx context.Context, c *Catalogue, name string, ofTarget []string) (map[string]bool, error) {
	s, known := c.Series(name)
	if !known || s.Part != Value && s.Part != Count {
		return nil, nil
	}
	carried, err := p.LabelNames(ctx, name)
	labels := map[string]bool{}
	for _, label := range carried {
		if _, ours := s.Metric.Labels[label]; ours || !slices.Contains(ofTarget, label) {
			labels[label] = true
		}
	}
	return labels, err
}

// belongs tells whether a metric is the application's: one of the catalogue, or one that the
// selectors chose and neither Prometheus itself nor a recording rule made.
func (p *Prometheus) belongs(c *Catalogue, m Exposed) bool {
	if _, known := c.Family(m.Name); known {
		return true
	}
	return len(p.Selectors) > 0 && m.Sampled && !strings.Contains(m.Name, ":") && !slices.Contains(invented, m.Name)
}
