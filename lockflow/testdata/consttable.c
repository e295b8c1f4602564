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
