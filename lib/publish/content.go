package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/dashc/dashc/lib/artifact"
)

// sum is a SHA-256.
type sum [sha256.Size]byte

func (s sum) String() string { return hex.EncodeToString(s[:]) }

// digest returns the SHA-256 of data in hexadecimal.
func digest(data []byte) string { return sum(sha256.Sum256(data)).String() }

// parseSum reads 64 lower-case hexadecimal digits.
func parseSum(text string) (sum, bool) {
	var s sum
	if len(text) != 2*len(s) {
		return s, false
	}
	for i := range s {
		high, low := digit(text[2*i]), digit(text[2*i+1])
		if high > 15 || low > 15 {
			return s, false
		}
		s[i] = high<<4 | low
	}
	return s, true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// content is an artifact with what describes its content, and what is known of its file.
type content struct {
	*artifact.Artifact
	size int64
	sum  sum
	// given is set where the sum was told and not made from the content; otherwise check is a fast checksum
	// of what was summed. Either lets Stage see that it writes what was compared.
	given bool
	check uint32

	// stat is that of the file on disk that holds this content, and origin says how it is known.
	stat   stat
	origin origin
}

// origin says how a file's stat came to be known.
type origin int8

const (
	none    origin = iota
	stamped        // from the last stamp; the file has not changed since
	read           // just before its content was read
	written        // after its content was written, before the rename
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// contents describes a plan's artifacts, sorted by path. What the stamp remembers under an
// artifact's key stands in the old manifest.
func (t *Tree) contents(ctx context.Context, p *Plan, old *Manifest) ([]content, error) {
	artifacts := p.build.Artifacts
	all := make([]content, len(artifacts))
	for i := range artifacts {
		all[i].Artifact = &artifacts[i]
	}
	slices.SortFunc(all, func(a, b content) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return all, t.each(ctx, len(all), func(i int) error {
		c := &all[i]
		if !p.build.lists(c.Path, old) {
			return nil // no one asks
		}
		if c.SHA256 != "" {
			size := c.Size
			if c.Render == nil {
				size = int64(len(c.Bytes))
			}
			return c.describeAs(size, c.SHA256)
		}
		if f, ok := p.stamp.remembers(c.Artifact, old); ok {
			return c.describeAs(f.Size, f.SHA256)
		}
		c.describe(t)
		return nil
	})
}

func (c *content) describeAs(size int64, sha256 string) error {
	var ok bool
	if c.sum, ok = parseSum(sha256); !ok || size < 0 {
		return fmt.Errorf("%s: the artifact's SHA256 is not 64 lower-case hexadecimal digits, or its Size is negative", c.Path)
	}
	c.size, c.given = size, true
	return nil
}

func (c *content) describe(t *Tree) {
	buffer, done := t.buffer()
	defer done()
	data := c.Content(*buffer)
	c.size, c.sum, c.check = int64(len(data)), sha256.Sum256(data), crc32.Checksum(data, castagnoli)
	if c.Render != nil {
		*buffer = data
	}
}

// with calls use with the content, after making sure that it is the one described.
func (c *content) with(t *Tree, use func(data []byte) error) error {
	buffer, done := t.buffer()
	defer done()
	data := c.Content(*buffer)
	if c.Render != nil {
		*buffer = data
	}
	same := int64(len(data)) == c.size
	if c.given {
		same = same && sum(sha256.Sum256(data)) == c.sum
	} else {
		same = same && crc32.Checksum(data, castagnoli) == c.check
	}
	if !same {
		return fmt.Errorf("%s: the artifact's content is not the one that its maker described, or changes from one call to the next", c.Path)
	}
	return use(data)
}

// reading is what reading a file told.
type reading struct {
	size int64
	sum  sum
	stat stat // before the first byte was read
}

// readFile sums the content of a regular file in an open directory.
func (t *Tree) readFile(dir *os.Root, base string) (r reading, err error) {
	t.read.Add(1)
	file, err := dir.Open(base)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return r, err
	}
	r.stat = newStat(info)
	buffer, done := t.buffer()
	defer done()
	if cap(*buffer) < 32<<10 {
		*buffer = make([]byte, 32<<10)
	}
	h := sha256.New()
	for {
		n, err := file.Read((*buffer)[:cap(*buffer)])
		h.Write((*buffer)[:n])
		r.size += int64(n)
		if errors.Is(err, io.EOF) {
			h.Sum(r.sum[:0])
			return r, nil
		}
		if err != nil {
			return r, err
		}
	}
}
