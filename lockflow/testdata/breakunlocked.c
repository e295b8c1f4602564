#include <linux/kernel.h>
// rule L12: a branch that no path reaches with the lock cannot tell who released it.
int ask(struct vm *vm);
int odd(int a, int b);
void use(struct vm *vm);

/* What decides is older than the release, but every path to it has made that. */
int copy(struct vm *vm, int length)
{
	int ret = 0;

	mutex_lock(&vm->slots_lock);
	while (length > 0) {
		if (!vm->ready) {
			ret = -EINVAL;
			goto out;
		}
		use(vm);
		length -= 8;
		if (ask(vm)) {
			mutex_unlock(&vm->slots_lock);
			schedule();
			if (vm->nr) {
				ret = -EINTR;
				break;
			}
			mutex_lock(&vm->slots_lock);
			if (ask(vm)) {
				ret = -ENOMEM;
				goto out;
			}
		}
	}
out:
	mutex_unlock(&vm->slots_lock); // want "double-unlock struct vm.slots_lock"
	return ret;
}

/* The twin gives up by the goto behind the lock only. */
int copy_right(struct vm *vm, int length)
{
	int ret = 0;

	mutex_lock(&vm->slots_lock);
	while (length > 0) {
		use(vm);
		length -= 8;
		if (ask(vm)) {
			mutex_unlock(&vm->slots_lock);
			schedule();
			if (vm->nr)
				return -EINTR;
			mutex_lock(&vm->slots_lock);
			if (vm->nr) {
				ret = -ENOMEM;
				goto out;
			}
		}
	}
out:
	mutex_unlock(&vm->slots_lock);
	return ret;
}

/* Two branches, one in another block than the release. */
int twice(struct vm *vm, int a)
{
	mutex_lock(&vm->lock);
	mutex_unlock(&vm->lock);
	if (vm->ready)
		use(vm);
	else if (a > 3)
		goto out;
	mutex_lock(&vm->lock);
out:
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	return 0;
}

/* Released in one case, and in the others later: no path is both, though that does not show. */
int in_one_case(struct vm *vm, int a)
{
	write_lock(&vm->mmu_lock);
	if (odd(a, 1)) {
		write_unlock(&vm->mmu_lock);
		if (vm->ready)
			use(vm);
	}
	if (a > 3)
		write_unlock(&vm->mmu_lock); // possible "double-unlock struct vm.mmu_lock"
	return 0;
}

/* Taken again in one case, and released in that. */
int taken_again(struct vm *vm, int a)
{
	spin_lock(&vm->list_lock);
	spin_unlock(&vm->list_lock);
	if (vm->ready)
		spin_lock(&vm->list_lock);
	use(vm);
	if (a > 3)
		spin_unlock(&vm->list_lock); // possible "double-unlock struct vm.list_lock"
	return 0;
}
