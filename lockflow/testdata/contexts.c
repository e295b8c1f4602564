#include <linux/kernel.h>
// rule L13: the table names the members of this type.
struct mmu_notifier { struct vm *vm; };
struct mmu_notifier_ops { int (*invalidate_range_start)(struct mmu_notifier *mn); };

static int start(struct mmu_notifier *mn)
{
	mutex_lock(&mn->vm->slots_lock); // pair "mmu_notifier > struct vm.slots_lock"
	mutex_unlock(&mn->vm->slots_lock);
	return 0;
}

static const struct mmu_notifier_ops ops = { .invalidate_range_start = start };
