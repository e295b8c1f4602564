package callgraph

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"klockscan/cparse"
)

// Kbuild links the objects of obj-y, obj-m and obj-$(CONFIG_X), and of the
// composite objects among them (x-y and x-objs for x.o), into one image
// (Documentation/kbuild/makefiles.rst). Objects that a Makefile lists under
// other names, for another image, may define the same functions again: calls
// from the kernel prefer those that are linked with it.

// detached is the files of the focus that some Makefile builds, but not into
// the kernel.
func detached(fsys fs.FS, files []*cparse.File, focus map[string]bool) map[int32]bool {
	lists := map[string]map[string][]string{}
	out := map[int32]bool{}
	for i, f := range files {
		if !focus[f.Path] || isHeader(f.Path) {
			continue
		}
		dir := path.Dir(f.Path)
		vars, ok := lists[dir]
		if !ok {
			vars = makeVars(fsys, dir)
			lists[dir] = vars
		}
		object := strings.TrimSuffix(path.Base(f.Path), ".c") + ".o"
		if builds(vars, object) && !links(vars, object) {
			out[int32(i)] = true
		}
	}
	return out
}

// makeVars is the object lists of a directory's Makefile: words by the stem of
// the variable's name ("kvm" for kvm-y, "obj" for obj-$(CONFIG_KVM)).
func makeVars(fsys fs.FS, dir string) map[string][]string {
	src, err := fs.ReadFile(fsys, path.Join(dir, "Makefile"))
	if err != nil {
		return nil
	}
	vars := map[string][]string{}
	text := strings.ReplaceAll(string(src), "\\\n", " ")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "\t") {
			continue
		}
		stem, suffix, ok := cutLast(strings.TrimRight(strings.TrimSpace(name), ":+?  \t"), "-")
		if !ok || suffix != "y" && suffix != "m" && suffix != "objs" && !strings.HasPrefix(suffix, "$(") {
			continue
		}
		vars[stem] = append(vars[stem], strings.Fields(value)...)
	}
	return vars
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// builds reports whether any list names the object.
func builds(vars map[string][]string, object string) bool {
	for _, words := range vars {
		for _, w := range words {
			if path.Base(w) == object {
				return true
			}
		}
	}
	return false
}

// links reports whether the object is in obj-* or lib-*, directly or in a
// composite object there.
func links(vars map[string][]string, object string) bool {
	seen := map[string]bool{}
	work := []string{"obj", "lib"}
	for len(work) > 0 {
		stem := work[0]
		work = work[1:]
		if seen[stem] {
			continue
		}
		seen[stem] = true
		for _, w := range vars[stem] {
			if path.Base(w) == object {
				return true
			}
			if s, ok := strings.CutSuffix(w, ".o"); ok {
				work = append(work, s)
			}
		}
	}
	return false
}

var (
	flagsLine = regexp.MustCompile(`(?m)^\s*(?:subdir-)?(?:ccflags|CFLAGS)[^=\n]*=(.*)$`)
	dirFlag   = regexp.MustCompile(`-I\s*(\S+)`)
)

// includeFlags is the directories that a directory's Makefile adds to where its
// sources look for headers (-I), as paths of the tree.
func includeFlags(fsys fs.FS, dir string) []string {
	src, err := fs.ReadFile(fsys, path.Join(dir, "Makefile"))
	if err != nil {
		return nil
	}
	var out []string
	here := strings.NewReplacer("$(srctree)/$(src)", dir, "$(src)", dir, "$(srctree)/", "", "$(srctree)", ".")
	for _, line := range flagsLine.FindAllStringSubmatch(strings.ReplaceAll(string(src), "\\\n", " "), -1) {
		for _, m := range dirFlag.FindAllStringSubmatch(line[1], -1) {
			if p := path.Clean(here.Replace(m[1])); fs.ValidPath(p) {
				out = append(out, p)
			}
		}
	}
	return out
}
