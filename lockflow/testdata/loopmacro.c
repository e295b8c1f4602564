#include <linux/kernel.h>
// rule L7: the body of a loop macro runs while the macro's condition holds; a
// test of the same thing inside the body does not fail for that.
struct walk {
	int *cur;
};
static int walk_okay(struct walk *w)
{
	return !!w->cur;
}
#define for_each_step(w) for (walk_start(w); walk_okay(w); walk_next(w))
void scan(struct vm *vm, struct walk *w)
{
	mutex_lock(&vm->slots_lock);
	for_each_step(w) {
		if (w->cur) {
			mutex_lock(&vm->slots_lock); // want "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
			mutex_unlock(&vm->slots_lock);
		}
	}
	mutex_unlock(&vm->slots_lock);
}
