package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// batchSize is the number of neighbouring files that one goroutine takes at once, so that it
// opens their directory once.
const batchSize = 64

// each calls do for every number below n, on as many goroutines as the tree has writers, and
// waits for all of them. Its error is that of the smallest number that fails, whoever was
// faster; once something has failed, larger numbers are no longer begun.
func (t *Tree) each(ctx context.Context, n int, do func(i int) error) error {
	var mutex sync.Mutex
	next, end := 0, n
	var failure error
	take := func() (int, bool) {
		mutex.Lock()
		defer mutex.Unlock()
		next++
		return next - 1, next <= end
	}
	fail := func(i int, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		if i < end {
			end, failure = i, err
		}
	}
	work := func() {
		for i, ok := take(); ok; i, ok = take() {
			err := ctx.Err()
			if err == nil {
				err = do(i)
			}
			if err != nil {
				fail(i, err)
			}
		}
	}
	var others sync.WaitGroup
	for range min(t.writers, n) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return failure
}

// eachFile is each for work on the files below root. In the order of their paths, files of
// one directory share its handle.
func (t *Tree) eachFile(ctx context.Context, n int, root *os.Root, create makeDir, do func(i int, in *directories) error) error {
	return t.each(ctx, (n+batchSize-1)/batchSize, func(batch int) error {
		in := &directories{root: root, create: create}
		defer in.close()
		for i := batch * batchSize; i < min(n, (batch+1)*batchSize); i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(i, in); err != nil {
				return err
			}
		}
		return nil
	})
}

// makeDir makes a directory that is missing. The path is the one below the root.
type makeDir func(parent *os.Root, base, path string) error

// directories keeps the directories of the last file open: an operation on a path costs
// one system call a component, and one on a name in an open directory a single one.
type directories struct {
	root   *os.Root
	create makeDir // nil where a missing directory is an error
	stack  []directory
}

type directory struct {
	path string
	root *os.Root
}

// of returns the open directory of a file, and the file's name in it.
func (d *directories) of(file string) (*os.Root, string, error) {
	cut := strings.LastIndexByte(file, '/')
	if cut < 0 {
		return d.root, file, nil
	}
	dir := file[:cut]
	for len(d.stack) > 0 && !within(dir, d.stack[len(d.stack)-1].path) {
		d.pop()
	}
	for {
		last, done := d.root, 0
		if len(d.stack) > 0 {
			top := d.stack[len(d.stack)-1]
			if len(top.path) == len(dir) {
				return top.root, file[cut+1:], nil
			}
			last, done = top.root, len(top.path)+1
		}
		base, _, _ := strings.Cut(dir[done:], "/")
		opened, err := d.enter(last, base, dir[:done+len(base)])
		if err != nil {
			return nil, "", err
		}
		d.stack = append(d.stack, directory{dir[:done+len(base)], opened})
	}
}

func (d *directories) enter(parent *os.Root, base, path string) (*os.Root, error) {
	opened, err := parent.OpenRoot(base)
	if d.create == nil || !errors.Is(err, fs.ErrNotExist) {
		return opened, err
	}
	if err := d.create(parent, base, path); err != nil {
		return nil, err
	}
	return parent.OpenRoot(base)
}

// within tells whether dir is parent or lies below it.
func within(dir, parent string) bool {
	return strings.HasPrefix(dir, parent) && (len(dir) == len(parent) || dir[len(parent)] == '/')
}

func (d *directories) pop() {
	last := len(d.stack) - 1
	_ = d.stack[last].root.Close() // only read from
	d.stack = d.stack[:last]
}

func (d *directories) close() {
	for len(d.stack) > 0 {
		d.pop()
	}
}
