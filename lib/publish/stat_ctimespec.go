//go:build darwin || freebsd || netbsd

package publish

import (
	"io/fs"
	"syscall"
)

func system(info fs.FileInfo) (changed int64, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ctimespec.Nano(), s.Ino
	}
	return 0, 0
}
