package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/dashc/dashc/lib/diagnostic"
)

// customerFormats reads the formats of customer lists, by extension.
var customerFormats = map[string]func(src io.ReadSeeker, file string) iter.Seq2[record, error]{
	".yaml":   readYAMLCustomers,
	".yml":    readYAMLCustomers,
	".json":   readJSONCustomers,
	".ndjson": readJSONLines,
	".jsonl":  readJSONLines,
	".csv":    readCSVCustomers,
}

// maxFindings is how many findings about one list are told.
const maxFindings = 20

// CustomerList is an environment's list of customers. Nothing of it is kept in memory.
type CustomerList struct {
	project     *Project
	environment Environment
}

// OpenCustomers returns the list of an environment's customers, which is empty where the
// environment has none. The file must exist; what is in it, All tells.
func (p *Project) OpenCustomers(e Environment) (*CustomerList, error) {
	list := &CustomerList{project: p, environment: e}
	if e.Customers.File == "" {
		return list, nil
	}
	file, err := p.openCustomers(e.Customers)
	if err != nil {
		return nil, err
	}
	return list, file.Close()
}

// openCustomers opens the file that lists customers; no link leads it out of the project.
func (p *Project) openCustomers(s CustomerSettings) (*os.File, error) {
	fail := func(cause string) error {
		return configError(s.Position, "config/customer", fmt.Sprintf("the list of customers %s cannot be read: %s", s.File, cause), "name a file relative to dashc.yaml")
	}
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name := filepath.FromSlash(s.File)
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail("there is no such file")
	case err != nil:
		return nil, fail(causeOf(err).Error())
	case !info.Mode().IsRegular():
		return nil, fail("it is not a regular file") // reading a pipe twice gives nothing
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, fail(causeOf(err).Error())
	}
	return file, nil
}

// CustomersDigest returns the SHA-256 of the list of an environment's customers, in hex, and
// "" where the environment has none.
func (p *Project) CustomersDigest(e Environment) (string, error) {
	if e.Customers.File == "" {
		return "", nil
	}
	file, err := p.openCustomers(e.Customers)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", readError(e.Customers.File, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// All reads the customers in the order of the list, each time from the file. The first thing
// wrong ends the customers, but not the reading: the error that comes last holds up to 20
// findings. Memory grows only by what finds duplicates, some 100 bytes for each customer.
func (l *CustomerList) All(ctx context.Context) iter.Seq2[Customer, error] {
	return func(yield func(Customer, error) bool) {
		settings := l.environment.Customers
		if settings.File == "" {
			return
		}
		file, err := l.project.openCustomers(settings)
		if err != nil {
			yield(Customer{}, err)
			return
		}
		defer file.Close()
		l.all(ctx, customerFormats[filepath.Ext(settings.File)](file, settings.File), yield)
	}
}

func (l *CustomerList) all(ctx context.Context, records iter.Seq2[record, error], yield func(Customer, error) bool) {
	decoder := newCustomerDecoder(l.project, l.environment)
	seen := newDuplicates()
	var findings []diagnostic.Diagnostic
	for record, err := range records {
		if ctx.Err() != nil {
			yield(Customer{}, ctx.Err())
			return
		}
		if err != nil {
			if _, ok := diagnostic.FromError(err); !ok {
				yield(Customer{}, err)
				return
			}
			findings = appendFindings(findings, err)
		} else {
			customer, wrong := decoder.customer(record)
			wrong = append(wrong, seen.add(customer, record)...)
			if l.environment.Customers.Isolation == IsolateByOrg && customer.OrgID > 0 {
				wrong = append(wrong, seen.addOrganisation(customer, record)...)
			}
			findings = append(findings, wrong...)
			if len(findings) == 0 && !yield(customer, nil) {
				return
			}
		}
		if len(findings) > maxFindings {
			break
		}
	}
	if len(findings) > 0 {
		yield(Customer{}, diagnostic.AsError(cut(findings)...))
	}
}

// cut gives findings the rule of customer lists and leaves the first 20 of them.
func cut(findings []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	for i := range findings {
		findings[i].Rule = "config/customer"
	}
	if len(findings) <= maxFindings {
		return findings
	}
	more := diagnostic.Diagnostic{
		Rule: "config/customer", Severity: diagnostic.Error, Position: findings[maxFindings].Position,
		Message: fmt.Sprintf("and more: these are the first %d findings", maxFindings),
	}
	return append(findings[:maxFindings:maxFindings], more)
}

// duplicates finds ids and slugs that are used twice. It keeps 16 bytes of a hash of each.
type duplicates struct {
	fold          cases.Caser
	ids, slugs    map[hash]place
	organisations map[int]place
}

type hash [16]byte

// place is where a customer stands; exact tells ids that differ only in case apart.
type place struct {
	line, column int32
	exact        uint32
}

func newDuplicates() *duplicates {
	return &duplicates{fold: cases.Fold(), ids: map[hash]place{}, slugs: map[hash]place{}, organisations: map[int]place{}}
}

func hashOf(text string) hash {
	sum := sha256.Sum256([]byte(text))
	return hash(sum[:16])
}

// add remembers a customer. What was wrong with it before is empty and is passed over.
func (d *duplicates) add(c Customer, r record) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	at := place{line: int32(c.Position.Line), column: int32(c.Position.Column)}
	if c.ID != "" {
		exact := hashOf(string(c.ID))
		at.exact = uint32(exact[0])<<24 | uint32(exact[1])<<16 | uint32(exact[2])<<8 | uint32(exact[3])
		folded := hashOf(norm.NFC.String(d.fold.String(string(c.ID))))
		if first, ok := d.ids[folded]; ok {
			found = append(found, d.duplicateID(c, r, first, at))
		} else {
			d.ids[folded] = at
		}
	}
	if c.Slug != "" && len(found) == 0 { // equal ids have equal slugs
		key := hashOf(string(c.Slug))
		if first, ok := d.slugs[key]; ok {
			found = append(found, r.finding([]string{"slug"}, fmt.Sprintf("slug: %q is also that of the customer %s", c.Slug, first.from(at)), "give one of the two a slug of its own"))
		} else {
			d.slugs[key] = at
		}
	}
	return found
}

