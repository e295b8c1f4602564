#include <linux/kernel.h>
// rule L14: leaks on ways out of many forms; exitharmless.c has the harmless twins.
int ask(struct vm *vm);
void spin_lock_irq(spinlock_t *lock);
void spin_unlock_irq(spinlock_t *lock);
#define spin_lock_irqsave(lock, flags) do { (flags) = __spin_lock_irqsave(lock); } while (0)
unsigned long __spin_lock_irqsave(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
int spin_trylock(spinlock_t *lock);

/* A case returns with the lock. */
int case_returns(struct vm *vm, int what)
{
	int ret;

	mutex_lock(&vm->lock);
	switch (what) {
	case 1:
		ret = ask(vm);
		break;
	case 2:
		ret = ask(vm) + 1;
		break;
	default:
		return -EINVAL; // want "leak struct vm.lock"
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* The second of two error labels comes first. */
int ladder(struct vm *vm)
{
	int ret = -EINVAL;

	mutex_lock(&vm->lock);
	if (ask(vm))
		goto out;
	mutex_lock(&vm->slots_lock);
	if (ask(vm))
		goto out;
	vm->nr = 1;
	ret = 0;
	mutex_unlock(&vm->slots_lock);
out:
	mutex_unlock(&vm->lock);
	return ret; // want "leak struct vm.slots_lock"
}

/* Continue while locked: the next turn takes the lock again. */
int continues(struct vm *vm)
{
	int i, sum = 0;

	for (i = 0; i < vm->nr; i++) {
		spin_lock(&vm->list_lock); // want "self-deadlock struct vm.list_lock > struct vm.list_lock"
		if (!vm->vcpus[i])
			continue;
		sum += vm->vcpus[i]->id;
		spin_unlock(&vm->list_lock);
	}
	return sum;
}

/* Unlocks the other lock of two. */
int wrong_lock(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	spin_lock(&vm->irqfds.lock);
	ret = ask(vm);
	if (ret < 0) {
		spin_unlock(&vm->irqfds.lock);
		spin_unlock(&vm->irqfds.lock); // want "double-unlock struct vm.irqfds.lock"
		return ret; // want "leak struct vm.lock"
	}
	spin_unlock(&vm->irqfds.lock);
	mutex_unlock(&vm->lock);
	return 0;
}

/* Taken here, restored in a helper, which one way out does not call. */
static void restore(struct vm *vm, unsigned long flags)
{
	vm->nr++;
	spin_unlock_irqrestore(&vm->list_lock, flags);
}

int saved(struct vm *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->list_lock, flags);
	if (!vm->ready)
		return -EINVAL; // want "leak struct vm.list_lock"
	restore(vm, flags);
	return 0;
}

/* Read side entered, write side left. */
int mixed(struct vm *vm)
{
	int nr;

	read_lock(&vm->mmu_lock);
	nr = vm->nr;
	if (nr) {
		read_unlock(&vm->mmu_lock);
		return nr;
	}
	read_unlock(&vm->mmu_lock);
	write_lock(&vm->mmu_lock);
	nr = ++vm->nr;
	if (nr < 0)
		return -EINVAL; // want "leak struct vm.mmu_lock"
	write_unlock(&vm->mmu_lock);
	return nr;
}
