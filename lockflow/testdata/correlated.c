#include <linux/kernel.h>
// rule L4, rule L8: states with different locks stay apart, and a flag that
// goes with the lock stays with it.
// clean
static void note(struct vm *vm, int nr, bool locked)
{
	if (!locked)
		mutex_lock(&vm->slots_lock);
	vm->nr = nr;
	if (!locked)
		mutex_unlock(&vm->slots_lock);
}

void both_ways(struct vm *vm, int nr)
{
	mutex_lock(&vm->slots_lock);
	note(vm, nr, true);
	mutex_unlock(&vm->slots_lock);
	note(vm, nr, false);
}

int flag(struct vm *vm, int x)
{
	bool have = false;
	int ret = 0;

	if (x > 3) {
		mutex_lock(&vm->lock);
		have = true;
	}
	if (vm->nr)
		ret = -EINVAL;
	if (have)
		mutex_unlock(&vm->lock);
	return ret;
}

int by_mode(struct vm *vm, int mode)
{
	if (mode == 3)
		read_lock(&vm->mmu_lock);
	else
		mutex_lock(&vm->lock);
	vm->nr++;
	if (mode == 3)
		read_unlock(&vm->mmu_lock);
	else
		mutex_unlock(&vm->lock);
	return 0;
}
