#include <linux/kernel.h>
// rule L7: the body of a loop macro runs while the macro's condition holds; a
// test of the same thing inside the body does not fail for that.
struct walk {
	int *cur;
};
static int walk_okay(struct walk *w)
{
	return !!w->cur;
}
#define for_each_step(w) for (walk_start(w); walk_okay(w); walk_next(w))
void scan(struct vm *vm, struct walk *w)
{
	mutex_lock(&vm->slots_lock);
	for_each_step(w) {
		if (w->cur) {
			mutex_lock(&vm->slots_lock); // want "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
			mutex_unlock(&vm->slots_lock);
		}
	}
	mutex_unlock(&vm->slots_lock);
}

// A loop macro that only calls another one: the body still runs before the
// inner macro's condition fails.
void *entry_find(struct vm *vm, unsigned long *i, unsigned long last);
void *entry_after(struct vm *vm, unsigned long *i, unsigned long last);
int vm_count(struct vm *vm);
#define for_each_entry(vm, i, e, first, last) \
	for (i = first, e = entry_find(vm, &i, last); e; e = entry_after(vm, &i, last))
#define for_each_vcpu(i, v, vm) for_each_entry(vm, i, v, 0, (vm_count(vm) - 1))

static struct vcpu *lock_some(struct vcpu *vcpu)
{
	if (!vcpu || vcpu->id > 4)
		return NULL;
	mutex_lock(&vcpu->mutex);
	return vcpu;
}

static void slots_of(struct vm *vm, struct vcpu *vcpu)
{
	if (!vcpu)
		return;
	mutex_lock(&vm->slots_lock); // want "self-deadlock struct vm.slots_lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}

void scan_vcpus(struct vm *vm)
{
	struct vcpu *vcpu, *locked;
	unsigned long i;

	for_each_vcpu(i, vcpu, vm) {
		locked = lock_some(vcpu);
		if (locked)
			mutex_unlock(&locked->mutex);
	}
}

void scan_slots(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned long i;

	mutex_lock(&vm->slots_lock);
	for_each_vcpu(i, vcpu, vm)
		slots_of(vm, vcpu);
	mutex_unlock(&vm->slots_lock);
}
