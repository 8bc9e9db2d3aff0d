package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// step reads one value of a document.
type step func(r *reading, n *node)

// shape lists the keys that an object may have. A key that is not listed is refused: a newer
// Grafana may read a query from it.
type shape map[string]step

// dashboard proves one dashboard for who.
func (p *Prover) dashboard(path string, data []byte, who *identity) *reading {
	r := &reading{p: p, path: path, who: who, vars: &variables{listed: map[string]bool{}, sources: map[string]bool{}}}
	doc, err := parseJSON(data)
	if err != nil {
		r.refuse("tenancy/document", "", "not strict JSON: %s", err)
		return r
	}
	if doc.kind != object {
		r.refuse("tenancy/document", "", "not a JSON object")
		return r
	}
	r.declare(doc)
	r.shape(doc, dashboardShape)
	r.named(doc)
	return r
}

// shape reads an object by its shape.
func (r *reading) shape(n *node, s shape) {
	if n.kind != object {
		r.refuse("tenancy/document", "", "an object was expected")
		return
	}
	for i, key := range n.keys {
		read, known := s[key]
		if !known {
			r.refuse("tenancy/document", "remove it, or have it added to what the proof reads", "the proof does not know the key %q", key)
			continue
		}
		if n.items[i].kind != null {
			read(r, n.items[i])
		}
	}
}

// each reads every item of a list.
func each(label string, read step) step {
	return func(r *reading, n *node) {
		if n.kind != list {
			r.refuse("tenancy/document", "", "%s is not a list", label)
			return
		}
		for i, item := range n.items {
			name := strconv.Itoa(i + 1)
			for _, key := range []string{"title", "name", "refId"} {
				if t, ok := item.get(key).string(); ok && t != "" {
					name = strconv.Quote(t)
					break
				}
			}
			r.in(label+" "+name, func() { read(r, item) })
		}
	}
}

// as reads an object of the shape, which may hold itself.
func as(s func() shape) step { return func(r *reading, n *node) { r.shape(n, s()) } }

// prose is text that Grafana shows.
func prose(r *reading, n *node) {
	if n.kind != text {
		r.refuse("tenancy/document", "", "a text was expected")
		return
	}
	r.prose(n.text)
}

// plain is a number or a boolean.
func plain(r *reading, n *node) {
	if n.kind != number && n.kind != boolean {
		r.refuse("tenancy/document", "", "a number or a boolean was expected")
	}
}

var shortWord = regexp.MustCompile(`^[\w .:/+-]*$`)

// word is a short setting without macros: a mode, a colour, a duration.
func word(r *reading, n *node) {
	if n.kind != number && n.kind != boolean && (n.kind != text || !shortWord.MatchString(n.text)) {
		r.refuse("tenancy/document", "", "a short word, number or boolean was expected, not %q", n.text)
	}
}

var durationPattern = regexp.MustCompile(`^(>?[0-9]+[a-z]*|\$__(interval|rate_interval)|\$\{__(interval|rate_interval)\})?$`)

// duration is a minimal step. A viewer's variable is not let in there either.
func duration(r *reading, n *node) {
	if n.kind != number && (n.kind != text || !durationPattern.MatchString(n.text)) {
		r.refuse("tenancy/macro", "write a duration", "a step of %q is not a plain duration", n.text)
	}
}

// never is a key that must be absent.
func never(what string) step {
	return func(r *reading, _ *node) { r.refuse("tenancy/document", "remove it", "%s", what) }
}

// asking are keys under which panels, transformations and options of plugins ask data sources.
var asking = map[string]bool{
	"expr": true, "query": true, "queries": true, "definition": true, "rawSql": true, "rawQuery": true, "target": true,
	"targets": true, "datasource": true, "datasourceUid": true, "datasources": true, "dataSource": true, "actions": true,
	"fetch": true, "api": true, "script": true, "expression": true, "matchers": true, "selector": true, "panels": true,
}

// anything reads settings that ask for nothing by themselves: options, fields, transformations.
func anything(r *reading, n *node) {
	switch n.kind {
	case text:
		r.prose(n.text)
	case list:
		for _, item := range n.items {
			anything(r, item)
		}
	case object:
		for i, key := range n.keys {
			r.prose(key)
			item := n.items[i]
			switch {
			case asking[key] && item.kind != null && item.kind != boolean:
				r.refuse("tenancy/query", "remove it", "the key %q may hold a query where the proof does not expect one", key)
			case key == "url" || key == "href" || key == "src" || key == "link":
				if t, ok := item.string(); ok {
					r.link(t)
				} else {
					anything(r, item)
				}
			case key == "mode" && item.text == "html":
				r.refuse("tenancy/link", "write Markdown", "HTML can lead anywhere")
			default:
				anything(r, item)
			}
		}
	}
}

