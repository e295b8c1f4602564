#include <linux/kernel.h>
// rule L14, rule L7: many locks of one class, all released.
int ask(struct vm *vm);
#define for_each_vcpu(i, v, vm) for (i = 0; i < (vm)->nr && ((v) = (vm)->vcpus[i]); i++)

/* Unwinds what it has taken. */
static int lock_all(struct vm *vm)
{
	struct vcpu *vcpu;
	int i, j;

	for_each_vcpu(i, vcpu, vm)
		if (!mutex_trylock(&vcpu->mutex))
			goto unlock;
	return 0;
unlock:
	for_each_vcpu(j, vcpu, vm) {
		if (i == j)
			break;
		mutex_unlock(&vcpu->mutex);
	}
	return -EINTR;
}

static void unlock_all(struct vm *vm)
{
	struct vcpu *vcpu;
	int i;

	for_each_vcpu(i, vcpu, vm)
		mutex_unlock(&vcpu->mutex);
}

int all(struct vm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = lock_all(vm);
	if (ret)
		goto out;
	if (ask(vm)) {
		ret = -EINVAL;
		goto out_vcpus;
	}
	vm->nr++;
out_vcpus:
	unlock_all(vm);
out:
	mutex_unlock(&vm->lock);
	return ret;
}

/* Counts down. */
int unwind(struct vm *vm)
{
	int i, ret = 0;

	for (i = 0; i < vm->nr; i++) {
		mutex_lock_nest_lock(&vm->vcpus[i]->mutex, &vm->lock);
		if (ask(vm)) {
			ret = -EINVAL;
			mutex_unlock(&vm->vcpus[i]->mutex);
			break;
		}
	}
	while (--i >= 0)
		mutex_unlock(&vm->vcpus[i]->mutex);
	return ret;
}

/* Counts what it has locked. */
int counted(struct vm *vm)
{
	int i, locked = 0, ret = 0;

	for (i = 0; i < vm->nr; i++) {
		if (!mutex_trylock(&vm->vcpus[i]->mutex)) {
			ret = -EINTR;
			break;
		}
		locked++;
	}
	if (!ret)
		vm->ready = true;
	for (i = 0; i < locked; i++)
		mutex_unlock(&vm->vcpus[i]->mutex);
	return ret;
}

/* Hand over hand. */
struct link { struct link *next; spinlock_t lock; int key; };

int walk(struct link *head, int key)
{
	struct link *cur = head, *next;
	int found = -EINVAL;

	spin_lock(&cur->lock);
	while ((next = cur->next)) {
		spin_lock(&next->lock); // possible "self-deadlock struct link.lock > struct link.lock"
		spin_unlock(&cur->lock);
		cur = next;
		if (cur->key == key) {
			found = 0;
			break;
		}
	}
	spin_unlock(&cur->lock);
	return found;
}

/* Held over the turn only if the next one belongs to the same object. */
int batches(struct vm *vm)
{
	struct vcpu *vcpu, *locked = NULL;
	int i;

	for_each_vcpu(i, vcpu, vm) {
		if (locked != vcpu) {
			if (locked)
				mutex_unlock(&locked->mutex);
			mutex_lock(&vcpu->mutex); // possible "self-deadlock struct vcpu.mutex > struct vcpu.mutex"
			locked = vcpu;
		}
		vcpu->id++;
	}
	if (locked)
		mutex_unlock(&locked->mutex);
	return 0;
}
