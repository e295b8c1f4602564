#include <linux/kernel.h>
// rule L17
int collision(struct vm *vm, int x)
{
	int ret = 0;

	mutex_lock(&vm->slots_lock);
	if (x) {
		ret = -EINVAL;
		mutex_unlock(&vm->slots_lock);
		goto out;
	}
	vm->nr++;
out:
	mutex_unlock(&vm->slots_lock); // want "double-unlock struct vm.slots_lock"
	return ret;
}

int too_early(struct vm *vm, int x)
{
	int ret = -EINVAL;

	if (x < 0)
		goto out;
	mutex_lock(&vm->lock);
	vm->nr = x;
	ret = 0;
out:
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	return ret;
}

static void drop(struct vm *vm)
{
	mutex_unlock(&vm->slots_lock);
}

int by_helper(struct vm *vm)
{
	void *p;

	mutex_lock(&vm->slots_lock);
	p = find_vcpu(vm, 1);
	mutex_unlock(&vm->slots_lock);
	if (!p)
		return -EINVAL;
	drop(vm); // want "double-unlock struct vm.slots_lock"
	return 0;
}

/* Held twice, by a callee that was asked twice. */
static void enter_twice(void)
{
	rcu_read_lock();
	rcu_read_lock();
}

static void enter(void)
{
	rcu_read_lock();
}

void leave_both(struct vm *vm)
{
	enter_twice();
	vm->nr = 0;
	rcu_read_unlock();
	rcu_read_unlock();
}

void leave_two_entered(struct vm *vm)
{
	enter();
	enter();
	vm->nr = 0;
	rcu_read_unlock();
	rcu_read_unlock();
}

void leave_own_twice(struct vm *vm)
{
	rcu_read_lock();
	vm->nr = 0;
	rcu_read_unlock();
	rcu_read_unlock(); // want "double-unlock rcu"
}
