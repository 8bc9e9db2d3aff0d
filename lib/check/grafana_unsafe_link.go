package check

import "fmt"

var unsafeLinkRule = rule{
	id:   "grafana/unsafe-link",
	why:  "A link with another scheme can run a script with the rights of whoever clicks on it, and a link that data or a variable begins leads wherever their author wants.",
	find: findUnsafeLinks,
}

// findUnsafeLinks reports links that lead elsewhere than to a page.
func findUnsafeLinks(s *subject) []finding {
	var found []finding
	for _, b := range s.dashboards {
		for _, l := range links(b) {
			if f, bad := unsafeLink(b, l); bad {
				found = append(found, f)
			}
		}
	}
	return found
}

func unsafeLink(b board, l link) (finding, bool) {
	if scheme, bad := unsafeScheme(l.url); bad {
		return l.on(b, fmt.Sprintf("the link's scheme is %q", scheme), "link to an http or https address, or to a path of Grafana such as /d/uid"), true
	}
	if startsWithVariable(l.url) {
		return l.on(b, "the link begins with a variable, so whoever sets its value decides where it leads", "write the beginning of the address: https://host/${variable}").warning(), true
	}
	return finding{}, false
}
