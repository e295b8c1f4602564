#include <linux/kernel.h>
// rule L6: a callee that releases the caller's lock, and takes it again.
static void drop(struct vm *vm)
{
	mutex_unlock(&vm->lock);
	mutex_lock(&vm->slots_lock); // nopair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	mutex_lock(&vm->lock);
}

void holder(struct vm *vm)
{
	mutex_lock(&vm->lock);
	drop(vm);
	spin_lock(&vm->list_lock); // pair "struct vm.lock > struct vm.list_lock"
	spin_unlock(&vm->list_lock);
	mutex_unlock(&vm->lock);
}
