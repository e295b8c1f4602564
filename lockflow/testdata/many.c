#include <linux/kernel.h>
// rule L5, rule L7: a loop locks many of a class, another releases them.
// clean
void all(struct vm *vm)
{
	struct vcpu *vcpu;
	int i;

	mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr; i++) {
		vcpu = find_vcpu(vm, i);
		mutex_lock_nest_lock(&vcpu->mutex, &vm->lock);
	}
	for (i = 0; i < vm->nr; i++) {
		vcpu = find_vcpu(vm, i);
		mutex_unlock(&vcpu->mutex);
	}
	mutex_unlock(&vm->lock);
	mutex_lock(&vm->slots_lock); // nopair "struct vcpu.mutex > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}
