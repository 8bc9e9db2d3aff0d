package tenant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/dashboard"
	"github.com/dashc/dashc/lib/diagnostic"
)

// longestTitle is how many characters Grafana takes of a rule's title and a group's name
// (AlertRuleMaxTitleLength and AlertRuleMaxRuleGroupNameLength in pkg/services/ngalert/models).
const longestTitle = 190

// longestSlug is room that a group's name keeps for the slug.
const longestSlug = 40

// ScopeRules returns one customer's variants of the Grafana-managed alert rules of some
// alerting files, the long way: the groups that are left, as decoded JSON. Boards are the
// customer's dashboards by their uids in the tree; a rule goes with the panel that it belongs
// to. The files are decoded as they are written for Grafana, with $ escaped, and not changed.
// The error is a *diagnostic.ListError.
func ScopeRules(files []map[string]any, c RuleIdentity, boards map[string]*Template, o Options) ([]any, Report, error) {
	r := newRuling(files, spelled{c}, boards, o)
	groups, err := r.scope(c.ContactPoint != "")
	if err == nil {
		err = checkThresholds(c, r.thresholds)
	}
	if err != nil {
		return nil, r.report, err
	}
	return groups, r.report, nil
}

// RuleTemplate are alert rules from which each customer's are a copy with the holes filled.
type RuleTemplate struct {
	// plain is for customers without a contact point of their own.
	plain, routed document
	report        Report
	empty         bool
	// thresholds and kept are those of the ruling.
	thresholds, kept map[string]bool
}

// CompileRules scopes the alert rules of some files once for all customers.
func CompileRules(files []map[string]any, boards map[string]*Template, o Options) (*RuleTemplate, error) {
	t := &RuleTemplate{}
	sources := []any{o.Datasource, o.Label}
	for _, file := range files {
		sources = append(sources, file)
	}
	for _, routed := range []bool{false, true} {
		words := newSentinels(sources...)
		r := newRuling(files, words, boards, o)
		groups, err := r.scope(routed)
		if err != nil {
			return nil, err
		}
		t.report, t.thresholds, t.kept, t.empty = r.report, r.thresholds, r.kept, len(groups) == 0
		data, err := artifact.EncodeJSON(ruleFile(groups))
		if err != nil {
			return nil, broken("", err)
		}
		d, err := words.cut(data)
		if err != nil {
			return nil, broken("", err)
		}
		if routed {
			t.routed = d
		} else {
			t.plain = d
		}
	}
	return t, nil
}

// Keeps tells whether the customers have the rule of that uid.
func (t *RuleTemplate) Keeps(uid string) bool { return t.kept[uid] }

// Empty tells whether no rule is left.
func (t *RuleTemplate) Empty() bool { return t.empty }

// Report says which rules the customers do not have.
func (t *RuleTemplate) Report() Report { return t.report }

func ruleFile(groups []any) map[string]any {
	return map[string]any{"apiVersion": json.Number("1"), "groups": groups}
}

// What stands around the groups of a file in canonical JSON.
const (
	ruleFileHead = "{\n  \"apiVersion\": 1,\n  \"groups\": [\n    "
	ruleFileTail = "\n  ]\n}\n"
)

// RuleFile puts the rules of several customers into one alerting file. The zero value is a file
// without groups.
type RuleFile struct {
	data  []byte
	entry []byte
}

// Add appends a customer's rules. It fails where the customer has a threshold for a rule that
// the tree does not have, or that has no single threshold.
func (f *RuleFile) Add(t *RuleTemplate, c RuleIdentity) error {
	if err := checkThresholds(c, t.thresholds); err != nil || t.empty {
		return err
	}
	d := &t.plain
	if c.ContactPoint != "" {
		d = &t.routed
	}
	f.entry = d.fill(f.entry[:0], c)
	if len(f.data) > 0 {
		f.data = append(f.data, ",\n    "...)
	}
	entry, _ := bytes.CutPrefix(f.entry, []byte(ruleFileHead))
	entry, _ = bytes.CutSuffix(entry, []byte(ruleFileTail))
	f.data = append(f.data, entry...)
	return nil
}

// Empty tells whether the file has no groups.
func (f *RuleFile) Empty() bool { return len(f.data) == 0 }

// Bytes returns the file as canonical JSON: what EncodeJSON makes of the groups of ScopeRules,
// one customer after the other.
func (f *RuleFile) Bytes() []byte {
	if f.Empty() {
		return []byte("{\n  \"apiVersion\": 1,\n  \"groups\": []\n}\n")
	}
	return slices.Concat([]byte(ruleFileHead), f.data, []byte(ruleFileTail))
}

