package publish

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/dashc/dashc/lib/artifact"
)

// stamp remembers which program and which inputs made the tree that is on disk, so that a
// build with nothing to do need not evaluate anything, and each file's stat, so that a file
// that nobody has touched need not be read.
type stamp struct {
	Identity string `json:"identity"`
	Inputs   string `json:"inputs"`
	Manifest string `json:"manifest"` // SHA-256 of the manifest's bytes

	// files holds, in the order of the manifest's files, the stat of each file that is known to
	// hold what the manifest says, and that shows every later edit; the zero stat for the others.
	files []stat
	// keys holds, in the same order, what stands for each artifact's Key; zero for one without.
	keys []key
}

// key is the first half of an artifact.Artifact.Key's SHA-256.
type key [sha256.Size / 2]byte

func newKey(of string) key {
	if of == "" {
		return key{}
	}
	s := sha256.Sum256([]byte(of))
	return key(s[:len(key{})])
}

// refreshAfter is the number of files that are read in vain before the stamp is written only to
// spare the next build that.
const refreshAfter = 64

// coarsest is the resolution of the coarsest file systems' clocks (FAT: two seconds).
const coarsest = 2 * time.Second

func stampName(environment string) string { return stateDir + "/" + environment + ".stamp.json" }

// about tells whether two stamps speak of the same program, inputs and manifest.
func (s stamp) about(other stamp) bool {
	return s.Identity == other.Identity && s.Inputs == other.Inputs && s.Manifest == other.Manifest
}

// holds tells whether the i-th file of the manifest, which is on disk with a stat, certainly
// holds what the manifest says.
func (s stamp) holds(i int, on stat) bool {
	return i < len(s.files) && on.known() && s.files[i] == on
}

// remembers returns what the manifest says of an artifact that was published under the same key.
func (s stamp) remembers(a *artifact.Artifact, m *Manifest) (File, bool) {
	i, owned := m.find(a.Path)
	if !owned || a.Key == "" || i >= len(s.keys) || s.keys[i] != newKey(a.Key) {
		return File{}, false
	}
	return m.Files[i], true
}

// Fresh tells whether the tree of an environment is what a build by the same program
// (identity) from the same inputs (Build.Stamp) left there, and how many files it has. It is
// false in every doubt.
//
// A file whose size, modification time, change time and inode are what they were when dashc
// last knew its content is not read; every other one is. As with git's index, a stat counts
// only if it is older than the look at it by the file system's own clock: an edit within the
// same tick would leave no trace in it.
func (t *Tree) Fresh(ctx context.Context, environment, identity, inputs string) (files int, fresh bool) {
	begun := time.Now()
	s, ok := t.readStamp(environment)
	if !ok || s.Identity != identity || s.Inputs != inputs {
		return 0, false
	}
	d, err := t.scan(ctx, environment, true)
	if err != nil {
		return 0, false
	}
	defer func() { _ = d.close() }()
	data, manifest, err := t.readManifest(environment, d)
	if err != nil || manifest == nil || digest(data) != s.Manifest || len(d.leftovers) > 0 {
		return 0, false
	}
	if _, unfinished, err := t.readJournal(environment); err != nil || unfinished {
		return 0, false
	}
	doubtful, ok := s.doubtful(manifest, d)
	if !ok {
		return 0, false
	}
	stats := make([]stat, len(doubtful))
	err = t.eachFile(ctx, len(doubtful), d.root, nil, func(i int, in *directories) error {
		f := &manifest.Files[doubtful[i]]
		dir, base, err := in.of(string(f.Path))
		if err != nil {
			return err
		}
		r, err := t.readFile(dir, base)
		if err == nil && (r.size != f.Size || r.sum.String() != f.SHA256) {
			err = errNotHeld
		}
		stats[i] = r.stat
		return err
	})
	if err != nil {
		return 0, false
	}
	if len(doubtful) >= refreshAfter && !t.readOnly {
		t.writeStamp(environment, s, func(now int64) []stat {
			for i, n := range doubtful {
				s.files[n] = seen(stats[i], begun, now)
			}
			return s.files
		})
	}
	return len(manifest.Files), true
}

var errNotHeld = errors.New("publish: the file differs from the manifest")

// doubtful returns the numbers of the manifest's files that have to be read, and false where one
// is not on disk or not a regular file.
func (s *stamp) doubtful(m *Manifest, d *disk) ([]int, bool) {
	if len(s.files) != len(m.Files) {
		s.files, s.keys = make([]stat, len(m.Files)), make([]key, len(m.Files))
	}
	var doubtful []int
	file := 0
	for i := range m.Files {
		name := string(m.Files[i].Path)
		for file < len(d.files) && d.files[file].path < name {
			file++
		}
		if file == len(d.files) || d.files[file].path != name {
			return nil, false
		}
		if !s.holds(i, d.files[file].stat) {
			doubtful = append(doubtful, i)
		}
	}
	return doubtful, true
}

// seen returns the stat of a file that was read after a time, or nothing where an edit since may
// not show in it. now is the file system's clock, which may differ from this machine's.
func seen(s stat, begun time.Time, now int64) stat {
	if s.before(now - int64(time.Since(begun)) - int64(coarsest)) {
		return s
	}
	return stat{}
}

