#include <linux/kernel.h>
// rule L8: a call through a member reaches what the caller stored there.
struct walker { void (*visit)(struct vm *vm); };

static void visit_locked(struct vm *vm)
{
	mutex_lock(&vm->slots_lock); // pair "struct vm.lock > struct vm.slots_lock"
	mutex_unlock(&vm->slots_lock);
}

static void visit_plain(struct vm *vm)
{
	vm->nr++;
}

static void walk(struct vm *vm, struct walker *w)
{
	w->visit(vm);
}

void one(struct vm *vm)
{
	struct walker w = { .visit = visit_plain };

	mutex_lock(&vm->slots_lock);
	walk(vm, &w);
	mutex_unlock(&vm->slots_lock);
}

void other(struct vm *vm)
{
	struct walker w = { .visit = visit_locked };

	mutex_lock(&vm->lock);
	walk(vm, &w);
	mutex_unlock(&vm->lock);
}