func (d *duplicates) duplicateID(c Customer, r record, first, at place) diagnostic.Diagnostic {
	if first.exact == at.exact {
		return r.finding([]string{"id"}, fmt.Sprintf("id: %q is also that of the customer %s", c.ID, first.from(at)), "remove one of the two")
	}
	return r.finding([]string{"id"}, fmt.Sprintf("id: %q differs from that of the customer %s only in case or in how accents are written", c.ID, first.from(at)),
		"is it the same customer? The id must be exactly the value of the tenant label")
}

// addOrganisation finds two customers of one organisation of Grafana.
func (d *duplicates) addOrganisation(c Customer, r record) []diagnostic.Diagnostic {
	at := place{line: int32(c.Position.Line), column: int32(c.Position.Column)}
	if first, ok := d.organisations[c.OrgID]; ok {
		return []diagnostic.Diagnostic{r.finding([]string{"orgId"}, fmt.Sprintf("orgId: %d is also that of the customer %s", c.OrgID, first.from(at)),
			"with the isolation mode org each customer has an organisation of its own")}
	}
	d.organisations[c.OrgID] = at
	return nil
}

// from says where a place is, seen from another one.
func (p place) from(other place) string {
	if p.line == other.line {
		return fmt.Sprintf("on line %d, column %d", p.line, p.column)
	}
	return fmt.Sprintf("on line %d", p.line)
}

// customerDecoder turns records into customers of one environment.
type customerDecoder struct {
	project     *Project
	environment Environment
	tiers       []string
	// valid are the values that are known to fit the schema, globs those that choose a
	// dashboard. Both are emptied when they have grown.
	valid map[hash]bool
	globs map[string]bool
}

const maxRemembered = 10_000

func newCustomerDecoder(p *Project, e Environment) *customerDecoder {
	return &customerDecoder{project: p, environment: e, tiers: sortedKeys(e.Tiers), valid: map[hash]bool{}, globs: map[string]bool{}}
}

// violations validates what values make of the environment's, once for each distinct patch.
func (d *customerDecoder) violations(values map[string]any) ([]violation, error) {
	if d.project.values == nil {
		return nil, nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	key := hashOf(string(text))
	if d.valid[key] {
		return nil, nil
	}
	found := d.project.values.validate(d.environment.With(values).Values)
	if len(found) == 0 {
		if len(d.valid) >= maxRemembered {
			clear(d.valid)
		}
		d.valid[key] = true
	}
	return found, nil
}

func (d *customerDecoder) choosesDashboard(glob string) bool {
	chooses, known := d.globs[glob]
	if !known {
		chooses = d.project.choosesDashboard(glob)
		if len(d.globs) >= maxRemembered {
			clear(d.globs)
		}
		d.globs[glob] = chooses
	}
	return chooses
}
