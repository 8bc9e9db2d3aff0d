package check

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

var ruleFilesRule = rule{
	id:   "prometheus/rule-files",
	why:  "Prometheus says nothing about a rule file that it does not load: the recorded series do not exist, and every panel and alert over them is empty.",
	tree: true,
	find: findUnloadedRules,
}

// findUnloadedRules reports rule files that no pattern of rule_files loads, and rule_files that
// name a missing file. A pattern with wildcards may match nothing: an environment may have no rules.
func findUnloadedRules(s *subject) []finding {
	config, ok := s.prometheusConfig()
	if !ok {
		return nil
	}
	patterns, _ := config.json["rule_files"].([]any)
	root := path.Dir(string(config.document.Path))
	files := s.ruleFiles()
	var found []finding
	for i, value := range patterns {
		pattern, _ := value.(string)
		if pattern == "" || strings.ContainsAny(pattern, `*?[\`) || path.IsAbs(pattern) {
			continue
		}
		missing := !slices.ContainsFunc(s.Documents, func(d Document) bool { return string(d.Path) == path.Join(root, pattern) })
		if missing {
			found = append(found, failure(config.document, place("rule_files", i), fmt.Sprintf("there is no file %s", path.Join(root, pattern)), "correct the name, relative to "+string(config.document.Path)).saying(pattern))
		}
	}
	for _, file := range files {
		relative, inside := strings.CutPrefix(string(file.Path), root+"/")
		if !inside || !slices.ContainsFunc(patterns, func(p any) bool { return loads(p, relative) }) {
			found = append(found, failure(file, "", fmt.Sprintf("no pattern of rule_files in %s loads this file", config.document.Path), fmt.Sprintf("add %q to rule_files", path.Join(path.Dir(relative), "*.yaml"))))
		}
	}
	return found
}

// loads tells whether a pattern of rule_files matches a file, whose name is relative to the
// configuration. An absolute pattern is compared from its end, since the tree may be mounted anywhere.
func loads(pattern any, file string) bool {
	text, _ := pattern.(string)
	if !path.IsAbs(text) {
		matched, _ := path.Match(path.Clean(text), file)
		return matched
	}
	parts, depth := strings.Split(path.Clean(text), "/"), strings.Count(file, "/")+1
	if len(parts) < depth {
		return false
	}
	matched, _ := path.Match(strings.Join(parts[len(parts)-depth:], "/"), file)
	return matched
}