// The shapes hold each other, so that init fills them.
var dashboardShape, panelShape, targetShape, variableShape, annotationShape, linkShape, panelLinkShape shape

// panelTypes are the panels that show what their targets return and ask for nothing else.
// Lists of dashboards, alerts and annotations, and plugins, ask by themselves.
var panelTypes = []string{
	"row", "timeseries", "stat", "gauge", "bargauge", "barchart", "table", "heatmap", "histogram", "piechart",
	"state-timeline", "status-history", "text", "trend", "xychart", "candlestick",
}

func init() {
	dashboardShape = shape{
		"annotations":   as(func() shape { return shape{"list": each("annotation", (*reading).annotation)} }),
		"description":   prose,
		"editable":      plain,
		"graphTooltip":  plain,
		"id":            never("a dashboard from a file has no id"),
		"links":         each("link", (*reading).dashboardLink),
		"liveNow":       plain,
		"panels":        each("panel", (*reading).panel),
		"preload":       plain,
		"refresh":       word,
		"schemaVersion": plain,
		"style":         word,
		"tags":          func(*reading, *node) {},
		"templating":    as(func() shape { return shape{"list": each("variable", (*reading).variable)} }),
		"time":          anything,
		"timepicker":    anything,
		"timezone":      word,
		"title":         prose,
		"uid":           func(*reading, *node) {},
		"version":       plain,
		"weekStart":     word,

		"fiscalYearStartMonth": plain,
	}
	panelShape = shape{
		"type": word, "title": prose, "description": prose, "id": plain, "gridPos": anything, "pluginVersion": word,
		"collapsed": plain, "transparent": plain, "interval": duration, "maxDataPoints": plain, "timeFrom": word,
		"timeShift": word, "hideTimeOverride": plain, "repeat": word, "repeatDirection": word, "maxPerRow": plain,
		"cacheTimeout": word, "queryCachingTTL": plain, "options": anything, "fieldConfig": anything, "transformations": anything,
		"links":  each("link", func(r *reading, n *node) { r.shape(n, panelLinkShape) }),
		"panels": each("panel", (*reading).panel),
		// Read together with the panel's data source.
		"datasource": func(*reading, *node) {}, "targets": func(*reading, *node) {},

		"libraryPanel": never("a library panel is stored in Grafana, where the proof cannot read its queries"),
		"alert":        never("the alert of an old panel is not read by the proof"),
		"snapshotData": never("a snapshot holds data of nobody knows whom"),
	}
	targetShape = shape{
		"refId": word, "datasource": func(*reading, *node) {}, "expr": func(r *reading, n *node) { r.expr(n) },
		"instant": plain, "range": plain, "exemplar": plain, "hide": plain, "format": word, "legendFormat": prose,
		"interval": duration, "intervalFactor": plain, "intervalMs": plain, "maxDataPoints": plain, "step": duration,
		"editorMode": word, "queryType": word, "useBackend": plain, "disableTextWrap": plain, "fullMetaSearch": plain,
		"includeNullMetadata": plain, "requestId": word,
	}
	variableShape = shape{
		"name": word, "label": prose, "description": prose, "type": word, "hide": plain, "refresh": plain, "sort": plain,
		"multi": plain, "includeAll": plain, "skipUrlSync": plain, "allowCustomValue": plain, "auto": plain, "auto_count": plain,
		"auto_min": word, "regex": prose, "current": anything, "options": anything, "queryValue": prose,
		"allValue": func(r *reading, n *node) {
			if t, ok := n.string(); !ok || !safeAll.MatchString(t) {
				r.refuse("tenancy/macro", "write .* or .+", "the value %q for All is put into queries as it is", t)
			}
		},
		"datasource": func(*reading, *node) {}, "query": func(*reading, *node) {}, "definition": func(*reading, *node) {},
	}
	annotationShape = shape{
		"name": prose, "enable": plain, "hide": plain, "iconColor": word, "builtIn": plain, "type": word, "titleFormat": prose,
		"textFormat": prose, "tagKeys": prose, "useValueForTime": plain, "filter": anything, "mappings": anything, "limit": plain,
		"matchAny": plain, "showIn": plain, "tags": anything, "step": duration,
		"expr":       func(r *reading, n *node) { r.expr(n) },
		"datasource": func(*reading, *node) {}, "target": func(*reading, *node) {},
	}
	linkShape = shape{
		"asDropdown": plain, "icon": word, "includeVars": plain, "keepTime": plain, "tags": func(*reading, *node) {},
		"targetBlank": plain, "title": prose, "tooltip": prose, "type": word, "url": url, "placement": word,
	}
	panelLinkShape = shape{"title": prose, "url": url, "targetBlank": plain, "oneClick": plain}
}

