package check

import "github.com/dashc/dashc/lib/artifact"

var secretRule = rule{
	id:   "artifact/secret",
	why:  "The rendered tree is committed: a secret in it is known to everyone who can read the repository, for as long as its history lives.",
	find: findSecrets,
}

// findSecrets reports literal secrets; lib/artifact knows where they hide.
func findSecrets(s *subject) []finding {
	var found []finding
	for _, document := range s.Documents {
		for _, d := range artifact.CheckSecrets(document.Kind, document.Value) {
			found = append(found, reported(document, d))
		}
	}
	return found
}
