package project

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Tier is what customers have in common, beside what each has of its own.
type Tier struct {
	Name        string `json:"-"`
	Description string `json:"description"`
	// Values are a merge patch on those of the environment; null stays.
	Values map[string]any `json:"values"`
	// Include and Exclude choose dashboards, as those of a Customer.
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
	// Thresholds replace the threshold of alert rules, by the rule's uid.
	Thresholds   map[string]json.Number `json:"thresholds"`
	ContactPoint string                 `json:"contactPoint"`
	// Position is where the tier is defined, in the most specific file that does so.
	Position diagnostic.Position `json:"-"`
}

// resolveTiers merges the setting `tiers` along a chain; null removes a tier.
func resolveTiers(layers []layer) (map[string]Tier, error) {
	merged := map[string]map[string]any{}
	positions := map[string]diagnostic.Position{}
	for _, l := range layers {
		for name, setting := range l.object("tiers") {
			change, ok := setting.(map[string]any)
			if !ok {
				delete(merged, name)
				continue
			}
			values, _ := change["values"].(map[string]any)
			before, _ := merged[name]["values"].(map[string]any)
			merged[name] = MergePatch(merged[name], change).(map[string]any)
			merged[name]["values"] = composed(before, values)
			positions[name], _ = l.doc.position([]string{"tiers", name})
		}
	}
	tiers := map[string]Tier{}
	for name, content := range merged {
		tier, err := newTier(name, content, positions[name])
		if err != nil {
			return nil, err
		}
		tiers[name] = tier
	}
	return tiers, nil
}

func newTier(name string, content map[string]any, at diagnostic.Position) (Tier, error) {
	var shape struct {
		Description  string         `json:"description"`
		Dashboards   selectionShape `json:"dashboards"`
		ContactPoint string         `json:"contactPoint"`
	}
	if err := decode(content, &shape); err != nil {
		return Tier{}, err
	}
	tier := Tier{
		Name: name, Description: shape.Description, Include: shape.Dashboards.Include, Exclude: shape.Dashboards.Exclude,
		ContactPoint: shape.ContactPoint, Position: at,
	}
	tier.Values, _ = content["values"].(map[string]any)
	if _, reserved := tier.Values["name"]; reserved {
		return Tier{}, configError(at, "config/value", "tiers."+name+".values.name: "+reservedName, "choose another key")
	}
	thresholds, _ := content["thresholds"].(map[string]any)
	tier.Thresholds = make(map[string]json.Number, len(thresholds))
	for uid, value := range thresholds {
		number, err := threshold(value)
		if err != nil {
			return Tier{}, configError(at, "config/value", fmt.Sprintf("tiers.%s.thresholds.%s: %v", name, uid, err), "")
		}
		tier.Thresholds[uid] = number
	}
	return tier, nil
}

type selectionShape struct {
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
}

// threshold returns the finite number that a threshold is.
func threshold(value any) (json.Number, error) {
	number, ok := value.(json.Number)
	if !ok {
		return "", fmt.Errorf("%s is no number", jsonText(value))
	}
	if _, err := strconv.ParseFloat(number.String(), 64); err != nil {
		return "", fmt.Errorf("%.40s is too large for a number", number)
	}
	return number, nil
}

// checkTiers validates the values that each tier makes of an environment's. A finding points
// at the file that wrote the value, or at the tier.
func checkTiers(values *schema, environment Environment, layers []layer) []diagnostic.Diagnostic {
	if values == nil {
		return nil
	}
	var findings []diagnostic.Diagnostic
	for _, name := range sortedKeys(environment.Tiers) {
		tier := environment.Tiers[name]
		for _, v := range values.validate(environment.With(tier.Values).Values) {
			v.path = join([]string{"tiers", name, "values"}, v.path...)
			at := tier.Position
			for _, l := range layers {
				if position, found := l.doc.position(v.path); found {
					at = position
				}
			}
			d := violationAt(at, v)
			d.Environments = []string{environment.Name}
			findings = append(findings, d)
		}
	}
	return findings
}

// checkTierDashboards finds globs of tiers that choose no dashboard.
func (p *Project) checkTierDashboards() error {
	var findings []diagnostic.Diagnostic
	for _, environment := range p.Environments {
		for _, name := range sortedKeys(environment.Tiers) {
			tier := environment.Tiers[name]
			for key, globs := range map[string][]string{"include": tier.Include, "exclude": tier.Exclude} {
				for _, glob := range globs {
					if !p.choosesDashboard(glob) {
						findings = append(findings, diagnostic.Diagnostic{
							Rule: "config/value", Severity: diagnostic.Error, Position: tier.Position, Environments: []string{environment.Name},
							Message: fmt.Sprintf("tiers.%s.dashboards.%s: %q matches no dashboard", name, key, glob),
							Hint:    diagnostic.DidYouMean(glob, p.dashboards()),
						})
					}
				}
			}
		}
	}
	return diagnostic.AsError(diagnostic.Merge(findings)...)
}