func url(r *reading, n *node) {
	t, ok := n.string()
	if !ok {
		r.refuse("tenancy/link", "", "a URL was expected")
		return
	}
	r.link(t)
}

var safeAll = regexp.MustCompile(`^[\w.*+|?-]*$`)

// expr proves a query that stands under its own key.
func (r *reading) expr(n *node) {
	if n.kind != text {
		r.refuse("tenancy/query", "", "a query that is not a text")
		return
	}
	if strings.TrimSpace(n.text) == "" {
		return
	}
	r.query(n.text)
}

// declare notes the variables of the dashboard before any expression is read.
func (r *reading) declare(doc *node) {
	weak := func(format string, a ...any) {
		if r.vars.weak == "" {
			r.vars.weak = fmt.Sprintf(format, a...)
		}
	}
	if title, _ := doc.get("title").string(); strings.Contains(title, `"`) {
		weak("the dashboard's title has a double quote, which $__dashboard puts into queries")
	}
	listed := doc.get("templating").get("list")
	if listed == nil {
		return
	}
	for _, v := range listed.items {
		name, ok := v.get("name").string()
		_, twice := r.vars.listed[name]
		switch {
		case !ok || !wordPattern.MatchString(name) || strings.HasPrefix(name, "__"):
			r.refuse("tenancy/document", "use letters, digits and single underscores", "a variable has the name %q", name)
		case twice:
			r.refuse("tenancy/document", "rename one", "two variables have the name %q", name)
		}
		kind, _ := v.get("type").string()
		escaped := (kind == "query" || kind == "custom") && (v.get("multi").isTrue() || v.get("includeAll").isTrue())
		r.vars.listed[name] = escaped
		r.vars.sources[name] = kind == "datasource"
		if !escaped {
			weak("the value of $%s reaches a query unescaped", name)
		}
	}
}

// named shows that uid, title and tags are the customer's.
func (r *reading) named(doc *node) {
	uid, _ := doc.get("uid").string()
	if !r.who.owns(uid) {
		r.refuse("tenancy/identity", "", "the uid %q is not that of a variant for the customer", uid)
	}
	title, _ := doc.get("title").string()
	base, ok := strings.CutSuffix(title, " - "+r.who.name)
	if !ok || base == "" {
		r.refuse("tenancy/identity", "", "the title %q does not end with the customer's name", title)
	}
	r.literal("the title", base)
	own := 0
	if tags := doc.get("tags"); tags != nil {
		for _, t := range tags.items {
			tag, ok := t.string()
			switch {
			case !ok:
				r.refuse("tenancy/document", "", "a tag that is not a text")
			case tag == "customer:"+r.who.slug:
				own++
			case strings.HasPrefix(strings.ToLower(strings.TrimSpace(tag)), "customer:"):
				r.refuse("tenancy/identity", "remove it", "the tag %q is another customer's", tag)
			default:
				r.literal("a tag", tag)
			}
		}
	}
	if own != 1 {
		r.refuse("tenancy/identity", "", "the dashboard has the tag customer:%s %d times instead of once", r.who.slug, own)
	}
}

// source is what a reference to a data source leads to.
type source struct{ kind, uid string }

// The kinds of data sources.
const (
	prometheus = "prometheus"
	grafana    = "grafana"
	otherPanel = "dashboard"
	mixed      = "mixed"
	serverSide = "__expr__"
)

