package project

import (
	"regexp"
	"strings"
)

// MatchesAny tells whether one of the globs matches the whole name: * stands for any text,
// slashes included, ? for one character.
func MatchesAny(globs []string, name string) bool {
	for _, glob := range globs {
		if matches(glob, name) {
			return true
		}
	}
	return false
}

func matches(glob, name string) bool {
	pattern := regexp.QuoteMeta(glob)
	pattern = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(pattern)
	return regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(name)
}
