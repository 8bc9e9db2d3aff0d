package project

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dashc/dashc/lib/diagnostic"
)

// Each archive in testdata/customers is a project with environments that have customers; its
// part `want` is what each list holds, or what is wrong with it.
func TestCustomers(t *testing.T) {
	files, err := filepath.Glob("testdata/customers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			var want *txtar.File
			for i, part := range archive.Files {
				if part.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				write(t, filepath.Join(root, part.Name), part.Data)
			}
			got := customersOf(t, root)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if string(want.Data) != got {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

// customersOf shows the customers of a project's environments.
func customersOf(t *testing.T, root string) string {
	t.Helper()
	p, err := Load(root)
	if err != nil {
		return summary(p, err)
	}
	var b strings.Builder
	for _, environment := range p.Environments {
		fmt.Fprintf(&b, "environment %s %s\n", environment.Name, jsonText(environment.Customers))
		for _, name := range sortedKeys(environment.Tiers) {
			fmt.Fprintf(&b, "  tier %s %s\n", name, jsonText(environment.Tiers[name]))
		}
		list, err := p.OpenCustomers(environment)
		if err != nil {
			b.WriteString(summary(nil, err))
			continue
		}
		for customer, err := range list.All(t.Context()) {
			if err != nil {
				b.WriteString(summary(nil, err))
				break
			}
			at := customer.Position
			customer.Position = diagnostic.Position{}
			fmt.Fprintf(&b, "  %s %s\n", at, jsonText(customer))
		}
	}
	return b.String()
}

// projectWith is a project of one environment with one list and the tiers gold and silver.
func projectWith(t testing.TB, file string, data []byte) *Project {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string][]byte{
		ConfigFile:              []byte("tiers: {gold: {}, silver: {}}\n"),
		"environments/dev.yaml": fmt.Appendf(nil, "customers: %s\n", file),
		file:                    data,
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// read returns all customers of a list, or the findings.
func read(t testing.TB, file string, data []byte) ([]Customer, []diagnostic.Diagnostic) {
	t.Helper()
	p := projectWith(t, file, data)
	list, err := p.OpenCustomers(p.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, list.All(t.Context()))
}

func collect(t testing.TB, all iter.Seq2[Customer, error]) (customers []Customer, findings []diagnostic.Diagnostic) {
	t.Helper()
	for customer, err := range all {
		if err == nil {
			customers = append(customers, customer)
			continue
		}
		list, ok := diagnostic.FromError(err)
		if !ok {
			t.Fatalf("not a finding: %v", err)
		}
		return customers, list
	}
	return customers, nil
}

// What no editor and no archive can hold.
func TestHostileLists(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	for _, c := range []struct {
		name, file, data string
		want             string // "" for no finding
		customers        int
	}{
		{"empty yaml", "c.yaml", "", "", 0},
		{"empty json", "c.json", "", "", 0},
		{"empty ndjson", "c.ndjson", "", "", 0},
		{"empty csv", "c.csv", "", "", 0},
		{"white space", "c.json", " \n\t\n", "", 0},
		{"only a mark", "c.yaml", "\ufeff", "", 0},
		{"only a mark in json", "c.json", "\ufeff", "", 0},
		{"null", "c.json", "null", "", 0},
		{"empty list", "c.yaml", "customers: []\n", "", 0},
		{"key alone", "c.yaml", "customers:\n# none yet\n", "", 0},
		{"header alone", "c.csv", "id,name\n", "", 0},
		{"mark in yaml", "c.yaml", "\ufeffcustomers:\n- id: a\n", "", 1},
		{"mark in csv", "c.csv", "\ufeffid\r\na\r\n", "", 1},
		{"mark in json", "c.json", "\ufeff[{\"id\":\"a\"}]", "", 1},
		{"mark in ndjson", "c.ndjson", "\ufeff{\"id\":\"a\"}\r\n\r\n{\"id\":\"b\"}", "", 2},
		{"long line yaml", "c.yaml", "- id: a\n- id: " + long + "\n- id: b\n", "c.yaml:2:1: the line has more than 1 MiB", 0},
		{"long line csv", "c.csv", "id\na\n" + long + "\n", "c.csv:3:1: the line has more than 1 MiB", 1},
		{"long line ndjson", "c.ndjson", `{"id":"a"}` + "\n" + `{"id":"` + long + `"}`, "c.ndjson:2:1: the line has more than 1 MiB", 1},
		{"long item json", "c.json", `[{"id":"a"},{"id":"` + long + `"},{"id":"b"}]`, "c.json:1:13: the customer has more than 1 MiB", 1},
		{"long item yaml", "c.yaml", "- id: a\n- id: b\n" + strings.Repeat("  # "+long[:1000]+"\n", 2000) + "- id: c\n", "c.yaml:2:1: the customer has more than 1 MiB", 1},
		{"long flow style", "c.yaml", "[{id: a},\n" + strings.Repeat("# "+long[:1000]+"\n", 2000) + "{id: b}]", "c.yaml:1:1: a list that is not in block style can have 1 MiB at most", 0},
		{"long minified json", "c.json", "[" + strings.TrimSuffix(manyJSON(30_000, ","), ",") + "]", "", 30_000},
		{"invalid UTF-8", "c.yaml", "- id: a\n- id: \"\xff\"\n", "c.yaml:2:8: the byte 0xFF is not valid UTF-8", 0},
		{"invalid UTF-8 in json", "c.json", "[{\"id\": \"é\xff\"}]", "c.json:1:11: the byte 0xFF is not valid UTF-8", 0},
		{"UTF-16", "c.csv", "\xff\xfei\x00d\x00", "c.csv:1:1: the byte 0xFF is not valid UTF-8", 0},
		{"NUL", "c.yaml", "- id: a\x00b\n", "c.yaml:1:8: holds a control character (U+0000)", 0},
		{"NUL in json", "c.json", "[\x00]", `c.json:1:2: not valid JSON: invalid character '\x00' looking for beginning of value`, 0},
		{"NUL in csv", "c.csv", "id\n\x00\n", "c.csv:2:1: holds a control character (U+0000)", 0},
		{"escaped NUL", "c.json", `[{"id": "a\u0000"}]`, "c.json:1:3: id: holds a control character (U+0000)", 0},
		{"line separator", "c.yaml", "- id: a\u2028- id: b\n", "c.yaml:1:8: holds a control character (U+2028)", 0},
		{"carriage return alone", "c.yaml", "- id: a\r- id: b\r", "c.yaml:1:8: holds a control character (U+000D)", 0},
		{"half a surrogate", "c.json", `[{"id": "\ud800"}]`, "c.json:1:9: holds half of a surrogate pair, which is no character", 0},
		{"a replacement character", "c.json", `[{"id": "\ufffd"}]`, "", 1},
		{"deep json", "c.json", `[{"id": "a", "values": ` + strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300) + "}]", "c.json:1:1020: the customer is nested too deeply", 0},
		{"deep yaml", "c.yaml", "- id: a\n  values: " + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "\n", "c.yaml:2:211: the file is too large or nested too deeply", 0},
		{"trailing comma", "c.json", `[{"id":"a"},]`, `c.json:1:13: not valid JSON: "]" stands where a value is expected`, 1},
		{"text behind the list", "c.json", "[]\nx", `c.json:2:1: not valid JSON: "x" stands where the end of the file is expected`, 0},
		{"cut off", "c.json", `[{"id":"a"}`, "c.json:1:12: not valid JSON: the file ends where a comma or the list's end is expected", 1},
		{"unquoted", "c.csv", "id,name\na,\"b\nc,d\n", "c.csv:2:1: a quoted cell of this row has no end", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			customers, findings := read(t, c.file, []byte(c.data))
			got := ""
			if len(findings) > 0 {
				got = findings[0].Position.String() + ": " + findings[0].Message
			}
			if got != c.want || len(customers) != c.customers || len(findings) > 1 {
				t.Errorf("got %d customers and %d findings: %.200s", len(customers), len(findings), got)
			}
		})
	}
}

func manyJSON(n int, separator string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"customer-%d","tier":"gold","name":"O'Neill & Søn %d"}%s`, i, i, separator)
	}
	return b.String()
}

// The same list is the same in every format, and each time it is read.
func TestFormatsAgree(t *testing.T) {
	lists := map[string]string{
		"c.yaml": "customers:\n  # the first\n  - id: 1042\n    tier: gold\n\n  -\n    id: 'Acme ''Corp'''\n    name: |-\n      Acme:\n    dashboards:\n      exclude: []\n  - {id: x, tier: silver, contactPoint: p, orgId: 3, thresholds: {r-1: 1.50}}\n",
		"f.yaml": "[{id: 1042, tier: gold}, {id: \"Acme 'Corp'\", name: 'Acme:', dashboards: {exclude: []}}, {id: x, tier: silver, contactPoint: p, orgId: 3, thresholds: {r-1: 1.50}}]",
		"c.json": `{"customers": [{"id": 1042, "tier": "gold"}, {"id": "Acme 'Corp'", "name": "Acme:", "dashboards": {"exclude": []}},` + "\n" + `{"id": "x", "tier": "silver", "contactPoint": "p", "orgId": 3, "thresholds": {"r-1": 1.50}}]}`,
		"c.jsonl": `{"id": 1042, "tier": "gold"}` + "\n" + `{"id": "Acme 'Corp'", "name": "Acme:", "dashboards": {"exclude": []}}` + "\n\n" +
			`{"id": "x", "tier": "silver", "contactPoint": "p", "orgId": 3, "thresholds": {"r-1": 1.50}}`,
		"c.csv": "id,name,tier,contact_point,org_id,threshold.r-1,exclude\n1042,,gold,,,,\nAcme 'Corp',Acme:,,,,,;\nx,,silver,p,3,1.50,\n",
	}
	var want []Customer
	for _, file := range sortedKeys(lists) {
		p := projectWith(t, file, []byte(lists[file]))
		list, err := p.OpenCustomers(p.Environments[0])
		if err != nil {
			t.Fatal(err)
		}
		first, findings := collect(t, list.All(t.Context()))
		again, _ := collect(t, list.All(t.Context()))
		if len(findings) > 0 || !reflect.DeepEqual(first, again) {
			t.Errorf("%s: %v; read twice: %v and %v", file, findings, first, again)
		}
		for i := range first {
			first[i].Position = diagnostic.Position{}
		}
		if want == nil {
			want = first
		}
		if len(want) != 3 || !reflect.DeepEqual(first, want) {
			t.Errorf("%s: %+v, want %+v", file, first, want)
		}
	}
}

// Memory grows by what finds duplicates and by nothing else.
func TestAHundredThousandCustomers(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 8 MB")
	}
	var before, after runtime.MemStats
	p := projectWith(t, "c.ndjson", []byte(manyJSON(100_000, "\n")))
	list, err := p.OpenCustomers(p.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range list.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 100_000 {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); n != 100_000 || grown > 32<<20 {
		t.Errorf("%d customers, %d KiB", n, grown>>10)
	}
}

func TestReadingStops(t *testing.T) {
	for file, data := range map[string]string{
		"c.yaml": "- id: a\n- id: b\n", "f.yaml": "[{id: a}, {id: b}]", "c.json": `[{"id":"a"},{"id":"b"}]`,
		"c.ndjson": "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", "c.csv": "id\na\nb\n",
	} {
		p := projectWith(t, file, []byte(data))
		list, err := p.OpenCustomers(p.Environments[0])
		if err != nil {
			t.Fatal(err)
		}
		for range list.All(t.Context()) {
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range list.All(ctx) {
			if n++; n == 1 {
				cancel()
			} else if err != context.Canceled {
				t.Errorf("%s: %v after the context has ended", file, err)
			}
		}
	}
	// More findings than are told end the reading in every format.
	for file, data := range map[string]string{
		"c.yaml": strings.Repeat("- id: [\n", 100), "c.json": "[" + strings.Repeat("{},", 100) + "{}]", "c.ndjson": strings.Repeat("{\n", 100),
		"c.csv": "id\n" + strings.Repeat("a\n", 100), "f.yaml": "[" + strings.Repeat("{},", 100) + "{}]",
		"l.yaml": strings.Repeat("- id: a\n"+strings.Repeat("  #\n", 300_000), 2),
	} {
		if _, findings := read(t, file, []byte(data)); len(findings) != maxFindings+1 && file != "l.yaml" {
			t.Errorf("%s: %d findings", file, len(findings))
		}
	}
}

func TestCustomersDigest(t *testing.T) {
	p := projectWith(t, "c.csv", []byte("id\na\n"))
	one, err := p.CustomersDigest(p.Environments[0])
	if err != nil || len(one) != 64 {
		t.Fatal(one, err)
	}
	write(t, filepath.Join(p.Root, "c.csv"), []byte("id\nb\n"))
	if two, err := p.CustomersDigest(p.Environments[0]); err != nil || one == two {
		t.Error(two, err)
	}
	if none, err := p.CustomersDigest(Environment{}); none != "" || err != nil {
		t.Error(none, err)
	}
}

func TestSlugOf(t *testing.T) {
	for id, want := range map[CustomerID]Slug{
		"1042":                     "1042",
		"Acme Corp":                "acme-corp",
		"  O'Neill & Söhne  ":      "o-neill-sohne",
		"Ångström":                 "angstrom",
		"ACME":                     "acme",
		"--a__b--":                 "a-b",
		"abcdefghijklmnopqrstuvwx": "abcdefghijklmnopqrstuvwx",
	} {
		if got := SlugOf(id); got != want {
			t.Errorf("SlugOf(%q) = %q, want %q", id, got, want)
		}
	}
	hashed := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}$`)
	for id, prefix := range map[CustomerID]string{
		"550e8400-e29b-41d4-a716-446655440000": "550e8400-e29b-4-",
		"abcdefghijklmnopqrstuvwxy":            "abcdefghijklmno-",
		"con":                                  "con-", "NUL": "nul-", "com1": "com1-", "General": "general-",
		"..": "customer-", "株式会社": "customer-", "株式会社 Foo": "foo-", "Łódź": "odz-", "\u202e": "customer-", "Straße": "stra-e-",
		"abcdefghijklmn- opqrstuvwx": "abcdefghijklmn-",
	} {
		got := SlugOf(id)
		if !strings.HasPrefix(string(got), prefix) || !hashed.MatchString(string(got)) || len(got) > maxDerivedSlug {
			t.Errorf("SlugOf(%q) = %q", id, got)
		}
	}
	for _, bad := range []string{"", "A", "a--b", "-a", "a-", "a.b", "..", "con", "aux", "lpt9", "general", "ä", strings.Repeat("a", 31)} {
		if _, err := ParseSlug(bad); err == nil {
			t.Errorf("%q is taken for a slug", bad)
		}
	}
}

