#include <linux/kernel.h>
// rule L9: NULL says that nothing is held, where the other pointers come from a
// computation.
// clean
struct vcpu *table_of(struct vm *vm, int id);
int ask(struct vm *vm);

static struct vcpu *get_locked(struct vm *vm, int id)
{
	mutex_lock(&vm->lock);
	if (ask(vm))
		goto none;
	return table_of(vm, id);
none:
	mutex_unlock(&vm->lock);
	return NULL;
}

int null_user(struct vm *vm)
{
	struct vcpu *vcpu = get_locked(vm, 1);

	if (!vcpu)
		return -ENOENT;
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	mutex_unlock(&vm->lock);
	return 0;
}

int null_loop(struct vm *vm)
{
	struct vcpu *vcpu;
	int i;

	for (i = 0; i < 10; i++) {
		vcpu = get_locked(vm, i);
		if (!vcpu)
			continue;
		mutex_unlock(&vm->lock); // its own lock, each time
	}
	return 0;
}
