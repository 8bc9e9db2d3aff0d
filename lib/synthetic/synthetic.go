// Package synthetic makes customers up, as a list of customers has them: the same seed makes
// the same customers on every machine. They serve benchmarks, tests and a first try; nothing in
// them is taken from a real one.
package synthetic

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Customer is one line of a list of customers.
type Customer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Tier string `json:"tier,omitempty"`
	// OrgID is set only where Options ask for it.
	OrgID int `json:"orgId,omitempty"`
}

// Options say which customers are made up.
type Options struct {
	Count int
	Seed  uint64
	// Tiers are dealt out at random; without them customers have none.
	Tiers []string
	// Organisations gives each customer an organisation of Grafana, from 2 on: 1 is the one that
	// every Grafana starts with.
	Organisations bool
}

// The names are in several scripts, and some have what breaks careless quoting.
var (
	firstWords = []string{"Acme", "Brûlé", "O'Neill", "Łódź", "Zürich", "Smith & Sons", `The "Best"`, "東京", "النور", "Ünal", "Nordström", "D'Angelo", "Ärzte", "Mañana", "Αθήνα", "Київ", "{Braces}", "100%", "$ign", "C:\\"}
	lastWords  = []string{"Freight", "Logistics", "Søn", "物流", "Bank", "Energy", "Möbel", "للتجارة", "Foods", "Labs", "Group", "Café"}
)

// Customers returns the customers in the order of a list. All ids, and all slugs that are
// derived from them, are different.
func Customers(o Options) iter.Seq[Customer] {
	return func(yield func(Customer) bool) {
		random := rand.New(rand.NewPCG(o.Seed, 0x64617368))
		for i := range o.Count {
			name := fmt.Sprintf("%s %s %d", firstWords[random.IntN(len(firstWords))], lastWords[random.IntN(len(lastWords))], i+1)
			c := Customer{ID: id(random, i, name), Name: name}
			if len(o.Tiers) > 0 {
				c.Tier = o.Tiers[random.IntN(len(o.Tiers))]
			}
			if o.Organisations {
				c.OrgID = i + 2
			}
			if !yield(c) {
				return
			}
		}
	}
}

// id is a number, a UUID, a word with a number or the name itself.
func id(random *rand.Rand, i int, name string) string {
	switch random.IntN(4) {
	case 0:
		return strconv.Itoa(100_000 + i)
	case 1:
		a, b := random.Uint64(), random.Uint64()
		return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
	case 2:
		return fmt.Sprintf("customer-%d", i+1)
	}
	return name
}

// formats write customers, by name.
var formats = map[string]func(io.Writer, iter.Seq[Customer]) error{
	"ndjson": writeLines, "json": writeJSON, "yaml": writeYAML, "csv": writeCSV,
}

// Formats names the formats that Write knows.
func Formats() []string { return []string{"ndjson", "csv", "yaml", "json"} }

// Write writes a list of customers in one of Formats.
func Write(w io.Writer, format string, customers iter.Seq[Customer]) error {
	write, known := formats[format]
	if !known {
		return fmt.Errorf("there is no format %q", format)
	}
	return write(w, customers)
}

func writeLines(w io.Writer, customers iter.Seq[Customer]) error {
	for c := range customers {
		if _, err := io.WriteString(w, encoded(c)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w io.Writer, customers iter.Seq[Customer]) error {
	separator := "["
	for c := range customers {
		if _, err := fmt.Fprintf(w, "%s\n  %s", separator, encoded(c)); err != nil {
			return err
		}
		separator = ","
	}
	if separator == "[" {
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

// writeYAML quotes texts as JSON does, which YAML reads alike.
func writeYAML(w io.Writer, customers iter.Seq[Customer]) error {
	if _, err := io.WriteString(w, "customers:\n"); err != nil {
		return err
	}
	for c := range customers {
		text := fmt.Sprintf("  - id: %s\n    name: %s\n", encoded(c.ID), encoded(c.Name))
		if c.Tier != "" {
			text += "    tier: " + encoded(c.Tier) + "\n"
		}
		if c.OrgID != 0 {
			text += fmt.Sprintf("    orgId: %d\n", c.OrgID)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// encoded returns JSON in which & and < stay as they are.
func encoded(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // texts and numbers always have a form
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func writeCSV(w io.Writer, customers iter.Seq[Customer]) error {
	table := csv.NewWriter(w)
	if err := table.Write([]string{"id", "name", "tier", "org_id"}); err != nil {
		return err
	}
	for c := range customers {
		org := ""
		if c.OrgID != 0 {
			org = strconv.Itoa(c.OrgID)
		}
		if err := table.Write([]string{c.ID, c.Name, c.Tier, org}); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
