package diff

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/project"
)

// Customer is whose variant a file is. Every field but the slug may be empty: then what the file
// itself tells is taken.
type Customer struct {
	Slug, ID, Name string
}

// anyone stands in grouped changes where each customer's own slug, id or name stands.
const anyone = "<customer>"

// customersFolder holds a folder for each dashboard provider, and in it one for each customer,
// named by its slug.
const customersFolder = "grafana/customers/"

// variant returns the customer of a dashboard and its file name, and whether it is a variant.
func variant(p artifact.Path) (slug, name string, ok bool) {
	rest, ok := strings.CutPrefix(string(p), customersFolder)
	if !ok {
		return "", "", false
	}
	if _, rest, ok = strings.Cut(rest, "/"); !ok {
		return "", "", false
	}
	slug, name, ok = strings.Cut(rest, "/")
	return slug, name, ok && !strings.Contains(name, "/")
}

// shard is the form of provisioning files that hold the parts of many customers.
var shard = regexp.MustCompile(`^(grafana/provisioning/[a-z]+/customers)-[^/]*(\.ya?ml|\.json)$`)

// class is a path without its customer: files of one class are the same file for different customers.
func class(p artifact.Path) artifact.Path {
	if _, name, ok := variant(p); ok {
		return artifact.Path(customersFolder + "*/" + name)
	}
	if parts := shard.FindStringSubmatch(string(p)); parts != nil {
		return artifact.Path(parts[1] + "-*" + parts[2])
	}
	return p
}

// ruleCustomer returns the slug of the customer to whom an alert rule of a shard belongs.
func ruleCustomer(group, rule map[string]any) string {
	labels, _ := rule["labels"].(map[string]any)
	if slug, ok := labels["customer"].(string); ok && slug != "" {
		return slug
	}
	uid, _ := rule["uid"].(string)
	if folder, ok := group["folder"].(string); ok && folder != "" && strings.HasSuffix(uid, "-"+folder) {
		return folder
	}
	return ""
}

// alias replaces what names one customer, so that the same change in the files of many is the
// same text. The zero value replaces nothing.
type alias struct {
	slug, id, name string
}

// aliasOf returns the alias for two versions of a customer's file. Where they do not name the
// same customer, what differs is left alone: it is a change that must be seen.
func aliasOf(c Customer, tenantLabels []string, old, new any) alias {
	a := alias{slug: c.Slug, id: c.ID, name: c.Name}
	if a.slug == "" {
		return alias{}
	}
	if a.id == "" {
		a.id = agreed(old, new, func(document any) string { return tenant(document, a.slug, tenantLabels) })
	}
	if a.name == "" {
		a.name = agreed(old, new, nameInTitle)
	}
	return a
}

func agreed(old, new any, read func(any) string) string {
	o, n := read(old), read(new)
	switch {
	case old == nil:
		return n
	case new == nil || o == n:
		return o
	}
	return ""
}

// nameInTitle returns what stands behind the last " - " of a dashboard's title.
func nameInTitle(document any) string {
	object, _ := document.(map[string]any)
	text, _ := object["title"].(string)
	if i := strings.LastIndex(text, " - "); i >= 0 {
		return text[i+3:]
	}
	return ""
}

var equality = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*")`)

// tenant returns the value that one of the labels has in every matcher of a document, or
// without labels the one that the slug is derived from.
func tenant(document any, slug string, labels []string) string {
	found, several := "", false
	eachString(document, func(text string) {
		for _, m := range equality.FindAllStringSubmatch(text, -1) {
			value, err := strconv.Unquote(m[2])
			if err != nil || len(labels) == 0 && slugged(value) != slug || len(labels) > 0 && !slices.Contains(labels, m[1]) {
				continue
			}
			several = several || found != "" && found != value
			found = value
		}
	})
	if several {
		return ""
	}
	return found
}

func slugged(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}

func eachString(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case []any:
		for _, item := range value {
			eachString(item, visit)
		}
	case map[string]any:
		for _, item := range value {
			eachString(item, visit)
		}
	}
}

