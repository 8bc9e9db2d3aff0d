package project

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/dashc/dashc/lib/diagnostic"
)

// maxRecord is what one customer may take in a list, in bytes.
const maxRecord = 1 << 20

// record is one customer as a list has it, before anything is known to be right.
type record struct {
	// value is decoded JSON, as in a document.
	value any
	// position is where the value at a path stands, or the nearest parent that exists.
	position func(path []string) (diagnostic.Position, bool)
	// written is the text of the scalar at a key, as it stands in the list.
	written func(key string) string
}

// nodeRecord is a record of a list in YAML or JSON.
func nodeRecord(file string, node *yaml.Node) (record, error) {
	converter := converter{file: file}
	value, err := converter.convert(node, 0)
	if err != nil {
		return record{}, err
	}
	doc := document{file: file, value: value, root: node}
	return record{value: value, position: doc.position, written: func(key string) string {
		for node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		item, _ := child(node, key)
		for item != nil && item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		if item == nil {
			return ""
		}
		return item.Value
	}}, nil
}

func (r record) finding(path []string, message, hint string) diagnostic.Diagnostic {
	at, _ := r.position(path)
	return diagnostic.Diagnostic{Rule: "config/customer", Severity: diagnostic.Error, Position: at, Message: message, Hint: hint}
}

// customerKeys are the keys of one customer.
var customerKeys = []string{"id", "slug", "name", "tier", "values", "dashboards", "thresholds", "contactPoint", "orgId"}

// reading is the decoding of one record: what was wrong so far.
type reading struct {
	record
	object   map[string]any
	findings []diagnostic.Diagnostic
}

func (r *reading) fail(path []string, message, hint string) {
	r.findings = append(r.findings, r.finding(path, keyPath(path)+": "+message, hint))
}

