// Package overlay lays patches over a tree, in memory: the tree stays as it is,
// and what reads the overlay sees the tree with the patches applied.
//
// A patch is a unified diff (of git, with all that its headers say, or of diff -u),
// a mail with one, or a mailbox with a series, applied in the order of the
// mailbox. Mails may be encoded (quoted-printable, base64) and have several parts,
// of which the plain texts and the patches count; mails without a diff are noted
// and skipped.
//
//	over, err := overlay.New(os.DirFS("linux"), overlay.Patch{Name: "fix.mbox", Text: text})
//	text, err := fs.ReadFile(over, "virt/kvm/kvm_main.c")
//
// # How a hunk finds its place
//
// The lines that a hunk expects must stand in the file exactly, none left out: a
// place that is only similar would make findings about code that nobody wrote. They
// may stand elsewhere than the hunk says; the nearest place is taken and noted. A
// hunk without context is applied only where it says, one that ends without context
// only at the end of the file.
//
// # What an overlay depends on
//
// Of the base, the overlay asks what it is asked itself, but for the paths that it
// [FS.Touches]. [FS.Digest] is of these. So two overlays with one digest, over trees
// that answer the same about other paths, are the same tree.
//
// # Limits
//
// Binary files, symbolic links and submodules are not patched, and that is noted.
// Links of the base lead into the base: a patched file that is reached through one
// is seen as it was. All diffs of one mail are read alike: of git or not.
package overlay
