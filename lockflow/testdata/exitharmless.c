#include <linux/kernel.h>
// rule L14, rule L17, rule L22: the harmless twins of exitleaks.c and exitdoubles.c.
// clean
int ask(struct vm *vm);
#define spin_lock_irqsave(lock, flags) do { (flags) = __spin_lock_irqsave(lock); } while (0)
unsigned long __spin_lock_irqsave(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
int spin_trylock(spinlock_t *lock);

int falls_through(struct vm *vm, int what)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	switch (what) {
	case 1:
		ret = ask(vm);
	case 2:
		mutex_unlock(&vm->lock);
		break;
	default:
		mutex_unlock(&vm->lock);
	}
	return ret;
}

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
		mutex_unlock(&vm->lock);
		return -EINVAL;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* Two switches over one value. */
int two_switches(struct vm *vm, int what)
{
	switch (what) {
	case 1:
	case 2:
		mutex_lock(&vm->lock);
		break;
	case 3:
		mutex_lock(&vm->slots_lock);
		break;
	default:
		return -EINVAL;
	}
	vm->nr = what;
	switch (what) {
	case 1:
	case 2:
		mutex_unlock(&vm->lock);
		break;
	case 3:
		mutex_unlock(&vm->slots_lock);
		break;
	}
	return 0;
}

int ladder(struct vm *vm)
{
	int ret = -EINVAL;

	mutex_lock(&vm->lock);
	if (ask(vm))
		goto out;
	mutex_lock(&vm->slots_lock);
	if (ask(vm))
		goto out_slots;
	vm->nr = 1;
	ret = 0;
out_slots:
	mutex_unlock(&vm->slots_lock);
out:
	mutex_unlock(&vm->lock);
	return ret;
}

int continues(struct vm *vm)
{
	int i, sum = 0;

	for (i = 0; i < vm->nr; i++) {
		spin_lock(&vm->list_lock);
		if (!vm->vcpus[i]) {
			spin_unlock(&vm->list_lock);
			continue;
		}
		sum += vm->vcpus[i]->id;
		spin_unlock(&vm->list_lock);
	}
	return sum;
}

/* Locked from one turn to the next, and after the last. */
int stays_locked(struct vm *vm)
{
	bool locked = false;
	int i, sum = 0;

	for (i = 0; i < vm->nr; i++) {
		if (!locked) {
			spin_lock(&vm->list_lock);
			locked = true;
		}
		if (!vm->vcpus[i])
			continue;
		sum += vm->vcpus[i]->id;
		if (ask(vm)) {
			spin_unlock(&vm->list_lock);
			locked = false;
		}
	}
	if (locked)
		spin_unlock(&vm->list_lock);
	return sum;
}

int try_goto(struct vm *vm)
{
	bool locked = mutex_trylock(&vm->lock);
	int ret = -EINTR;

	if (!locked)
		goto out;
	ret = ask(vm);
out:
	if (locked)
		mutex_unlock(&vm->lock);
	return ret;
}

static void restore(struct vm *vm, unsigned long flags)
{
	vm->nr++;
	spin_unlock_irqrestore(&vm->list_lock, flags);
}

static unsigned long save(struct vm *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->list_lock, flags);
	return flags;
}

int saved(struct vm *vm)
{
	unsigned long flags = save(vm);

	if (!vm->ready) {
		restore(vm, flags);
		return -EINVAL;
	}
	restore(vm, flags);
	return 0;
}

static void call(struct vm *vm, void (*fn)(struct vm *)) { fn(vm); }

static void drop_it(struct vm *vm)
{
	mutex_unlock(&vm->lock);
}

void by_callback(struct vm *vm)
{
	mutex_lock(&vm->lock);
	call(vm, drop_it);
}

/* Read or write by a flag. */
int mixed(struct vm *vm, bool write)
{
	int nr;

	if (write)
		write_lock(&vm->mmu_lock);
	else
		read_lock(&vm->mmu_lock);
	nr = vm->nr;
	if (write)
		write_unlock(&vm->mmu_lock);
	else
		read_unlock(&vm->mmu_lock);
	return nr;
}

int waits(struct vm *vm)
{
	int ret = 0, tries = 3;

	spin_lock(&vm->list_lock);
	while (!vm->ready) {
		spin_unlock(&vm->list_lock);
		schedule();
		spin_lock(&vm->list_lock);
		if (!tries--) {
			ret = -EINTR;
			break;
		}
	}
	spin_unlock(&vm->list_lock);
	return ret;
}

/* The error label is shared by ways with and without the lock. */
int shared_label(struct vm *vm)
{
	bool locked = false;
	int ret = -EINVAL;

	if (!vm->ready)
		goto out;
	mutex_lock(&vm->lock);
	locked = true;
	ret = ask(vm);
out:
	if (locked)
		mutex_unlock(&vm->lock);
	return ret;
}
