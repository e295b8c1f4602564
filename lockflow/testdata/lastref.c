#include <linux/kernel.h>
// rule L11: only the last reference runs the release.
static void put(struct vm *vm)
{
	if (refcount_dec_and_test(&vm->users)) {
		mutex_lock(&vm->lock); // possible "self-deadlock struct vm.lock > struct vm.lock"
		mutex_unlock(&vm->lock);
	}
}

void use(struct vm *vm)
{
	mutex_lock(&vm->lock);
	put(vm);
	mutex_unlock(&vm->lock);
}
