#include <linux/kernel.h>
// rule L8: a callee writes to what a passed struct leads to.
struct request {
	struct vm *vm;
	struct vcpu **found;
	bool *write;
};
void answer(struct request *rq);
void use(struct vcpu *v);

/* Found through a member of the struct that is passed: not NULL any more. */
static struct vcpu *lookup(struct vm *vm)
{
	struct vcpu *v = NULL;
	struct request rq = {
		.vm = vm,
		.found = &v,
	};

	answer(&rq);
	return v;
}

int wrong(struct vm *vm)
{
	struct vcpu *v = lookup(vm);

	mutex_lock(&vm->lock);
	if (v) {
		mutex_unlock(&vm->lock);
		use(v);
	}
	mutex_unlock(&vm->lock); // want "double-unlock struct vm.lock"
	return 0;
}

int right(struct vm *vm)
{
	struct vcpu *v = lookup(vm);

	mutex_lock(&vm->slots_lock);
	if (v) {
		mutex_unlock(&vm->slots_lock);
		use(v);
		return 0;
	}
	mutex_unlock(&vm->slots_lock);
	return 0;
}

/* Assigned, and two pointers away. */
int far(struct vm *vm)
{
	struct vcpu *v = NULL;
	struct request inner = { .vm = vm };
	struct { struct request *rq; } outer;

	inner.found = &v;
	outer.rq = &inner;
	answer((void *)&outer);
	write_lock(&vm->mmu_lock);
	if (v)
		return -EINVAL; // want "leak struct vm.mmu_lock"
	write_unlock(&vm->mmu_lock);
	return 0;
}

/* What the struct does not lead to stays as it was. */
int other(struct vm *vm)
{
	bool write = false, read = false;
	struct request rq = { .vm = vm, .write = &write };

	answer(&rq);
	if (read)
		spin_lock(&vm->list_lock);
	use(NULL);
	return 0;
}
