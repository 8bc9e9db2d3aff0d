package project

import (
	"crypto/sha256"
	"encoding/hex"
)

// maxUID is the length of uids that Grafana takes (pkg/util/shortid_generator.go).
const maxUID = 40

// CustomerUID returns the uid of a customer's variant of the dashboard or rule whose uid is
// base. It has at most 40 characters: where base and slug are too long together, their
// beginning and a hash of both.
func CustomerUID(base string, slug Slug) string {
	uid := base + "-" + string(slug)
	if len(uid) <= maxUID {
		return uid
	}
	sum := sha256.Sum256([]byte(base + "\x00" + string(slug)))
	suffix := "-" + hex.EncodeToString(sum[:5])
	return uid[:maxUID-len(suffix)] + suffix
}