// checkThresholds refuses thresholds of rules that have none to replace.
func checkThresholds(c RuleIdentity, replaceable map[string]bool) error {
	var found []diagnostic.Diagnostic
	for _, uid := range slices.Sorted(maps.Keys(c.Thresholds)) {
		p := &problem{}
		if single, known := replaceable[uid]; !known {
			p.message, p.hint = fmt.Sprintf("the customer %q has a threshold for the alert rule %q, which does not exist", c.ID, uid), "give the uid of a rule"
			if nearest, ok := diagnostic.Nearest(uid, slices.Collect(maps.Keys(replaceable))); ok {
				p.hint = fmt.Sprintf("did you mean %q?", nearest)
			}
		} else if single {
			continue
		} else {
			p.message = fmt.Sprintf("the customer %q has a threshold for the alert rule %q, which does not compare with one number", c.ID, uid)
			p.hint = "end the rule with a threshold expression of one number"
		}
		found = append(found, p.on("", "", ""))
	}
	return diagnostic.AsError(found...)
}

// ruling is the scoping of alert rules.
type ruling struct {
	*scoping
	files  []map[string]any
	boards map[string]*Template
	// thresholds are the uids of the rules, with whether there is one number to replace.
	thresholds map[string]bool
	// kept are the uids of the rules that the customers have.
	kept map[string]bool
}

func newRuling(files []map[string]any, words speller, boards map[string]*Template, o Options) *ruling {
	o.Siblings = map[string]string{}
	for uid, board := range boards {
		if !board.Empty() {
			o.Siblings[uid] = uid
		}
	}
	r := &ruling{scoping: newScoping(map[string]any{}, words, o), boards: boards, thresholds: map[string]bool{}, kept: map[string]bool{}}
	for _, file := range files {
		copied, _ := deepCopy(file).(map[string]any)
		r.files = append(r.files, copied)
	}
	return r
}

func (r *ruling) scope(routed bool) ([]any, error) {
	var groups []any
	names := map[string]bool{}
	for _, file := range r.files {
		for _, group := range objectsAt(file, "groups") {
			name := textAt(group, "name")
			if r.group(group, routed); len(listAt(group, "rules")) == 0 {
				continue
			}
			if names[name] {
				r.fail(fmt.Sprintf("group %q", name), "two groups of alert rules have this name, and a customer's are in one folder", "rename one")
			}
			names[name] = true
			groups = append(groups, group)
		}
	}
	return groups, diagnostic.AsError(r.found...)
}

func (r *ruling) group(group map[string]any, routed bool) {
	name := textAt(group, "name")
	if utf8.RuneCountInString(name)+3+longestSlug > longestTitle {
		r.fail(fmt.Sprintf("group %q", name), "the group's name has no room for the customer's slug", "shorten it")
	}
	var kept []any
	for _, rule := range objectsAt(group, "rules") {
		where := fmt.Sprintf("alert rule %q", textAt(rule, "title"))
		problems := len(r.found)
		if reason := r.rule(rule, where, routed); reason != "" {
			r.found = r.found[:problems]
			r.drop(where, 0, reason)
			continue
		}
		kept = append(kept, rule)
	}
	group["rules"] = kept
	slug := r.word(hole{form: slugForm})
	group["name"], group["folder"] = name+" - "+slug, slug
	org, ok := group["orgId"].(json.Number)
	if !ok {
		org = "1"
	}
	group["orgId"] = json.Number(r.word(hole{form: orgForm, otherwise: org.String()}))
}

// rule scopes one rule, or says why the customer does not have it.
func (r *ruling) rule(rule map[string]any, where string, routed bool) (reason string) {
	uid, title := textAt(rule, "uid"), textAt(rule, "title")
	if uid != "" {
		r.thresholds[uid] = r.threshold(rule, false)
	}
	if reason := r.panel(rule); reason != "" {
		return reason
	}
	if rule["record"] != nil {
		return "it records a series, which one rule does for all customers"
	}
	for _, data := range objectsAt(rule, "data") {
		if reason := r.data(data, where); reason != "" {
			return reason
		}
	}
	if uid == "" {
		r.fail(where, "the rule has no uid", "give it one")
		return ""
	}
	room := longestTitle - utf8.RuneCountInString(title) - 3
	if room < 10 {
		r.fail(where, "the rule's title has no room for the customer's name", "shorten it")
	}
	r.kept[uid] = true
	r.threshold(rule, true) // before the uid, by which the threshold is found, changes
	rule["uid"] = r.word(hole{form: uidForm, base: uid})
	rule["title"] = title + " - " + r.word(hole{form: ruleNameForm, room: room})
	r.describe(rule, where)
	if routed {
		settings := objectAt(rule, "notification_settings")
		if settings == nil {
			settings = map[string]any{}
			rule["notification_settings"] = settings
		}
		settings["receiver"] = r.word(hole{form: receiverForm})
	}
	return ""
}

