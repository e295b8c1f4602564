package cmd

import (
	"io/fs"
	"syscall"
)

// noWait opens a FIFO without waiting for a writer.
const noWait = syscall.O_NONBLOCK

// stampOf is the stamp of a file or directory.
func stampOf(info fs.FileInfo) stamp {
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stamp{}
	}
	return stamp{size: sys.Size, modified: sys.Mtim.Nano(), changed: sys.Ctim.Nano(), inode: sys.Ino}
}
