package publish

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/dashc/dashc/lib/artifact"
)

// decodeWritten reads a manifest that is spelled exactly as encode spells it, many times faster
// than encoding/json. For any other spelling it returns nil, and decodeManifest says what is
// right or wrong with it; so nothing has to be diagnosed here.
func decodeWritten(data []byte) *Manifest {
	// The strings of the manifest are parts of this one.
	r := &writtenReader{rest: string(data)}
	m := &Manifest{Files: make([]File, 0, bytes.Count(data, []byte("\n    {\n")))}
	r.skip("{\n  \"version\": ")
	version := r.number()
	m.Version = int(version)
	m.Project = r.member(",\n  \"project\": ")
	m.Environment = r.member(",\n  \"environment\": ")
	m.Tool = r.member(",\n  \"tool\": ")
	m.Inputs = r.member(",\n  \"inputs\": ")
	r.skip(",\n  \"files\": [")
	for separator := "\n    {\n"; !r.failed && r.next(separator); separator = ",\n    {\n" {
		var f File
		f.Path = artifact.Path(r.member("      \"path\": "))
		f.Kind = artifact.Kind(r.member(",\n      \"kind\": "))
		f.SHA256 = r.member(",\n      \"sha256\": ")
		r.skip(",\n      \"size\": ")
		f.Size = r.number()
		f.Source = r.optional(",\n      \"source\": ")
		f.Customer = r.optional(",\n      \"customer\": ")
		f.Proof = r.optional(",\n      \"proof\": ")
		r.skip("\n    }")
		m.Files = append(m.Files, f)
	}
	if len(m.Files) > 0 {
		r.skip("\n  ")
	}
	r.skip("]\n}\n")
	if r.failed || r.rest != "" || version > customerVersion {
		return nil
	}
	return m
}

// writtenReader reads a text piece by piece; once a piece is not there it has failed.
type writtenReader struct {
	rest   string
	failed bool
}

// next skips a piece if it is there.
func (r *writtenReader) next(piece string) bool {
	if len(r.rest) < len(piece) || r.rest[:len(piece)] != piece {
		return false
	}
	r.rest = r.rest[len(piece):]
	return true
}

func (r *writtenReader) skip(piece string) {
	if !r.next(piece) {
		r.failed = true
	}
}

// number reads a number without a sign.
func (r *writtenReader) number() int64 {
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(r.rest[:end], 10, 64)
	if err != nil || end > 1 && r.rest[0] == '0' {
		r.failed = true
	}
	r.rest = r.rest[end:]
	return n
}

func (r *writtenReader) member(key string) string {
	r.skip(key)
	return r.text()
}

// optional reads a member that is left out where its value is empty.
func (r *writtenReader) optional(key string) string {
	if !r.next(key) {
		return ""
	}
	s := r.text()
	if s == "" {
		r.failed = true
	}
	return s
}

// text reads a string.
func (r *writtenReader) text() string {
	if r.failed || !r.next(`"`) {
		r.failed = true
		return ""
	}
	ascii := true
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[:i]
			r.rest = r.rest[i+1:]
			r.failed = r.failed || !ascii && !utf8.ValidString(s)
			return s
		case c == '\\':
			return r.escaped(i)
		case c < 0x20:
			r.failed = true
			return ""
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.failed = true
	return ""
}

// escaped reads a string whose first backslash stands at a place of the rest.
func (r *writtenReader) escaped(at int) string {
	for i := at; i < len(r.rest); i++ {
		switch r.rest[i] {
		case '\\':
			i++
		case '"':
			var s string
			if err := json.Unmarshal([]byte(`"`+r.rest[:i+1]), &s); err != nil {
				r.failed = true
			}
			r.rest = r.rest[i+1:]
			return s
		}
	}
	r.failed = true
	return ""
}