// panel turns a rule to the customer's variant of its panel.
func (r *ruling) panel(rule map[string]any) (reason string) {
	uid := textAt(rule, "dashboardUid")
	if uid == "" {
		return ""
	}
	board := r.boards[uid]
	if board == nil || board.Empty() {
		return fmt.Sprintf("the customer has no variant of its dashboard %q", uid)
	}
	if id := integer(rule["panelId"]); rule["panelId"] != nil && !board.Keeps(id) {
		return fmt.Sprintf("the panel that it belongs to, of the id %d, is left out", id)
	}
	rule["dashboardUid"] = r.word(hole{form: uidForm, base: uid})
	return ""
}

// data scopes one query of a rule.
func (r *ruling) data(data map[string]any, where string) (reason string) {
	model := objectAt(data, "model")
	source := textAt(data, "datasourceUid")
	if source == "__expr__" || source == "-100" {
		delete(model, "expr")
		return ""
	}
	mention := dashboard.DatasourceMention{Name: source}
	kind := r.kind(mention)
	if kind == "" {
		mention.Type = dashboard.MentionOf(model["datasource"]).Type
		kind = r.kind(mention)
	}
	if refID := textAt(data, "refId"); refID != "" {
		where += ", query " + refID
	}
	expr, isText := model["expr"].(string)
	switch {
	case kind != "" && !dashboard.SpeaksPromQL(kind):
		return fmt.Sprintf("it asks a data source of the type %s, not Prometheus", kind)
	case !isText || expr == "":
		return "nothing says what it asks Prometheus"
	}
	if r.options.Datasource != "" {
		data["datasourceUid"] = r.datasource()
		r.pin(model, mention)
	}
	r.nested(model, where)
	return r.scopeText(model, "expr", where)
}

// describe labels a rule with the customer, and turns its links.
func (r *ruling) describe(rule map[string]any, where string) {
	labels := objectAt(rule, "labels")
	if labels == nil {
		labels = map[string]any{}
		rule["labels"] = labels
	}
	if _, written := labels[r.label]; written {
		r.fail(where, fmt.Sprintf("the rule writes the label %s, which names the customer", r.label), "take the label out")
	}
	for _, texts := range []map[string]any{labels, objectAt(rule, "annotations")} {
		for key, value := range texts {
			text, _ := value.(string)
			switch {
			case key == "__dashboardUid__" && r.boards[text] != nil:
				texts[key] = r.word(hole{form: uidForm, base: text})
			case text != "":
				texts[key] = replaced(text, r.mentions(text, nameForm))
			}
		}
	}
	labels[r.label] = r.word(hole{form: labelForm})
}

// threshold tells whether the rule's condition compares with one number, and replaces it.
func (r *ruling) threshold(rule map[string]any, replace bool) bool {
	for _, data := range objectsAt(rule, "data") {
		model := objectAt(data, "model")
		kind := textAt(model, "type")
		if textAt(data, "refId") != textAt(rule, "condition") || kind != "threshold" && kind != "classic_conditions" {
			continue
		}
		conditions := listAt(model, "conditions")
		if len(conditions) != 1 {
			return false
		}
		condition, _ := conditions[0].(map[string]any)
		evaluator := objectAt(condition, "evaluator")
		params := listAt(evaluator, "params")
		if kind := textAt(evaluator, "type"); len(params) == 0 || kind != "gt" && kind != "lt" && kind != "gte" && kind != "lte" && kind != "eq" && kind != "ne" || condition["unloadEvaluator"] != nil {
			return false
		}
		number, ok := params[0].(json.Number)
		if !ok {
			return false
		}
		if replace { // a second number, which old versions write, means nothing
			evaluator["params"] = []any{json.Number(r.word(hole{form: thresholdForm, base: textAt(rule, "uid"), otherwise: number.String()}))}
		}
		return true
	}
	return false
}
