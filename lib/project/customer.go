package project

import (
	"encoding/json"

	"github.com/dashc/dashc/lib/diagnostic"
)

// CustomerID is the exact value of the tenant label of one customer's series: any UTF-8 text
// of 1 to 128 bytes without control characters.
type CustomerID string

// Slug names a customer in uids, file names and folders: a-z, 0-9 and single dashes between them.
type Slug string

// Customer is one customer of the SaaS, checked and merged with its tier.
type Customer struct {
	ID   CustomerID
	Slug Slug
	// Name is what people read; any Unicode text without control characters.
	Name string
	Tier string
	// Values are those of the tier with the customer's own merged over them. Customers of equal
	// values share one evaluation.
	Values map[string]any
	// Include and Exclude choose dashboards by file name without extension, as globs. No Include
	// means all.
	Include, Exclude []string
	// Thresholds replace the threshold of alert rules, by the rule's uid.
	Thresholds map[string]json.Number
	// ContactPoint receives the customer's alerts; empty for what the policy tree says.
	ContactPoint string
	// OrgID is the organisation of Grafana in the isolation mode org, 0 where none is given.
	OrgID    int
	Position diagnostic.Position
}
