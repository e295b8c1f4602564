#include <linux/kernel.h>
// rule L2: the vm of a vcpu that was found through vm is vm.
static void reset_one(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // want "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}

void reset_all(struct vm *vm)
{
	struct vcpu *vcpu;
	int i;

	mutex_lock(&vm->slots_lock);
	for (i = 0; i < vm->nr; i++) {
		vcpu = find_vcpu(vm, i);
		reset_one(vcpu->vm);
	}
	mutex_unlock(&vm->slots_lock);
}
