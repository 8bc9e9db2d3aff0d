package proof

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzYAML shows that the fast way through a document gives what the reader of YAML gives,
// wherever that accepts the document.
func FuzzYAML(f *testing.F) {
	files, _ := filepath.Glob("../../out/prod/grafana/provisioning/alerting/*.json")
	if len(files) == 0 {
		f.Fatal("the example has no alert rules")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, text := range []string{
		"a\u2028b", "a\u0085b", "\ufeffa", "\U0001F600", "yes", "012", "1_000", "~", "<<", "a: b", "#", "\u007f", "\ufffe", "2026-11-24", " a  b ", "a/b", "\r\n",
	} {
		data, err := json.Marshal(map[string]any{text: []any{text, 1, 0.5, -1, 1e30, true, nil, map[string]any{}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
		f.Add("{\"a\": \"" + text + "\"}")
	}
	f.Add(`{"a": "\/ \b \f \u0041 \u00e9 \ud83d\ude00"}`)
	f.Add(`{"a": 1e5, "b": -0, "c": 1E-3, "d": 0.10}`)
	f.Fuzz(func(t *testing.T, text string) {
		fast, err := parseYAML([]byte(text))
		if err != nil {
			return
		}
		slow, err := readYAML([]byte(text))
		if err != nil {
			return // Grafana does not load it
		}
		if !reflect.DeepEqual(same(fast), same(slow)) {
			t.Errorf("%q is\n%v by the fast way and\n%v by YAML", text, same(fast), same(slow))
		}
	})
}

// same is a node without what the proof does not look at: how an empty list is held.
func same(n *node) any {
	var items []any
	for _, item := range n.items {
		items = append(items, same(item))
	}
	return []any{n.kind, n.text, append([]string{}, n.keys...), items}
}
