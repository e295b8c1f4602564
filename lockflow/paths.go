package lockflow

import (
	"strconv"
	"strings"
)

// rootKind tells what an access path starts from.
type rootKind uint8

const (
	rNone   rootKind = iota
	rParam           // the value that parameter idx had on entry
	rGlobal          // the address of a variable or function; name, or name@file if static
	rLocal           // the address of local idx
	rCall            // the value that call site idx returned (name: the variable, for a loop macro)
	rExpr            // the value of an expression that has no path; name is its text
	rOld             // an object whose identity is lost; only the steps' types count
)

// A path is a symbolic value: a root and steps. The steps are
//
//	.owner:field  the address of a member of a tagged struct
//	.:field       the address of a member of an untagged one
//	*             the value stored at the address so far
//	[]            an element
//	^owner        the struct of type owner that contains the object (container_of)
//
// so `&vcpu->kvm->slots_lock` is param0 .kvm_vcpu:kvm * .kvm:slots_lock. Owners
// are kept in the steps because they give both the lock class (rule L1) and the
// types of all prefixes (rule L2) without asking the type checker again. Paths
// are comparable; equal paths are equal values as long as no store intervenes.
type apath struct {
	kind rootKind
	idx  int32
	text *pathText
}

// globalPath is the address of a variable or function.
func globalPath(name string) apath { return apath{kind: rGlobal, text: textOf(name, "")} }

// name is what the path's root is called.
func (p apath) name() string { return p.text.get().name }

// steps is the steps from the root.
func (p apath) steps() string { return p.text.get().steps }

// at is another path from the same root.
func (p apath) at(steps string) apath {
	p.text = textOf(p.name(), steps)
	return p
}

// maxDerefs limits a path: longer ones keep only their class. Kernel code
// seldom goes through more than four pointers from a parameter to a lock.
const (
	maxDerefs = 6
	maxSteps  = 240
)

// valid says whether there is a path at all.
func (p apath) valid() bool { return p.kind != rNone }

// stable says whether two equal paths name one object.
func (p apath) stable() bool { return p.kind != rNone && p.kind != rOld }

// with is the path with more steps, limited.
func (p apath) with(steps string) apath {
	if p.kind == rNone || steps == "" {
		return p
	}
	p.text = p.text.with(steps)
	if len(p.text.steps) > maxSteps || p.text.derefs > maxDerefs {
		return p.old()
	}
	return p
}

// field is the address of a member.
func (p apath) field(owner, name string) apath { return p.with("." + owner + ":" + name) }

// old forgets which object it was and keeps what its class needs.
func (p apath) old() apath {
	if p.kind == rGlobal && !strings.ContainsAny(p.steps(), "*[") {
		return p
	}
	return apath{kind: rOld, text: p.text.last()}
}

// ownerStep is the index of the last step into a tagged struct, -1 if none.
func ownerStep(steps string) int {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i] == '.' && i+1 < len(steps) && steps[i+1] != ':' {
			return i
		}
	}
	return -1
}

// class is the lock class of the object at this address: the nearest tagged
// struct and the members from there (rule L1). Elements of arrays share the
// class of the array; a lock found through a pointer member is named after it.
func (p apath) class() Class {
	if i := ownerStep(p.steps()); i >= 0 {
		owner, rest, _ := strings.Cut(p.steps()[i+1:], ":")
		return Class{Owner: "struct " + owner, Path: plainSteps(rest)}
	}
	if p.kind != rGlobal {
		return Class{}
	}
	name, file, _ := strings.Cut(p.name(), "@")
	if rest := plainSteps(p.steps()); rest != "" {
		name += "." + strings.TrimPrefix(rest, ".")
	}
	return Class{Path: name, File: file}
}