// Slugs that are derived can be given as well, and uids are what Grafana takes and all different.
func TestCustomerUIDs(t *testing.T) {
	pairs := 1_000_000
	if testing.Short() {
		pairs = 50_000
	}
	random := rand.New(rand.NewPCG(4, 4))
	valid := regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)
	// No uid starts with another one and a dash: these could mean the same together with a slug.
	bases := []string{"a", "api-performance", "upstream_error-rates", strings.Repeat("u", 39), strings.Repeat("u", 40)}
	seen := make(map[string]bool, pairs)
	for i := range pairs / len(bases) {
		id := CustomerID(fmt.Sprintf("%d %s", i, randomText(random)))
		slug := SlugOf(id)
		if parsed, err := ParseSlug(string(slug)); err != nil || parsed != slug {
			t.Fatalf("SlugOf(%q) = %q: %v", id, slug, err)
		}
		for _, base := range bases {
			uid := CustomerUID(base, slug)
			if !valid.MatchString(uid) || uid != CustomerUID(base, slug) || seen[uid] {
				t.Fatalf("CustomerUID(%q, %q) = %q; used already: %t", base, slug, uid, seen[uid])
			}
			if plain := base + "-" + string(slug); len(plain) <= 40 && uid != plain {
				t.Fatalf("CustomerUID(%q, %q) = %q", base, slug, uid)
			}
			seen[uid] = true
		}
	}
}

