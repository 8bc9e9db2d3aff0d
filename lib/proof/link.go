package proof

import (
	"html"
	neturl "net/url"
	"regexp"
	"strings"
)

var (
	// dashboardPath finds links to dashboards in any text. Grafana's routes do not care about case.
	dashboardPath = regexp.MustCompile(`(?:^|[^A-Za-z0-9_-])(?i:d(?:-solo)?)/+([^/?#\s"'<>()\[\]\\|]*)`)
	// elsewhere are pages that run queries or show dashboards that the proof does not see.
	elsewhere = regexp.MustCompile(`(?i)(?:^|[^a-z0-9_-])(?:explore(?:[?#/]|$)|api/(?:ds|datasources|dashboards|snapshots)|goto/|dashboard/(?:snapshot|script|db|new)|public-dashboards/|dashboards/f/|a/grafana)`)
	// linked finds the targets of links in Markdown and HTML, and bare URLs.
	linked = regexp.MustCompile(`\](?:\(|:)\s*<?([^\s)>]*)|(?i:href|src)\s*=\s*["']?([^\s"'>]*)|((?i:https?):/[^\s"'<>)]*)`)
	scheme = regexp.MustCompile(`(?i)(?:javascript|data|vbscript)\s*:`)
)

// readings returns the forms in which a browser may take a text.
func readings(t string) []string {
	forms := []string{t}
	for range 3 {
		last := forms[len(forms)-1]
		next := html.UnescapeString(strings.NewReplacer("\t", "", "\r", "", `\`, "/").Replace(last))
		next = unescape(next)
		if next == last {
			break
		}
		forms = append(forms, next)
	}
	return forms
}

// unescape decodes every percent sequence that is one and leaves the rest.
func unescape(t string) string {
	if !strings.Contains(t, "%") {
		return t
	}
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] == '%' && i+3 <= len(t) {
			if c, err := neturl.PathUnescape(t[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// prose shows that a text leads to no dashboard but the customer's.
func (r *reading) prose(t string) {
	if r.who.id == standInID && !standsAlone(t) {
		r.refuse("tenancy/identity", "", "the customer's name stands within a word")
	}
	if !strings.ContainsAny(t, "/%&:\\") {
		return
	}
	for _, form := range readings(t) {
		if !strings.Contains(form, "/") && !strings.ContainsAny(form, "]=") {
			continue // neither pattern can match
		}
		for _, m := range dashboardPath.FindAllStringSubmatch(form, -1) {
			if !r.who.owns(m[1]) {
				r.refuse("tenancy/link", "lead to the customer's own dashboard", "%q leads to the dashboard %q, which is not the customer's", t, m[1])
				return
			}
		}
		for _, m := range linked.FindAllStringSubmatch(form, -1) {
			if !r.leads(t, m[1]+m[2]+m[3]) {
				return
			}
		}
	}
}

// standsAlone tells whether the stand-ins for a name touch nothing that could make a link, a
// macro or an entity together with a real name.
func standsAlone(t string) bool {
	for i := 0; ; {
		j := strings.Index(t[i:], standInName)
		if j < 0 {
			return true
		}
		start, end := i+j, i+j+len(standInName)
		if start > 0 && !strings.ContainsRune(" \n,.()-", rune(t[start-1])) || end < len(t) && !strings.ContainsRune(" \n,.()-", rune(t[end])) {
			return false
		}
		i = end
	}
}

// link reads a URL that Grafana or the browser follows.
func (r *reading) link(t string) {
	r.prose(t)
	for _, form := range readings(t) {
		if !r.leads(t, strings.ReplaceAll(form, "\n", "")) {
			return
		}
	}
}

// leads reads one form of the URL of a text, and tells whether nothing speaks against it.
func (r *reading) leads(t, form string) bool {
	path, query, _ := strings.Cut(form, "?")
	switch {
	case r.who.id == standInID && strings.Contains(form, standInName):
		r.refuse("tenancy/identity", "", "the customer's name stands in a link")
		return false
	case elsewhere.MatchString(form):
		r.refuse("tenancy/link", "remove it", "the link %q leads to where other queries can be asked", t)
		return false
	case scheme.MatchString(form):
		r.refuse("tenancy/link", "use https or a path", "the link %q runs a script", t)
		return false
	case strings.Contains(path, "$") || strings.Contains(path, "[["):
		r.refuse("tenancy/link", "write the path itself", "the path of the link %q is chosen by a variable", t)
		return false
	}
	for _, segment := range strings.FieldsFunc(path, func(c rune) bool { return c == '/' || c == ':' || c == '#' }) {
		r.literal("a link", segment)
	}
	for _, part := range strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' || c == '#' }) {
		name, value, _ := strings.Cut(part, "=")
		if name == "var-"+r.p.tree.Label || name == r.p.tree.Label {
			r.refuse("tenancy/link", "remove the parameter", "the link %q chooses a customer", t)
			return false
		}
		r.literal("a link", value)
	}
	return true
}

// dashboardLink reads a link of the dashboard's head.
func (r *reading) dashboardLink(n *node) {
	r.shape(n, linkShape)
	kind, _ := n.get("type").string()
	switch kind {
	case "link":
		return
	case "dashboards":
		if tags := n.get("tags"); tags != nil {
			for _, t := range tags.items {
				if t.text == "customer:"+r.who.slug {
					return
				}
			}
		}
		r.refuse("tenancy/link", "add the tag", "the link lists dashboards without the tag customer:%s", r.who.slug)
	default:
		r.refuse("tenancy/link", "", "the proof does not know links of type %q", kind)
	}
}