// source reads a reference to a data source.
func (r *reading) source(n *node) source {
	if n == nil || n.kind == null {
		return source{}
	}
	if n.kind != object {
		r.refuse("tenancy/datasource", "write its type and uid", "a data source that is named by a text is looked up by Grafana")
		return source{kind: "unknown"}
	}
	for _, key := range n.keys {
		if key != "type" && key != "uid" {
			r.refuse("tenancy/document", "remove it", "the proof does not know the key %q of a data source", key)
		}
	}
	kind, _ := n.get("type").string()
	uid, _ := n.get("uid").string()
	switch uid {
	case "grafana", "-- Grafana --":
		return source{grafana, uid}
	case "-- Dashboard --":
		return source{otherPanel, uid}
	case "-- Mixed --":
		return source{mixed, uid}
	case "__expr__":
		return source{serverSide, uid}
	}
	if kind == prometheus && uid != "" && (uid == r.datasource() || r.p.tree.DatasourceVariable && r.sourceVariable(uid)) {
		return source{prometheus, uid}
	}
	r.refuse("tenancy/datasource", "name the customer's data source", "the data source %q of type %q is not the one that the file must be pinned to", uid, kind)
	return source{kind: "unknown"}
}

var sourceMacro = regexp.MustCompile(`^\$(?:\{(\w+)\}|(\w+))$`)

func (r *reading) sourceVariable(uid string) bool {
	m := sourceMacro.FindStringSubmatch(uid)
	if m == nil {
		return false
	}
	return r.vars.sources[m[1]+m[2]]
}

// panel reads a panel, a row and the panels in it.
func (r *reading) panel(n *node) {
	r.shape(n, panelShape)
	if kind, _ := n.get("type").string(); !slices.Contains(panelTypes, kind) {
		r.refuse("tenancy/document", "use a panel of Grafana's own that shows its targets", "a panel of type %q may ask for data by itself", kind)
	}
	from := r.source(n.get("datasource"))
	targets := n.get("targets")
	if targets == nil || targets.kind == null {
		return
	}
	each("target", func(r *reading, t *node) { r.target(t, from) })(r, targets)
}

var builtInTarget = shape{
	"refId": word, "datasource": func(*reading, *node) {}, "hide": plain, "limit": plain, "matchAny": plain, "type": word, "tags": anything,
	"queryType": func(r *reading, n *node) {
		if n.text != "annotations" && n.text != "randomWalk" {
			r.refuse("tenancy/query", "remove it", "Grafana's own data source is asked for %q", n.text)
		}
	},
	"panelId": plain, "withTransforms": plain, "topic": word,
}

var serverSideShape = shape{
	"refId": word, "datasource": func(*reading, *node) {}, "hide": plain, "expression": serverSideExpression, "conditions": conditions,
	"reducer": word, "settings": anything, "window": duration, "downsampler": word, "upsampler": word, "intervalMs": plain, "maxDataPoints": plain,
	"type": func(r *reading, n *node) {
		if !slices.Contains([]string{"math", "reduce", "resample", "threshold", "classic_conditions"}, n.text) {
			r.refuse("tenancy/query", "use math, reduce, resample or threshold", "a server-side expression of type %q", n.text)
		}
	},
}

func serverSideExpression(r *reading, n *node) {
	if n.kind != text || len(n.text) > 1000 {
		r.refuse("tenancy/document", "", "a server-side expression that is not a text")
	}
}

// conditions name the queries of the same panel or rule by refId, under keys that elsewhere may
// hold a query.
func conditions(r *reading, n *node) {
	switch n.kind {
	case text:
		word(r, n)
	case list, object:
		for i, item := range n.items {
			if n.kind == object && !slices.Contains([]string{"evaluator", "params", "type", "operator", "query", "reducer", "unloadEvaluator"}, n.keys[i]) {
				r.refuse("tenancy/document", "remove it", "the proof does not know the key %q of a condition", n.keys[i])
			}
			conditions(r, item)
		}
	}
}

// target reads one query of a panel. It may name its own data source; Grafana then asks that one
// or the panel's, so that both must be the customer's.
func (r *reading) target(n *node, panel source) {
	own := r.source(n.get("datasource"))
	if own.kind == "" {
		own = panel
	}
	switch {
	case own.kind == "":
		r.refuse("tenancy/datasource", "name the customer's data source", "the target names no data source and goes to the default one")
		r.shape(n, targetShape)
	case panel.kind == prometheus && own.kind != prometheus && own.kind != serverSide:
		r.refuse("tenancy/datasource", "use a panel of the data source -- Mixed --", "the target names another kind of data source than its panel")
	case own.kind == grafana, own.kind == otherPanel:
		r.shape(n, builtInTarget)
	case own.kind == serverSide:
		r.shape(n, serverSideShape)
	case own.kind == mixed:
		r.refuse("tenancy/datasource", "name the customer's data source", "the target names no data source of its own")
		r.shape(n, targetShape)
	default:
		r.shape(n, targetShape)
	}
}

