#include <linux/kernel.h>
// rule L8: what a callee asks of a constant table, the caller's table answers.
struct walk_ops {
	int (*entry)(struct vm *vm);
	int write;
	int flags;
};

struct walk {
	const struct walk_ops *ops;
	struct vm *vm;
};

static void walk_lock(struct vm *vm, int write)
{
	if (write)
		mutex_lock(&vm->lock); // want "self-deadlock struct vm.lock > struct vm.lock"
	if (write)
		mutex_unlock(&vm->lock);
}

static void walk_vm(struct vm *vm, const struct walk_ops *ops)
{
	struct walk walk = { .ops = ops, .vm = vm };

	walk_lock(walk.vm, ops->write);
}

static const struct walk_ops reader_ops = {
	.flags = 3,
};

static const struct walk_ops writer_ops = {
	.write = 1,
};

void reader(struct vm *vm)
{
	mutex_lock(&vm->lock);
	walk_vm(vm, &reader_ops); // takes nothing
	mutex_unlock(&vm->lock);
}

void writer(struct vm *vm)
{
	mutex_lock(&vm->lock);
	walk_vm(vm, &writer_ops);
	mutex_unlock(&vm->lock);
}
// part entry.c
#include <linux/kernel.h>
/* The caller's table also says which function the walk calls. */
struct visit_ops {
	int (*entry)(struct vm *vm);
};

struct visit {
	const struct visit_ops *ops;
	struct vm *vm;
};

static int visit_slots(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	return 0;
}

static int visit_count(struct vm *vm)
{
	return vm->nr++;
}

static int visit_range(struct visit *v)
{
	if (v->ops->entry)
		return v->ops->entry(v->vm);
	return 0;
}

static int visit_vm(struct vm *vm, const struct visit_ops *ops)
{
	struct visit v = { .ops = ops, .vm = vm };

	return visit_range(&v);
}

static const struct visit_ops slots_ops = { .entry = visit_slots };
static const struct visit_ops count_ops = { .entry = visit_count };
static const struct visit_ops no_ops = { };

void visit_under_slots(struct vm *vm)
{
	mutex_lock(&vm->slots_lock);
	visit_vm(vm, &count_ops); // does not take it again
	visit_vm(vm, &no_ops);
	mutex_unlock(&vm->slots_lock);
}

void visit_under_lock(struct vm *vm)
{
	mutex_lock(&vm->lock);
	visit_vm(vm, &slots_ops);
	mutex_unlock(&vm->lock);
}
