#include <linux/kernel.h>
// rule L4: the default of a switch is what no case names.
int refresh(struct vm *vm);
bool usable(struct vm *vm);
void use(struct vm *vm);

/* Returns 0 with mmu_lock read-locked; the lock by a pointer, again by goto. */
static int lock_usable(struct vm *vm)
{
	rwlock_t *lock = &vm->mmu_lock;
	int r;

retry:
	read_lock(lock);
	if (usable(vm))
		return 0;
	read_unlock(lock);
	r = refresh(vm);
	switch (r) {
	case 0:
		goto retry;
	case -EINVAL:
	default:
		return r;
	}
}

int user(struct vm *vm)
{
	int r = lock_usable(vm);

	if (r)
		return r;
	use(vm);
	read_unlock(&vm->mmu_lock);
	return 0;
}

/* The twin: no case keeps 0 from being returned unlocked. */
static int lock_or_refresh(struct vm *vm)
{
	int r;

retry:
	write_lock(&vm->mmu_lock);
	if (usable(vm))
		return 0; // want "leak struct vm.mmu_lock"
	write_unlock(&vm->mmu_lock);
	r = refresh(vm);
	switch (r) {
	case -EINTR:
		goto retry;
	case -EINVAL:
	default:
		return r;
	}
}

int other_user(struct vm *vm)
{
	int r = lock_or_refresh(vm);

	if (r)
		return r;
	use(vm);
	write_unlock(&vm->mmu_lock);
	return 0;
}

/* After the switch, without a default: the value is none of the cases'. */
static int lock_fresh(struct vm *vm)
{
	int r;

	mutex_lock(&vm->lock);
	r = refresh(vm);
	switch (r) {
	case 0:
		return 0;
	case -EINTR:
		r = -EINVAL;
	}
	mutex_unlock(&vm->lock);
	return r;
}

int third_user(struct vm *vm)
{
	if (lock_fresh(vm))
		return -ENOMEM;
	use(vm);
	mutex_unlock(&vm->lock);
	return 0;
}

/* The twin: the default returns what a case with a release returns. */
static int lock_or_fail(struct vm *vm)
{
	int r;

	mutex_lock(&vm->slots_lock);
	r = refresh(vm);
	switch (r) {
	case -EINTR:
		mutex_unlock(&vm->slots_lock);
		return r;
	case 0:
		return 0;
	default:
		return -EINTR; // want "leak struct vm.slots_lock"
	}
}

int fourth_user(struct vm *vm)
{
	int r = lock_or_fail(vm);

	if (r)
		return r;
	use(vm);
	mutex_unlock(&vm->slots_lock);
	return 0;
}

/* A known number takes the default only if no case has it. */
int known(struct vm *vm)
{
	int what = 2;

	spin_lock(&vm->list_lock);
	switch (what) {
	case 1:
	case 2:
		spin_unlock(&vm->list_lock);
		return 0;
	default:
		return -EINVAL;
	}
}
