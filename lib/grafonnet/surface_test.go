package grafonnet

import "testing"

func TestFunctionName(t *testing.T) {
	tests := map[string]string{
		"title": "withTitle", "yAxis": "withYAxis", "refresh_intervals": "withRefreshIntervals",
		"min-width": "withMinWidth", "Name": "withName", "URL": "withURL",
	}
	for property, want := range tests {
		if got := functionName(property); got != want {
			t.Errorf("functionName(%q) is %q, want %q", property, got, want)
		}
	}
}

func TestFieldName(t *testing.T) {
	tests := map[string]string{
		"title": "title", "for": `"for"`, "error": `"error"`, "a-b": `"a-b"`, "_x": "_x",
	}
	for key, want := range tests {
		if got := fieldName(key); got != want {
			t.Errorf("fieldName(%q) is %s, want %s", key, got, want)
		}
	}
}
