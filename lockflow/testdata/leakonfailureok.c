#include <linux/kernel.h>
// rule L14: functions that return with a lock held, and tell.
// clean
int ask(struct vm *vm);
int mutex_lock_killable_nested(struct mutex *lock, unsigned int sub);

int lock_pair(struct vm *a, struct vm *b)
{
	int r = -EINTR;

	if (mutex_lock_killable(&a->lock))
		goto out;
	if (mutex_lock_killable_nested(&b->lock, 1))
		goto unlock;
	return 0;
unlock:
	mutex_unlock(&a->lock);
out:
	a->ready = false;
	return r;
}

int move_pair(struct vm *a, struct vm *b)
{
	int r = lock_pair(a, b);

	if (r)
		return r;
	mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
	return 0;
}

/* The lock is taken if the object says so, on every way out. */
static int maybe_lock(struct vm *vm)
{
	if (vm->ready)
		mutex_lock(&vm->slots_lock);
	if (ask(vm))
		return -EINVAL;
	return 0;
}

int maybe_locked(struct vm *vm)
{
	int r = maybe_lock(vm);

	if (vm->ready)
		mutex_unlock(&vm->slots_lock);
	return r;
}

/* One error code says that the lock is held. */
static int code(struct vm *vm)
{
	if (!find_vcpu(vm, 0))
		return -ENOMEM;
	spin_lock(&vm->list_lock);
	if (ask(vm))
		return -EINTR;
	return 0;
}

int coded(struct vm *vm)
{
	int r = code(vm);

	if (r == -ENOMEM)
		return r;
	vm->nr++;
	spin_unlock(&vm->list_lock);
	return r;
}
