#include <linux/kernel.h>
// rule L8: a flag among the arguments decides.
#define MAY_LOCK 4
#define OTHER 8
static void work(struct vm *vm, int flags)
{
	if (flags & MAY_LOCK) {
		mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
		mutex_unlock(&vm->slots_lock);
	}
	vm->nr++;
}

static void more(struct vm *vm, int flags)
{
	work(vm, flags);
}

void held(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	work(vm, OTHER);
	more(vm, 0);
	mutex_unlock(&vm->slots_lock);
}

void free(struct vm *vm)
{
	mutex_lock(&vm->lock);
	work(vm, MAY_LOCK | OTHER);
	mutex_unlock(&vm->lock);
}