// customer turns a record into a customer. With findings only what is right is filled in.
func (d *customerDecoder) customer(from record) (Customer, []diagnostic.Diagnostic) {
	r := &reading{record: from}
	customer := Customer{}
	customer.Position, _ = from.position(nil)
	var ok bool
	if r.object, ok = from.value.(map[string]any); !ok {
		return customer, []diagnostic.Diagnostic{from.finding(nil, "a customer must be an object with an id, and is "+kindOf(from.value), "write for example {id: acme, tier: gold}")}
	}
	for _, key := range unknownKeys(r.object, customerKeys) {
		r.fail([]string{key}, "unknown key", diagnostic.DidYouMean(key, customerKeys))
	}
	r.identity(&customer)
	tier := d.tier(r)
	customer.Tier = tier.Name
	customer.Values = d.values(r, tier)
	customer.Include, customer.Exclude = tier.Include, tier.Exclude
	d.dashboards(r, &customer)
	customer.Thresholds = r.thresholds(tier)
	customer.ContactPoint = tier.ContactPoint
	if text, given := r.text("contactPoint"); given {
		if err := checkName(text); err != nil {
			r.fail([]string{"contactPoint"}, err.Error(), "")
		}
		customer.ContactPoint = text
	}
	d.organisation(r, &customer)
	if message, hint := d.environment.Customers.Datasource.flaw(customer.ID); d.environment.Customers.Isolation == IsolateByDatasource && message != "" {
		r.fail([]string{"id"}, message, hint)
	}
	slices.SortStableFunc(r.findings, func(a, b diagnostic.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
	return customer, r.findings
}

var plainInteger = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// text returns the text at a key and whether there is one. A whole number counts as its digits;
// any other number is refused, because it may be written in many ways.
func (r *reading) text(key string) (string, bool) {
	switch value := r.object[key].(type) {
	case nil:
		return "", false
	case string:
		return value, true
	case json.Number:
		if written := r.written(key); plainInteger.MatchString(written) {
			return written, true
		}
		r.fail([]string{key}, fmt.Sprintf("the number %.40s could mean several texts", r.written(key)), "put it into quotes")
		return "", false
	default:
		r.fail([]string{key}, "must be text, and is "+kindOf(value), "put it into quotes")
		return "", false
	}
}

// identity reads id, slug and name.
func (r *reading) identity(c *Customer) {
	id, given := r.text("id")
	if r.object["id"] == nil {
		r.findings = append(r.findings, r.finding([]string{"id"}, "id: this key is required and missing", "write the value that the tenant label has for this customer"))
	}
	if given {
		var err error
		if c.ID, err = ParseCustomerID(id); err != nil {
			r.fail([]string{"id"}, err.Error(), "")
			c.ID = ""
		}
	}
	if c.ID != "" {
		c.Slug, c.Name = SlugOf(c.ID), string(c.ID)
	}
	if slug, given := r.text("slug"); given {
		parsed, err := ParseSlug(slug)
		if err != nil {
			r.fail([]string{"slug"}, err.Error(), "leave it out to have one derived from the id")
		}
		c.Slug = parsed
	}
	name, given := r.text("name")
	if given {
		c.Name = name
	} else if c.ID == "" || r.object["name"] != nil {
		return
	}
	if err := checkName(c.Name); err != nil {
		key, hint := "name", ""
		if !given {
			key, hint = "id", "it is also the name, where none is given; add a name"
		}
		r.fail([]string{key}, err.Error(), hint)
	}
}

// tier returns the tier that a customer names, or one that changes nothing.
func (d *customerDecoder) tier(r *reading) Tier {
	name, given := r.text("tier")
	if !given {
		return Tier{}
	}
	tier, known := d.environment.Tiers[name]
	if !known {
		hint := diagnostic.DidYouMean(name, d.tiers)
		if len(d.tiers) == 0 {
			hint = "define it under `tiers` in dashc.yaml or " + d.environment.File
		}
		r.fail([]string{"tier"}, fmt.Sprintf("there is no tier %.60q", name), hint)
	}
	return tier
}

// objectAt returns the object at a key, nil where there is none.
func (r *reading) objectAt(key string) map[string]any {
	value := r.object[key]
	object, ok := value.(map[string]any)
	if !ok && value != nil {
		r.fail([]string{key}, "must be an object, and is "+kindOf(value), "")
	}
	return object
}

// values merges a customer's own values over those of its tier and checks what they make of
// the environment's. Those of the tier alone have been checked already.
func (d *customerDecoder) values(r *reading, tier Tier) map[string]any {
	own := r.objectAt("values")
	if len(own) == 0 {
		return tier.Values
	}
	if _, reserved := own["name"]; reserved {
		r.fail([]string{"values", "name"}, reservedName, "choose another key")
		return tier.Values
	}
	merged := composed(tier.Values, own)
	found, err := d.violations(merged)
	if err != nil {
		r.fail([]string{"values"}, err.Error(), "")
	}
	for _, v := range found {
		v.path = join([]string{"values"}, v.path...)
		at, _ := r.position(v.path)
		r.findings = append(r.findings, violationAt(at, v))
	}
	return merged
}

// dashboards reads a customer's own choice, each list of which replaces the tier's.
func (d *customerDecoder) dashboards(r *reading, c *Customer) {
	object := r.objectAt("dashboards")
	for _, key := range unknownKeys(object, []string{"include", "exclude"}) {
		r.fail([]string{"dashboards", key}, "unknown key", diagnostic.DidYouMean(key, []string{"include", "exclude"}))
	}
	if include := object["include"]; include != nil {
		c.Include = d.globList(r, []string{"dashboards", "include"}, include)
		if list, ok := include.([]any); ok && len(list) == 0 {
			r.fail([]string{"dashboards", "include"}, "an empty list chooses nothing", `leave it out for all dashboards; exclude ["*"] for none`)
		}
	}
	if exclude := object["exclude"]; exclude != nil {
		c.Exclude = d.globList(r, []string{"dashboards", "exclude"}, exclude)
	}
}

func (d *customerDecoder) globList(r *reading, path []string, value any) []string {
	list, ok := value.([]any)
	if !ok {
		r.fail(path, "must be a list, and is "+kindOf(value), "")
	}
	globs := make([]string, 0, len(list))
	for i, item := range list {
		glob, ok := item.(string)
		switch {
		case !ok:
			r.fail(join(path, strconv.Itoa(i)), "must be text, and is "+kindOf(item), "")
		case !d.choosesDashboard(glob):
			r.fail(join(path, strconv.Itoa(i)), fmt.Sprintf("%.60q matches no dashboard", glob), diagnostic.DidYouMean(glob, d.project.dashboards()))
		default:
			globs = append(globs, glob)
		}
	}
	return globs
}

var ruleUID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// thresholds merges a customer's own thresholds over those of its tier; null removes one.
func (r *reading) thresholds(tier Tier) map[string]json.Number {
	own := r.objectAt("thresholds")
	if len(own) == 0 {
		return tier.Thresholds
	}
	merged := make(map[string]json.Number, len(tier.Thresholds)+len(own))
	maps.Copy(merged, tier.Thresholds)
	for _, uid := range sortedKeys(own) {
		path := []string{"thresholds", uid}
		if !ruleUID.MatchString(uid) {
			r.fail(path, "this cannot be the uid of an alert rule", "a uid has 1 to 40 letters, digits, dashes and underscores")
			continue
		}
		if own[uid] == nil {
			delete(merged, uid)
			continue
		}
		number, err := threshold(own[uid])
		if err != nil {
			r.fail(path, err.Error(), "")
			continue
		}
		merged[uid] = number
	}
	return merged
}

// organisation reads orgId, which the isolation mode org cannot do without.
func (d *customerDecoder) organisation(r *reading, c *Customer) {
	value := r.object["orgId"]
	if value == nil {
		if d.environment.Customers.Isolation == IsolateByOrg {
			r.fail([]string{"orgId"}, "the isolation mode org needs the id of the customer's organisation in Grafana", "")
		}
		return
	}
	number, ok := value.(json.Number)
	id, err := strconv.ParseInt(number.String(), 10, 32)
	if !ok || err != nil || id < 1 {
		r.fail([]string{"orgId"}, "must be a whole number from 1 on, and is "+kindOf(value), "")
		return
	}
	c.OrgID = int(id)
}

// kindOf says what a value is, in words.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "empty"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return fmt.Sprintf("the number %.40s", v)
	case string:
		return fmt.Sprintf("the text %.40q", v)
	case []any:
		return "a list"
	}
	return "an object"
}

// listOf returns the customers of a whole document: a list, or an object with a list under
// the key `customers`.
func listOf(file string, root *yaml.Node) ([]*yaml.Node, error) {
	at := func(node *yaml.Node) diagnostic.Position {
		return diagnostic.Position{File: file, Line: node.Line, Column: node.Column}
	}
	if root.Kind == yaml.MappingNode {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for i := 0; i < len(root.Content); i += 2 {
			key := root.Content[i]
			if key.Value != customersKey {
				return nil, unknownTopKey(at(key), key.Value)
			}
			list = root.Content[i+1]
		}
		root = list
	}
	for root.Kind == yaml.AliasNode {
		root = root.Alias
	}
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.SequenceNode {
		return nil, configError(at(root), "config/customer", "this is no list of customers", "write a list, or an object with a list under the key customers")
	}
	return slices.Clone(root.Content), nil
}

// customersKey is the only key of a document that is an object.
const customersKey = "customers"

func unknownTopKey(at diagnostic.Position, key string) error {
	return configError(at, "config/customer", fmt.Sprintf("%.60q: unknown key", key), diagnostic.DidYouMean(key, []string{customersKey}))
}
