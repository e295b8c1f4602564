package lockflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAcquisitions: where each lock is taken, and by which calls a lock that is
// a parameter comes down to there.
func TestAcquisitions(t *testing.T) {
	const src = `#include <linux/kernel.h>
static void deep(struct mutex *m)
{
	mutex_lock(m);
	mutex_unlock(m);
}
static void pass(struct mutex *m) { deep(m); }
void known(struct vm *vm)
{
	mutex_lock(&vm->lock);
	mutex_unlock(&vm->lock);
	pass(&vm->slots_lock);
}
void caller(struct vm *vm) { known(vm); }
int try(struct vm *vm)
{
	if (!mutex_trylock(&vm->lock))
		return 0;
	mutex_unlock(&vm->lock);
	return 1;
}
void wait(struct vm *vm)
{
	int idx = srcu_read_lock(&vm->srcu);

	srcu_read_unlock(&vm->srcu, idx);
	synchronize_srcu(&vm->srcu);
}
`
	var got []string
	for _, a := range analyzeText(t, src, Options{}).Acquisitions {
		words := []string{a.Lock.Name, a.Lock.Mode.String(), fmt.Sprintf("%s:%d", a.Lock.Function, a.Lock.Line), fmt.Sprint(len(a.Down))}
		if a.Lock.Try {
			words = append(words, "try")
		}
		if a.Down[0].Func != a.Func {
			t.Errorf("%v: begins at function %d", words, a.Func)
		}
		got = append(got, strings.Join(words, " "))
	}
	want := []string{
		"vm->lock write known:10 1", "vm->lock write try:17 1 try", "vm.slots_lock write deep:4 3", // no acquisition spells it: the class names it
		"vm->srcu (read) read (recursive) wait:24 1", "synchronize_srcu(vm->srcu) wait wait:27 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
