package check

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/dashboard"
)

// link is an address that a dashboard offers to click on.
type link struct {
	// key is its place: below the panel, or below the dashboard where there is no panel.
	key   string
	panel *dashboard.Panel
	url   string
}

// links returns every link of a dashboard: its own, those of panels, of their fields and of
// the elements of a canvas, and those in the Markdown of text panels.
func links(b board) []link {
	all := linkList("links", b.JSON["links"], nil)
	for _, panel := range b.Panels() {
		all = append(all, linkList("links", panel.JSON["links"], &panel)...)
		all = append(all, linkList("fieldConfig.defaults.links", objectAt(panel.JSON, "fieldConfig", "defaults")["links"], &panel)...)
		for key, property := range overrides(panel) {
			if property["id"] == "links" {
				all = append(all, linkList(key+".value", property["value"], &panel)...)
			}
		}
		for i, element := range indexedObjects(objectAt(panel.JSON, "options", "root")["elements"]) {
			all = append(all, linkList(place("options.root.elements", i)+".links", element["links"], &panel)...)
		}
		if text, ok := textOf(panel); ok && text.mode != "code" {
			for _, url := range markdownLinks(withoutCode(text.content)) {
				all = append(all, link{text.key, &panel, url})
			}
		}
	}
	return all
}

func linkList(key string, value any, panel *dashboard.Panel) []link {
	var all []link
	for i, object := range indexedObjects(value) {
		// A link to dashboards by tag has no address; what stands there is a leftover.
		if url := textAt(object, "url"); url != "" && object["type"] != "dashboards" {
			all = append(all, link{place(key, i) + ".url", panel, url})
		}
	}
	return all
}

// panelText is what a text panel says, and where it stands in the panel.
type panelText struct{ key, mode, content string }

// textOf returns the text of a text panel. Before Grafana 7 it stood in the panel itself.
func textOf(panel dashboard.Panel) (panelText, bool) {
	if panel.Type() != "text" {
		return panelText{}, false
	}
	if options := objectAt(panel.JSON, "options"); options["content"] != nil || options["mode"] != nil {
		return panelText{"options.content", textAt(options, "mode"), textAt(options, "content")}, true
	}
	return panelText{"content", textAt(panel.JSON, "mode"), textAt(panel.JSON, "content")}, true
}

var markdownCode = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

// withoutCode returns Markdown without what it shows as it stands.
func withoutCode(text string) string { return markdownCode.ReplaceAllString(text, " ") }

// markdownForms are the ways in which Markdown writes a link: [text](url), <url>, [name]: url,
// and HTML's href and src.
var markdownForms = []*regexp.Regexp{
	regexp.MustCompile(`\]\(\s*<?([^)\s>]+)`),
	regexp.MustCompile(`<([A-Za-z][A-Za-z0-9+.-]*:[^>\s]+)>`),
	regexp.MustCompile(`(?m)^\s{0,3}\[[^\]]+\]:\s*<?(\S+)`),
	regexp.MustCompile(`(?i)\b(?:href|src)\s*=\s*["']?([^"'\s>]+)`),
}

func markdownLinks(text string) []string {
	var urls []string
	for _, form := range markdownForms {
		for _, match := range form.FindAllStringSubmatch(text, -1) {
			urls = append(urls, html.UnescapeString(match[1]))
		}
	}
	return urls
}

var urlScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

// safeSchemes are those that a link may have.
var safeSchemes = []string{"http", "https", "mailto"}

// unsafeScheme returns the scheme of a link that leads elsewhere than to a page or a letter.
// A browser passes over blanks and control characters before it looks at the scheme.
func unsafeScheme(url string) (string, bool) {
	url = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, url)
	match := urlScheme.FindStringSubmatch(url)
	if match == nil {
		return "", false
	}
	scheme := strings.ToLower(match[1])
	return scheme, !slices.Contains(safeSchemes, scheme)
}

// on makes a failure at a link's place.
func (l link) on(b board, message, hint string) finding {
	if l.panel == nil {
		return failure(b.Document, l.key, message, hint).saying(l.url)
	}
	return onPanel(b, *l.panel, l.key, message, hint).saying(l.url)
}

// startsWithVariable tells whether a link's beginning, and with it the scheme, comes from a variable.
func startsWithVariable(url string) bool {
	url = strings.TrimSpace(url)
	if !strings.HasPrefix(url, "$") && !strings.HasPrefix(url, "[[") {
		return false
	}
	name, _ := dashboard.VariableName(firstVariable.FindString(url))
	return !slices.Contains(safeVariables, name)
}

var firstVariable = regexp.MustCompile(`^(\$\{[^}]+\}|\[\[[^\]]+\]\]|\$\w+)`)

// safeVariables are those whose value Grafana makes itself.
var safeVariables = []string{"__dashboard", "__url", "__url.path", "__url.params"}
