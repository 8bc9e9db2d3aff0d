package project

import "testing"

func TestIDsThatTellAnotherTenant(t *testing.T) {
	header := CustomerDatasource{Header: "X-Scope-OrgID", Value: "t-{id}"}
	address := CustomerDatasource{URL: "https://gateway/{id}/"}
	secret := CustomerDatasource{Header: "X-Scope-OrgID", Value: "$__file{/run/{slug}}", URL: "https://gateway/{slug}"}
	for _, test := range []struct {
		id       CustomerID
		settings CustomerDatasource
		refused  bool
	}{
		{"acme", header, false},
		{"O'Brien & Søn", header, false},
		{"a|b", header, true},
		{"a/b", header, true},
		{`a\b`, header, true},
		{"..", header, true},
		{"a\nb", header, true},
		{" a", header, true},
		{"$HOME", header, true},
		{".", address, true},
		{"..", address, true},
		{"a/../b|c", address, false}, // escaped
		{"a|b", secret, false},
		{"..", secret, false},
	} {
		message, hint := test.settings.flaw(test.id)
		if refused := message != ""; refused != test.refused || refused != (hint != "") {
			t.Errorf("%q in %+v: %q, %q", test.id, test.settings, message, hint)
		}
	}
}
