//go:build unix

package evaluate

import (
	"errors"
	"syscall"
)

// nonBlocking keeps the opening of a FIFO from waiting for a writer.
const nonBlocking = syscall.O_NONBLOCK

func isNotDirectory(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
