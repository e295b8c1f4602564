#include <linux/kernel.h>
// rule L5: what may fail splits the state by what it returns.
int killable(struct vm *vm)
{
	int r = mutex_lock_killable(&vm->lock);

	if (r)
		return r;
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	mutex_unlock(&vm->lock);
	return 0;
}

int try(struct vm *vm)
{
	if (!mutex_trylock(&vm->lock)) {
		mutex_lock(&vm->lock); // no self deadlock: it was not taken
	}
	mutex_unlock(&vm->lock);
	return 0;
}
