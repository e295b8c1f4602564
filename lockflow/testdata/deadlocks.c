#include <linux/kernel.h>
// rule L16
static void quiesce(struct vm *vm)
{
	synchronize_srcu(&vm->srcu); // want "srcu struct vm.srcu > struct vm.srcu"
}

void reader(struct vcpu *vcpu)
{
	int idx = srcu_read_lock(&vcpu->vm->srcu);
	int again = srcu_read_lock(&vcpu->vm->srcu); // readers may nest

	quiesce(vcpu->vm);
	srcu_read_unlock(&vcpu->vm->srcu, again);
	srcu_read_unlock(&vcpu->vm->srcu, idx);
	quiesce(vcpu->vm);
}

void two(struct vm *a, struct vm *b)
{
	mutex_lock(&a->lock);
	mutex_lock(&b->lock); // possible "self-deadlock struct vm.lock > struct vm.lock"
	mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
}
