//go:build linux || openbsd || dragonfly || solaris

package publish

import (
	"io/fs"
	"syscall"
)

func system(info fs.FileInfo) (changed int64, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ctim.Nano(), s.Ino
	}
	return 0, 0
}