// plainSteps is the members of the steps, without owners, loads and elements.
func plainSteps(steps string) string {
	if strings.IndexByte(steps, '^') >= 0 {
		steps = steps[:strings.IndexByte(steps, '^')]
	}
	var b strings.Builder
	index := false
	for i := 0; i < len(steps); i++ {
		switch c := steps[i]; {
		case c == '[' || c == ']':
			index = c == '['
		case c != '*' && c != ':' && !index:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// container is the address of the struct of type owner that p points into:
// it undoes the member steps where they are known (rule L3).
func (p apath) container(owner string) apath {
	if p.kind == rNone || owner == "" {
		return apath{}
	}
	run := p.steps()
	start := strings.LastIndexAny(run, "*^]") + 1
	if i := strings.LastIndex(run[start:], "."+owner+":"); i >= 0 {
		p = p.at(run[:start+i])
		return p
	}
	return p.with("^" + owner)
}

// pointee is the tag of the struct that p must point to, judged by the step
// that follows or by a container step; "" if unknown.
func pointeeOf(next string) string {
	if len(next) > 1 && next[0] == '.' {
		owner, _, _ := strings.Cut(next[1:], ":")
		return owner
	}
	return ""
}

// backPointer finds the object that the pointer member at place, of type
// struct target, must point to, if the path came down from such an object: a
// member that is named after the type of the object it belongs to leads back up
// (rule L2). vcpu = kvm->vcpus[i]; vcpu->kvm is kvm.
func (p apath) backPointer(target, member string) (apath, bool) {
	if target == "" || (target != member && !strings.HasSuffix(target, "_"+member)) {
		return apath{}, false
	}
	if pointeeOf(p.steps()[max(ownerStep(p.steps()), 0):]) == target {
		return apath{}, false // a list of its own kind: parent and child are two objects
	}
	for end := strings.LastIndexByte(p.steps(), '.'); end > 0; end = strings.LastIndexByte(p.steps()[:end], '.') {
		if pointeeOf(p.steps()[end:]) == target && strings.IndexByte(p.steps()[end:], '*') >= 0 {
			p = p.at(p.steps()[:end])
			return p, true
		}
	}
	if pointeeOf(p.steps()) == target && strings.IndexByte(p.steps(), '*') >= 0 {
		p = p.at("")
		return p, true
	}
	return apath{}, false
}

// prefixOf finds the shortest prefix of p that points to a struct target.
func (p apath) prefixOf(target string) (apath, bool) {
	for i := 0; i < len(p.steps()); i++ {
		if p.steps()[i] == '.' && pointeeOf(p.steps()[i:]) == target {
			p = p.at(p.steps()[:i])
			return p, true
		}
	}
	return apath{}, false
}

// key is a text that is unique for the path, for use inside rExpr names.
func (p apath) key() string { return string(p.appendKey(nil)) }

// appendKey appends key to a text.
func (p apath) appendKey(to []byte) []byte {
	to = append(to, 'a'+byte(p.kind))
	to = strconv.AppendInt(to, int64(p.idx), 10)
	to = append(to, '|')
	to = append(to, p.name()...)
	to = append(to, p.steps()...)
	return append(to, ';')
}

// callKey is the text by which keys mention the value of a call site.
func callKey(site int32) string {
	return string(rune('a'+rCall)) + strconv.Itoa(int(site)) + "|"
}

// String shows the path for a reader who debugs the analysis.
func (p apath) String() string {
	names := [...]string{"?", "param", "&", "&local", "call", "expr", "old"}
	return names[p.kind] + strconv.Itoa(int(p.idx)) + " " + p.name() + p.steps()
}

// comparePath orders paths for sorted sets.
func comparePath(a, b apath) int {
	switch {
	case a.kind != b.kind:
		return int(a.kind) - int(b.kind)
	case a.idx != b.idx:
		return int(a.idx - b.idx)
	}
	return compareText(a.text, b.text)
}

// anyElement says whether the path goes through an unknown element of an array.
func anyElement(p apath) bool { return strings.Contains(p.steps(), someElement) }

// someElement is the step to an element whose number is not known.
const someElement = "[?]"

// base is the pointer that the object's members are reached through.
func (p apath) base() apath {
	i := len(p.steps())
	for i > 0 && p.steps()[i-1] != '*' && p.steps()[i-1] != ']' {
		j := strings.LastIndexByte(p.steps()[:i], '.')
		if j < 0 || strings.ContainsAny(p.steps()[j:i], "*[]^") {
			break
		}
		i = j
	}
	p = p.at(p.steps()[:i])
	return p
}