// annotation reads one annotation query; Prometheus' has been kept in two places.
func (r *reading) annotation(n *node) {
	r.shape(n, annotationShape)
	from := r.source(n.get("datasource"))
	target := n.get("target")
	if target != nil && target.kind != null {
		switch from.kind {
		case grafana:
			r.shape(target, builtInTarget)
		default:
			// Grafana leaves the keys of its own annotations in the target when the data source is changed.
			s := shape{"limit": plain, "matchAny": plain, "tags": anything, "type": word}
			for key, read := range targetShape {
				s[key] = read
			}
			r.source(target.get("datasource"))
			r.shape(target, s)
		}
	}
	if from.kind != prometheus && from.kind != grafana {
		r.refuse("tenancy/datasource", "name the customer's data source", "the annotation asks the data source %q", from.uid)
	}
}

// variable reads one variable and its query.
func (r *reading) variable(n *node) {
	r.shape(n, variableShape)
	kind, _ := n.get("type").string()
	query, isText := n.get("query").string()
	switch kind {
	case "query":
		if r.source(n.get("datasource")).kind != prometheus {
			r.refuse("tenancy/datasource", "name the customer's data source", "the variable does not ask the customer's data source")
		}
		r.variableQuery(n.get("query"))
		if d, ok := n.get("definition").string(); ok && d != "" && d != query {
			r.variableQuery(n.get("definition"))
		}
	case "datasource":
		if query != prometheus {
			r.refuse("tenancy/datasource", "let it offer Prometheus data sources", "the variable offers data sources of type %q", query)
		}
		if !r.p.tree.DatasourceVariable {
			r.refuse("tenancy/datasource", "remove it", "the viewer can choose the data source, but the file must be pinned to one")
		}
	case "custom", "textbox", "constant", "interval":
		if !isText {
			r.refuse("tenancy/document", "", "the values of a variable are not a text")
		}
		r.prose(query)
		for _, value := range strings.FieldsFunc(query, func(c rune) bool { return c == ',' || c == ':' }) {
			r.literal("a variable", strings.TrimSpace(value))
		}
	case "adhoc":
		r.refuse("tenancy/query", "remove it", "an ad hoc filter can turn the customer's own matcher around: with the filter "+
			"%s != own id, Grafana changes the operator of the matcher that is there", r.p.tree.Label)
	default:
		r.refuse("tenancy/document", "use a query, custom, textbox, constant or interval variable", "the proof does not know variables of type %q", kind)
	}
}

var (
	labelValues = regexp.MustCompile(`^label_values\((.+),\s*([a-zA-Z_][a-zA-Z0-9_]*)\)\s*$`)
	queryResult = regexp.MustCompile(`^query_result\((.+)\)\s*$`)
	// unscoped are the forms that list labels, values or metrics of all series.
	unscoped = regexp.MustCompile(`^\s*(label_values|label_names|metrics|query_result)\s*\(`)
)

// variableQuery reads what a query variable asks, as packages/grafana-prometheus'
// metric_find_query.ts takes it apart.
func (r *reading) variableQuery(n *node) {
	if n != nil && n.kind == object {
		for i, key := range n.keys {
			switch item := n.items[i]; {
			case key == "refId", key == "query":
			case key == "qryType" && slices.Contains([]string{"1", "3", "4", "5"}, item.text):
			default:
				r.refuse("tenancy/query", "write the query as a text", "the proof does not read %q of a variable's query", key)
			}
		}
		n = n.get("query")
	}
	query, ok := n.string()
	if !ok {
		r.refuse("tenancy/query", "", "the variable has no query that the proof can read")
		return
	}
	if m := labelValues.FindStringSubmatch(query); m != nil {
		r.query(m[1])
		return
	}
	if m := queryResult.FindStringSubmatch(query); m != nil {
		r.query(m[1])
		return
	}
	if unscoped.MatchString(query) {
		r.refuse("tenancy/query", "write label_values(metric{...}, label)", "the variable lists what belongs to all customers: %s", query)
		return
	}
	r.query(query)
}
