package proof

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
)

// canon is a proven document in which stand-ins stand for the customer.
//
// Thousands of customers have the same dashboards but for who they are. A file is therefore
// first made canonical: the customer's texts are replaced by stand-ins, by plain search for exact
// bytes. The canonical document is what the proof then reads, with the stand-ins as the customer;
// a proven one is kept, and the next file with the same canonical bytes is proven by being equal.
//
// Why that is sound. Putting a customer's texts back in for the stand-ins gives the file, byte by
// byte, whatever the search found: each pass only replaced what its stand-in stands for, and no
// file with the stand-ins' characters comes here. The customers that come here have texts that
// are written in JSON and in PromQL as they are (plainID, plainName, slugPattern). So the file's
// strings are the canonical document's with the texts put in, and its structure is the same.
// Each check then gives the same answer for the file as for the canonical document:
//   - uid, title, tags and folder are compared with the stand-ins alone;
//   - in an expression the id's stand-in is accepted only as the whole of the tenant label's
//     literal, which is one token whatever plain text is in it; every other stand-in is refused;
//   - a name in a text touches only spaces, commas, full stops, dashes and round brackets, has
//     itself no character that a link, a macro or an entity needs, and stands in no link;
//   - another customer's identity is looked for anew in every file.
//
// What is not proven that way is read in full as it is, so that nothing depends on the search
// being complete and the findings are about the file.
type canon struct {
	queries, selectors int
	shared             []string
	literals           []literal
	// chosen tells that a viewer's choice stands in an expression.
	chosen bool
}

// maxCanons bounds the bytes of canonical documents that are kept.
const maxCanons = 64 << 20

// standIn is the customer that a canonical document is of.
var standIn = &identity{
	id: standInID, slug: standInSlug, name: standInName, org: "1",
	owns: func(uid string) bool {
		inner, ok := strings.CutPrefix(uid, standInUID)
		inner, ended := strings.CutSuffix(inner, standInUID)
		return ok && ended && inner != "" && strings.Trim(inner, "0123456789") == ""
	},
}

var buffers = sync.Pool{New: func() any { return new([2][]byte) }}

// canonical proves a file by its canonical document, and tells whether it could.
func (p *Prover) canonical(path string, data []byte, s Subject) (Verdict, bool) {
	if !plainID(s.ID, false) || !plainName(s.Name) || bytes.Contains(data, []byte(reserved)) {
		return Verdict{}, false
	}
	buffer := buffers.Get().(*[2][]byte)
	defer buffers.Put(buffer)
	text := p.canonise(data, s, buffer)
	p.mutex.RLock()
	known := p.canons[string(text)]
	p.mutex.RUnlock()
	if known == nil {
		r := p.dashboard(path, text, standIn)
		if len(r.findings) > 0 {
			return Verdict{}, false
		}
		known = &canon{r.queries, r.selectors, r.shared, r.literals, r.chosen}
		p.mutex.Lock()
		if p.size+len(text) > maxCanons {
			p.canons, p.size = map[string]*canon{}, 0
		}
		p.canons[string(text)] = known
		p.size += len(text)
		p.mutex.Unlock()
	}
	if !plainID(s.ID, known.chosen) {
		return Verdict{}, false
	}
	again := reading{p: p, path: path, queries: known.queries, selectors: known.selectors,
		shared: append([]string(nil), known.shared...), literals: known.literals}
	return again.verdict(s), true
}

// canonise replaces the customer's texts by stand-ins.
func (p *Prover) canonise(data []byte, s Subject, buffer *[2][]byte) []byte {
	label := p.tree.Label + `=\"`
	out := replace(buffer[0][:0], data, label+s.ID+`\"`, label+standInID+`\"`)
	buffer[0] = out
	for _, context := range []string{`"uid": "`, `/d/`} {
		next := p.replaceUIDs(buffer[1][:0], out, context, s.Slug)
		buffer[0], buffer[1] = next, buffer[0]
		out = next
	}
	passes := [][2]string{{`"customer:` + s.Slug + `"`, `"customer:` + standInSlug + `"`}, {` - ` + s.Name + `"`, ` - ` + standInName + `"`}}
	if len(s.Name) >= 4 {
		passes[1] = [2]string{s.Name, standInName}
	}
	for _, pass := range passes {
		next := replace(buffer[1][:0], out, pass[0], pass[1])
		buffer[0], buffer[1] = next, buffer[0]
		out = next
	}
	return out
}

// replace appends data with each occurrence of a text replaced.
func replace(out, data []byte, old, with string) []byte {
	pattern := []byte(old)
	for {
		i := bytes.Index(data, pattern)
		if i < 0 {
			return append(out, data...)
		}
		out = append(append(out, data[:i]...), with...)
		data = data[i+len(old):]
	}
}

// replaceUIDs appends data with each uid of the customer that follows the context replaced.
func (p *Prover) replaceUIDs(out, data []byte, context, slug string) []byte {
	pattern := []byte(context)
	for {
		i := bytes.Index(data, pattern)
		if i < 0 {
			return append(out, data...)
		}
		start := i + len(pattern)
		end := start
		for end < len(data) && (data[end] == '-' || data[end] == '_' || data[end] >= '0' && data[end] <= '9' || data[end]|0x20 >= 'a' && data[end]|0x20 <= 'z') {
			end++
		}
		out = append(out, data[:start]...)
		if base := p.owned(string(data[start:end]), slug); base >= 0 {
			out = append(out, standInUID...)
			out = strconv.AppendInt(out, int64(base), 10)
			out = append(out, standInUID...)
		} else {
			out = append(out, data[start:end]...)
		}
		data = data[end:]
	}
}