func randomText(random *rand.Rand) string {
	letters := []rune("abcxyzABC0189 -_.'&/éßŁ株\u202e")
	text := make([]rune, random.IntN(30))
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
	}
	return string(text)
}

// Globs are what the regular expressions that they abbreviate are.
func TestGlobs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(letters []rune) string {
		text := make([]rune, random.IntN(8))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		return string(text)
	}
	for range 10_000 {
		glob, name := pick([]rune("ab*?é.")), pick([]rune("abé.\n"))
		pattern := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(glob))
		if want := regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(name); matches(glob, name) != want {
			t.Fatalf("matches(%q, %q) = %t", glob, name, !want)
		}
	}
}

func TestDatasourceOfCustomer(t *testing.T) {
	d := CustomerDatasource{URL: "https://gateway/{slug}/{id}", Header: "X-Scope-OrgID", Value: "$__file{/run/{slug}}"}
	got := d.For(Customer{ID: "a/b $c", Slug: "a-b"})
	if got.URL != "https://gateway/a-b/a%2Fb%20%24c" || got.Value != "$__file{/run/a-b}" {
		t.Errorf("%+v", got)
	}
}

// FuzzCustomers reads any text as a list in each format: nothing panics, findings have a place,
// and reading piece by piece gives what reading at once does.
func FuzzCustomers(f *testing.F) {
	for _, seed := range []string{
		"", "customers:\n- id: a\n  name: |\n    b\n\n- id: c\n", "- id: a\n# c\n-\n  id: b\n...\n", "[{id: a}]", "customers: &x [{id: *y}]\n", "- id: \"a\n- id: b\"\n",
		"  - id: a\n    values: {b: [1, 2]}\n  - id: 0x1\n", "---\n- id: a\n---\n", "- - id: a\n- ? b\n", "- id: >+\n   a\n\n\n- id: b", "%YAML 1.2\n---\n- id: a\n",
		`[{"id":"a","values":{"b":[1,true,null]}},{"id":1}]`, `{"customers":[{"id":"a"}]}`, `{"customers":null}`, `[{"id":"\ud83d\ude00"}`, `{"id":"a"}` + "\n" + `{"id":"b"}`,
		"id,name,values.a.b,threshold.x,include\na,\"b\"\"c\",1,2,a;b\n", "id;name\n", "id\n\"a\nb\"\n", "\ufeffid\r\na\r\n", "id,id\n", "values.a,values.a.b\n",
	} {
		f.Add([]byte(seed))
	}
	p := &Project{}
	environment := Environment{Tiers: map[string]Tier{"gold": {Name: "gold"}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		for extension, format := range customerFormats {
			list := CustomerList{project: p, environment: environment}
			file := "c" + extension
			list.all(t.Context(), format(bytes.NewReader(data), file), func(c Customer, err error) bool {
				checkCustomer(t, file, c, err)
				return true
			})
			streamed, err := recordsOf(format(bytes.NewReader(data), file))
			whole, comparable := readWhole(extension, data)
			if err == nil && comparable && !slices.Equal(streamed, whole) {
				t.Fatalf("%s: read piece by piece\n%q\nat once\n%q", extension, streamed, whole)
			}
		}
	})
}

