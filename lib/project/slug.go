package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Slug names a customer in uids, file names and folders: a-z, 0-9 and single dashes between them.
type Slug string

const (
	maxSlug        = 30 // of one that is given
	maxDerivedSlug = 24 // of one that is derived
	maxUID         = 40 // what Grafana takes (pkg/util/shortid_generator.go)
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reservedSlug matches what cannot name a file on Windows, whatever its extension
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file), and the title of Grafana's own folder.
var reservedSlug = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9]|general)$`)

// ParseSlug checks a slug that is given.
func ParseSlug(text string) (Slug, error) {
	switch {
	case text == "":
		return "", errors.New("is empty")
	case !slugPattern.MatchString(text):
		return "", fmt.Errorf("%.60q is no slug: a-z, 0-9 and single dashes between them", text)
	case len(text) > maxSlug:
		return "", fmt.Errorf("has %d characters; at most %d are possible", len(text), maxSlug)
	case reservedSlug.MatchString(text):
		return "", fmt.Errorf("%q is reserved: Windows has no file of that name, or Grafana has a folder of it already", text)
	}
	return Slug(text), nil
}

// SlugOf derives a slug from an id: lower case, accents dropped, a dash for what stands between
// letters and digits. Where that is empty, reserved or too long, or where letters were lost,
// it ends in a hash of the id. The same id has the same slug everywhere.
func SlugOf(id CustomerID) Slug {
	text, lossy := transliterated(string(id))
	if text != "" && !lossy && len(text) <= maxDerivedSlug && !reservedSlug.MatchString(text) {
		return Slug(text)
	}
	if text == "" {
		text = "customer"
	}
	sum := sha256.Sum256([]byte(id))
	suffix := "-" + hex.EncodeToString(sum[:4])
	text = text[:min(len(text), maxDerivedSlug-len(suffix))]
	return Slug(strings.TrimRight(text, "-") + suffix)
}

// transliterated returns a text in a-z, 0-9 and single dashes, and whether letters, digits or
// symbols were lost on the way.
func transliterated(text string) (slug string, lossy bool) {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			gap = true
			lossy = lossy || r > unicode.MaxASCII && !unicode.IsSpace(r) && !unicode.IsPunct(r)
		}
	}
	return b.String(), lossy
}

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
