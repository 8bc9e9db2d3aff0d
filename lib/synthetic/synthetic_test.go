package synthetic_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/dashc/dashc/lib/diagnostic"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/synthetic"
)

// What is made up is a list of customers in each format, the same in all of them and each time.
func TestListsAreRead(t *testing.T) {
	options := synthetic.Options{Count: 3000, Seed: 7, Tiers: []string{"gold", "silver"}, Organisations: true}
	var want []project.Customer
	for _, format := range synthetic.Formats() {
		var list, again bytes.Buffer
		for _, w := range []*bytes.Buffer{&list, &again} {
			if err := synthetic.Write(w, format, synthetic.Customers(options)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(list.Bytes(), again.Bytes()) {
			t.Errorf("%s: one seed makes two lists", format)
		}
		customers := read(t, "customers."+format, list.Bytes())
		if want == nil {
			want = customers
		}
		if len(customers) != options.Count || !reflect.DeepEqual(customers, want) {
			t.Errorf("%s: %d customers, not those of the other formats", format, len(customers))
		}
	}
	if err := synthetic.Write(&bytes.Buffer{}, "xml", synthetic.Customers(options)); err == nil {
		t.Error("xml is a format")
	}
}

func read(t *testing.T, file string, list []byte) []project.Customer {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"dashc.yaml": "tiers: {gold: {}, silver: {}}\n", "environments/dev.yaml": "customers: {isolation: org, file: " + file + "}\n", file: string(list),
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	open, err := p.OpenCustomers(p.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	var customers []project.Customer
	for customer, err := range open.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		customer.Position = diagnostic.Position{}
		customers = append(customers, customer)
	}
	return customers
}
