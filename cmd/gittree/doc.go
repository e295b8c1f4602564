// Package gittree is the tree of a commit as a file system, read from a git
// repository without a checkout. Bare repositories will do.
//
//	tree, err := gittree.Open(ctx, "linux", "v6.12")
//	defer tree.Close()
//	text, err := fs.ReadFile(tree, "virt/kvm/kvm_main.c")
//
// The files are listed once, their contents are asked for one by one of processes
// of git that stay: git cat-file --batch. The tree is that of the whole repository,
// also if the directory is one below its top.
//
// # What git is not asked to do
//
// A repository is hostile: git runs no hook, no helper and no filter of it, fetches
// nothing that a partial clone lacks, and heeds no replaced objects. A revision
// cannot be an option. Variables of the environment that are about a repository, as
// hooks have them, do not count: the directory says which it is.
//
// # Links
//
// Symbolic links are followed as in a directory, inside the tree only. Submodules
// are not there.
//
// # Limits
//
// Times are zero. Files above [MaxFile] are listed, and not read.
package gittree
