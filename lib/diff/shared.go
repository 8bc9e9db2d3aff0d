package diff

import "strings"

// shared is what is known of the customers whose parts stand in one file.
type shared struct {
	customers    map[string]Customer // by slug; what it lacks is taken from the parts
	tenantLabels []string
}

// as runs do while the walker speaks of a part that belongs to a customer: the same change of many
// customers' parts is told in the same words. Of a part that is no one's nothing is replaced.
func (w *walker) as(slug string, old, new any, do func()) {
	if w.shared == nil || slug == "" {
		do()
		return
	}
	customer, known := w.shared.customers[slug]
	if !known {
		customer = Customer{Slug: slug}
	}
	before := w.alias
	w.alias = aliasOf(customer, w.shared.tenantLabels, old, new)
	do()
	w.alias = before
}

// owner returns the slug of the customer to whom an item of a shared file belongs: a group of alert
// rules by its folder, a data source by its uid.
func (w *walker) owner(pattern string, item any) string {
	object, ok := item.(map[string]any)
	if !ok || w.shared == nil {
		return ""
	}
	switch pattern {
	case "groups":
		return text(object["folder"])
	case "datasources":
		if slug, ok := strings.CutPrefix(text(object["uid"]), "ds-"); ok {
			return slug
		}
	}
	return ""
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// called is the name of a thing without the customer. In a shared file the name ends with it, and
// who it is stands in the number of customers.
func (w *walker) called(name string) string {
	if w.shared == nil || w.alias.slug == "" {
		return w.alias.text(name)
	}
	return strings.TrimSuffix(w.alias.text(name), " - "+anyone)
}

// holder replaces the slug in the words for a group and its folder.
func (a alias) holder(words string) string {
	return replaceWord(words, a.slug, func(before, after rune) bool { return strings.ContainsRune(`" `, before) && after == '"' })
}