// refreshStamp writes the stamp of a plan that has just been carried out, unless it is there
// already or only a part was built, which no build shall take for the whole. The stamp only saves time: failing to write it costs the next build an evaluation.
func (t *Tree) refreshStamp(ctx context.Context, p *Plan, env *os.Root) {
	if p.manifest == nil {
		_ = t.root.Remove(stampName(p.Environment))
		return
	}
	keys := make([]key, len(p.wanted))
	for i := range p.wanted {
		keys[i] = newKey(p.wanted[i].Key)
	}
	now := stamp{keys: keys, Identity: p.build.Identity, Inputs: cmp.Or(p.build.Stamp, p.build.Inputs), Manifest: digest(p.manifest)}
	if now.Identity == "" || p.build.Part != nil || now.about(p.stamp) && len(p.writes) == 0 && p.doubts < refreshAfter {
		return
	}
	t.writeStamp(p.Environment, now, func(clock int64) []stat { return t.stats(ctx, p, env, clock) })
}

// stats returns what is known of the files that a plan wanted, now that it is carried out and
// the file system's clock stands at a moment.
func (t *Tree) stats(ctx context.Context, p *Plan, env *os.Root, clock int64) []stat {
	files := make([]stat, len(p.wanted))
	for i := range p.wanted {
		switch c := &p.wanted[i]; c.origin {
		case stamped:
			files[i] = c.stat
		case read:
			files[i] = seen(c.stat, p.begun, clock)
		}
	}
	if env == nil {
		return files
	}
	// What cannot be looked at stays unknown.
	_ = t.eachFile(ctx, len(p.writes), env, nil, func(i int, in *directories) error {
		c := &p.wanted[p.writes[i]]
		dir, base, err := in.of(string(c.Path))
		if err != nil {
			return nil
		}
		if info, err := dir.Lstat(base); err == nil {
			files[p.writes[i]] = c.stat.settled(newStat(info), clock)
		}
		return nil
	})
	return files
}

// writeStamp writes a stamp; stats is called with the file system's clock.
func (t *Tree) writeStamp(environment string, s stamp, stats func(clock int64) []stat) {
	name := stampName(environment)
	temp := tempFor(name)
	file, err := t.createTemp(t.root, name, temp)
	if err != nil {
		return
	}
	info, err := file.Stat()
	if err == nil {
		s.files = stats(info.ModTime().UnixNano())
	}
	data, failed := s.encode()
	_, failedToWrite := t.fill(file, name, data)
	if err = errors.Join(err, failed, failedToWrite); err == nil {
		err = t.root.Rename(temp, name)
	}
	if err != nil {
		_ = t.root.Remove(temp)
	}
}

// recordSize is the size of a file's part of an encoded stamp: its stat, which is four numbers
// of eight bytes, and its key.
const recordSize = 4*8 + len(key{})

// The stamp on disk is a JSON object whose last member, marked by filesKey, is the base64 form of
// the files' records with a checksum of everything: 100,000 of them have to be read in milliseconds.
const (
	filesKey  = `,"files":"`
	stampTail = "\"}\n"
)

func (s stamp) encode() ([]byte, error) {
	head, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	table := make([]byte, 0, len(s.files)*recordSize+sha256.Size)
	for i, f := range s.files {
		for _, n := range [...]int64{f.size, f.modified, f.changed, int64(f.inode)} {
			table = binary.LittleEndian.AppendUint64(table, uint64(n))
		}
		table = append(table, s.keys[i][:]...)
	}
	check := stampCheck(head, table)
	b := append(bytes.TrimSuffix(head, []byte("}")), filesKey...)
	b = base64.StdEncoding.AppendEncode(b, append(table, check[:]...))
	return append(b, stampTail...), nil
}

// stampCheck is the checksum over a stamp's JSON and its table.
func stampCheck(head, table []byte) sum {
	h := sha256.New()
	h.Write(head)
	h.Write(table)
	return sum(h.Sum(nil))
}

// decodeStamp returns false for a damaged stamp.
func decodeStamp(data []byte) (stamp, bool) {
	head, coded, found := bytes.Cut(data, []byte(filesKey))
	coded, complete := bytes.CutSuffix(coded, []byte(stampTail))
	if !found || !complete {
		return stamp{}, false
	}
	head = append(bytes.Clone(head), '}')
	table, err := base64.StdEncoding.Strict().AppendDecode(nil, coded)
	if err != nil || len(table) < sha256.Size || (len(table)-sha256.Size)%recordSize != 0 {
		return stamp{}, false
	}
	table, check := table[:len(table)-sha256.Size], table[len(table)-sha256.Size:]
	var s stamp
	if stampCheck(head, table) != sum(check) || json.Unmarshal(head, &s) != nil {
		return stamp{}, false
	}
	s.files, s.keys = make([]stat, len(table)/recordSize), make([]key, len(table)/recordSize)
	for i := range s.files {
		record := table[i*recordSize:]
		number := func(n int) uint64 { return binary.LittleEndian.Uint64(record[n*8:]) }
		s.files[i] = stat{int64(number(0)), int64(number(1)), int64(number(2)), number(3)}
		copy(s.keys[i][:], record[4*8:])
	}
	return s, true
}

func (t *Tree) readStamp(environment string) (stamp, bool) {
	if t.root == nil || checkEnvironment(environment) != nil {
		return stamp{}, false
	}
	name := stampName(environment)
	// Written under a lock and never through a link; anything else is not a stamp.
	if info, err := t.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return stamp{}, false
	}
	data, err := t.root.ReadFile(name)
	if err != nil {
		return stamp{}, false
	}
	return decodeStamp(data)
}