// value replaces the customer in every string of a decoded value.
func (a alias) value(value any) any {
	if a == (alias{}) {
		return value
	}
	switch value := value.(type) {
	case string:
		return a.text(value)
	case []any:
		replaced := make([]any, len(value))
		for i, item := range value {
			replaced[i] = a.value(item)
		}
		return replaced
	case map[string]any:
		replaced := make(map[string]any, len(value))
		for key, item := range value {
			replaced[key] = a.value(item)
		}
		return replaced
	}
	return value
}

func (a alias) text(text string) string {
	if a == (alias{}) {
		return text
	}
	if text == a.slug || a.id != "" && (text == a.id || text == provisioned(a.id)) {
		return anyone
	}
	if a.id != "" {
		quoted := strconv.Quote(a.id)
		for _, form := range []string{quoted, macroSigns.Replace(quoted)} {
			text = strings.ReplaceAll(text, "="+form, `="`+anyone+`"`)
		}
		if escaped := strings.ReplaceAll(url.QueryEscape(a.id), "+", "%20"); escaped != a.id {
			text = strings.ReplaceAll(text, escaped, anyone)
		}
	}
	if base, ok := a.baseOf(text); ok {
		return base + "-" + anyone
	}
	text = a.withoutCutName(text)
	if before, ok := strings.CutSuffix(text, " - "+a.slug); ok { // the name of a group
		text = before + " - " + anyone
	}
	for _, name := range []string{provisioned(a.name), a.name} {
		text = replaceWord(text, name, func(before, after rune) bool { return !isWord(before) && !isWord(after) })
	}
	return replaceWord(text, a.slug, func(before, after rune) bool {
		return strings.ContainsRune("-:/", before) && (!isWord(after) && after != '-')
	})
}

// provisioned is a text as it stands in a provisioning file, where Grafana expands $.
func provisioned(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// macroSigns are what an id in a query of a dashboard is written with, so that Grafana sees no variable.
var macroSigns = strings.NewReplacer("$", `\x24`, "[", `\x5b`)

// maxUID is the length of a uid that ends in a hash, for want of room for the slug.
const maxUID = 40

// baseOf returns the uid of what a customer's variant is made of, where text is the variant's uid
// with a hash at its end. The slug that begins before the hash tells where the base ends.
func (a alias) baseOf(text string) (string, bool) {
	if len(text) != maxUID {
		return "", false
	}
	for i := range text {
		if text[i] == '-' && project.CustomerUID(text[:i], project.Slug(a.slug)) == text {
			return text[:i], true
		}
	}
	return "", false
}

// withoutCutName replaces a name that a title had no room for: "Errors - Northwind Tra…".
func (a alias) withoutCutName(text string) string {
	i := strings.LastIndex(text, " - ")
	cut, isCut := strings.CutSuffix(text, "…")
	if i < 0 || !isCut || i+3 >= len(cut) || !strings.HasPrefix(a.name, strings.ReplaceAll(cut[i+3:], "$$", "$")) {
		return text
	}
	return text[:i+3] + anyone
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// replaceWord replaces a word where the characters around it are right; those are blanks at
// the ends of the text.
func replaceWord(text, word string, right func(before, after rune) bool) string {
	if word == "" || !strings.Contains(text, word) {
		return text
	}
	var b strings.Builder
	for start := 0; ; {
		i := strings.Index(text[start:], word)
		if i < 0 {
			b.WriteString(text[start:])
			return b.String()
		}
		i += start
		before, after := ' ', ' '
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(text[:i])
		}
		if rest := text[i+len(word):]; rest != "" {
			after, _ = utf8.DecodeRuneInString(rest)
		}
		b.WriteString(text[start:i])
		if right(before, after) {
			b.WriteString(anyone)
		} else {
			b.WriteString(word)
		}
		start = i + len(word)
	}
}

// fileName is a path's last part without its extension.
func fileName(p artifact.Path) string {
	return strings.TrimSuffix(path.Base(string(p)), path.Ext(string(p)))
}
