package artifact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

// awkward strings are those that some reader of JSON or YAML takes for something else.
var awkward = []string{
	"", " ", "a", "a b", " a", "a ", "a  b", "\t", "a\tb", "\n", "a\n", "\na", "a\nb", "a\nb\n", "a\nb\n\n", " a\nb", "a\n b\n", "a \nb", "a\n\nb\n",
	"a\r\nb", "a\rb", "#", "a #b", "a# b", ":", "a:", "a: b", "a:b", "-", "- a", "---", "...", "--- a", "?", "? a", "!", "!!int 1", "&a", "*a", "%a", "@a", "`a`",
	"{", "}", "[", "]", "{}", "[]", "{a: b}", "[a]", ",", "|", ">", "a|b", "'", "''", "it's", `"`, `a"b`, `\`, `\d+`, `\n`, `'"\`,
	"y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "on", "On", "OFF", "off", "true", "TRUE", "True", "false", "null", "Null", "NULL", "~", "nan", ".nan", ".NaN", ".inf", "-.inf", "+.Inf", "inf",
	"0", "1", "-1", "+1", "01", "0o7", "0x10", "0b1", "1_000", "_1", "_", "__expr__", "1.5", "1.", ".5", "1e3", "1E+3", "-1e-3", "12:30:45", "190:20:30", "1:2", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-01-01 00:00:00",
	"=", "<<", "0.1.2", "1s", "5m", "/", "/a", "//", "http://x:9090/y?z=1#f", "a,b", "$x", "${X}", "$$", "%", "a%b", "é", "日本", "\u00a0", "\u0085", "\u2028", "\u2029", "\ufeff", "\ufeffa", "😀", "a😀", "\x00", "\x07", "\x1b", "\x7f", "\u0080",
	"sum(rate(x{a=\"b\",c=~\"d|e\"}[5m])) > 0", "{{ $labels.x }}", "a\n  b\n c", "\"quoted\"", "key: |", "a\n---\nb", "a\n...\nb", "a\n# b", "x\n\tb", "\tx\nb", strings.Repeat("word ", 60) + "end",
}

func randomString(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return awkward[r.IntN(len(awkward))]
	}
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(awkward[r.IntN(len(awkward))])
	}
	return b.String()
}

func randomNumber(r *rand.Rand) json.Number {
	numbers := []json.Number{"0", "-0", "1", "-1", "1.5", "0.1", "1e+30", "1E5", "1e-07", "123456789012345678", "9007199254740993", "-2.5e10", "0.30000000000000004"}
	return numbers[r.IntN(len(numbers))]
}

func randomValue(r *rand.Rand, depth int) any {
	kind := r.IntN(8)
	if depth == 0 {
		kind = r.IntN(4)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return randomNumber(r)
	case 3, 4:
		return randomString(r)
	case 5:
		array := []any{}
		for range r.IntN(4) {
			array = append(array, randomValue(r, depth-1))
		}
		return array
	}
	object := map[string]any{}
	for range r.IntN(5) {
		object[randomString(r)] = randomValue(r, depth-1)
	}
	return object
}

func TestEncodeJSON(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"scalar", `1e+30`, "1e+30\n"},
		{"empty", `{"b": [], "a": {}}`, "{\n  \"a\": {},\n  \"b\": []\n}\n"},
		{"nested", `{"b":[1,{"x":null}],"a":true}`, "{\n  \"a\": true,\n  \"b\": [\n    1,\n    {\n      \"x\": null\n    }\n  ]\n}\n"},
		{"no HTML escapes", `"<&>"`, "\"<&>\"\n"},
		{"number kept", `[1.0, 100, 0.1e1]`, "[\n  1.0,\n  100,\n  0.1e1\n]\n"},
		{"escapes", `"\u0001\b\f\n\r\t\"\\\u2028\u007f"`, "\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\u2028\x7f\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			value, err := artifact.Decode([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := artifact.EncodeJSON(value)
			if err != nil || string(got) != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, in := range []string{"", "{", `{"a":1} x`, "1 2", "[1,]", "nul", `{"a":1}{"b":2}`} {
		if value, err := artifact.Decode([]byte(in)); err == nil {
			t.Errorf("Decode(%q) = %v, want an error", in, value)
		}
	}
}

func TestEncodersRefuseWhatIsNotJSON(t *testing.T) {
	value := map[string]any{"panels": []any{map[string]any{"title": 3.5}}}
	for name, encode := range map[string]func(any) ([]byte, error){
		"json": artifact.EncodeJSON,
		"yaml": func(v any) ([]byte, error) { return artifact.EncodeYAML(v, "") },
	} {
		if _, err := encode(value); err == nil || err.Error() != ".panels[0].title: a value of the Go type float64 is not decoded JSON" {
			t.Errorf("%s: %v", name, err)
		}
		for _, number := range []string{"", "-", "01", "1.", ".5", "1e", "NaN", "0x1", "+1", "1 "} {
			if _, err := encode(json.Number(number)); err == nil {
				t.Errorf("%s: the number %q is taken", name, number)
			}
		}
	}
}

// TestEncodeJSONAgreesWithTheStandardLibrary holds our appender to encoding/json: the same
// bytes, the same value read back.
func TestEncodeJSONAgreesWithTheStandardLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		value := randomValue(r, 4)
		got, err := artifact.EncodeJSON(value)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		if string(got) != want.String() {
			t.Fatalf("got %q\nwant %q", got, want.String())
		}
		back, err := artifact.Decode(got)
		if err != nil || !reflect.DeepEqual(back, value) {
			t.Fatalf("read back %#v, %v; want %#v", back, err, value)
		}
	}
}

func FuzzEncodeJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.50,"x"],"b":{}}`))
	f.Add([]byte("\"\xff\u2028\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := artifact.Decode(data)
		if err != nil {
			return
		}
		once, err := artifact.EncodeJSON(value)
		if err != nil {
			t.Fatal(err)
		}
		again, err := artifact.Decode(once)
		if err != nil || !reflect.DeepEqual(again, value) {
			t.Fatalf("%q reads back as %#v, %v", once, again, err)
		}
		checkYAML(t, value)
	})
}

func BenchmarkEncodeJSON(b *testing.B) {
	panels := []any{}
	for i := range 50 {
		panels = append(panels, map[string]any{"id": json.Number(fmt.Sprint(i)), "title": "Requests per second", "targets": []any{map[string]any{"expr": `sum by (le) (rate(x_bucket{job="web"}[5m]))`, "refId": "A"}}, "gridPos": map[string]any{"x": json.Number("0"), "y": json.Number("1"), "w": json.Number("12"), "h": json.Number("8")}})
	}
	value := map[string]any{"panels": panels, "title": "t", "uid": "u"}
	for b.Loop() {
		data, err := artifact.EncodeJSON(value)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(data)))
	}
}
