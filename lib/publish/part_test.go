package publish

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
)

// buildPart is a build that answers for some files only.
func buildPart(files tree, names ...artifact.Path) Build {
	b := build(files)
	mine := map[artifact.Path]bool{}
	for _, name := range names {
		mine[name] = true
	}
	b.Part = func(p artifact.Path) bool { return mine[p] }
	return b
}

// verified fails unless the tree is what its manifest says.
func verified(t *testing.T, dir string) {
	t.Helper()
	if report := verify(t, dir); !report.OK() {
		t.Errorf("verify: %+v", report)
	}
}

var (
	partBefore = tree{"a.json": "A", "b.json": "B", "c.json": "C", "gone.json": "G"}
	partAfter  = tree{"a.json": "A2", "b.json": "B2", "c.json": "C2", "new.json": "N", "new2.json": "N2"}
)

func TestWholeBuildAfterAPart(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, build(partBefore))
	publish(t, dir, buildPart(partAfter, "a.json", "new.json"))
	wantTree(t, dir, tree{"a.json": "A2", "b.json": "B", "c.json": "C", "gone.json": "G", "new.json": "N"})
	verified(t, dir)

	b := build(partAfter)
	tr := open(t, dir)
	if _, fresh := tr.Fresh(t.Context(), "prod", b.Identity, b.Inputs); fresh {
		t.Error("the part is taken for the whole")
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	plan := publish(t, dir, b)
	const want = "a.json:unchanged b.json:changed c.json:changed gone.json:removed new.json:unchanged new2.json:new manifest:changed"
	if got := states(plan); got != want {
		t.Errorf("the whole build does\n%s, want\n%s", got, want)
	}
	wantTree(t, dir, partAfter)
	verified(t, dir)
}

func TestPartsOneAfterTheOtherAreTheWhole(t *testing.T) {
	dir, whole := t.TempDir(), t.TempDir()
	publish(t, dir, build(partBefore))
	publish(t, whole, build(partAfter))
	for _, part := range [][]artifact.Path{{"a.json", "new2.json"}, {"b.json", "gone.json"}, {"c.json", "new.json"}} {
		publish(t, dir, buildPart(partAfter, part...))
		verified(t, dir)
	}
	if got, want := readTree(t, filepath.Join(dir, "prod")), readTree(t, filepath.Join(whole, "prod")); !maps.Equal(got, want) {
		t.Errorf("the parts are %v, want %v", got, want)
	}
}

// TestEditsOutsideOfAPart: what somebody edited is still an edit after a build of another part.
func TestEditsOutsideOfAPart(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, build(partBefore))
	write(t, filepath.Join(dir, "prod/b.json"), "mine")
	publish(t, dir, buildPart(partAfter, "a.json"))
	_, err := tryPublish(t.Context(), dir, build(partAfter), nil)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Path != "b.json" {
		t.Errorf("a whole build over an edit: %v", err)
	}
}

func TestPartOfAnEmptyTree(t *testing.T) {
	dir := t.TempDir()
	publish(t, dir, buildPart(partAfter, "a.json"))
	wantTree(t, dir, tree{"a.json": "A2"})
	verified(t, dir)
	publish(t, dir, build(partAfter))
	wantTree(t, dir, partAfter)
}

// TestJoinedParts builds parts into folders of their own: laid over each other in any order,
// they are the whole tree with its manifest.
func TestJoinedParts(t *testing.T) {
	joined, whole := t.TempDir(), t.TempDir()
	publish(t, whole, build(partAfter))
	for _, part := range [][]artifact.Path{{"a.json", "new2.json"}, {"b.json"}, {"c.json", "new.json"}} {
		dir := t.TempDir()
		b := buildPart(partAfter, part...)
		b.Joined = true
		publish(t, dir, b)
		for name, data := range readTree(t, filepath.Join(dir, "prod")) {
			write(t, filepath.Join(joined, "prod", name), data)
		}
	}
	if got, want := readTree(t, filepath.Join(joined, "prod")), readTree(t, filepath.Join(whole, "prod")); !maps.Equal(got, want) {
		t.Errorf("the parts are %v, want %v", got, want)
	}
	verified(t, joined)
}

// TestPartAfterAKill builds a part on top of what a killed build left half done; the files that
// it does not answer for stay known as ours, and a later whole build completes the tree.
func TestPartAfterAKill(t *testing.T) {
	third := tree{"a.json": "A3", "b.json": "B3", "c.json": "C3"}
	for n := 0; ; n++ {
		dir := t.TempDir()
		publish(t, dir, build(partBefore))
		if !killed(t, dir, partAfter, n) {
			break
		}
		publish(t, dir, buildPart(third, "a.json"))
		publish(t, dir, build(third))
		wantTree(t, dir, third)
		verified(t, dir)
		if _, err := os.Stat(filepath.Join(dir, journalName("prod"))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("step %d: the journal is left: %v", n, err)
		}
	}
}

// TestKilledPart stops a build of a part at each of its steps.
func TestKilledPart(t *testing.T) {
	stop := errors.New("stop")
	for n := 0; ; n++ {
		dir := t.TempDir()
		publish(t, dir, build(partBefore))
		left := n
		_, err := tryPublish(t.Context(), dir, buildPart(partAfter, "a.json", "new.json", "gone.json"), func(string, string) error {
			if left--; left < 0 {
				return stop
			}
			return nil
		})
		publish(t, dir, build(partAfter))
		wantTree(t, dir, partAfter)
		verified(t, dir)
		if err == nil {
			break
		}
	}
}
