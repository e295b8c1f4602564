#include <linux/kernel.h>
// rule L2: a vcpu that came from elsewhere may belong to another vm.
struct vcpu *current_vcpu;

void other(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	mutex_lock(&current_vcpu->vm->slots_lock); // possible "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
	mutex_unlock(&current_vcpu->vm->slots_lock);
	mutex_unlock(&vm->slots_lock);
}
