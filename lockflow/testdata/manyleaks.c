#include <linux/kernel.h>
// rule L14, rule L7: many locks of one class, taken in a loop.
int ask(struct vm *vm);
#define for_each_vcpu(i, v, vm) for (i = 0; i < (vm)->nr && ((v) = (vm)->vcpus[i]); i++)

static void unlock_upto(struct vm *vm, int last)
{
	struct vcpu *vcpu;

	for (; last >= 0; last--) {
		vcpu = find_vcpu(vm, last);
		mutex_unlock(&vcpu->mutex);
	}
}

static void unlock_all(struct vm *vm)
{
	lockdep_assert_held(&vm->lock);
	unlock_upto(vm, vm->nr - 1);
}

static bool lock_all(struct vm *vm)
{
	struct vcpu *vcpu;
	int i;

	lockdep_assert_held(&vm->lock);
	for_each_vcpu(i, vcpu, vm) {
		if (!mutex_trylock(&vcpu->mutex)) {
			unlock_upto(vm, i - 1);
			return false;
		}
	}
	return true;
}

int by_helper(struct vm *vm, int n)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (lock_all(vm)) {
		if (vm->ready) {
			ret = -EINVAL;
			goto out;
		}
		vm->nr = n;
		unlock_all(vm);
	} else {
		ret = -EINTR;
	}
out:
	mutex_unlock(&vm->lock);
	return ret; // want "leak struct vcpu.mutex"
}

int direct(struct vm *vm)
{
	struct vcpu *vcpu;
	int i, ret = 0;

	mutex_lock(&vm->lock);
	for_each_vcpu(i, vcpu, vm)
		mutex_lock_nest_lock(&vcpu->mutex, &vm->lock);
	if (ask(vm)) {
		ret = -EINVAL;
		goto out;
	}
	for_each_vcpu(i, vcpu, vm)
		vcpu->id = i;
	for_each_vcpu(i, vcpu, vm)
		mutex_unlock(&vcpu->mutex);
out:
	mutex_unlock(&vm->lock);
	return ret; // want "leak struct vcpu.mutex"
}
