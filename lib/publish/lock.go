package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked is what Open returns under Options.NoWait when another build holds the lock.
var ErrLocked = errors.New("another dashc build is writing here")

// lockPoll is how often a waiting build looks at the lock again.
const lockPoll = 25 * time.Millisecond

// lock is the advisory lock on an output directory. The operating system drops it when the
// process dies, so a killed build never blocks the next one.
type lock struct {
	file *flock.Flock
}

// acquire takes the lock at path: exclusively to write, shared to read. A reader takes none
// where no build has ever created the file, or where it may not open it.
func acquire(ctx context.Context, path string, options Options) (*lock, error) {
	file := flock.New(path, flock.SetPermissions(fileMode))
	try, wait := file.TryLock, file.TryLockContext
	if options.ReadOnly {
		file = flock.New(path, flock.SetFlag(os.O_RDONLY))
		try, wait = file.TryRLock, file.TryRLockContext
	}
	held, err := try()
	if err == nil && !held {
		if options.NoWait {
			return nil, errors.Join(fmt.Errorf("%s: %w; run again later, or leave out --no-wait to wait for it", filepath.Dir(filepath.Dir(path)), ErrLocked), file.Close())
		}
		if options.Waiting != nil {
			options.Waiting()
		}
		_, err = wait(ctx, lockPoll)
	}
	switch {
	case err == nil:
		return &lock{file: file}, nil
	case ctx.Err() != nil:
		return nil, errors.Join(ctx.Err(), file.Close())
	case options.ReadOnly && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)):
		return nil, nil
	}
	return nil, machine("lock", path, err)
}

func (l *lock) release() error { return l.file.Close() }
