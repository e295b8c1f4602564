#include <linux/kernel.h>
// rule L13: what start() leaves held, show(), next() and stop() run with; what
// one of them releases, stop() must not release again.
struct seq_file { void *private; };
struct seq_operations {
	void *(*start)(struct seq_file *m, long *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, long *pos);
	int (*show)(struct seq_file *m, void *v);
};

static void *spin_start(struct seq_file *m, long *pos)
{
	struct vm *vm = m->private;

	spin_lock(&vm->list_lock);
	return vm;
}

static void spin_stop(struct seq_file *m, void *v)
{
	struct vm *vm = m->private;

	spin_unlock(&vm->list_lock);
}

static void *spin_next(struct seq_file *m, void *v, long *pos)
{
	return kzalloc(8, GFP_ATOMIC);
}

static int spin_show(struct seq_file *m, void *v)
{
	struct vm *vm = m->private;

	mutex_lock(&vm->lock); // want "atomic-sleep struct vm.list_lock > struct vm.lock"
	mutex_unlock(&vm->lock);
	return 0;
}

static const struct seq_operations spin_ops = {
	.start = spin_start, .stop = spin_stop, .next = spin_next, .show = spin_show,
};

static void *mutex_start(struct seq_file *m, long *pos)
{
	struct vm *vm = m->private;

	mutex_lock(&vm->lock);
	return vm;
}

static void mutex_stop(struct seq_file *m, void *v)
{
	struct vm *vm = m->private;

	mutex_unlock(&vm->lock);
}

static void *mutex_next(struct seq_file *m, void *v, long *pos)
{
	return kzalloc(8, GFP_KERNEL);
}

static int mutex_show(struct seq_file *m, void *v)
{
	struct vm *vm = m->private;

	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
	return 0;
}

static const struct seq_operations mutex_ops = {
	.start = mutex_start, .stop = mutex_stop, .next = mutex_next, .show = mutex_show,
};

/* Nothing is held here: start() gives its lock back. */
static void *bare_start(struct seq_file *m, long *pos)
{
	struct vm *vm = m->private;

	spin_lock(&vm->list_lock);
	vm->nr++;
	spin_unlock(&vm->list_lock);
	return vm;
}

static void bare_stop(struct seq_file *m, void *v)
{
}

static int bare_show(struct seq_file *m, void *v)
{
	kfree(kzalloc(8, GFP_KERNEL));
	return 0;
}

static const struct seq_operations bare_ops = {
	.start = bare_start, .stop = bare_stop, .next = mutex_next, .show = bare_show,
};

/* Gives the lock back at the end, as stop() will. */
static void *yield_next(struct seq_file *m, void *v, long *pos)
{
	struct vm *vm = m->private;

	if (vm->nr == 7) {
		mutex_unlock(&vm->lock);
		return NULL;
	}
	return vm;
}

static void yield_stop(struct seq_file *m, void *v) // want "double-unlock struct vm.lock"
{
	struct vm *vm = m->private;

	mutex_unlock(&vm->lock);
}

static const struct seq_operations yield_ops = {
	.start = mutex_start, .stop = yield_stop, .next = yield_next, .show = bare_show,
};

/* The same, but it always takes the lock again. */
static void *polite_next(struct seq_file *m, void *v, long *pos)
{
	struct vm *vm = m->private;

	mutex_unlock(&vm->lock);
	mutex_lock(&vm->lock);
	return vm;
}

static const struct seq_operations polite_ops = {
	.start = mutex_start, .stop = mutex_stop, .next = polite_next, .show = mutex_show,
};
