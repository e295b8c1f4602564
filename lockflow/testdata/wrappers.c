#include <linux/kernel.h>
// rule L8, rule L9: wrappers are summarised, whatever they return.
static int lock_both(struct vm *vm)
{
	int r = mutex_lock_killable(&vm->lock);

	if (r)
		return r;
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	return 0;
}

static void unlock_both(struct vm *vm)
{
	mutex_unlock(&vm->slots_lock);
	mutex_unlock(&vm->lock);
}

static void wait_for(struct mutex *m)
{
	mutex_lock(m); // pair "struct vm.slots_lock > struct vcpu.mutex"
	mutex_unlock(m);
}

int user(struct vm *vm, struct vcpu *vcpu)
{
	int r = lock_both(vm);

	if (r)
		return r;
	wait_for(&vcpu->mutex);
	unlock_both(vm);
	mutex_lock(&vm->slots_lock); // free again
	mutex_unlock(&vm->slots_lock);
	return 0;
}
