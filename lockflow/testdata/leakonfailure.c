#include <linux/kernel.h>
// rule L14: held on failure, by a function that returns with the lock held on
// success: other failures, which look the same, do not hold it.
int ask(struct vm *vm);
int mutex_lock_killable_nested(struct mutex *lock, unsigned int sub);

int lock_two(struct vm *a, struct vm *b)
{
	int r = -EINTR;

	if (a == b)
		return -EINVAL;
	if (mutex_lock_killable(&a->lock))
		goto out;
	if (mutex_lock_killable_nested(&b->lock, 1))
		goto out;
	return 0;
out:
	a->ready = false;
	return r; // want "leak struct vm.lock"
}

static void unlock_two(struct vm *a, struct vm *b)
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

int move(struct vm *a, struct vm *b)
{
	int r = lock_two(a, b);

	if (r)
		return r;
	a->nr = b->nr;
	unlock_two(a, b);
	return 0;
}

/* A pointer: NULL is failure. */
struct vcpu *get_locked(struct vm *vm, int i)
{
	struct vcpu *vcpu;

	vcpu = find_vcpu(vm, i);
	if (!vcpu)
		return NULL;
	mutex_lock(&vm->slots_lock);
	if (ask(vm))
		return NULL; // want "leak struct vm.slots_lock"
	return vcpu;
}

int use(struct vm *vm)
{
	struct vcpu *vcpu = get_locked(vm, 1);

	if (!vcpu)
		return -EINVAL;
	vcpu->id++;
	mutex_unlock(&vm->slots_lock);
	return 0;
}
