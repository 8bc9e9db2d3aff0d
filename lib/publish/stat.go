package publish

import "io/fs"

// stat is what the operating system says of a file without reading it. It changes with
// every edit: whoever sets back the modification time cannot set back the change time. The
// zero stat stands for a file of which nothing is known.
type stat struct {
	size     int64
	modified int64 // nanoseconds since 1970
	changed  int64 // nanoseconds since 1970
	inode    uint64
}

// newStat returns a file's stat; nothing is known of it where the system has no change time.
func newStat(info fs.FileInfo) stat {
	changed, inode := system(info)
	if changed == 0 || !info.Mode().IsRegular() {
		return stat{}
	}
	return stat{info.Size(), info.ModTime().UnixNano(), changed, inode}
}

func (s stat) known() bool { return s != stat{} }

// before tells whether a file was last touched before a moment of its file system's clock.
// Only then does every later edit show: timestamps are as coarse as a tick, and two edits
// within one leave the same.
func (s stat) before(moment int64) bool {
	return s.known() && s.modified < moment && s.changed < moment
}

// settled returns the stat of a file that was written under another name and renamed, or
// nothing in doubt. It was written with the stat s; now is what is seen at its final place, after
// the moment. An edit in between shows in the modification time, unless the file was
// renamed within the tick in which it was written.
func (s stat) settled(now stat, moment int64) stat {
	untouched := s.size == now.size && s.modified == now.modified && s.inode == now.inode
	if untouched && now.modified < now.changed && now.before(moment) {
		return now
	}
	return stat{}
}
