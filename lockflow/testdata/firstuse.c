#include <linux/kernel.h>
// rule L11: what is set up once.
static void setup(struct vm *vm)
{
	vm->ready = true;
}

static void lazy(struct vm *vm)
{
	if (!vm->ready) {
		mutex_lock(&vm->lock); // possible "self-deadlock struct vm.lock > struct vm.lock"
		setup(vm);
		mutex_unlock(&vm->lock);
	}
}

void use(struct vm *vm)
{
	mutex_lock(&vm->lock);
	lazy(vm);
	mutex_unlock(&vm->lock);
}

static void forget(struct vm *vm, struct vcpu *vcpu)
{
	if (find_vcpu(vcpu->vm, vcpu->id) != vcpu) {
		mutex_lock(&vm->slots_lock); // possible "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
		mutex_unlock(&vm->slots_lock);
	}
}

void teardown(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	forget(vm, find_vcpu(vm, 0));
	mutex_unlock(&vm->slots_lock);
}

// A lock that the same path takes is held at the first use as well.
static void setup_under(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // pair "struct vcpu.mutex > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	vm->ready = true;
}

void first_with_lock(struct vm *vm, struct vcpu *vcpu)
{
	if (vm->ready)
		return;
	mutex_lock(&vcpu->mutex);
	setup_under(vm);
	mutex_unlock(&vcpu->mutex);
}
