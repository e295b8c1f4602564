#include <linux/kernel.h>
// rule L22: a callee releases its caller's lock on one way out only.
int ask(struct vm *vm);
void note(int x);

/* The callers see a negative number on both ways. */
static int create(struct vm *vm, int n)
{
	int ret;

	if (n < 1)
		return -EINVAL;
	if (!find_vcpu(vm, n))
		return -ENOMEM;
	ret = ask(vm);
	if (ret)
		goto fail;
	vm->nr = n;
	return 0;
fail:
	mutex_unlock(&vm->lock);
	vm->nr = 0;
	return ret;
}

int create_locked(struct vm *vm, int n)
{
	int ret = 0;

	mutex_lock(&vm->slots_lock);
	mutex_lock(&vm->lock);
	if (!vm->nr)
		ret = create(vm, n);
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	mutex_unlock(&vm->slots_lock);
	return ret;
}

/* Entered with the lock, dropped and taken again; one way out forgets the latter. */
static int refresh(struct vm *vm)
{
	do {
		write_unlock(&vm->mmu_lock);
		if (ask(vm))
			goto out;
		if (!find_vcpu(vm, 1))
			return -ENOMEM;
		write_lock(&vm->mmu_lock);
	} while (!vm->ready);
	return 0;
out:
	write_lock(&vm->mmu_lock);
	return -EINVAL;
}

int refresh_locked(struct vm *vm)
{
	int ret;

	write_lock(&vm->mmu_lock);
	ret = refresh(vm);
	if (ret)
		vm->nr = 0;
	write_unlock(&vm->mmu_lock); // want "double-unlock struct vm.mmu_lock"
	return ret;
}

/* Handed on over one more function. */
static int middle(struct vm *vm)
{
	note(1);
	return create(vm, vm->nr);
}

int far(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = middle(vm);
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	return ret;
}

/* The callers leave the release to it, and one way out forgets it. */
static int finish(struct vm *vm)
{
	int ret = ask(vm);

	if (ret < 0)
		return ret;
	ret = ask(vm);
	if (ret < 0)
		note(ret);
	spin_unlock(&vm->list_lock);
	return ret;
}

int finish_it(struct vm *vm)
{
	spin_lock(&vm->list_lock);
	vm->nr++;
	return finish(vm); // want "leak struct vm.list_lock"
}
