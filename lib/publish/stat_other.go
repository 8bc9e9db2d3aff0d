//go:build !linux && !openbsd && !dragonfly && !solaris && !darwin && !freebsd && !netbsd

package publish

import "io/fs"

// system knows no change time here, so every file is read.
func system(fs.FileInfo) (changed int64, inode uint64) { return 0, 0 }
