package project

import "unicode/utf8"

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

// matches goes back to the last * only: what an earlier one took can stay as it is.
func matches(glob, name string) bool {
	star, resume := -1, 0
	g, n := 0, 0
	for n < len(name) {
		_, size := utf8.DecodeRuneInString(name[n:])
		switch {
		case g < len(glob) && glob[g] == '*':
			star, resume = g, n
			g++
			continue
		case g < len(glob) && glob[g] == '?':
			g, n = g+1, n+size
			continue
		case g < len(glob) && glob[g] == name[n]:
			g, n = g+1, n+1
			continue
		case star < 0:
			return false
		}
		_, size = utf8.DecodeRuneInString(name[resume:])
		resume += size
		g, n = star+1, resume
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
