#include <linux/kernel.h>
// rule L1: the nearest tagged struct, or the variable; rule L18: pairs.
static struct mutex global_lock;
struct mutex many[4];
typedef struct { struct mutex lock; } untagged_t;

void nested_struct(struct vm *vm, untagged_t *u)
{
	mutex_lock(&global_lock);
	spin_lock(&vm->irqfds.lock); // pair "global_lock > struct vm.irqfds.lock"
	spin_unlock(&vm->irqfds.lock);
	mutex_lock(&u->lock); // pair "global_lock > struct untagged_t.lock"
	mutex_unlock(&u->lock);
	mutex_lock(&many[2]); // pair "global_lock > many"
	mutex_unlock(&many[2]);
	mutex_unlock(&global_lock);
}

void alias(struct vcpu *vcpu)
{
	struct mutex *m = &vcpu->vm->slots_lock;

	mutex_lock(&vcpu->mutex);
	mutex_lock(m); // pair "struct vcpu.mutex > struct vm.slots_lock"
	mutex_unlock(m);
	mutex_unlock(&vcpu->mutex);
}
