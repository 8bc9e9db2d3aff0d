package build

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
	"github.com/dashc/dashc/lib/tenant"
)

// members are the customers of an environment, in the order of their list, without the values
// that they share with others.
type members struct {
	list []member
	// groups are the distinct values, the empty ones first if anybody has them.
	groups []map[string]any
	// shards is a power of two: how many dashboard providers the customers are spread over.
	shards int
}

// member is one customer, and which values it has.
type member struct {
	project.Customer
	group int
	shard string
}

func (m member) identity() tenant.Identity {
	return tenant.Identity{ID: m.ID, Slug: m.Slug, Name: m.Name}
}

func (m member) ruleIdentity() tenant.RuleIdentity {
	return tenant.RuleIdentity{Identity: m.identity(), Thresholds: m.Thresholds, ContactPoint: m.ContactPoint, OrgID: m.OrgID}
}

func (m member) subject() proof.Subject {
	return proof.Subject{ID: string(m.ID), Slug: string(m.Slug), Name: m.Name, Org: m.OrgID}
}

// readMembers reads an environment's list of customers. Customers of equal values share them.
func readMembers(ctx context.Context, p *project.Project, environment project.Environment) (*members, error) {
	list, err := p.OpenCustomers(environment)
	if err != nil {
		return nil, err
	}
	m := &members{}
	index := map[string]int{}
	for customer, err := range list.All(ctx) {
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal(customer.Values)
		if err != nil {
			return nil, err
		}
		if len(customer.Values) == 0 {
			key = nil
		}
		group, known := index[string(key)]
		if !known {
			group = len(m.groups)
			index[string(key)] = group
			m.groups = append(m.groups, customer.Values)
		}
		customer.Values = nil
		m.list = append(m.list, member{Customer: customer, group: group})
	}
	m.spread(environment.Customers.PerProvider)
	return m, nil
}

// want tells whether a customer of a group wants a dashboard.
func (m *members) want(group int, dashboard string) bool {
	return slices.ContainsFunc(m.list, func(c member) bool { return c.group == group && c.Wants(dashboard) })
}

// subjects are the customers by slug, as the proof wants them.
func (m *members) subjects() (bySlug map[string]proof.Subject, lookup func(slug string) (proof.Subject, bool)) {
	bySlug = make(map[string]proof.Subject, len(m.list))
	for _, c := range m.list {
		bySlug[string(c.Slug)] = c.subject()
	}
	return bySlug, func(slug string) (proof.Subject, bool) { s, ok := bySlug[slug]; return s, ok }
}

// maxShards bounds the number of providers.
const maxShards = 1 << 16

// spread gives each customer a shard by its slug, so that a customer more moves no other: the
// number of shards doubles until none has more customers than a provider shall serve.
func (m *members) spread(perProvider int) {
	for m.shards = 1; m.shards < maxShards; m.shards *= 2 {
		counts := make([]int, m.shards)
		most := 0
		for _, c := range m.list {
			at := shardOf(c.Slug, m.shards)
			counts[at]++
			most = max(most, counts[at])
		}
		if most <= perProvider {
			break
		}
	}
	for i := range m.list {
		m.list[i].shard = fmt.Sprintf("%02x", shardOf(m.list[i].Slug, m.shards))
	}
}

func shardOf(slug project.Slug, shards int) int {
	sum := sha256.Sum256([]byte(slug))
	return (int(sum[0])<<8 | int(sum[1])) % shards
}

// inShards calls visit for each shard that has customers, in order.
func (m *members) inShards(visit func(shard string, customers []member)) {
	byShard := map[string][]member{}
	for _, c := range m.list {
		byShard[c.shard] = append(byShard[c.shard], c)
	}
	for _, shard := range slices.Sorted(maps.Keys(byShard)) {
		slices.SortFunc(byShard[shard], func(a, b member) int { return strings.Compare(string(a.Slug), string(b.Slug)) })
		visit(shard, byShard[shard])
	}
}

// customersDir holds the customers' dashboards, beside those that everybody sees: the
// providers of the latter must not load them.
const customersDir = "grafana/customers"

// place is where a customer's variant of a dashboard stands.
func place(c member, name string) artifact.Path {
	return artifact.Path(path.Join(customersDir, c.shard, string(c.Slug), name+".json"))
}

// rulesPlace is where the alert rules of a shard's customers stand.
func rulesPlace(shard string) artifact.Path {
	return artifact.Path("grafana/provisioning/alerting/customers-" + shard + ".json")
}

// tenantLabel is the label that tells an environment's customers apart.
func (a assembler) tenantLabel(settings project.CustomerSettings) (string, error) {
	if settings.TenantLabel != "" {
		return settings.TenantLabel, nil
	}
	labels := a.catalogue.TenantLabels()
	if len(labels) == 1 {
		return labels[0], nil
	}
	message := "the environment has customers, and no metric of the catalogue says by which label its series tell them apart"
	if len(labels) > 1 {
		message = "the catalogue's metrics tell customers apart by several labels: " + strings.Join(labels, ", ")
	}
	return "", diagnostic.AsError(diagnostic.Diagnostic{
		Rule: "config/customer", Severity: diagnostic.Error, Position: settings.Position, Message: message,
		Hint: "set tenantLabel of the metrics in jsonnet/metrics, or customers.tenantLabel of the environment",
	})
}