func checkCustomer(t *testing.T, file string, c Customer, err error) {
	t.Helper()
	if err == nil {
		if _, wrong := ParseCustomerID(string(c.ID)); wrong != nil || checkName(c.Name) != nil || c.Position.File != file || c.Position.Line < 1 {
			t.Fatalf("%s: %+v", file, c)
		}
		if _, wrong := ParseSlug(string(c.Slug)); wrong != nil {
			t.Fatalf("%s: %v", file, wrong)
		}
		return
	}
	findings, ok := diagnostic.FromError(err)
	if !ok || len(findings) > maxFindings+1 {
		t.Fatalf("%s: %v", file, err)
	}
	for _, d := range findings {
		if d.Position.File != file || d.Position.Line < 1 && d.Rule != "config/customer" || d.Message == "" {
			t.Fatalf("%s: %+v", file, d)
		}
	}
}

func recordsOf(records iter.Seq2[record, error]) (all []string, err error) {
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		all = append(all, jsonText(record.value))
	}
	return all, nil
}

// readWhole reads YAML and JSON with the parsers for whole documents.
func readWhole(extension string, data []byte) (all []string, comparable bool) {
	var value any
	switch extension {
	case ".yaml":
		doc, err := parseDocument("c.yaml", data)
		if err != nil {
			return nil, false
		}
		if value = doc.value; doc.root.Kind == 0 {
			return nil, false
		}
	case ".json":
		decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte(byteOrderMark))))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil {
			return nil, false
		}
	default:
		return nil, false
	}
	if object, ok := value.(map[string]any); ok {
		value = object[customersKey]
	}
	list, ok := value.([]any)
	for _, item := range list {
		all = append(all, jsonText(item))
	}
	return all, ok || value == nil
}
