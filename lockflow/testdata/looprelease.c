#include <linux/kernel.h>
// rule L22, rule L12: the call stands in a loop, and the caller does not look at
// what tells the ways out apart.
int ask(struct vm *vm);

static void one(struct vm *vm, int mode, int i)
{
	spin_unlock(&vm->list_lock);
	ask(vm);
	if (mode != 1)
		return;
	spin_lock(&vm->list_lock);
	vm->nr = i;
}

void each(struct vm *vm, int mode, int id)
{
	int i;

	spin_lock(&vm->list_lock);
	for (i = 0; i < 16; i++) {
		if (vm->vcpus[i]->id != id)
			continue;
		one(vm, mode, i);
	}
	spin_unlock(&vm->list_lock); // want "double-unlock struct vm.list_lock"
}

/* Stops as soon as the lock is gone, and knows. */
static bool some(struct vm *vm, int i)
{
	if (ask(vm)) {
		mutex_unlock(&vm->lock);
		return true;
	}
	vm->nr = i;
	return false;
}

int until(struct vm *vm)
{
	int i, gone = 0;

	mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr && !gone; i++)
		gone = some(vm, i);
	if (!gone)
		mutex_unlock(&vm->lock);
	return gone;
}
